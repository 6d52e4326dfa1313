/**
 * One WebSocket to a media server, speaking JSON-RPC: requests and their answers, events, signs of life. Ends once and
 * for all when the socket does; coming back is client.ts's work. Knows no media objects.
 */
import { WebSocket, type RawData } from 'ws';
import type { JsonObject, JsonValue, KurentoEvent, KurentoMethod } from '../../protocol/kurento';
import type { Clock } from '../clock';
import {
  KurentoError,
  KurentoProtocolFault,
  MediaServerLost,
  RequestCancelled,
  RequestTimeout,
} from './errors';

/** The largest answer is getStats of a busy endpoint, some 100 KB. */
const MAX_ANSWER = 4 * 1024 * 1024;
/** Requests that may wait for an answer at once; a hub full of sessions has some thousand. */
const MAX_PENDING = 20_000;
/** Answers that came too late are remembered for their `late` hook; beyond this the oldest are forgotten. */
const MAX_LATE = 10_000;

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called when a successful answer arrives after its request timed out or was cancelled: release what it made. */
  readonly late?: ((result: JsonValue) => void) | undefined;
}

export interface RpcSocketOptions {
  readonly clock: Clock;
  /** Milliseconds until an attempt to connect is given up. */
  readonly openTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Unique within the session on the media server: it answers a repeated id out of its cache, for 20 s. */
  readonly nextRequestId: () => number;
  readonly onEvent: (event: KurentoEvent) => void;
  /** A frame that is no JSON-RPC: logged, otherwise ignored. */
  readonly onFault: (fault: KurentoProtocolFault) => void;
}

/** A request that would create something, and whose answer has not come. */
export interface Unanswered {
  readonly id: number;
  readonly method: KurentoMethod;
  readonly params: JsonObject;
  readonly late: (result: JsonValue) => void;
}

interface Pending {
  readonly method: KurentoMethod;
  readonly params: JsonObject;
  resolve(value: JsonValue): void;
  reject(error: Error): void;
  /** Removes timer and abort listener. */
  forget(): void;
  readonly late: RequestOptions['late'];
}

/** `refused` when nothing listens there: whatever the media server held is gone. */
export class ConnectFailed extends MediaServerLost {
  readonly refused: boolean;
  /** The system's or TLS's own code, such as `ENOTFOUND`; undefined for a time limit or an answer that is no WebSocket's. */
  readonly code: string | undefined;

  constructor(message: string, refused: boolean, code?: string) {
    super(message);
    this.name = 'ConnectFailed';
    this.refused = refused;
    this.code = code;
  }
}

export class RpcSocket {
  /** Resolves with what ended the socket; never rejects. */
  readonly ended: Promise<MediaServerLost>;
  readonly #socket: WebSocket;
  readonly #options: RpcSocketOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #late = new Map<number, Unanswered>();
  #lastHeard: number;
  #resolveEnded: (why: MediaServerLost) => void = () => {};
  #endedWith: MediaServerLost | undefined;

  static open(url: string, options: RpcSocketOptions): Promise<RpcSocket> {
    return new Promise((resolve, reject) => {
      options.signal.throwIfAborted();
      const socket = new WebSocket(url, {
        perMessageDeflate: false,
        maxPayload: MAX_ANSWER,
        followRedirects: false,
      });
      const settle = (outcome: () => void) => {
        cancelTimer();
        options.signal.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
        outcome();
      };
      const giveUp = (error: Error) =>
        settle(() => {
          // Terminating a socket that is still connecting makes it emit an error of its own.
          socket.on('error', () => {});
          socket.terminate();
          reject(error);
        });
      const onAbort = () => giveUp(new RequestCancelled());
      const cancelTimer = options.clock.after(options.openTimeoutMs, () =>
        giveUp(new ConnectFailed('the media server did not accept a connection in time', false, 'ETIMEDOUT')),
      );
      options.signal.addEventListener('abort', onAbort, { once: true });
      socket.once('open', () => settle(() => resolve(new RpcSocket(socket, options))));
      socket.once('error', (error) =>
        giveUp(new ConnectFailed(error.message, isRefused(error), (error as NodeJS.ErrnoException).code)),
      );
    });
  }

  private constructor(socket: WebSocket, options: RpcSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#lastHeard = options.clock.monotonic();
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const heard = () => (this.#lastHeard = options.clock.monotonic());
    socket.on('message', (data) => {
      heard();
      this.#receive(data);
    });
    socket.on('ping', heard);
    socket.on('pong', heard);
    socket.on('error', (error) => this.#end(new MediaServerLost(error.message)));
    socket.on('close', (code) =>
      this.#end(new MediaServerLost(`the media server closed the connection (${code})`)),
    );
  }

  /** Milliseconds since anything came from the other side. */
  get silence(): number {
    return this.#options.clock.monotonic() - this.#lastHeard;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Once the socket has ended: what the media server may have created without our knowing. */
  get unanswered(): readonly Unanswered[] {
    return [...this.#late.values()];
  }

  /**
   * Asks once more what an earlier socket of the same session has not heard the answer of. The media server answers a
   * repeated id out of its cache, or runs the request now; either way `late` gets to know what was created.
   */
  repeat(request: Unanswered): void {
    const { id, method, params } = request;
    this.#late.set(id, request);
    if (!this.#endedWith) this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  request(method: KurentoMethod, params: JsonObject, options: RequestOptions): Promise<JsonValue> {
    if (this.#endedWith) return Promise.reject(this.#endedWith);
    if (options.signal?.aborted) return Promise.reject(cancellation(options.signal));
    if (this.#pending.size >= MAX_PENDING)
      return Promise.reject(
        new KurentoError(-32000, undefined, 'too many requests are waiting for an answer'),
      );
    return new Promise((resolve, reject) => {
      const id = this.#options.nextRequestId();
      const onAbort = () => this.#abandon(id, cancellation(options.signal));
      const cancelTimer = this.#options.clock.after(options.timeoutMs, () =>
        this.#abandon(id, new RequestTimeout(method, options.timeoutMs)),
      );
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const forget = () => {
        cancelTimer();
        options.signal?.removeEventListener('abort', onAbort);
      };
      this.#pending.set(id, { method, params, resolve, reject, forget, late: options.late });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** Asks for a sign of life on the WebSocket's own level, which does not wait behind other requests. */
  ping(): void {
    if (!this.#endedWith) this.#socket.ping();
  }

  /** Ends at once, without a closing handshake: for a peer that is silent, or when nobody waits for it. */
  terminate(why: MediaServerLost): void {
    this.#end(why);
  }

  #abandon(id: number, error: Error): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.forget();
    this.#awaitLate(id, pending);
    pending.reject(error);
  }

  #awaitLate(id: number, { method, params, late }: Pending): void {
    if (!late) return;
    this.#late.set(id, { id, method, params, late });
    if (this.#late.size > MAX_LATE) this.#late.delete(this.#late.keys().next().value ?? id);
  }

  #receive(data: RawData): void {
    let frame: unknown;
    try {
      frame = JSON.parse(rawText(data));
    } catch {
      this.#options.onFault(new KurentoProtocolFault('a frame that is no JSON'));
      return;
    }
    if (!isRecord(frame)) {
      this.#options.onFault(new KurentoProtocolFault('a frame that is no JSON-RPC message'));
    } else if (frame.method === 'onEvent') {
      const event = eventOf(frame);
      if (event) this.#options.onEvent(event);
      else this.#options.onFault(new KurentoProtocolFault('an event without object or type'));
    } else {
      this.#answered(frame);
    }
  }

  #answered(frame: Record<string, unknown>): void {
    const id = frame.id;
    if (typeof id !== 'number') {
      this.#options.onFault(new KurentoProtocolFault('an answer without a request id'));
      return;
    }
    const pending = this.#pending.get(id);
    if (!pending) {
      const late = this.#late.get(id);
      this.#late.delete(id);
      if (late && 'result' in frame) late.late(frame.result as JsonValue);
      return;
    }
    this.#pending.delete(id);
    pending.forget();
    if (isRecord(frame.error)) pending.reject(errorOf(frame.error));
    else if ('result' in frame) pending.resolve(frame.result as JsonValue);
    else
      pending.reject(
        new KurentoProtocolFault(`an answer to ${pending.method} with neither result nor error`),
      );
  }

  #end(why: MediaServerLost): void {
    if (this.#endedWith) return;
    this.#endedWith = why;
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    this.#socket.terminate();
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [id, request] of pending) {
      request.forget();
      this.#awaitLate(id, request);
      request.reject(why);
    }
    this.#resolveEnded(why);
  }
}

/** A signal's reason when it is an error of ours, else a plain cancellation. */
function cancellation(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof MediaServerLost || reason instanceof RequestCancelled
    ? reason
    : new RequestCancelled();
}

function rawText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param error the `error` member of an answer, or of an operation's answer in a transaction */
export function errorOf(error: Record<string, unknown>): Error {
  if (typeof error.code !== 'number' || typeof error.message !== 'string')
    return new KurentoProtocolFault('an error without code or message');
  const type = isRecord(error.data) && typeof error.data.type === 'string' ? error.data.type : undefined;
  return new KurentoError(error.code, type, error.message);
}

function eventOf(frame: Record<string, unknown>): KurentoEvent | undefined {
  if (!isRecord(frame.params) || !isRecord(frame.params.value)) return undefined;
  const { object, type, data } = frame.params.value;
  if (typeof object !== 'string' || typeof type !== 'string' || !isRecord(data)) return undefined;
  // The fields of `data` differ by event; whoever listens checks those it uses.
  return { object, type, data: data as unknown as KurentoEvent['data'] };
}

function isRefused(error: Error): boolean {
  // With several addresses for a name (::1, 127.0.0.1) the error is an AggregateError; its code is that of the first.
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
