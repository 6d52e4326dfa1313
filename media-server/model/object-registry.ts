/**
 * All media objects by id, who keeps them alive, and their making and ending. An object lives as long as one holder has a
 * reference to it, or until anybody releases it; children live and die with their parent. Owns the order of ObjectCreated
 * and ObjectDestroyed.
 */
import { SERVER_MANAGER_ID } from '../../protocol/kurento';
import type { EventData } from '../../protocol/kurento';
import type { Logger } from '../../protocol/log';
import type { Clock } from '../clock';
import { readArguments } from './arguments';
import type { Arguments, ObjectFinder } from './arguments';
import { findType, isA, TYPES } from './facts';
import { FlowWatch } from './flow-watch';
import { KurentoError, objectNotFound } from './kurento-error';
import type { Holder, MediaObject, ModelHost, ObjectContext } from './media-object';
import { MediaPipeline } from './media-pipeline';
import { Subscriptions } from './subscriptions';

/** Makes an object of one type. What it throws answers `create`; what it acquired by then it frees. */
export type ObjectFactory = (context: ObjectContext, args: Arguments) => MediaObject | Promise<MediaObject>;
/** By type name without module, such as `WebRtcEndpoint`. */
export type FactoryTable = ReadonlyMap<string, ObjectFactory>;

export interface RegistryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly factories: FactoryTable;
  /** Makes a new id, without dashes or slashes being of any importance. */
  readonly newId: () => string;
  readonly maxObjects: number;
  readonly maxObjectsPerHolder: number;
}

export class ObjectRegistry implements ModelHost, ObjectFinder {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly flow: FlowWatch;
  readonly subscriptions = new Subscriptions();
  readonly #options: RegistryOptions;
  readonly #objects = new Map<string, MediaObject>();
  readonly #holders = new Map<MediaObject, Set<Holder>>();
  readonly #held = new Map<Holder, Set<MediaObject>>();
  readonly #ending = new Set<Promise<void>>();
  #manager: MediaObject | undefined;
  #creating = 0;
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.logger = options.logger;
    this.flow = new FlowWatch(options.clock);
  }

  /** The one object that nobody creates and nobody can release. */
  setManager(manager: MediaObject): void {
    this.#manager = manager;
    this.#objects.set(SERVER_MANAGER_ID, manager);
  }
  get size(): number {
    return this.#objects.size - (this.#manager ? 1 : 0);
  }
  pipelines(): MediaPipeline[] {
    return [...this.#objects.values()].filter((object) => object instanceof MediaPipeline);
  }
  objects(): MediaObject[] {
    return [...this.#objects.values()].filter((object) => object !== this.#manager);
  }

  /** Undefined where there is no such object. */
  peek(id: string): MediaObject | undefined {
    return this.#objects.get(id);
  }
  /** Throws 40101, or 40109 for a reference that only a transaction resolves. */
  get(id: string): MediaObject {
    const object = this.#objects.get(id);
    if (!object) throw objectNotFound(id);
    return object;
  }
  find(id: string, type: string, parameter: string): MediaObject {
    const object = this.get(id);
    if (isA(object.type, type)) return object;
    const message = `'${parameter}' parameter should be a ${type}, '${id}' is a ${object.type.name}`;
    // The original answers an inner failure where a constructor gets an object of another type.
    const ofConstructor = parameter === 'mediaPipeline' || parameter === 'hub';
    throw new KurentoError(ofConstructor ? 'INTERNAL_ERROR' : 'MARSHALL_ERROR', message);
  }

  async create(typeName: string, constructorParams: unknown, holder: Holder): Promise<MediaObject> {
    const type = findType(typeName);
    const factory = type && this.#options.factories.get(type.name);
    if (!type || !factory) {
      throw new KurentoError('MEDIA_OBJECT_NOT_AVAILABLE', `Factory '${typeName}' not found`);
    }
    const args = readArguments(constructorParams, 'constructorParams', type.constructorParams, this);
    const parentParam = type.constructorParams.find(({ name }) => name === 'mediaPipeline' || name === 'hub');
    const parent = parentParam && args.object(parentParam.name);
    this.#checkRoom(holder);
    const own = `${this.#options.newId()}_${type.qualifiedName}`;
    const context: ObjectContext = { id: parent ? `${parent.id}/${own}` : own, type, parent, host: this };
    this.#creating++;
    let object: MediaObject;
    try {
      object = await factory(context, args);
    } finally {
      this.#creating--;
    }
    if (this.#closed || parent?.isReleased) {
      // Somebody released the pipeline while the object was being made.
      this.#end(object);
      throw objectNotFound(parent?.id ?? object.id);
    }
    this.#add(object, holder);
    return object;
  }
  #checkRoom(holder: Holder): void {
    const { maxObjects, maxObjectsPerHolder } = this.#options;
    if (this.size + this.#creating >= maxObjects) {
      throw new KurentoError('NOT_ENOUGH_RESOURCES', `The server keeps at most ${maxObjects} objects`);
    }
    if ((this.#held.get(holder)?.size ?? 0) >= maxObjectsPerHolder) {
      throw new KurentoError(
        'NOT_ENOUGH_RESOURCES',
        `A session keeps at most ${maxObjectsPerHolder} objects`,
      );
    }
  }
  #add(object: MediaObject, holder: Holder): void {
    this.#objects.set(object.id, object);
    const { parent } = object;
    parent?.children.add(object);
    this.#holders.set(object, new Set());
    for (const other of parent ? (this.#holders.get(parent) ?? []) : []) this.#hold(other, object);
    this.ref(holder, object);
    object.created();
    this.#tellManager('ObjectCreated', { object: object.id });
  }

  publish(object: MediaObject, type: string, data: () => EventData<string>): void {
    this.subscriptions.publish(object, type, data);
  }
  #tellManager(type: 'ObjectCreated' | 'ObjectDestroyed', fields: object): void {
    const manager = this.#manager;
    if (!manager) return;
    this.publish(manager, type, () => ({
      source: manager.id,
      timestampMillis: String(Math.round(this.clock.wallTime())),
      tags: manager.sendTagsInEvents ? manager.tagRecords() : [],
      ...fields,
    }));
  }

  // ── References ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whoever touches an object keeps it alive, with what it belongs to and what belongs to it. */
  ref(holder: Holder, object: MediaObject): void {
    if (object === this.#manager || this.#holders.get(object)?.has(holder)) return;
    for (let up = object.parent; up; up = up.parent) this.#hold(holder, up);
    for (const each of withDescendants(object)) this.#hold(holder, each);
  }
  #hold(holder: Holder, object: MediaObject): void {
    this.#holders.get(object)?.add(holder);
    let held = this.#held.get(holder);
    if (!held) this.#held.set(holder, (held = new Set()));
    held.add(object);
  }
  /** The last reference gone, the object is destroyed. */
  unref(holder: Holder, object: MediaObject): void {
    if (object === this.#manager) return;
    const orphans: MediaObject[] = [];
    for (const each of withDescendants(object)) {
      const holders = this.#holders.get(each);
      if (!holders?.delete(holder)) continue;
      this.#held.get(holder)?.delete(each);
      this.subscriptions.removeHolder(holder, each);
      if (holders.size === 0) orphans.push(each);
    }
    for (const orphan of orphans) this.release(orphan);
  }
  /** A holder is gone: drops all its references, or releases all that it held. */
  dropHolder(holder: Holder, andRelease = false): void {
    for (const object of [...(this.#held.get(holder) ?? [])]) {
      if (object.isReleased) continue;
      if (andRelease) this.release(object);
      else this.unref(holder, object);
    }
    this.#held.delete(holder);
    if (this.#manager) this.subscriptions.removeHolder(holder, this.#manager);
  }
  heldBy(holder: Holder): number {
    return this.#held.get(holder)?.size ?? 0;
  }

  // ── Ending ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** For everybody, with all children; these end first. */
  release(object: MediaObject): void {
    if (object === this.#manager || !this.#objects.has(object.id)) return;
    for (const child of [...object.children]) this.release(child);
    this.#objects.delete(object.id);
    object.parent?.children.delete(object);
    this.subscriptions.removeObject(object);
    for (const holder of this.#holders.get(object) ?? []) this.#held.get(holder)?.delete(object);
    this.#holders.delete(object);
    this.#end(object);
    this.#tellManager('ObjectDestroyed', { objectId: object.id });
  }
  #end(object: MediaObject): void {
    const ending = object.destroy();
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }
  /** Releases everything and waits until sockets and files are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const pipeline of this.pipelines()) this.release(pipeline);
    this.#held.clear();
    this.flow.close();
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  /** Names of the types that can be created, of one module. */
  factoriesOf(module: string): string[] {
    return [...this.#options.factories.keys()].filter((name) => TYPES.get(name)?.module === module).sort();
  }
}

function withDescendants(object: MediaObject): MediaObject[] {
  return [...[...object.children].flatMap(withDescendants), object];
}
