/**
 * The states of a call, as pure machines: `next…(state, event)` answers the next state, or null where the event is
 * illegal. Three views of the same thing:
 * - `nextCall`: one user's call as their own client sees it, made for a screen (who, since when, why it ended);
 * - `nextRegistration`: the name that makes a user reachable, as the client sees it;
 * - `nextHubCall`: one call as the hub sees it, with both sides in it. It decides who may do what and when.
 * Sending messages, media and timers belong to whoever dispatches the events.
 */
import type { ErrorCode } from './errors';
import type { Replies } from './signaling';

/** Both ends ring this long; then the caller hears `call-unanswered`. */
export const RING_TIMEOUT_MS = 30_000;
/** A lost connection keeps its name and its call this long for whoever proves to be the same user. */
export const RESUME_WINDOW_MS = 10_000;

export type CallRole = 'caller' | 'callee';
export const otherRole = (role: CallRole): CallRole => (role === 'caller' ? 'callee' : 'caller');

// ── the client's view of its call ───────────────────────────────────────────────────────────────────────────────

/** What a list of recent calls tells; an error code where something went wrong or the other side was not available. */
export type CallOutcome =
  | 'hung-up' // by this user, after the call was accepted
  | 'peer-hung-up'
  | 'cancelled' // by this user, while it rang at the other side
  | 'declined' // by this user
  | 'missed' // the caller gave up, or nobody answered here
  | ErrorCode; // `call-declined`, `user-busy`, `call-unanswered`, `unknown-user`, `peer-lost`, media failures

/**
 * In each state with a call, `callId` is this side's name of it: chosen by the caller's client with `dial`, given by the
 * hub with `incoming` (undefined with a hub that knows no such names). Events that name another call are late: null.
 */
export type CallState =
  /** `over`: the name of the last call, should the hub tell of it once more. */
  | { readonly at: 'idle'; readonly over?: string | undefined }
  /** `ringing` is true from when the hub says that the other side rings: the moment for the ringback tone. */
  | ({ readonly at: 'dialing'; readonly ringing: boolean } & Pending)
  /** Somebody calls this user, who has to accept or decline. */
  | ({ readonly at: 'ringing' } & Pending)
  /** Accepted; the media connection is being made. */
  | ({ readonly at: 'connecting'; readonly role: CallRole } & Pending)
  /** `since`: milliseconds of the dispatcher's clock. */
  | ({ readonly at: 'live'; readonly role: CallRole; readonly since: number } & Party)
  /** Media goes on, but signaling of this side, of the peer, or of both is lost for the moment. */
  | ({
      readonly at: 'interrupted';
      readonly role: CallRole;
      readonly since: number;
      readonly lost: 'self' | 'peer' | 'both';
    } & Party)
  /** `seconds` of media; 0 when the call never was live. */
  | {
      readonly at: 'ended';
      readonly peer: string;
      readonly over?: string | undefined;
      readonly role: CallRole;
      readonly why: CallOutcome;
      readonly seconds: number;
    };

interface Party {
  readonly peer: string;
  readonly callId: string | undefined;
}
/** Before media: whether the connection to the hub is lost, so that the next `register` tells how things stand. */
interface Pending extends Party {
  readonly offline: boolean;
}
/** Of the hub's messages: which call they are about, where they say so. */
interface Named {
  readonly callId?: string | undefined;
}

/** Times (`now`) are milliseconds of the dispatcher's clock. */
export type CallEvent =
  /** `callId`: one that this client has not used before, to be sent with `call`. */
  | ({ readonly type: 'dial'; readonly peer: string } & Named)
  /** The hub: it rings at the other side. */
  | ({ readonly type: 'peer-ringing' } & Named)
  /** The hub: `incomingCall`. */
  | ({ readonly type: 'incoming'; readonly peer: string } & Named)
  | { readonly type: 'accept' }
  | { readonly type: 'decline' }
  /** The hub: the answer has come (`callResponse` accepted, or `startCommunication`). */
  | ({ readonly type: 'accepted' } & Named)
  /** The hub: `callResponse` rejected; a hub without codes means that the user declined. */
  | ({ readonly type: 'refused'; readonly code?: ErrorCode } & Named)
  /** The media connection stands. */
  | { readonly type: 'connected'; readonly now: number }
  | { readonly type: 'hang-up'; readonly now: number }
  /** The hub: `stopCommunication`. */
  | ({ readonly type: 'stopped'; readonly now: number; readonly code?: ErrorCode } & Named)
  /** Own devices, own peer connection, or an `error` of the hub that ends the call. */
  | { readonly type: 'failed'; readonly now: number; readonly code: ErrorCode }
  | { readonly type: 'socket-lost' }
  /** Registered again, and the hub still has this call (or another one now). A lost peer is told anew after it. */
  | ({ readonly type: 'resumed'; readonly now: number } & Named)
  /** Registered again, or finally not, and the hub has no call. */
  | { readonly type: 'not-resumed'; readonly now: number }
  | { readonly type: 'peer-lost' }
  | { readonly type: 'peer-back' }
  /** The user has read how it ended. */
  | { readonly type: 'dismiss' };

export const IDLE: CallState = { at: 'idle' };

/** A call that stands, in whatever condition. */
type StandingCall = Extract<CallState, { at: 'live' | 'interrupted' }>;

function ended(call: Party & { role: CallRole }, why: CallOutcome): CallState {
  return { at: 'ended', peer: call.peer, over: call.callId, role: call.role, why, seconds: 0 };
}

function endedAfter(call: StandingCall, why: CallOutcome, now: number): CallState {
  const seconds = Math.max(0, Math.round((now - call.since) / 1000));
  return { at: 'ended', peer: call.peer, over: call.callId, role: call.role, why, seconds };
}

/** The next state of the client's call; null when the event means nothing in this state. */
export function nextCall(state: CallState, event: CallEvent): CallState | null {
  if (isAboutAnother(state, event)) {
    // The hub has another call for this user: this one is over.
    return event.type === 'resumed' ? nextCall(state, { type: 'not-resumed', now: event.now }) : null;
  }
  switch (state.at) {
    case 'idle':
    case 'ended':
      return nextWithoutCall(state, event);
    case 'dialing':
      return nextDialing(state, event);
    case 'ringing':
      return nextRinging(state, event);
    case 'connecting':
      return nextConnecting(state, event);
    case 'live':
    case 'interrupted':
      return nextStanding(state, event);
  }
}

function isAboutAnother(state: CallState, event: CallEvent): boolean {
  if (state.at === 'idle' || state.at === 'ended' || event.type === 'dial' || event.type === 'incoming')
    return false;
  const named = 'callId' in event ? event.callId : undefined;
  return named !== undefined && state.callId !== undefined && named !== state.callId;
}

function nextWithoutCall(
  state: Extract<CallState, { at: 'idle' | 'ended' }>,
  event: CallEvent,
): CallState | null {
  switch (event.type) {
    case 'dial':
      return { at: 'dialing', peer: event.peer, callId: event.callId, offline: false, ringing: false };
    case 'incoming':
      // Declined while the connection was lost, and told again by the hub before it heard of that.
      if (event.callId !== undefined && event.callId === state.over) return null;
      return { at: 'ringing', peer: event.peer, callId: event.callId, offline: false };
    case 'dismiss':
      return state.at === 'ended' ? { at: 'idle', over: state.over } : null;
    case 'socket-lost':
    case 'not-resumed':
      return state;
    default:
      return null;
  }
}

function nextDialing(state: Extract<CallState, { at: 'dialing' }>, event: CallEvent): CallState | null {
  const call = { peer: state.peer, callId: state.callId, offline: state.offline, role: 'caller' } as const;
  switch (event.type) {
    case 'peer-ringing':
      return state.ringing ? state : { ...state, ringing: true };
    case 'accepted':
      return { at: 'connecting', ...call };
    case 'refused':
      return ended(call, event.code ?? 'call-declined');
    case 'hang-up':
      return ended(call, 'cancelled');
    case 'stopped':
      return ended(call, event.code ?? 'peer-hung-up');
    case 'failed':
      return ended(call, event.code);
    case 'not-resumed':
      return state.offline ? ended(call, 'peer-lost') : null;
    case 'socket-lost':
      return { ...state, offline: true };
    case 'resumed':
      return { ...state, offline: false };
    case 'peer-lost':
    case 'peer-back':
      return state;
    default:
      return null;
  }
}

function nextRinging(state: Extract<CallState, { at: 'ringing' }>, event: CallEvent): CallState | null {
  const call = { peer: state.peer, callId: state.callId, offline: state.offline, role: 'callee' } as const;
  switch (event.type) {
    case 'accept':
      return { at: 'connecting', ...call };
    case 'decline':
    case 'hang-up':
      return ended(call, 'declined');
    case 'stopped':
      return ended(
        call,
        event.code === undefined || event.code === 'call-unanswered' ? 'missed' : event.code,
      );
    case 'failed':
      return ended(call, event.code);
    case 'not-resumed':
      return state.offline ? ended(call, 'missed') : null;
    case 'incoming': // the hub repeats it after a resumed connection
      return event.peer === state.peer && event.callId === state.callId ? state : null;
    case 'socket-lost':
      return { ...state, offline: true };
    case 'resumed':
      return { ...state, offline: false };
    case 'peer-lost':
    case 'peer-back':
      return state;
    default:
      return null;
  }
}

function nextConnecting(state: Extract<CallState, { at: 'connecting' }>, event: CallEvent): CallState | null {
  switch (event.type) {
    case 'connected':
      return connected(state, event.now);
    case 'hang-up':
      return ended(state, 'hung-up');
    case 'stopped':
      return ended(state, event.code ?? 'peer-hung-up');
    case 'failed':
      return ended(state, event.code);
    case 'refused': // this side answered by calling back, or the media server failed
      return ended(state, event.code ?? 'call-declined');
    case 'not-resumed':
      return state.offline ? ended(state, 'peer-lost') : null;
    case 'socket-lost':
      return { ...state, offline: true };
    case 'resumed':
      return { ...state, offline: false };
    case 'accepted': // the callee's startCommunication; or the hub repeats an answer after a resumed connection
    case 'peer-lost':
    case 'peer-back':
      return state;
    default:
      return null;
  }
}

function connected(
  { peer, callId, role, offline }: Extract<CallState, { at: 'connecting' }>,
  since: number,
): CallState {
  const call = { peer, callId, role, since };
  return offline ? { at: 'interrupted', ...call, lost: 'self' } : { at: 'live', ...call };
}

function nextStanding(state: StandingCall, event: CallEvent): CallState | null {
  const self = state.at === 'interrupted' && state.lost !== 'peer';
  const peer = state.at === 'interrupted' && state.lost !== 'self';
  switch (event.type) {
    case 'hang-up':
      return endedAfter(state, 'hung-up', event.now);
    case 'stopped':
      return endedAfter(state, event.code ?? 'peer-hung-up', event.now);
    case 'failed':
      return endedAfter(state, event.code, event.now);
    case 'not-resumed':
      return self ? endedAfter(state, 'peer-lost', event.now) : null;
    case 'socket-lost':
      return standing(state, true, peer);
    case 'resumed':
      return standing(state, false, false);
    case 'peer-lost':
      return standing(state, self, true);
    case 'peer-back':
      return standing(state, self, false);
    case 'accepted': // the hub repeats the answer after a resumed connection
      return state;
    default:
      return null;
  }
}

function standing(state: StandingCall, self: boolean, peer: boolean): CallState {
  const { peer: name, callId, role, since } = state;
  const call = { peer: name, callId, role, since };
  if (!self && !peer) return { at: 'live', ...call };
  return { at: 'interrupted', ...call, lost: self ? (peer ? 'both' : 'self') : 'peer' };
}

/** What a message of the hub means for `nextCall`; null for messages that do not concern the state of the call. */
export function callEventOf(reply: Replies['/one2one'], now: number): CallEvent | null {
  switch (reply.id) {
    case 'incomingCall':
      return { type: 'incoming', peer: reply.from, callId: reply.callId };
    case 'ringing':
      return { type: 'peer-ringing', callId: reply.callId };
    case 'callResponse':
      if (reply.response === 'accepted') return { type: 'accepted', callId: reply.callId };
      return { type: 'refused', callId: reply.callId, ...(reply.code && { code: reply.code }) };
    case 'startCommunication':
      return { type: 'accepted', callId: reply.callId };
    case 'stopCommunication':
      return { type: 'stopped', now, callId: reply.callId, ...(reply.code && { code: reply.code }) };
    case 'peerConnection':
      return { type: reply.state === 'lost' ? 'peer-lost' : 'peer-back' };
    case 'registerResponse':
      if (reply.response === 'rejected' || !reply.resumed) return { type: 'not-resumed', now };
      return { type: 'resumed', now, callId: reply.resumed.callId };
    case 'welcome':
    case 'mediaServer':
    case 'iceCandidate':
    case 'error':
    case 'users':
    case 'peerMedia':
    case 'renewed':
    case 'restarted':
      return null;
  }
}

type Registered = Extract<Replies['/one2one'], { id: 'registerResponse'; response: 'accepted' }>;
export type Resumption = NonNullable<Registered['resumed']>;

/**
 * What a client has to send after a lost connection, given its state before the `resumed` event: what it had sent may
 * not have arrived.
 * - `stop`: the hub has a call that this client has ended, or never knew (its page was loaded anew);
 * - `answer-again`: this user has accepted, and the hub does not know.
 */
export function afterResuming(state: CallState, resumed: Resumption): 'nothing' | 'stop' | 'answer-again' {
  const rings = resumed.at === 'ringing' && resumed.role === 'callee';
  if (state.at === 'idle' || state.at === 'ended') {
    const isOver = resumed.callId !== undefined && resumed.callId === state.over;
    return rings && !isOver ? 'nothing' : 'stop';
  }
  if (isAboutAnother(state, { type: 'accepted', callId: resumed.callId })) return rings ? 'nothing' : 'stop';
  return rings && state.at === 'connecting' ? 'answer-again' : 'nothing';
}

// ── the client's view of its name ───────────────────────────────────────────────────────────────────────────────

export type RegistrationState =
  | { readonly at: 'unregistered' }
  | { readonly at: 'registering'; readonly name: string; readonly secret?: string }
  /** `secret` (only from a Callcast hub) proves the same identity after a lost connection. */
  | { readonly at: 'registered'; readonly name: string; readonly secret?: string }
  /** The connection is lost; `register{name, secret}` is to be sent as soon as there is a new one. */
  | { readonly at: 'offline'; readonly name: string; readonly secret?: string }
  | { readonly at: 'refused'; readonly name: string; readonly code: ErrorCode; readonly message: string };

export type RegistrationEvent =
  | { readonly type: 'register'; readonly name: string }
  | { readonly type: 'accepted'; readonly secret?: string }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'socket-lost' }
  | { readonly type: 'socket-back' }
  /** The user no longer wants to be reachable; the connection is closed by whoever dispatches this. */
  | { readonly type: 'leave' };

/** The next state of the registration; `socket-back` in `offline` answers `registering`: send `register` again. */
export function nextRegistration(
  state: RegistrationState,
  event: RegistrationEvent,
): RegistrationState | null {
  if (event.type === 'leave') return { at: 'unregistered' };
  switch (state.at) {
    case 'unregistered':
    case 'refused':
      if (event.type === 'register') return { at: 'registering', name: event.name };
      return event.type === 'socket-lost' || event.type === 'socket-back' ? state : null;
    case 'registering':
      switch (event.type) {
        case 'accepted':
          return {
            at: 'registered',
            name: state.name,
            ...(event.secret !== undefined && { secret: event.secret }),
          };
        case 'refused':
          return { at: 'refused', name: state.name, code: event.code, message: event.message };
        case 'socket-lost':
          return { ...state, at: 'offline' };
        default:
          return null;
      }
    case 'registered':
      if (event.type === 'socket-lost') return { ...state, at: 'offline' };
      return event.type === 'register' ? { at: 'registering', name: event.name } : null;
    case 'offline':
      if (event.type === 'socket-back') return { ...state, at: 'registering' };
      return event.type === 'socket-lost' ? state : null;
  }
}

// ── the hub's view of one call ──────────────────────────────────────────────────────────────────────────────────

/** Why a call is over, seen from nobody's side; the hub tells each side in its own words. */
export type HubCallEnd =
  | { readonly why: 'hung-up'; readonly by: CallRole }
  | { readonly why: 'cancelled' }
  | { readonly why: 'declined' }
  /** The callee's page rejected on its own because it is occupied. */
  | { readonly why: 'busy' }
  | { readonly why: 'unanswered' }
  /** One side is no longer there: it left, or its connection is `lost` and did not come back. */
  | { readonly why: 'gone'; readonly by: CallRole; readonly lost: boolean }
  | { readonly why: 'media-failed'; readonly code: ErrorCode };

interface Both {
  /** Whose connection is lost for the moment. */
  readonly lost: { readonly caller: boolean; readonly callee: boolean };
}
export type HubCallState =
  | ({ readonly at: 'ringing' } & Both)
  /** Accepted; the media server works on it. */
  | ({ readonly at: 'connecting' } & Both)
  /** Both sides have their answer. `since`: milliseconds of the hub's clock. */
  | ({ readonly at: 'live'; readonly since: number } & Both)
  | { readonly at: 'ended'; readonly end: HubCallEnd };

/** `by` is the side that the hub knows the connection to be, never what a message claims. */
export type HubCallEvent =
  | { readonly type: 'accept'; readonly by: CallRole }
  | { readonly type: 'decline'; readonly by: CallRole; readonly busy: boolean }
  | { readonly type: 'stop'; readonly by: CallRole }
  | { readonly type: 'ring-timeout' }
  | { readonly type: 'answered'; readonly now: number }
  | { readonly type: 'media-failed'; readonly code: ErrorCode }
  | { readonly type: 'lost'; readonly by: CallRole }
  | { readonly type: 'back'; readonly by: CallRole }
  | { readonly type: 'gone'; readonly by: CallRole; readonly lost: boolean };

export const HUB_CALL_START: HubCallState = { at: 'ringing', lost: { caller: false, callee: false } };

/** The next state of a call on the hub; null when this side may not do this now. */
export function nextHubCall(state: HubCallState, event: HubCallEvent): HubCallState | null {
  if (state.at === 'ended') return null;
  const end = (what: HubCallEnd): HubCallState => ({ at: 'ended', end: what });
  switch (event.type) {
    case 'accept':
      // Only the invited party can answer, and only once.
      return state.at === 'ringing' && event.by === 'callee' ? { at: 'connecting', lost: state.lost } : null;
    case 'decline':
      return state.at === 'ringing' && event.by === 'callee'
        ? end({ why: event.busy ? 'busy' : 'declined' })
        : null;
    case 'stop':
      if (state.at !== 'ringing') return end({ why: 'hung-up', by: event.by });
      return end({ why: event.by === 'caller' ? 'cancelled' : 'declined' });
    case 'ring-timeout':
      return state.at === 'ringing' ? end({ why: 'unanswered' }) : null;
    case 'answered':
      return state.at === 'connecting' ? { at: 'live', since: event.now, lost: state.lost } : null;
    case 'media-failed':
      return state.at === 'ringing' ? null : end({ why: 'media-failed', code: event.code });
    case 'lost':
      return state.lost[event.by] ? null : { ...state, lost: { ...state.lost, [event.by]: true } };
    case 'back':
      return state.lost[event.by] ? { ...state, lost: { ...state.lost, [event.by]: false } } : null;
    case 'gone':
      return end({ why: 'gone', by: event.by, lost: event.lost });
  }
}
