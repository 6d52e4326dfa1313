/**
 * The exchange of one hub: it takes what users want, lets the book and the call's state machine (protocol/call.ts)
 * decide, and does what follows: tells both sides, runs the media, keeps the times. All decisions are synchronous;
 * what comes back from the media server later is compared with the state the call has then.
 */
import { otherRole, nextHubCall, RESUME_WINDOW_MS, RING_TIMEOUT_MS } from '../../protocol/call';
import type { CallRole, HubCallEnd, HubCallEvent, HubCallState } from '../../protocol/call';
import type { Failure } from '../../protocol/errors';
import { MAX_QUEUED_CANDIDATES } from '../../protocol/limits';
import { cleanName } from '../../protocol/names';
import type { IceCandidate, Replies, SeenAndHeard } from '../../protocol/signaling';
import { Announcer } from '../announcer';
import { ProtocolFault, Refusal } from '../failures';
import { MediaServerLost } from '../kurento-client/errors';
import type { CloseReason, Connection, HubServices, SessionRequest } from '../mode';
import { WebRtcLeg } from '../webrtc-leg';
import { CallBook, roleOf } from './call-book';
import type { Call, Registration, Side, User } from './call-book';
import { CallMedia } from './call-media';
import { isLate, resumption, tagged } from './call-names';
import { farewell } from './farewell';

type Request = SessionRequest<'/one2one'>;
type Reply = Replies['/one2one'];
/** A connection as the book knows it. */
export type Line = Connection<'/one2one'>;

/** An answer, and every candidate of one media server with room to spare. */
const MAX_TOLD = MAX_QUEUED_CANDIDATES;

/** A connection may be dead for a while before the hub notices and begins to count. */
const LAST_WORDS_MS = 3 * RESUME_WINDOW_MS;

/** What a call holds besides its place in the book. */
interface Running {
  stopRinging: () => void;
  media: CallMedia | null;
  /** However often a side changes its mind, the other one hears of it at a bearable rate. */
  readonly seenAndHeard: Announcer;
}

export class CallExchange {
  readonly #services: HubServices;
  readonly #book: CallBook<Line>;
  readonly #running = new Map<Call<Line>, Running>();
  readonly #releasing = new Set<Promise<void>>();
  readonly #users: Announcer;

  constructor(services: HubServices) {
    this.#services = services;
    this.#book = new CallBook((user) => this.#newLeg(user));
    this.#users = new Announcer(services.clock, () => this.#announceUsers());
  }

  /** For tests and diagnosis. */
  get book(): CallBook<Line> {
    return this.#book;
  }

  // ── what a connection asks for ──────────────────────────────────────────────────────────────────────────────────

  register(line: Line, request: Extract<Request, { id: 'register' }>): void {
    let registration: Registration<Line>;
    try {
      registration = this.#book.register(line, request.name, request.secret);
    } catch (error) {
      const failure = line.failure(error);
      if (failure) line.send({ id: 'registerResponse', response: 'rejected', ...failure });
      return;
    }
    const { user, moved } = registration;
    if (line.greeted) user.secret ??= this.#services.ids.secret();
    this.#welcome(line, user, moved);
    this.#users.changed();
  }

  dial(line: Line, request: Extract<Request, { id: 'call' }>): void {
    try {
      const caller = this.#book.userOf(line);
      if (!caller) throw notRegistered();
      const callee = this.#book.callable(caller, request.to);
      if (this.#book.isCalling(callee, caller)) this.#cross(caller, request);
      else this.#call(caller, callee, request);
    } catch (error) {
      if (error instanceof ProtocolFault) throw error;
      const failure = line.failure(error);
      const named = request.callId !== undefined && { callId: request.callId };
      if (failure) line.send({ id: 'callResponse', response: 'rejected', ...failure, ...named });
      this.#ringAgain(line);
    }
  }

  answer(line: Line, request: Extract<Request, { id: 'incomingCallResponse' }>): void {
    const user = this.#book.userOf(line);
    if (!user) throw notRegistered();
    const { call } = user;
    if (isLate(call?.callee, user, request.callId)) return;
    // The caller may have given up while this answer was on its way; who declined has what they wanted then.
    if (!call && request.callResponse !== 'accept') return;
    if (!call) throw new ProtocolFault('wrong-state', 'This call is over already.');
    // The caller's name only selects; it must be the one who is ringing here.
    const invited = call.callee.user === user && call.caller.user.name === cleanName(request.from);
    if (!invited || call.state.at !== 'ringing') {
      throw new ProtocolFault('wrong-state', 'There is no such call for you to answer.');
    }
    if (request.callResponse !== 'accept') {
      const busy = request.message !== undefined && /^bus+y$/i.test(request.message.trim());
      this.#dispatch(call, { type: 'decline', by: 'callee', busy });
      return;
    }
    call.callee.offer = request.sdpOffer;
    this.#dispatch(call, { type: 'accept', by: 'callee' });
  }

  /** Another way for one side's media, while the call goes on for the other. */
  renew(line: Line, request: Extract<Request, { id: 'renew' }>): void {
    const user = this.#book.userOf(line);
    const call = user?.call;
    if (!user || !call) throw new ProtocolFault('wrong-state', 'There is no call to renew.');
    const role = roleOf(call, user);
    const side = call[role];
    if (isLate(side, user, request.callId)) return;
    const media = this.#running.get(call)?.media;
    if (call.state.at !== 'live' || !media)
      throw new ProtocolFault('wrong-state', 'A call can be renewed once it stands.');
    if (isRepeated(side, request.sdpOffer)) return;
    this.#book.renewLeg(user);
    const { leg } = user;
    // What was said of the old way is no help to a client that comes back.
    side.told.length = 0;
    this.#log(call, call.state, 'renew');
    media.renew(role, { leg, offer: request.sdpOffer }).then(
      (sdpAnswer) => {
        // The call ended meanwhile, or this side asked again.
        if (user.call !== call || user.leg !== leg) return;
        this.#tell(side, { id: 'renewed', sdpAnswer });
        leg.answered();
      },
      (error: unknown) => {
        if (user.call === call && user.leg === leg) this.#mediaFailed(call, error);
      },
    );
  }

  /** Another path to the same endpoint, where the media server can. */
  restart(line: Line, request: Extract<Request, { id: 'restart' }>): void {
    const user = this.#book.userOf(line);
    const call = user?.call;
    if (!user || !call) throw new ProtocolFault('wrong-state', 'There is no call to restart.');
    const side = call[roleOf(call, user)];
    if (isLate(side, user, request.callId)) return;
    if (call.state.at !== 'live')
      throw new ProtocolFault('wrong-state', 'A call can be restarted once it stands.');
    if (isRepeated(side, request.sdpOffer)) return;
    const { leg } = user;
    const current = () => user.call === call && user.leg === leg;
    // What was said of the old path is no help to a client that comes back.
    side.told.length = 0;
    this.#log(call, call.state, 'restart');
    leg.restart(request.sdpOffer).then(
      (sdpAnswer) => {
        if (!current()) return;
        this.#tell(side, { id: 'restarted', response: 'accepted', sdpAnswer });
        leg.answered();
      },
      (error: unknown) => {
        const failure = current() ? user.line?.failure(error) : undefined;
        if (failure) this.#tell(side, { id: 'restarted', response: 'rejected', ...failure });
      },
    );
  }

  /** What of this side can be seen and heard. Outside of a call it is of no interest to anybody. */
  tellMedia(line: Line, request: Extract<Request, { id: 'media' }>): void {
    const user = this.#book.userOf(line);
    if (!user) throw notRegistered();
    const { call } = user;
    if (!call) return;
    const side = call[roleOf(call, user)];
    if (isLate(side, user, request.callId)) return;
    const { camera, microphone, screen } = request;
    if (side.mediaLine !== line) {
      side.mediaLine = line;
      side.mediaHeard = null;
    }
    side.media = { camera, microphone, screen };
    this.#running.get(call)?.seenAndHeard.changed();
  }

  /** Ends one's own call; without one, nothing happens. */
  stop(line: Line, request: Extract<Request, { id: 'stop' }>): void {
    const user = this.#book.userOf(line);
    const call = user?.call;
    if (!user || !call) return;
    const role = roleOf(call, user);
    if (isLate(call[role], user, request.callId)) return;
    const unheard = role === 'callee' && call.state.at === 'ringing' && request.callId === undefined;
    this.#dispatch(call, { type: 'stop', by: role });
    // It may have meant the call before, and is about to hear that this one rings.
    if (unheard) line.send(tagged(call.callee, { id: 'stopCommunication' }));
  }

  addCandidate(line: Line, candidate: IceCandidate): void {
    const user = this.#book.userOf(line);
    if (!user) throw notRegistered();
    user.leg.addCandidate(candidate);
  }

  /** The connection is gone. A user who can prove to be the same is waited for; others are gone, too. */
  closed(line: Line, reason: CloseReason): void {
    const user = this.#book.userOf(line);
    if (!user) return;
    if (user.secret === undefined || !mayComeBack(reason)) {
      this.#gone(user, reason !== 'left');
      return;
    }
    this.#book.detach(user);
    user.stopHolding = this.#services.clock.after(RESUME_WINDOW_MS, () => this.#gone(user, true));
    if (user.call) this.#dispatch(user.call, { type: 'lost', by: roleOf(user.call, user) });
  }

  /** Tells a client that knows the message who else is here; only those who are registered themselves may know. */
  announceTo(line: Line): void {
    const user = this.#book.userOf(line);
    if (user && line.greeted) line.send({ id: 'users', users: this.#others(user) });
  }

  /** Resolves when everything that was being released is released. */
  async settled(): Promise<void> {
    await Promise.all(this.#releasing);
  }

  /** Ends every call and forgets everybody. */
  async close(): Promise<void> {
    this.#users.close();
    for (const user of [...this.#book.users()]) this.#gone(user, false);
    await this.settled();
  }

  // ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #call(caller: User<Line>, callee: User<Line>, request: Extract<Request, { id: 'call' }>): void {
    // Who dials while somebody rings has not heard it yet: its page would answer that it is occupied.
    const ringing =
      caller.call?.state.at === 'ringing' && caller.call.callee.user === caller ? caller.call : null;
    if (ringing) {
      this.#takeBack(ringing);
      this.#dispatch(ringing, { type: 'decline', by: 'callee', busy: true });
    }
    if (caller.call) throw new ProtocolFault('wrong-state', 'You are in a call already. Hang up first.');
    const id = this.#services.ids.next();
    const named = this.#knowsMore(callee) ? id : undefined;
    const call = this.#book.open(
      id,
      newSide(caller, { offer: request.sdpOffer, callId: request.callId, called: true }),
      newSide(callee, { offer: null, callId: named, called: false }),
      this.#services.clock.now(),
    );
    caller.lastWords = null;
    callee.lastWords = null;
    const stopRinging = this.#services.clock.after(RING_TIMEOUT_MS, () =>
      this.#dispatch(call, { type: 'ring-timeout' }),
    );
    const seenAndHeard = new Announcer(this.#services.clock, () => this.#announceMedia(call));
    this.#running.set(call, { stopRinging, media: null, seenAndHeard });
    this.#log(call, null, 'dial');
    this.#tell(call.callee, { id: 'incomingCall', from: caller.name });
    if (callee.line) this.#tellRinging(call);
    // Its connection is lost and may come back; until then nothing rings.
    else this.#dispatch(call, { type: 'lost', by: 'callee' });
    this.#users.changed();
  }

  /** Who dialed in vain has not listened to what rang meanwhile. A page declines that by itself. */
  #ringAgain(line: Line): void {
    const user = this.#book.userOf(line);
    const call = user?.call;
    if (call?.state.at !== 'ringing' || call.callee.user !== user || call.callee.callId === undefined) return;
    line.send(tagged(call.callee, { id: 'incomingCall', from: call.caller.user.name }));
  }

  /**
   * The callee has not heard yet that it rings, or does not care. Should it be free by the time it hears, it must not
   * go on ringing. A page that does not tell calls apart would take this for the call that it dials.
   */
  #takeBack({ callee }: Call<Line>): void {
    if (callee.callId !== undefined) this.#tell(callee, { id: 'stopCommunication' });
  }

  #tellRinging({ caller, callee }: Call<Line>): void {
    if (this.#knowsMore(caller.user)) this.#tell(caller, { id: 'ringing', to: callee.user.name });
  }

  /** Two who call each other at the same moment want the same: the later `call` answers the earlier one. */
  #cross({ call }: User<Line>, request: Extract<Request, { id: 'call' }>): void {
    if (!call) throw new Error('crossed calls without a call');
    // It dialed before it heard that it rings: from now on this is the call that it dialed.
    this.#takeBack(call);
    call.callee.offer = request.sdpOffer;
    call.callee.callId = request.callId;
    call.callee.called = true;
    call.callee.told.length = 0;
    this.#dispatch(call, { type: 'accept', by: 'callee' });
  }

  /** The only place where a call's state changes. */
  #dispatch(call: Call<Line>, event: HubCallEvent, failure?: Failure): void {
    const before = call.state;
    const next = nextHubCall(before, event);
    if (!next) return;
    call.state = next;
    this.#log(call, before, event.type);
    if (next.at === 'ended') this.#ended(call, before, next.end, failure);
    else if (event.type === 'accept') this.#connect(call);
    else if (event.type === 'lost' || event.type === 'back') {
      const { user } = call[otherRole(event.by)];
      // Not kept for later: a client that comes back is told how things stand then.
      if (user.line?.greeted) user.line.send({ id: 'peerConnection', state: event.type });
    }
  }

  #connect(call: Call<Line>): void {
    const running = this.#running.get(call);
    if (!running) return;
    running.stopRinging();
    const media = new CallMedia(this.#services.kurento, () => this.#mediaFailed(call, new MediaServerLost()));
    running.media = media;
    const side = ({ user, offer }: Side<Line>) => ({ leg: user.leg, offer: offer ?? '' });
    media.connect(side(call.caller), side(call.callee)).then(
      (answers) => this.#connected(call, answers),
      (error: unknown) => this.#mediaFailed(call, error),
    );
  }

  #connected(call: Call<Line>, [callerAnswer, calleeAnswer]: [string, string]): void {
    if (call.state.at !== 'connecting') return; // it ended meanwhile, and its media was released then
    this.#dispatch(call, { type: 'answered', now: this.#services.clock.now() });
    for (const [side, sdpAnswer] of [
      [call.caller, callerAnswer] as const,
      [call.callee, calleeAnswer] as const,
    ]) {
      this.#tell(
        side,
        side.called
          ? { id: 'callResponse', response: 'accepted', sdpAnswer }
          : { id: 'startCommunication', sdpAnswer },
      );
      side.user.leg.answered();
    }
    this.#running.get(call)?.seenAndHeard.changed();
  }

  /** Tells each side of the other one, if it speaks of such things itself, and only what it does not know yet. */
  #announceMedia(call: Call<Line>): void {
    if (call.state.at !== 'live') return; // told once it is
    for (const role of ['caller', 'callee'] as const) {
      const side = call[role];
      const { line } = side.user;
      const { media } = call[otherRole(role)];
      if (!line || side.mediaLine !== line || !media || isSame(media, side.mediaHeard)) continue;
      side.mediaHeard = media;
      line.send(tagged(side, { id: 'peerMedia', ...media }));
    }
  }

  #mediaFailed(call: Call<Line>, error: unknown): void {
    if (call.state.at === 'ended') return;
    const line = call.caller.user.line ?? call.callee.user.line;
    const failure = line?.failure(error);
    this.#dispatch(
      call,
      { type: 'media-failed', code: failure?.code ?? 'media-server-unavailable' },
      failure,
    );
  }

  #ended(call: Call<Line>, before: HubCallState, end: HubCallEnd, failure: Failure | undefined): void {
    const running = this.#running.get(call);
    this.#running.delete(call);
    running?.stopRinging();
    running?.seenAndHeard.close();
    this.#book.close(call);
    for (const role of ['caller', 'callee'] as const) this.#bidFarewell(call, role, before, end, failure);
    if (running?.media) this.#release(running.media.release());
    this.#users.changed();
  }

  #bidFarewell(
    call: Call<Line>,
    role: CallRole,
    before: HubCallState,
    end: HubCallEnd,
    failure?: Failure,
  ): void {
    const side = call[role];
    const { user, called } = side;
    const words = farewell(end, {
      role,
      awaitsResponse: called && before.at !== 'live',
      peer: call[otherRole(role)].user.name,
      failure,
    });
    if (!words) return;
    const message = tagged(side, words);
    user.lastWords = { message, at: this.#services.clock.now() };
    user.line?.send(message);
  }

  // ── users ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a client needs after `register`; after a lost connection, everything that it may have missed. */
  #welcome(line: Line, user: User<Line>, moved: boolean): void {
    const { call } = user;
    const { lastWords } = user;
    if (moved && !call && lastWords && this.#services.clock.now() - lastWords.at < LAST_WORDS_MS)
      line.send(lastWords.message);
    const resumed = line.greeted && call ? resumption(call, user) : undefined;
    line.send({
      id: 'registerResponse',
      response: 'accepted',
      ...(line.greeted && user.secret !== undefined && { secret: user.secret }),
      ...(resumed && { resumed }),
    });
    this.announceTo(line);
    if (!moved || !call) return;
    const role = roleOf(call, user);
    for (const message of call[role].told) line.send(message);
    this.#dispatch(call, { type: 'back', by: role });
    if (call.state.at === 'ended') return;
    if (call.state.lost[otherRole(role)]) line.send({ id: 'peerConnection', state: 'lost' });
    if (role === 'callee' && call.state.at === 'ringing') this.#tellRinging(call);
  }

  #gone(user: User<Line>, lost: boolean): void {
    if (user.call) this.#dispatch(user.call, { type: 'gone', by: roleOf(user.call, user), lost });
    this.#book.remove(user);
    this.#users.changed();
  }

  #others(user: User<Line>): { name: string; busy: boolean }[] {
    const others = [];
    for (const other of this.#book.users()) {
      if (other !== user) others.push({ name: other.name, busy: other.call !== null });
    }
    return others;
  }

  #announceUsers(): void {
    for (const user of this.#book.users()) if (user.line) this.announceTo(user.line);
  }

  #newLeg(user: User<Line>): WebRtcLeg {
    return new WebRtcLeg(this.#services.logger, (candidate) => {
      const { call } = user;
      if (call) this.#tell(call[roleOf(call, user)], { id: 'iceCandidate', candidate });
    });
  }

  // ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells one side now, and again should its connection be lost and come back. */
  #tell(side: Side<Line>, words: Reply): void {
    const { user } = side;
    const message = tagged(side, words);
    if (user.secret !== undefined && side.told.length < MAX_TOLD) side.told.push(message);
    user.line?.send(message);
  }

  /** Whether this user's client understands more than a tutorial's page. */
  #knowsMore({ line, secret }: User<Line>): boolean {
    return line ? line.greeted : secret !== undefined;
  }

  #release(release: Promise<void>): void {
    this.#releasing.add(release);
    void release.finally(() => this.#releasing.delete(release));
  }

  #log(call: Call<Line>, before: HubCallState | null, event: string): void {
    const { logger } = this.#services;
    const why = call.state.at === 'ended' ? { why: call.state.end.why } : {};
    logger.info({ call: call.id, from: before?.at ?? 'none', to: call.state.at, event, ...why }, 'call');
  }
}

function newSide(
  user: User<Line>,
  { offer, callId, called }: Pick<Side<Line>, 'offer' | 'callId' | 'called'>,
): Side<Line> {
  return { user, offer, callId, called, told: [], media: null, mediaLine: null, mediaHeard: null };
}

function isSame(one: SeenAndHeard, other: SeenAndHeard | null): boolean {
  return (
    other !== null &&
    one.camera === other.camera &&
    one.microphone === other.microphone &&
    one.screen === other.screen
  );
}

/** Who left on purpose, or misbehaved, is not waited for. */
function mayComeBack(reason: CloseReason): boolean {
  switch (reason) {
    case 'broken':
    case 'silent':
    case 'congested':
      return true;
    case 'left':
    case 'flooding':
    case 'too-large':
    case 'shutting-down':
      return false;
  }
}

/** A client that comes back cannot know whether its offer arrived; the answer has been told, or will be. */
function isRepeated(side: Side<Line>, offer: string): boolean {
  if (side.offer === offer) return true;
  side.offer = offer;
  return false;
}

function notRegistered(): Refusal {
  return new Refusal('not-registered', 'Register a name first, so that others know who calls.');
}
