/**
 * What every object of the Kurento Protocol has: an id, a parent, children, a name, tags, events, and operations in an
 * explicit table. Owns an object's identity and its one release; who may keep it alive is the registry's matter, and
 * what it does to media its subclass's.
 *
 * To add a type: subclass MediaElement (or one of the endpoints), give it a table of operations, list its factory.
 */
import type { EventData, KurentoEventName, KurentoEvents } from '../../protocol/kurento';
import type { Logger } from '../../protocol/log';
import type { Clock } from '../clock';
import { record } from './arguments';
import type { Arguments } from './arguments';
import type { TypeFacts } from './facts';
import type { FlowWatch } from './flow-watch';
import { KurentoError } from './kurento-error';

/** Whoever keeps objects alive and gets their events: a session. */
export interface Holder {
  readonly id: string;
  /** Takes one frame of text; while nobody is connected it is lost. */
  deliver(frame: string): void;
}

/** What objects need of the server around them. */
export interface ModelHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly flow: FlowWatch;
  /** Brings an event to those who subscribed to it. `data` is made only if there are any. */
  publish(object: MediaObject, type: string, data: () => EventData<string>): void;
}

/** What the registry hands to a factory; passed on to the constructor of MediaObject. */
export interface ObjectContext {
  /** The complete id, such as `<pipeline id>/<uuid>_kurento.WebRtcEndpoint`. */
  readonly id: string;
  readonly type: TypeFacts;
  /** The pipeline, or the hub of a port; undefined for a pipeline and the ServerManager. */
  readonly parent: MediaObject | undefined;
  readonly host: ModelHost;
}

/** May answer a promise. What it answers goes to the wire: media objects become ids, undefined becomes null. */
export type Operation = (self: MediaObject, args: Arguments, caller: Holder) => unknown;
export type OperationTable = ReadonlyMap<string, Operation>;

/**
 * The operations of a class: those of its base and its own. Names that the facts do not know are a bug and show in the
 * tests; names of the facts without code answer as unknown operations.
 */
export function operations<Self extends MediaObject>(
  base: OperationTable,
  own: { readonly [name: string]: (self: Self, args: Arguments, caller: Holder) => unknown },
): OperationTable {
  // Tables are only ever reached through an object of their own class, so `self` is a Self.
  return new Map([...base, ...(Object.entries(own) as [string, Operation][])]);
}

/** Names and tags are what people write beside an object, not storage. */
const MAX_TAGS = 256;
const MAX_TEXT_LENGTH = 16 * 1024;

function bounded(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new KurentoError('NOT_ENOUGH_RESOURCES', `Names and tags have at most ${MAX_TEXT_LENGTH} characters`);
}

const mediaObjectOperations: OperationTable = operations<MediaObject>(new Map(), {
  getId: (self) => self.id,
  getName: (self) => self.name,
  setName: (self, args) => void (self.name = bounded(args.text('name'))),
  getParent: (self) => self.parent,
  getMediaPipeline: (self) => self.pipeline,
  getChildren: (self) => [...self.children],
  getCreationTime: (self) => self.creationTime,
  getSendTagsInEvents: (self) => self.sendTagsInEvents,
  setSendTagsInEvents: (self, args) => void (self.sendTagsInEvents = args.flag('sendTagsInEvents')),
  addTag: (self, args) => self.addTag(bounded(args.text('key')), bounded(args.text('value'))),
  removeTag: (self, args) => void self.tags.delete(args.text('key')),
  getTag: (self, args) => {
    const value = self.tags.get(args.text('key'));
    if (value === undefined) throw new KurentoError('MEDIA_OBJECT_TAG_KEY_NOT_FOUND', 'Tag key not found');
    return value;
  },
  getTags: (self) => self.tagRecords(),
});

export abstract class MediaObject {
  readonly id: string;
  readonly type: TypeFacts;
  readonly parent: MediaObject | undefined;
  readonly children = new Set<MediaObject>();
  /** Seconds since 1970. */
  readonly creationTime: number;
  readonly tags = new Map<string, string>();
  readonly host: ModelHost;
  readonly logger: Logger;
  name: string;
  sendTagsInEvents = false;
  #released: Promise<void> | undefined;

  constructor(context: ObjectContext) {
    this.id = context.id;
    this.type = context.type;
    this.parent = context.parent;
    this.host = context.host;
    this.name = context.id;
    this.creationTime = Math.floor(context.host.clock.wallTime() / 1000);
    this.logger = context.host.logger.child({ object: context.id });
  }

  /** The table of this object's class. */
  get operations(): OperationTable {
    return mediaObjectOperations;
  }
  /** The pipeline that it belongs to; a pipeline answers itself, the ServerManager undefined. */
  get pipeline(): MediaObject | undefined {
    return this.parent?.pipeline;
  }
  get clock(): Clock {
    return this.host.clock;
  }
  /** True from the moment it is released: late results must not be applied any more. */
  get isReleased(): boolean {
    return this.#released !== undefined;
  }

  addTag(key: string, value: string): void {
    if (this.tags.size >= MAX_TAGS && !this.tags.has(key)) {
      throw new KurentoError('NOT_ENOUGH_RESOURCES', `An object keeps at most ${MAX_TAGS} tags`);
    }
    this.tags.set(key, value);
  }
  tagRecords() {
    return [...this.tags].map(([key, value]) => record('Tag', { key, value }));
  }

  /** Tells those who subscribed to it. No event leaves an object that is released. */
  emit<Type extends KurentoEventName>(type: Type, fields: KurentoEvents[Type]): void {
    this.emitAs(type, type, fields as object);
  }
  /** The event `Error`: `kind` such as INVALID_URI goes where other events repeat their type. */
  emitError(kind: string, errorCode: number, description: string): void {
    this.logger.warn({ kind, errorCode }, description);
    this.emitAs('Error', kind, { description, errorCode });
  }
  /** For events whose payload has another `type` than the event, or none. */
  protected emitAs(type: string, innerType: string | undefined, fields: object): void {
    if (this.isReleased) return;
    this.host.publish(this, type, () => ({
      source: this.id,
      ...(innerType === undefined ? {} : { type: innerType }),
      timestampMillis: String(Math.round(this.host.clock.wallTime())),
      tags: this.sendTagsInEvents ? this.tagRecords() : [],
      ...fields,
    }));
  }

  /** What it sends to whom, for drawing. */
  links(): readonly { readonly sink: MediaObject; readonly name: string }[] {
    return [];
  }

  /** Called by the registry once the object is complete and can be found by its id. */
  created(): void {}
  /** Called by the registry, once per object, children first. Ends all that the object holds. Never rejects. */
  destroy(): Promise<void> {
    if (this.#released) return this.#released;
    // `isReleased` is true while release() runs: what it stops must not send events any more.
    let settle!: () => void;
    this.#released = new Promise((resolve) => (settle = resolve));
    void (async () => {
      try {
        await this.release();
      } catch (error) {
        this.logger.error({ error }, 'release failed');
      }
      settle();
    })();
    return this.#released;
  }
  /** Frees sockets, timers, files. Runs exactly once; its synchronous part before anything else happens. */
  protected release(): void | Promise<void> {}
}

export const objectOperations = mediaObjectOperations;
