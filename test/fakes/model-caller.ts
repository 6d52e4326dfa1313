/**
 * An honest client of `/one2one`, as a test drives it: it knows only what it was told, keeps its state with the machine
 * of protocol/call.ts, and its messages take their time in both directions. A Callcast client says hello, names its
 * calls and comes back after a lost connection; a tutorial's page does none of it and declines what rings while it is
 * occupied.
 */
import { IDLE, afterResuming, callEventOf, nextCall } from '../../protocol/call';
import type { CallEvent, CallState } from '../../protocol/call';
import type { CallRequest, Replies } from '../../protocol/signaling';

type Request = Exclude<CallRequest, { id: 'hello' }>;
type Reply = Replies['/one2one'];

/** A way to the hub, in memory or over a socket. */
export interface CallerLink {
  send(request: Request): void;
  /** What came and was not taken yet. */
  readonly inbox: Reply[];
  close(how: 'left' | 'broken'): void;
}

export type CallerKind = 'callcast' | 'page';

export class ModelCaller {
  readonly name: string;
  readonly kind: CallerKind;
  readonly #connect: (hello: boolean) => CallerLink;
  /** Written, not yet sent. */
  readonly outbox: Request[] = [];
  /** Makes offers: a real one for each call, or a name for it. */
  readonly #offer: (caller: ModelCaller, count: number) => string;
  readonly #clock: () => number;
  state: CallState = IDLE;
  registered = false;
  /** The offer of the present call. */
  offer = '';
  /** The answer that this side has for it. */
  answer: string | undefined;
  #link: CallerLink | null = null;
  #secret: string | undefined;
  #count = 0;

  constructor(options: {
    name: string;
    kind: CallerKind;
    connect: (hello: boolean) => CallerLink;
    offer: (caller: ModelCaller, count: number) => string;
    clock: () => number;
  }) {
    this.name = options.name;
    this.kind = options.kind;
    this.#connect = options.connect;
    this.#offer = options.offer;
    this.#clock = options.clock;
  }

  get online(): boolean {
    return this.#link !== null;
  }

  /** Nothing is on its way to or from this client. */
  get quiet(): boolean {
    return this.outbox.length === 0 && (this.#link?.inbox.length ?? 0) === 0;
  }

  /** Whether this client is, as far as it knows, in a call or about to be. */
  get occupied(): boolean {
    return this.state.at !== 'idle' && this.state.at !== 'ended';
  }

  // ── what its user does ────────────────────────────────────────────────────────────────────────────────────────

  connect(): void {
    if (this.#link) return;
    this.#link = this.#connect(this.kind === 'callcast');
    this.register();
  }

  register(): void {
    const secret = this.#secret !== undefined && { secret: this.#secret };
    if (this.#link) this.outbox.push({ id: 'register', name: this.name, ...secret });
  }

  dial(peer: string): void {
    // A page's buttons follow what it knows, and its messages take no time here: see `page` in the tests.
    if (!this.#link || !this.registered || this.occupied) return;
    const callId = this.kind === 'callcast' ? `${this.name}-${++this.#count}` : undefined;
    this.#dispatch({ type: 'dial', peer, callId });
    this.outbox.push({ id: 'call', to: peer, from: this.name, sdpOffer: this.#newOffer(), ...this.#named() });
  }

  accept(): void {
    if (this.state.at !== 'ringing' || !this.#link) return;
    const { peer } = this.state;
    this.#dispatch({ type: 'accept' });
    this.outbox.push({
      id: 'incomingCallResponse',
      from: peer,
      callResponse: 'accept',
      sdpOffer: this.#newOffer(),
      ...this.#named(),
    });
  }

  decline(): void {
    if (this.state.at !== 'ringing' || !this.#link) return;
    const { peer } = this.state;
    this.outbox.push({ id: 'incomingCallResponse', from: peer, callResponse: 'reject', ...this.#named() });
    this.#dispatch({ type: 'decline' });
  }

  hangUp(): void {
    if (!this.occupied || !this.#link) return;
    this.outbox.push({ id: 'stop', ...this.#named() });
    this.#dispatch({ type: 'hang-up', now: this.#clock() });
  }

  candidate(): void {
    if (!this.occupied || !this.#link) return;
    const candidate = 'candidate:1 1 udp 2122194687 127.0.0.1 9 typ host generation 0';
    this.outbox.push({ id: 'onIceCandidate', candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });
  }

  /** The connection is gone, with everything on its way. */
  drop(how: 'left' | 'broken'): void {
    if (!this.#link) return;
    this.#link.close(how);
    this.#link = null;
    this.outbox.length = 0;
    this.registered = false;
    if (this.kind === 'page' || how === 'left') {
      this.state = IDLE;
      this.#secret = undefined;
    } else {
      this.#dispatch({ type: 'socket-lost' });
    }
  }

  // ── what the network does ─────────────────────────────────────────────────────────────────────────────────────

  /** One message reaches the hub. */
  deliver(): void {
    const request = this.outbox.shift();
    if (request) this.#link?.send(request);
  }

  /** One message of the hub reaches this client. */
  take(): void {
    const reply = this.#link?.inbox.shift();
    if (reply) this.#heard(reply);
  }

  #heard(reply: Reply): void {
    if (reply.id === 'registerResponse') this.#registerAnswered(reply);
    const event = callEventOf(reply, this.#clock());
    if (reply.id === 'incomingCall' && this.occupied && this.kind === 'page') {
      this.outbox.push({
        id: 'incomingCallResponse',
        from: reply.from,
        callResponse: 'reject',
        message: 'bussy',
      });
      return;
    }
    if (!event || (this.kind === 'page' && reply.id === 'registerResponse') || !this.#dispatch(event)) return;
    if ((reply.id === 'callResponse' || reply.id === 'startCommunication') && 'sdpAnswer' in reply) {
      this.answer ??= reply.sdpAnswer;
      if (this.state.at === 'connecting') this.#dispatch({ type: 'connected', now: this.#clock() });
    }
  }

  #registerAnswered(reply: Extract<Reply, { id: 'registerResponse' }>): void {
    this.registered = reply.response === 'accepted';
    if (reply.response === 'rejected') {
      // Held for whoever had it; this client is not known any more.
      this.#secret = undefined;
      return;
    }
    this.#secret = reply.secret;
    const { resumed } = reply;
    if (!resumed) return;
    const next = afterResuming(this.state, resumed);
    if (next === 'stop')
      this.outbox.push({ id: 'stop', ...(resumed.callId !== undefined && { callId: resumed.callId }) });
    if (next === 'answer-again') {
      const from = resumed.peer;
      this.outbox.push({
        id: 'incomingCallResponse',
        from,
        callResponse: 'accept',
        sdpOffer: this.offer,
        ...this.#named(),
      });
    }
  }

  #dispatch(event: CallEvent): boolean {
    const next = nextCall(this.state, event);
    if (!next) return false;
    this.state = next;
    return true;
  }

  #newOffer(): string {
    this.answer = undefined;
    this.offer = this.#offer(this, ++this.#count);
    return this.offer;
  }

  #named(): { callId?: string } {
    return 'callId' in this.state && this.state.callId !== undefined ? { callId: this.state.callId } : {};
  }
}
