/**
 * The hub's connection to a media server: one session of the Kurento Protocol, kept across sockets. Connects, notices a
 * dead peer, comes back with back-off, takes the old session up again where the media server still has it, and tells
 * scopes when it has not. Scopes and handles (scope.ts, objects.ts) do the rest.
 *
 * When the connection breaks, what is pending is rejected at once and `state` says so. Media may flow on meanwhile, so
 * scopes stay for a moment (`resumeGraceMs`): if the session can be resumed by then, nobody's call has ended. After it,
 * or when nothing listens at the address any more, they are lost, once and for good.
 */
import type { Logger } from '../../protocol/log';
import {
  KURENTO_ERRORS,
  REQUEST_CACHE_MS,
  SERVER_MANAGER_ID,
  type JsonObject,
  type JsonValue,
  type KurentoMethod,
} from '../../protocol/kurento';
import type { MediaServerState } from '../../protocol/signaling';
import type { Clock } from '../clock';
import { KurentoError, KurentoProtocolFault, MediaServerLost, RequestCancelled } from './errors';
import type { RemoteObject } from './objects';
import { ConnectFailed, RpcSocket, isRecord, type Unanswered } from './rpc-socket';
import { ClientScope, valueOf, type Link } from './scope';
import type { Kurento, MediaScope } from './types';

/** All in milliseconds. */
export interface KurentoTimes {
  /** Until a request is given up. KMS takes some 300 ms for a WebRtcEndpoint, and works requests off one by one. */
  readonly requestMs: number;
  /** Until an attempt to connect is given up. */
  readonly openMs: number;
  /** How long scopes outlive a broken connection. */
  readonly resumeGraceMs: number;
  /** A peer that is silent for so long is dead: users in a session hear of it within two seconds. */
  readonly silenceMs: number;
  /** The same while nobody is in a session. */
  readonly idleSilenceMs: number;
  /** First pause between attempts; doubles up to `backOffMaxMs`. */
  readonly backOffMs: number;
  readonly backOffMaxMs: number;
  /** Between two `ping` requests: proof that the media server still works off requests, not just its socket. */
  readonly pingMs: number;
}

export const KURENTO_TIMES: KurentoTimes = {
  requestMs: 10_000,
  openMs: 3_000,
  resumeGraceMs: 1_500,
  silenceMs: 1_500,
  idleSilenceMs: 15_000,
  backOffMs: 100,
  backOffMaxMs: 2_000,
  pingMs: 30_000,
};

export interface KurentoClientOptions {
  /** Such as `ws://127.0.0.1:8888/kurento`; undefined while there is none yet (see `setUrl`). */
  readonly url?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly times?: Partial<KurentoTimes>;
  /** For jitter; in [0, 1). */
  readonly random?: () => number;
}

/** Objects to release when a lost session is resumed; more than a media server could hold. */
const MAX_ORPHANS = 10_000;
/** A connection that lasted this long was a good one: the next attempt comes at once. */
const STABLE_MS = 5_000;

export class KurentoClient implements Kurento, Link {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #times: KurentoTimes;
  readonly #random: () => number;
  readonly #scopes = new Set<ClientScope>();
  readonly #objects = new Map<string, RemoteObject>();
  readonly #stateListeners = new Set<(state: MediaServerState) => void>();
  readonly #orphans = new Set<string>();
  /** Of the last connection; to be asked again when its session is resumed. */
  #unanswered: { readonly since: number; readonly requests: readonly Unanswered[] } | undefined;
  readonly #closing = new AbortController();
  #url: string | undefined;
  /** Aborts when the address changes: what was tried at the old one is over. */
  #target = new AbortController();
  #state: MediaServerState = 'connecting';
  #socket: RpcSocket | undefined;
  #sessionId: string | undefined;
  #types: ReadonlySet<string> | undefined;
  #lastRequestId = 0;
  #cancelGrace: () => void = () => {};
  readonly #running: Promise<void>;

  constructor(options: KurentoClientOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#times = { ...KURENTO_TIMES, ...options.times };
    this.#random = options.random ?? Math.random;
    this.#url = options.url;
    this.#running = this.#run();
  }

  get state(): MediaServerState {
    return this.#state;
  }

  get url(): string | undefined {
    return this.#url;
  }

  /** For tests and diagnosis: what is held at present. */
  get held(): { scopes: number; objects: number; pending: number; orphans: number } {
    return {
      scopes: this.#scopes.size,
      objects: this.#objects.size,
      pending: this.#socket?.pending ?? 0,
      orphans: this.#orphans.size,
    };
  }

  onState(listener: (state: MediaServerState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  supports(type: string): boolean | undefined {
    return this.#types?.has(type);
  }

  openScope(): MediaScope {
    const scope = new ClientScope(this);
    if (this.#closing.signal.aborted) void scope.release();
    else this.#scopes.add(scope);
    return scope;
  }

  /**
   * Another address, or none while the media server is down (known from its process, sooner than from the socket).
   * What the old one held is lost. The same address again only ends a pause between attempts.
   */
  setUrl(url: string | undefined): void {
    const changed = url !== this.#url;
    this.#url = url;
    if (changed) this.#lost('the media server ended');
    this.#target.abort(new RequestCancelled());
    this.#target = new AbortController();
    if (changed && (url === undefined || this.#state === 'ready')) this.#become('unavailable');
  }

  /** Ends the session on the media server, releasing all that is left there. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      const socket = this.#socket;
      await Promise.all([...this.#scopes].map((scope) => scope.release()));
      if (socket && this.#sessionId !== undefined) {
        const params = { sessionId: this.#sessionId, release: true };
        await socket.request('closeSession', params, { timeoutMs: 1_000 }).catch(() => {});
      }
      this.#closing.abort(new RequestCancelled('the hub is closing'));
      this.#target.abort(new RequestCancelled('the hub is closing'));
      this.#cancelGrace();
      this.#socket?.terminate(new MediaServerLost('the hub is closing'));
      this.#stateListeners.clear();
    }
    await this.#running;
  }

  // ── for scopes ─────────────────────────────────────────────────────────────────────────────────────────────────

  async available(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connecting') await this.#nextState(signal, this.#times.openMs);
    if (signal.aborted) throw signal.reason;
    if (!this.#socket) throw new MediaServerLost();
  }

  request(
    method: KurentoMethod,
    params: JsonObject,
    signal: AbortSignal | undefined,
    late?: (result: JsonValue) => void,
  ): Promise<JsonValue> {
    if (!this.#socket || this.#sessionId === undefined) return Promise.reject(new MediaServerLost());
    const timeoutMs = this.#times.requestMs;
    return this.#socket.request(
      method,
      { ...params, sessionId: this.#sessionId },
      { timeoutMs, signal, late },
    );
  }

  async releaseObject(id: string): Promise<void> {
    try {
      await this.request('release', { object: id }, undefined);
    } catch (error) {
      if (error instanceof KurentoError) {
        this.#logger.warn({ object: id, code: error.code }, 'the media server refused a release');
      } else if (this.#orphans.size < MAX_ORPHANS) {
        // Not connected, or no answer: to be released when the session is resumed, if the object still exists then.
        this.#orphans.add(id);
      }
    }
  }

  adopt(object: RemoteObject): void {
    this.#objects.set(object.id, object);
  }

  disown(id: string): void {
    this.#objects.delete(id);
  }

  forget(scope: ClientScope): void {
    this.#scopes.delete(scope);
  }

  listenerFailed(error: unknown, object: string, event: string): void {
    this.#logger.error({ error, object, event }, 'a listener failed');
  }

  // ── the connection ─────────────────────────────────────────────────────────────────────────────────────────────

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const target = this.#target.signal;
      if (this.#url === undefined) {
        await this.#pause(Infinity, target);
        failures = 0;
        continue;
      }
      const since = this.#clock.monotonic();
      const connected = await this.#connectOnce(this.#url, target);
      if (this.#closing.signal.aborted) return;
      const lasted = this.#clock.monotonic() - since;
      if (connected && lasted >= STABLE_MS) failures = 0;
      else await this.#pause(this.#backOff(failures++), target);
      if (target.aborted) failures = 0;
    }
  }

  /** One connection from its beginning to its end. Resolves with whether it was of any use. */
  async #connectOnce(url: string, target: AbortSignal): Promise<boolean> {
    let socket: RpcSocket | undefined;
    try {
      socket = await RpcSocket.open(url, {
        clock: this.#clock,
        openTimeoutMs: this.#times.openMs,
        signal: target,
        nextRequestId: () => ++this.#lastRequestId,
        onEvent: (event) => this.#objects.get(event.object)?.dispatch(event),
        onFault: (fault) => this.#logger.warn({ fault: fault.message }, 'the media server sent nonsense'),
      });
      await this.#handshake(socket, target);
    } catch (error) {
      socket?.terminate(new MediaServerLost());
      if (target.aborted) return false;
      this.#logger.debug({ error, url }, 'no connection to the media server');
      if (error instanceof ConnectFailed && error.refused) this.#lost('nothing listens at its address');
      this.#become('unavailable');
      return false;
    }
    this.#cancelGrace();
    this.#socket = socket;
    const stopWatching = this.#watch(socket);
    this.#become('ready');
    this.#repeatUnanswered(socket);
    this.#releaseOrphans();
    const why = await socket.ended;
    stopWatching();
    if (this.#socket === socket) this.#socket = undefined;
    // After a change of address there is nobody to ask.
    if (this.#sessionId !== undefined)
      this.#unanswered = { since: this.#clock.monotonic(), requests: socket.unanswered };
    if (this.#closing.signal.aborted || target.aborted) return true;
    this.#logger.warn({ url, why: why.message }, 'connection to the media server lost');
    this.#cancelGrace();
    this.#cancelGrace = this.#clock.after(this.#times.resumeGraceMs, () =>
      this.#loseScopes('it did not come back'),
    );
    this.#become('unavailable');
    return true;
  }

  /** Takes the old session up again, or begins a new one; in that case the old one's scopes are lost. */
  async #handshake(socket: RpcSocket, target: AbortSignal): Promise<void> {
    const options = { timeoutMs: this.#times.requestMs, signal: target };
    const resumed = this.#sessionId !== undefined && (await resume(socket, this.#sessionId, options));
    if (!resumed) {
      if (this.#sessionId !== undefined) this.#lost('the media server has forgotten the session');
      const result = await socket.request('connect', {}, options);
      if (!isRecord(result) || typeof result.sessionId !== 'string')
        throw new KurentoProtocolFault('connect answered no session');
      this.#sessionId = result.sessionId;
    }
    // Also makes the session exist: the media server forgets one that never touched an object.
    const invoke = { object: SERVER_MANAGER_ID, operation: 'getInfo', sessionId: this.#sessionId ?? '' };
    this.#types = factoriesOf(valueOf(await socket.request('invoke', invoke, options)));
    this.#logger.info({ url: this.#url, resumed }, 'connected to the media server');
  }

  /** Asks for signs of life, and ends the socket when there are none. */
  #watch(socket: RpcSocket): () => void {
    let cancel = () => {};
    let lastCheck = this.#clock.monotonic();
    let lastPing = lastCheck;
    const check = (interval: number) => {
      const now = this.#clock.monotonic();
      // When this process itself was held up, answers are waiting unread: that silence is our own.
      const heldUp = now - lastCheck > interval + 500;
      lastCheck = now;
      const busy = this.#scopes.size > 0 || socket.pending > 0;
      const limit = busy ? this.#times.silenceMs : this.#times.idleSilenceMs;
      if (socket.silence >= limit && !heldUp) {
        socket.terminate(new MediaServerLost('the media server gave no sign of life'));
        return;
      }
      socket.ping();
      if (now - lastPing >= this.#times.pingMs) {
        lastPing = now;
        socket.request('ping', {}, { timeoutMs: this.#times.requestMs }).catch(() => {
          socket.terminate(new MediaServerLost('the media server does not work off requests'));
        });
      }
      schedule();
    };
    // Three checks per limit, also while idle: a session that begins must not wait for a slow round to end.
    const schedule = () => {
      const interval = Math.max(10, this.#times.silenceMs / 3);
      cancel = this.#clock.after(interval, () => check(interval));
    };
    schedule();
    return () => cancel();
  }

  /** Creations whose answer was lost with the connection: their results are released as they come. */
  #repeatUnanswered(socket: RpcSocket): void {
    const unanswered = this.#unanswered;
    this.#unanswered = undefined;
    // Later the media server would run the request anew, and what it created then is out of reach anyway.
    if (!unanswered || this.#clock.monotonic() - unanswered.since > REQUEST_CACHE_MS / 2) return;
    for (const request of unanswered.requests) socket.repeat(request);
  }

  #releaseOrphans(): void {
    const orphans = [...this.#orphans];
    this.#orphans.clear();
    for (const id of orphans) void this.releaseObject(id);
  }

  /** The media server is another one now, or has forgotten us: nothing of the session is left. */
  #lost(why: string): void {
    this.#sessionId = undefined;
    this.#socket?.terminate(new MediaServerLost());
    this.#socket = undefined;
    this.#loseScopes(why);
    this.#orphans.clear();
    this.#unanswered = undefined;
  }

  #loseScopes(why: string): void {
    this.#cancelGrace();
    if (this.#scopes.size > 0)
      this.#logger.warn({ scopes: this.#scopes.size, why }, 'sessions lost their media');
    for (const scope of [...this.#scopes]) {
      for (const id of scope.lose()) if (this.#orphans.size < MAX_ORPHANS) this.#orphans.add(id);
    }
  }

  #become(state: MediaServerState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#stateListeners]) listener(state);
  }

  #backOff(failures: number): number {
    const full = Math.min(this.#times.backOffMs * 2 ** Math.min(failures, 20), this.#times.backOffMaxMs);
    return full * (0.5 + this.#random() / 2);
  }

  /** Resolves after the time, or as soon as the address changes. */
  #pause(milliseconds: number, target: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        target.removeEventListener('abort', done);
        resolve();
      };
      const cancel = Number.isFinite(milliseconds) ? this.#clock.after(milliseconds, done) : () => {};
      target.addEventListener('abort', done, { once: true });
      if (target.aborted) done();
    });
  }

  #nextState(signal: AbortSignal, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        unsubscribe();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.after(limitMs, done);
      const unsubscribe = this.onState(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}

async function resume(
  socket: RpcSocket,
  sessionId: string,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<boolean> {
  try {
    const result = await socket.request('connect', { sessionId }, options);
    return isRecord(result) && result.sessionId === sessionId;
  } catch (error) {
    if (error instanceof KurentoError && error.code === KURENTO_ERRORS.INVALID_SESSION.code) return false;
    throw error;
  }
}

/** The types that a media server can create, out of `getInfo`. */
function factoriesOf(info: JsonValue): ReadonlySet<string> {
  const factories = new Set<string>();
  if (!isRecord(info) || !Array.isArray(info.modules))
    throw new KurentoProtocolFault('getInfo lists no modules');
  for (const module of info.modules as unknown[]) {
    if (!isRecord(module) || !Array.isArray(module.factories)) continue;
    for (const factory of module.factories) if (typeof factory === 'string') factories.add(factory);
  }
  return factories;
}
