/**
 * One WebSocket at the hub's edge: what comes in is bounded, parsed and guarded here before a session sees it; what goes
 * out is bounded by how fast the peer reads. Notices dead peers. Answers `hello`. What messages mean is the session's.
 */
import { WebSocket, type RawData } from 'ws';
import type { Failure } from '../protocol/errors';
import {
  HEARTBEAT_INTERVAL_MS,
  HEARTBEAT_SILENCE_MS,
  MAX_MESSAGES_PER_SECOND,
  MAX_OFFERS_AT_ONCE,
  MAX_OFFERS_PER_SECOND,
  MAX_SIGNALING_FRAME,
  MAX_UNSENT_BYTES,
} from '../protocol/limits';
import type { Logger } from '../protocol/log';
import { SILENT_SOCKET_CODE } from '../protocol/signaling';
import type { EndpointPath, MediaServerState, Replies, Welcome } from '../protocol/signaling';
import { ProtocolFault, Refusal, classify } from './failures';
import type { CloseReason, Connection, HubServices, Mode, Session, SessionRequest } from './mode';
import { RateLimit } from './rate';
import { parseRequest } from './requests';

/** Messages at once, before the rate counts: an offer and all its candidates, twice over. */
const BURST = 2 * MAX_MESSAGES_PER_SECOND;
/** Faults of one peer that are worth a line in the log; a flood of them is not. */
const MAX_LOGGED_FAULTS = 20;
/** How long a peer may take to answer our close frame. */
const CLOSE_GRACE_MS = 2_000;
/** What only a client knows that said `hello`. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'welcome',
  'mediaServer',
  'channels',
  'users',
  'ringing',
  'peerConnection',
  'peerMedia',
]);

export interface ConnectionOptions<P extends EndpointPath> {
  readonly socket: WebSocket;
  readonly remoteAddress: string;
  readonly mode: Mode<P>;
  readonly services: HubServices;
  readonly welcome: () => Welcome;
  readonly onEnded: () => void;
}

export class SocketConnection<P extends EndpointPath> implements Connection<P> {
  readonly id: string;
  readonly logger: Logger;
  readonly remoteAddress: string;
  /** Resolves when the socket itself is closed, after the last frame in either direction. */
  readonly gone: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions<P>;
  readonly #session: Session<P>;
  readonly #rate: RateLimit;
  readonly #offers: RateLimit;
  readonly #controller = new AbortController();
  #greeted = false;
  #lastHeard: number;
  #faults = 0;
  #cancelBeat: () => void = () => {};

  constructor(options: ConnectionOptions<P>) {
    const { socket, services, mode } = options;
    this.id = services.ids.next();
    this.logger = services.logger.child({ session: this.id, path: mode.path });
    this.remoteAddress = options.remoteAddress;
    this.#socket = socket;
    this.#options = options;
    this.#rate = new RateLimit(services.clock, MAX_MESSAGES_PER_SECOND, BURST);
    this.#offers = new RateLimit(services.clock, MAX_OFFERS_PER_SECOND, MAX_OFFERS_AT_ONCE);
    this.#lastHeard = services.clock.monotonic();
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#session = mode.open(this);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('ping', () => this.#heard());
    socket.on('error', (error) => this.#end(isTooLarge(error) ? 'too-large' : 'broken'));
    socket.on('close', (code) => this.#end(code === 1006 || code === SILENT_SOCKET_CODE ? 'broken' : 'left'));
    this.#scheduleBeat();
    this.logger.info({}, 'connected');
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get greeted(): boolean {
    return this.#greeted;
  }

  send(message: Replies[P]): void {
    if (!this.#greeted && EXTENSIONS.has(message.id)) return;
    this.#transmit(message);
  }

  fail(error: unknown): Failure | undefined {
    const failure = this.failure(error);
    if (failure) this.#transmit({ id: 'error', ...failure });
    return failure;
  }

  failure(error: unknown): Failure | undefined {
    const classified = classify(error);
    if (!classified) return undefined;
    const { severity, ...failure } = classified;
    const ref = this.#options.services.ids.next();
    if (severity === 'error') this.logger.error({ ref, code: failure.code, error }, 'a fault of ours');
    else if (++this.#faults <= MAX_LOGGED_FAULTS) {
      const message = error instanceof Error ? error.message : '';
      this.logger.warn({ ref, code: failure.code, why: message }, 'refused');
    }
    return { ...failure, ref };
  }

  /** The media server came or went: told to clients that know what to do with it. */
  mediaServerIs(state: MediaServerState): void {
    if (!this.#greeted) return;
    const { overlays } = this.#options.welcome();
    this.#transmit({ id: 'mediaServer', state, ...(state === 'ready' && { overlays }) });
  }

  /** Ends the connection from our side. Idempotent. */
  close(reason: CloseReason): void {
    this.#end(reason);
  }

  settled(): Promise<void> {
    return this.#session.settled();
  }

  // ── coming in ──────────────────────────────────────────────────────────────────────────────────────────────────

  #receive(data: RawData, isBinary: boolean): void {
    if (this.signal.aborted) return;
    this.#heard();
    if (!this.#rate.take()) {
      this.fail(
        new ProtocolFault('too-many-messages', `More than ${MAX_MESSAGES_PER_SECOND} messages per second.`),
      );
      this.#end('flooding');
      return;
    }
    try {
      this.#handle(this.#parse(data, isBinary));
    } catch (error) {
      const failure = this.fail(error);
      if (failure && frameTooLarge(data)) this.#end('too-large');
    }
  }

  #parse(data: RawData, isBinary: boolean) {
    if (frameTooLarge(data))
      throw new ProtocolFault('too-large', `A message may have at most ${MAX_SIGNALING_FRAME / 1024} KB.`);
    if (isBinary) throw new ProtocolFault('bad-message', 'Invalid message: a text frame is expected.');
    // With `ws` text frames come as one Buffer (binaryType "nodebuffer").
    return parseRequest(this.#options.mode.path, (data as Buffer).toString('utf8'));
  }

  #handle(request: ReturnType<typeof parseRequest<P>>): void {
    if ('sdpOffer' in request && !this.#offers.take())
      throw new Refusal(
        'too-many-messages',
        'Too many offers in a short time. Wait a moment, then try again.',
        {
          retryable: true,
        },
      );
    if (request.id !== 'hello') {
      // What is no hello is a session's request; the compiler does not narrow an indexed type.
      this.#session.handle(request as SessionRequest<P>);
      return;
    }
    const first = !this.#greeted;
    this.#greeted = true;
    this.#transmit(this.#options.welcome());
    if (first) this.#session.greeted?.();
  }

  // ── going out ──────────────────────────────────────────────────────────────────────────────────────────────────

  #transmit(message: object): void {
    if (this.signal.aborted || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#end('congested');
      return;
    }
    // A failing send is followed by the socket's own error or close.
    this.#socket.send(JSON.stringify(message), () => {});
  }

  // ── life and death ─────────────────────────────────────────────────────────────────────────────────────────────

  #heard(): void {
    this.#lastHeard = this.#options.services.clock.monotonic();
  }

  #scheduleBeat(): void {
    const { clock } = this.#options.services;
    this.#cancelBeat = clock.after(HEARTBEAT_INTERVAL_MS, () => {
      if (clock.monotonic() - this.#lastHeard >= HEARTBEAT_SILENCE_MS) {
        this.#end('silent');
        return;
      }
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
      this.#scheduleBeat();
    });
  }

  #end(reason: CloseReason): void {
    if (this.signal.aborted) return;
    this.#cancelBeat();
    if (reason === 'shutting-down') this.#transmit(SHUTTING_DOWN);
    const code = closeCode(reason);
    this.#controller.abort(reason);
    this.logger.info({ reason }, 'disconnected');
    if (code === undefined) this.#socket.terminate();
    else this.#closeSocket(code, reason);
    try {
      this.#session.closed(reason);
    } catch (error) {
      this.logger.error({ error }, 'a session failed to close');
    }
    this.#options.onEnded();
  }

  #closeSocket(code: number, reason: CloseReason): void {
    this.#socket.close(code, reason);
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const cancel = this.#options.services.clock.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }
}

const SHUTTING_DOWN = {
  id: 'error',
  code: 'shutting-down',
  message: 'The hub is shutting down. Connect again when it is back.',
  retryable: true,
} as const;

/** Many reasons inside, few outside: the close codes of RFC 6455, section 7.4. Undefined: nobody is there to tell. */
function closeCode(reason: CloseReason): number | undefined {
  switch (reason) {
    case 'left':
    case 'broken':
    case 'silent':
    case 'congested':
      return undefined;
    case 'flooding':
      return 1008;
    case 'too-large':
      return 1009;
    case 'shutting-down':
      return 1001;
  }
}

function frameTooLarge(data: RawData): boolean {
  return Buffer.isBuffer(data) ? data.length > MAX_SIGNALING_FRAME : true;
}

/** `ws` ends a socket by itself whose frame is above its own, higher limit. */
function isTooLarge(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}
