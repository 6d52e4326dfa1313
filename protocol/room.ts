/**
 * The states of a meeting in a room, as pure machines: `next…(state, event)` answers the next state, or null where the
 * event is illegal.
 * - `nextMeeting`: one user's meeting as their own client sees it;
 * - `nextMember`: one connection as the hub sees it.
 * Who is in which room is the hub's registry's business; the media goes directly between the two and is the client's.
 */
import type { ErrorCode } from './errors';
import type { Replies } from './signaling';

/** A room is for two; whoever comes third is told so. */
export const ROOM_CAPACITY = 2;

// ── the client ──────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The role in perfect negotiation (W3C WebRTC, "Perfect negotiation example"): who joined later is polite and yields
 * when both offer at once. Whoever was there first starts the call.
 */
export type MeetingRole = 'impolite' | 'polite';

export type MeetingState =
  | { readonly at: 'idle' }
  | { readonly at: 'joining'; readonly room: string }
  /** Alone in the room; `after` tells whether somebody was here before. */
  | { readonly at: 'waiting'; readonly room: string; readonly after: 'nothing' | 'meeting' }
  /** The other one is here; the direct connection is being made. */
  | { readonly at: 'connecting'; readonly room: string; readonly role: MeetingRole }
  | { readonly at: 'live'; readonly room: string; readonly role: MeetingRole; readonly since: number }
  /** The direct connection broke (a change of network, perhaps) and is being made again by an ICE restart. */
  | { readonly at: 'interrupted'; readonly room: string; readonly role: MeetingRole; readonly since: number }
  /** The connection to the hub is lost; `retry` joins again. */
  | { readonly at: 'offline'; readonly room: string }
  | { readonly at: 'full'; readonly room: string }
  | { readonly at: 'ended'; readonly room: string; readonly why: ErrorCode };

/** Times (`now`) are milliseconds of the dispatcher's clock. */
export type MeetingEvent =
  | { readonly type: 'join'; readonly room: string }
  /** The hub: `room_created`. */
  | { readonly type: 'created' }
  /** The hub: `room_joined`; send `start_call`. */
  | { readonly type: 'joined' }
  /** The hub: `full_room`. */
  | { readonly type: 'full' }
  /** The hub: `start_call`, the other one has come. */
  | { readonly type: 'peer-came' }
  /** The hub: `peer_left`. */
  | { readonly type: 'peer-left' }
  | { readonly type: 'connected'; readonly now: number }
  | { readonly type: 'disconnected' }
  | { readonly type: 'failed'; readonly code: ErrorCode }
  | { readonly type: 'socket-lost' }
  | { readonly type: 'retry' }
  | { readonly type: 'leave' };

/** The next state of a client's meeting; null when the event means nothing in this state. */
export function nextMeeting(state: MeetingState, event: MeetingEvent): MeetingState | null {
  if (event.type === 'leave') return state.at === 'idle' ? null : { at: 'idle' };
  if (event.type === 'join') {
    const free = state.at === 'idle' || state.at === 'full' || state.at === 'ended';
    return free ? { at: 'joining', room: event.room } : null;
  }
  if (state.at === 'idle' || state.at === 'full' || state.at === 'ended') {
    return event.type === 'socket-lost' ? state : null;
  }
  const { room } = state;
  switch (event.type) {
    case 'created':
      return state.at === 'joining' ? { at: 'waiting', room, after: 'nothing' } : null;
    case 'joined':
      return state.at === 'joining' ? { at: 'connecting', room, role: 'polite' } : null;
    case 'full':
      return state.at === 'joining' ? { at: 'full', room } : null;
    case 'peer-came':
      return state.at === 'waiting' ? { at: 'connecting', room, role: 'impolite' } : null;
    case 'peer-left':
      return inMeeting(state) ? { at: 'waiting', room, after: 'meeting' } : null;
    case 'connected':
      return inMeeting(state) && state.at !== 'live'
        ? { at: 'live', room, role: state.role, since: state.at === 'interrupted' ? state.since : event.now }
        : null;
    case 'disconnected':
      return state.at === 'live' ? { ...state, at: 'interrupted' } : null;
    case 'failed':
      return { at: 'ended', room, why: event.code };
    case 'socket-lost':
      return { at: 'offline', room };
    case 'retry':
      return state.at === 'offline' ? { at: 'joining', room } : null;
  }
}

function inMeeting(
  state: MeetingState,
): state is Extract<MeetingState, { at: 'connecting' | 'live' | 'interrupted' }> {
  return state.at === 'connecting' || state.at === 'live' || state.at === 'interrupted';
}

/** What a message of the hub means for `nextMeeting`; null for messages that do not concern the state. */
export function meetingEventOf(reply: Replies['/room']): MeetingEvent | null {
  switch (reply.id) {
    case 'room_created':
      return { type: 'created' };
    case 'room_joined':
      return { type: 'joined' };
    case 'full_room':
      return { type: 'full' };
    case 'start_call':
      return { type: 'peer-came' };
    case 'peer_left':
      return { type: 'peer-left' };
    case 'webrtc_offer':
    case 'webrtc_answer':
    case 'webrtc_ice_candidate':
    case 'welcome':
    case 'mediaServer':
    case 'error':
      return null;
  }
}

// ── one connection on the hub ───────────────────────────────────────────────────────────────────────────────────

export type MemberState =
  | { readonly at: 'outside' }
  | { readonly at: 'alone'; readonly room: string }
  | { readonly at: 'paired'; readonly room: string };

export type MemberEvent =
  | { readonly type: 'created'; readonly room: string }
  | { readonly type: 'joined'; readonly room: string }
  | { readonly type: 'peer-came' }
  | { readonly type: 'peer-left' }
  | { readonly type: 'left' };

/** The next state of a connection; a new room is entered only after the old one was left. */
export function nextMember(state: MemberState, event: MemberEvent): MemberState | null {
  switch (event.type) {
    case 'created':
      return state.at === 'outside' ? { at: 'alone', room: event.room } : null;
    case 'joined':
      return state.at === 'outside' ? { at: 'paired', room: event.room } : null;
    case 'peer-came':
      return state.at === 'alone' ? { at: 'paired', room: state.room } : null;
    case 'peer-left':
      return state.at === 'paired' ? { at: 'alone', room: state.room } : null;
    case 'left':
      return state.at === 'outside' ? null : { at: 'outside' };
  }
}
