/**
 * One client's socket as the protocol sees it: requests are worked off in order, one at a time, and belong to the
 * socket's session unless they name another. Owns the queue, its bounds, and which sessions the socket serves; bytes
 * and heartbeats are the server's.
 */
import { randomUUID } from 'node:crypto';
import type { JsonValue, RpcErrorBody } from '../../protocol/kurento';
import type { Logger } from '../../protocol/log';
import { KurentoError } from '../model/kurento-error';
import { BadRequest, errorFrame, notificationFrame, optionalText, readFrame } from './json-rpc';
import type { Params, Request } from './json-rpc';
import { METHODS } from './methods';
import type { Call, Services } from './methods';
import type { Answer } from './request-cache';
import type { Outlet, Session } from './sessions';
import { runTransaction } from './transaction';

/** More than so many requests waiting: the socket is not read until fewer are. */
export const QUEUE_HIGH = 256;
export const QUEUE_LOW = 64;

/** A client that sends without pause must not hold up media: so many requests (about a millisecond), then others. */
const YIELD_EVERY = 64;
/** Sessions and requests are called by UUIDs and numbers; whoever keeps them is not made to keep more. */
const MAX_NAME_LENGTH = 256;

export interface Wire {
  send(frame: string): void;
  /** The client is faster than we are. */
  pause(): void;
  resume(): void;
}

export class Connection implements Outlet {
  readonly #services: Services;
  readonly #wire: Wire;
  readonly #logger: Logger;
  readonly #queue: string[] = [];
  readonly #sessions = new Map<string, Session>();
  #sessionId: string | undefined;
  #working = false;
  #worked = 0;
  #paused = false;
  #closed = false;

  constructor(services: Services, wire: Wire, logger: Logger) {
    this.#services = services;
    this.#wire = wire;
    this.#logger = logger;
  }

  send(frame: string): void {
    if (!this.#closed) this.#wire.send(frame);
  }
  sessionEnded(session: Session): void {
    this.#sessions.delete(session.id);
  }
  /** A frame of text arrived. */
  receive(text: string): void {
    if (this.#closed) return;
    this.#queue.push(text);
    if (this.#queue.length >= QUEUE_HIGH && !this.#paused) {
      this.#paused = true;
      this.#wire.pause();
    }
    if (!this.#working) void this.#work();
  }
  /** The socket is gone: requests that were not begun never are; sessions go on without it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    for (const session of this.#sessions.values()) this.#services.sessions.detach(session, this);
    this.#sessions.clear();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let text = this.#queue.shift(); text !== undefined; text = this.#queue.shift()) {
      if (this.#paused && this.#queue.length <= QUEUE_LOW) {
        this.#paused = false;
        this.#wire.resume();
      }
      for (const request of readFrame(text)) {
        if (this.#closed) break;
        if (++this.#worked % YIELD_EVERY === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        const frame = await this.#answerTo(request);
        if (frame !== undefined) this.send(frame);
      }
    }
    this.#working = false;
  }

  /** Never rejects: whatever happened, the queue goes on. */
  async #answerTo(request: Request | BadRequest): Promise<string | undefined> {
    if (request instanceof BadRequest) return JSON.stringify(errorFrame(request.id, request.body));
    const answer = await this.#answerFor(request);
    const { id } = request;
    if (id !== undefined) return JSON.stringify({ ...answer, id, jsonrpc: '2.0' });
    if (answer.error !== undefined) return JSON.stringify(errorFrame(null, answer.error as RpcErrorBody));
    const result = answer.result as JsonValue;
    return result === null ? undefined : JSON.stringify(notificationFrame(result));
  }

  /** Never rejects. */
  async #answerFor(request: Request): Promise<Answer> {
    try {
      if (request.method === 'ping') return { result: this.#ping() };
      if (request.method !== 'transaction' && !METHODS.has(request.method)) {
        throw new KurentoError('METHOD_NOT_FOUND', 'Method not found.');
      }
      if (!request.params && this.#sessionId === undefined && request.method !== 'connect') {
        throw new KurentoError('INVALID_PARAMS', "'params' is required");
      }
      const params: Params = request.params ?? new Map<string, unknown>();
      const name = optionalText(params, 'sessionId') ?? this.#sessionId;
      if (name !== undefined && name.length > MAX_NAME_LENGTH) {
        throw new KurentoError(
          'SERVER_ERROR',
          `'sessionId' parameter has at most ${MAX_NAME_LENGTH} characters`,
        );
      }
      const { sessions } = this.#services;
      const session = this.#sessionNamed(name);
      const { id } = request;
      const cacheable = id !== undefined && String(id).length <= MAX_NAME_LENGTH;
      const cached = cacheable ? session.cache.get(id) : undefined;
      if (cached) {
        const answer = await cached;
        if (sessions.find(session.id) === session) this.#adopt(session);
        return answer;
      }
      const answer = this.#runIn(session, { session, sessionGiven: name !== undefined, params }, request);
      if (cacheable) session.cache.set(id, answer);
      return await answer;
    } catch (error) {
      return { error: this.#errorBody(error) };
    }
  }
  #ping(): JsonValue {
    return this.#sessionId === undefined ? { value: 'pong' } : { sessionId: this.#sessionId, value: 'pong' };
  }
  #sessionNamed(name: string | undefined): Session {
    const { sessions } = this.#services;
    if (name === undefined) return sessions.propose();
    // A name that is no session yet, but belongs to this socket, keeps its cache.
    return sessions.find(name) ?? this.#sessions.get(name) ?? sessions.propose(name);
  }

  /** Events that the request sets off come to this socket, so it takes the session before and not after. */
  async #runIn(session: Session, about: Omit<Call, 'services'>, request: Request): Promise<Answer> {
    const { sessions } = this.#services;
    const before = session.outlet;
    sessions.attach(session, this);
    try {
      const result = await this.#run({ services: this.#services, ...about }, request);
      // closeSession leaves the socket with the name that it had.
      if (result !== null || this.#sessions.has(session.id)) this.#adopt(session);
      else sessions.detach(session, this);
      return { result };
    } catch (error) {
      if (sessions.find(session.id) === session) this.#adopt(session);
      else if (!this.#sessions.has(session.id)) {
        sessions.detach(session, this);
        if (before !== this) session.outlet = before;
      }
      return { error: this.#errorBody(error) };
    }
  }
  /** The session is this socket's from now on. Of names that are no sessions yet a socket has one at a time. */
  #adopt(session: Session): void {
    const { sessions } = this.#services;
    if (this.#closed) {
      sessions.detach(session, this);
      return;
    }
    this.#sessionId = session.id;
    for (const other of this.#sessions.values()) {
      if (other === session || sessions.find(other.id) === other) continue;
      this.#sessions.delete(other.id);
      sessions.detach(other, this);
    }
    this.#sessions.set(session.id, session);
    sessions.attach(session, this);
  }
  #run(call: Call, request: Request): JsonValue | Promise<JsonValue> {
    if (request.method === 'transaction') return this.#transaction(call);
    const method = METHODS.get(request.method);
    if (!method) throw new KurentoError('METHOD_NOT_FOUND', 'Method not found.');
    return method(call);
  }
  async #transaction(call: Call): Promise<JsonValue> {
    const value = await runTransaction(call.params, {
      run: async ({ method, params }) => {
        if (method === 'ping') return this.#ping();
        if (method === 'transaction') {
          throw new KurentoError('MALFORMED_TRANSACTION', 'A transaction cannot contain another one');
        }
        return this.#run(
          { ...call, sessionGiven: true, params: params ?? new Map() },
          { id: undefined, method, params },
        );
      },
      errorBody: (error) => this.#errorBody(error),
    });
    return { sessionId: call.session.id, value };
  }

  #errorBody(error: unknown): RpcErrorBody {
    if (error instanceof KurentoError) return error.toBody();
    const ref = randomUUID().slice(0, 8);
    this.#logger.error({ error, ref }, 'a request failed');
    return new KurentoError(
      'INTERNAL_ERROR',
      `Unexpected error while processing method (ref ${ref})`,
    ).toBody();
  }
}
