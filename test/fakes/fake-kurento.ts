/**
 * A media server in memory, behind the interface that the hub's sessions use. It works requests off in order, one at a
 * time, as KMS does on one socket; with `hold()` only when told to, so that tests can let anything happen in between.
 * What it holds, and which endpoint feeds which, can be looked at. test/contract/kurento-interface.test.ts holds it to
 * the same promises as the real client.
 */
import { setMaxListeners } from 'node:events';
import type { EventData, KurentoEventName } from '../../protocol/kurento';
import type { IceCandidate, MediaServerState } from '../../protocol/signaling';
import {
  KurentoError,
  MediaServerLost,
  RequestCancelled,
} from '../../signaling-server/kurento-client/errors';
import type {
  ElementType,
  ElementTypes,
  ElementsOf,
  Kurento,
  MediaElement,
  MediaObject,
  MediaPipeline,
  MediaScope,
} from '../../signaling-server/kurento-client/types';

interface Stored {
  readonly type: string;
  readonly sinks: Set<string>;
  readonly candidates: IceCandidate[];
  readonly listeners: Map<string, Set<(data: never) => void>>;
  offer: string | null;
}

/** An offer that contains this is refused as unreadable. */
export const UNREADABLE = 'unreadable';

export class FakeKurento implements Kurento {
  readonly objects = new Map<string, Stored>();
  readonly #scopes = new Set<FakeScope>();
  readonly #waiting: (() => void)[] = [];
  readonly #stateListeners = new Set<(state: MediaServerState) => void>();
  #state: MediaServerState = 'ready';
  #held = false;
  #draining = false;
  #lastId = 0;

  get state(): MediaServerState {
    return this.#state;
  }

  /** Requests that have not been worked off. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Scopes that were opened and neither released nor lost. */
  get openScopes(): number {
    return this.#scopes.size;
  }

  onState(listener: (state: MediaServerState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  supports(): boolean {
    return true;
  }

  openScope(): MediaScope {
    const scope = new FakeScope(this);
    this.#scopes.add(scope);
    if (this.#state !== 'ready') scope.refuse();
    return scope;
  }

  // ── what tests do with it ─────────────────────────────────────────────────────────────────────────────────────

  /** From now on requests wait for `step`. */
  hold(): void {
    this.#held = true;
  }

  /** Works everything off, and from now on everything at once. */
  resume(): void {
    this.#held = false;
    this.#drain();
  }

  /** Works the oldest request off. */
  step(): void {
    this.#waiting.shift()?.();
  }

  /** The process dies: everything in it is gone. */
  lose(): void {
    this.objects.clear();
    this.#setState('unavailable');
    for (const scope of [...this.#scopes]) scope.lose();
    // Nobody waits for these any more but those who release, and what they ask for is done.
    for (const work of this.#waiting.splice(0)) work();
    this.objects.clear();
  }

  /** A new process is there. */
  comeBack(): void {
    this.#setState('ready');
  }

  /** Pairs of offers: whose endpoint feeds whose. */
  flows(): [string, string][] {
    const pairs: [string, string][] = [];
    for (const { offer, sinks } of this.objects.values()) {
      for (const sink of sinks) pairs.push([offer ?? '', this.objects.get(sink)?.offer ?? '']);
    }
    return pairs.sort();
  }

  /** What was given to the endpoint with this offer. */
  candidatesFor(offer: string): string[] {
    for (const stored of this.objects.values()) {
      if (stored.offer === offer) return stored.candidates.map(({ candidate }) => candidate);
    }
    return [];
  }

  // ── for its scopes ────────────────────────────────────────────────────────────────────────────────────────────

  enqueue(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#held) queueMicrotask(() => this.#drain());
  }

  create(type: string, parent?: string): string {
    if (parent !== undefined && !this.objects.has(parent)) throw notFound(parent);
    const own = `${++this.#lastId}_kurento.${type}`;
    const id = parent === undefined ? own : `${parent}/${own}`;
    this.objects.set(id, { type, sinks: new Set(), candidates: [], listeners: new Map(), offer: null });
    return id;
  }

  get(id: string): Stored {
    const stored = this.objects.get(id);
    if (!stored) throw notFound(id);
    return stored;
  }

  remove(id: string): void {
    for (const other of [...this.objects.keys()]) {
      if (other === id || other.startsWith(`${id}/`)) this.objects.delete(other);
    }
    for (const { sinks } of this.objects.values()) {
      for (const sink of [...sinks]) if (!this.objects.has(sink)) sinks.delete(sink);
    }
  }

  emit<E extends KurentoEventName>(id: string, event: E, data: EventData<E>): void {
    for (const listener of this.objects.get(id)?.listeners.get(event) ?? []) listener(data as never);
  }

  forget(scope: FakeScope): void {
    this.#scopes.delete(scope);
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    while (!this.#held && this.#waiting.length > 0) this.step();
    this.#draining = false;
  }

  #setState(state: MediaServerState): void {
    this.#state = state;
    for (const listener of [...this.#stateListeners]) listener(state);
  }
}

class FakeScope implements MediaScope {
  readonly #server: FakeKurento;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #pipelines = new Set<string>();
  #lost = false;
  #released: Promise<void> | undefined;

  constructor(server: FakeKurento) {
    this.#server = server;
    setMaxListeners(0, this.#controller.signal); // one per pending request
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get lost(): boolean {
    return this.#lost;
  }

  onLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async createPipeline<const Types extends readonly ElementType[]>(
    ...types: Types
  ): Promise<[MediaPipeline, ...ElementsOf<Types>]> {
    const ids = await this.request(
      () => {
        const pipeline = this.#server.create('MediaPipeline');
        return [pipeline, ...types.map((type) => this.#server.create(type, pipeline))];
      },
      ([pipeline]) => this.#server.remove(pipeline ?? ''),
    );
    const [pipeline = '', ...elements] = ids;
    this.#pipelines.add(pipeline);
    const objects = [new FakeObject(pipeline, this, this.#server), ...elements.map((id) => this.element(id))];
    return objects as unknown as [MediaPipeline, ...ElementsOf<Types>];
  }

  element(id: string): FakeObject {
    return new FakeObject(id, this, this.#server);
  }

  release(): Promise<void> {
    if (this.#lost) return Promise.resolve();
    this.#released ??= this.#releaseAll();
    return this.#released;
  }

  refuse(): void {
    this.#controller.abort(new MediaServerLost());
    this.#server.forget(this);
  }

  lose(): void {
    if (this.#released) return;
    this.#lost = true;
    this.#server.forget(this);
    this.#controller.abort(new MediaServerLost());
    for (const listener of [...this.#listeners]) listener();
  }

  /** Runs on the server in its turn; rejects at once when the scope ends, and then undoes what comes of it later. */
  request<T>(work: () => T, undo: (result: T) => void = () => {}): Promise<T> {
    const { signal } = this;
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const ended = () => reject(signal.reason as Error);
      signal.addEventListener('abort', ended, { once: true });
      this.#server.enqueue(() => {
        signal.removeEventListener('abort', ended);
        try {
          const result = work();
          if (signal.aborted) undo(result);
          else resolve(result);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  #releaseAll(): Promise<void> {
    this.#server.forget(this);
    this.#controller.abort(new RequestCancelled());
    return new Promise((resolve) => {
      if (this.#server.state !== 'ready') return resolve();
      this.#server.enqueue(() => {
        for (const id of this.#pipelines) this.#server.remove(id);
        resolve();
      });
    });
  }
}

/** Every kind of object at once; the types say what a test may do with which. */
class FakeObject implements MediaObject {
  readonly id: string;
  readonly #scope: FakeScope;
  readonly #server: FakeKurento;

  constructor(id: string, scope: FakeScope, server: FakeKurento) {
    this.id = id;
    this.#scope = scope;
    this.#server = server;
  }

  async on<E extends KurentoEventName>(
    event: E,
    listener: (data: EventData<E>) => void,
  ): Promise<() => Promise<void>> {
    const { listeners } = this.#server.get(this.id);
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set);
    set.add(listener);
    await this.#do(() => {});
    return () => {
      set.delete(listener);
      return Promise.resolve();
    };
  }

  release(): Promise<void> {
    if (this.#scope.signal.aborted) return Promise.resolve();
    return this.#scope.request(() => this.#server.remove(this.id)).catch(() => {});
  }

  async create<T extends ElementType>(type: T): Promise<ElementTypes[T]> {
    const id = await this.#scope.request(
      () => this.#server.create(type, this.id),
      (late) => this.#server.remove(late),
    );
    return this.#scope.element(id) as unknown as ElementTypes[T];
  }

  connect(sink: MediaElement): Promise<void> {
    return this.#do((stored) => {
      this.#server.get(sink.id);
      stored.sinks.add(sink.id);
    });
  }

  disconnect(sink: MediaElement): Promise<void> {
    return this.#do((stored) => void stored.sinks.delete(sink.id));
  }

  processOffer(offer: string): Promise<string> {
    return this.#do((stored) => {
      if (offer.includes(UNREADABLE)) throw new KurentoError(40201, 'SDP_PARSE_ERROR', 'Error parsing SDP');
      stored.offer = offer;
      return `answer to ${offer}`;
    });
  }

  gatherCandidates(): Promise<void> {
    return this.#do((stored) => {
      const candidate = { candidate: `candidate for ${stored.offer ?? ''}`, sdpMid: '0', sdpMLineIndex: 0 };
      this.#server.emit(this.id, 'IceCandidateFound', { candidate } as EventData<'IceCandidateFound'>);
    });
  }

  addIceCandidate(candidate: IceCandidate): Promise<void> {
    return this.#do((stored) => void stored.candidates.push(candidate));
  }

  #do<T>(work: (stored: Stored) => T): Promise<T> {
    return this.#scope.request(() => work(this.#server.get(this.id)));
  }
}

function notFound(id: string): KurentoError {
  return new KurentoError(40101, 'MEDIA_OBJECT_NOT_FOUND', `Object '${id}' not found`);
}
