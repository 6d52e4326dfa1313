/**
 * How a mode plugs into the hub. The edge (connection.ts) owns the socket: origin, sizes, rates, guards, heartbeat,
 * `hello`; a mode owns what the messages mean. modes.ts lists the modes.
 *
 * A mode is made by `create…Mode(services)`. One Mode object per hub holds what its sessions share (channels, names, rooms); one Session per socket.
 */
import type { Failure } from '../protocol/errors';
import type { Logger } from '../protocol/log';
import type { EndpointPath, Replies, Requests } from '../protocol/signaling';
import type { Clock } from './clock';
import type { Ids } from './ids';
import type { Kurento } from './kurento-client/types';
import type { Overlays } from './overlays';

/** What the composition root hands to every mode. */
export interface HubServices {
  readonly kurento: Kurento;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly overlays: Overlays;
  /** The key that presenters must know; undefined when anybody may present. May change while running. */
  presenterKey(): string | undefined;
}

export interface Mode<P extends EndpointPath = EndpointPath> {
  readonly path: P;
  /** A socket passed the edge's checks. Must not throw. */
  open(connection: Connection<P>): Session<P>;
  /** The hub is closing; the sessions have been told already. Releases what the mode itself holds. */
  close(): Promise<void>;
}

/** A request that reaches a session: the edge answers `hello` itself. */
export type SessionRequest<P extends EndpointPath> = Exclude<Requests[P], { id: 'hello' }>;

/**
 * One socket's conversation. `handle` is called once per message, in order, and is synchronous: it decides at once and
 * puts what takes time into a queue of its own (serial-queue.ts). What it throws is answered by the edge with an `error`
 * message (see failures.ts); a `Refusal` or `ProtocolFault` with its own code, anything else as `internal`.
 */
export interface Session<P extends EndpointPath> {
  handle(request: SessionRequest<P>): void;
  /** The client said `hello` (at most once): from now on it may get what tutorial pages do not know. */
  greeted?(): void;
  /** The socket is gone, for whatever reason; `connection.signal` has aborted. Called exactly once, and must not throw. */
  closed(reason: CloseReason): void;
  /** Resolves when everything that the session held on the media server is released. The hub's `close` waits for it. */
  settled(): Promise<void>;
}

/** Why a socket ended. Internal: the peer gets one of few WebSocket close codes (connection.ts). */
export type CloseReason =
  | 'left' // the peer closed it
  | 'broken' // the transport failed
  | 'silent' // no sign of life: the heartbeat gave up
  | 'congested' // the peer does not read what it is sent
  | 'flooding' // too many messages
  | 'too-large' // a frame above the limit
  | 'shutting-down'; // the hub closes

/** A session's view of its socket. */
export interface Connection<P extends EndpointPath = EndpointPath> {
  /** Names this connection in logs. */
  readonly id: string;
  readonly logger: Logger;
  /** Aborts when the socket is gone. */
  readonly signal: AbortSignal;
  /** Where the socket comes from, for counting only: people behind one router share it. Empty when unknown. */
  readonly remoteAddress: string;
  /** Whether the client said `hello`. */
  readonly greeted: boolean;
  /**
   * Sends one message; nothing happens when the socket is gone. Messages that only a greeted client knows (`channels`,
   * `users`, `peerConnection`, `mediaServer`, `welcome`) are dropped for the others, so callers need not ask.
   */
  send(message: Replies[P]): void;
  /**
   * Turns whatever was thrown into a failure, logs it with its `ref` (refusals at warn, faults of ours at error), and
   * sends it as an `error` message. Cancellations are neither logged nor sent: the answer is undefined.
   */
  fail(error: unknown): Failure | undefined;
  /** As `fail`, without sending: for replies that carry the failure themselves, such as `callResponse`. */
  failure(error: unknown): Failure | undefined;
}
