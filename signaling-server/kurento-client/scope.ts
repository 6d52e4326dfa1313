/**
 * Everything that one session creates on the media server, so that it can be released in one go and nothing is left,
 * whatever happens in which order: answers that come after the end are released, not handed out.
 */
import { setMaxListeners } from 'node:events';
import type { JsonObject, JsonValue, KurentoMethod } from '../../protocol/kurento';
import { KurentoProtocolFault, MediaServerLost, RequestCancelled } from './errors';
import { HANDLES, RemoteElement, RemotePipeline, type Owner, type RemoteObject } from './objects';
import { errorOf, isRecord } from './rpc-socket';
import type { ElementType, ElementTypes, ElementsOf, MediaElement, MediaPipeline, MediaScope } from './types';

/** What a scope needs of the client. */
export interface Link {
  /** Waits for a first contact that is under way, not for one that failed. */
  available(signal: AbortSignal): Promise<void>;
  request(
    method: KurentoMethod,
    params: JsonObject,
    signal: AbortSignal,
    late?: (result: JsonValue) => void,
  ): Promise<JsonValue>;
  /** Releases an object now, or as soon as the media server that has it is back. Never rejects. */
  releaseObject(id: string): Promise<void>;
  /** Events of this object are for this handle from now on. */
  adopt(object: RemoteObject): void;
  disown(id: string): void;
  forget(scope: ClientScope): void;
  listenerFailed(error: unknown, object: string, event: string): void;
}

export class ClientScope implements MediaScope, Owner {
  readonly #link: Link;
  readonly #controller = new AbortController();
  readonly #objects = new Set<string>();
  readonly #pipelines = new Set<string>();
  readonly #lostListeners = new Set<() => void>();
  #released: Promise<void> | undefined;
  #lost = false;

  constructor(link: Link) {
    this.#link = link;
    // One listener per pending request: a candidate burst has hundreds.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get lost(): boolean {
    return this.#lost;
  }

  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  async createPipeline<const Types extends readonly ElementType[]>(
    ...types: Types
  ): Promise<[MediaPipeline, ...ElementsOf<Types>]> {
    await this.#link.available(this.signal);
    const ids = types.length === 0 ? [await this.#createAlone()] : await this.#createTogether(types);
    const [pipelineId, ...elementIds] = ids as [string, ...string[]];
    this.#pipelines.add(pipelineId);
    const pipeline = this.#adopt(new RemotePipeline(pipelineId, this));
    const elements = types.map((type, index) =>
      this.#adopt(new HANDLES[type](elementIds[index] ?? '', this)),
    );
    // The ids come in the order of `types`, and HANDLES has the constructor of each.
    return [pipeline, ...elements] as unknown as [MediaPipeline, ...ElementsOf<Types>];
  }

  release(): Promise<void> {
    this.#released ??= this.#releaseAll();
    return this.#released;
  }

  /** The media server is gone, or has forgotten this session. @returns ids to release should it remember them after all */
  lose(): string[] {
    if (this.#released) return [];
    const roots = [...this.#pipelines];
    this.#lost = true;
    this.#released = Promise.resolve();
    this.#end(new MediaServerLost());
    const listeners = [...this.#lostListeners];
    this.#lostListeners.clear();
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        this.#link.listenerFailed(error, 'scope', 'lost');
      }
    }
    return roots;
  }

  // ── as owner of its objects ────────────────────────────────────────────────────────────────────────────────────

  async invoke(object: string, operation: string, params?: JsonObject): Promise<JsonValue> {
    const request = { object, operation, ...(params && { operationParams: params }) };
    return valueOf(await this.#link.request('invoke', request, this.signal));
  }

  async subscribe(object: string, type: string): Promise<string> {
    return textOf(await this.#link.request('subscribe', { object, type }, this.signal));
  }

  async unsubscribe(object: string, subscription: string): Promise<void> {
    if (!this.signal.aborted) await this.#link.request('unsubscribe', { object, subscription }, this.signal);
  }

  async createElement<T extends ElementType>(pipeline: string, type: T): Promise<ElementTypes[T]> {
    const id = await this.#create(type, { mediaPipeline: pipeline });
    return this.#adopt(new HANDLES[type](id, this));
  }

  async createHubPort(hub: string): Promise<MediaElement> {
    return this.#adopt(new RemoteElement(await this.#create('HubPort', { hub }), this));
  }

  async releaseObject(object: string): Promise<void> {
    this.#pipelines.delete(object);
    // A pipeline takes its elements along: their ids begin with its own.
    for (const id of [...this.#objects]) {
      if (id !== object && !id.startsWith(`${object}/`)) continue;
      this.#objects.delete(id);
      this.#link.disown(id);
    }
    if (!this.signal.aborted) await this.#link.releaseObject(object);
  }

  listenerFailed(error: unknown, object: string, event: string): void {
    this.#link.listenerFailed(error, object, event);
  }

  // ── creating ───────────────────────────────────────────────────────────────────────────────────────────────────

  #createAlone(): Promise<string> {
    return this.#create('MediaPipeline', {});
  }

  async #create(type: string, constructorParams: JsonObject): Promise<string> {
    const params = { type, constructorParams, properties: {} };
    const id = textOf(
      await this.#link.request(
        'create',
        params,
        this.signal,
        (result) => void this.#releaseLate(() => textOf(result)),
      ),
    );
    this.#throwIfEnded(id);
    return id;
  }

  /** Pipeline and elements in one transaction: one round trip, however many elements. */
  async #createTogether(types: readonly ElementType[]): Promise<string[]> {
    const operations = ['MediaPipeline', ...types].map((type, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'create',
      params: { type, constructorParams: id === 0 ? {} : { mediaPipeline: 'newref:0' }, properties: {} },
    }));
    const answers = answersOf(
      await this.#link.request('transaction', { operations }, this.signal, (result) =>
        this.#releaseLate(() => textOf(resultOf(answersOf(result)[0]))),
      ),
    );
    // Operations before a failing one stay done: the pipeline exists whenever the first answer is a result.
    const pipeline = textOf(resultOf(answers[0]));
    this.#throwIfEnded(pipeline);
    try {
      if (answers.length < operations.length) resultOf(answers.at(-1));
      return operations.map((_, index) => textOf(resultOf(answers[index])));
    } catch (error) {
      await this.#link.releaseObject(pipeline);
      throw error;
    }
  }

  #releaseLate(id: () => string): void {
    let late: string;
    try {
      late = id();
    } catch {
      return; // Nothing was created.
    }
    void this.#link.releaseObject(late);
  }

  /** The answer was there, but the scope ended before the one who asked could take it. */
  #throwIfEnded(id: string): void {
    if (!this.signal.aborted) return;
    if (!this.#lost) void this.#link.releaseObject(id);
    throw this.signal.reason;
  }

  #adopt<T extends RemoteObject>(object: T): T {
    this.#objects.add(object.id);
    this.#link.adopt(object);
    return object;
  }

  async #releaseAll(): Promise<void> {
    const roots = [...this.#pipelines];
    this.#lostListeners.clear();
    this.#end(new RequestCancelled('the session ended'));
    await Promise.all(roots.map((id) => this.#link.releaseObject(id)));
  }

  #end(reason: Error): void {
    for (const id of this.#objects) this.#link.disown(id);
    this.#objects.clear();
    this.#pipelines.clear();
    this.#link.forget(this);
    this.#controller.abort(reason);
  }
}

/** The `value` of a result; operations without a return value have null, some have none. */
export function valueOf(result: JsonValue): JsonValue {
  return isRecord(result) ? (result.value ?? null) : null;
}

function textOf(result: JsonValue): string {
  const value = valueOf(result);
  if (typeof value !== 'string' || value === '') throw new KurentoProtocolFault('an answer without an id');
  return value;
}

function answersOf(result: JsonValue): readonly unknown[] {
  const value = valueOf(result);
  if (!Array.isArray(value)) throw new KurentoProtocolFault('a transaction without a list of answers');
  return value;
}

/** The result of one operation of a transaction; throws the error that it ended with. */
function resultOf(answer: unknown): JsonValue {
  if (!isRecord(answer)) throw new KurentoProtocolFault('a transaction with too few answers');
  if (isRecord(answer.error)) throw errorOf(answer.error);
  return (answer.result ?? null) as JsonValue;
}
