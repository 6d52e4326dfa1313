/** A model without a port, for tests: a registry on a clock that stands still, and holders that remember. */
import { silentLogger } from '../../protocol/log';
import { ManualClock } from '../clock';
import type { Codec, MediaPacket, MediaSink, MediaSource } from '../flow';
import { Dispatcher, DispatcherOneToMany } from './dispatcher';
import type { Hub } from './hub';
import { HubPort } from './hub';
import type { MediaElement } from './media-element';
import type { Holder, MediaObject } from './media-object';
import { MediaPipeline } from './media-pipeline';
import { ObjectRegistry } from './object-registry';
import type { ObjectFactory } from './object-registry';
import { PassThrough } from './pass-through';
import { ServerManager } from './server-manager';

export interface SeenEvent {
  readonly object: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}
export class RememberingHolder implements Holder {
  readonly id: string;
  readonly events: SeenEvent[] = [];
  constructor(id: string) {
    this.id = id;
  }
  deliver(frame: string): void {
    const { params } = JSON.parse(frame) as { params: { value: SeenEvent } };
    this.events.push(params.value);
  }
  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

export class TestModel {
  readonly clock = new ManualClock();
  readonly holder = new RememberingHolder('holder');
  readonly registry: ObjectRegistry;
  #ids = 0;

  constructor(
    factories: Record<string, ObjectFactory> = {},
    limits = { maxObjects: 100, maxObjectsPerHolder: 100 },
  ) {
    this.registry = new ObjectRegistry({
      clock: this.clock,
      logger: silentLogger,
      newId: () => `id-${++this.#ids}`,
      ...limits,
      factories: new Map<string, ObjectFactory>([
        ['MediaPipeline', (context) => new MediaPipeline(context)],
        ['PassThrough', (context) => new PassThrough(context)],
        ['HubPort', (context, args) => new HubPort(context, args.object('hub') as unknown as Hub)],
        ['Dispatcher', (context) => new Dispatcher(context)],
        ['DispatcherOneToMany', (context) => new DispatcherOneToMany(context)],
        ...Object.entries(factories),
      ]),
    });
    this.registry.setManager(new ServerManager({ registry: this.registry, sessions: () => [] }));
  }
  create<Type extends MediaObject>(
    type: string,
    params: object = {},
    holder: Holder = this.holder,
  ): Promise<Type> {
    return this.registry.create(type, params, holder) as Promise<Type>;
  }
  subscribe(object: MediaObject, ...types: string[]): void {
    for (const type of types) this.registry.subscriptions.add(`s-${++this.#ids}`, object, type, this.holder);
  }
  async pipelineOf<Type extends MediaElement>(
    ...types: string[]
  ): Promise<{ pipeline: MediaPipeline; elements: Type[] }> {
    const pipeline = await this.create<MediaPipeline>('MediaPipeline');
    const elements: Type[] = [];
    for (const type of types) elements.push(await this.create<Type>(type, { mediaPipeline: pipeline.id }));
    return { pipeline, elements };
  }
}

export const VP8: Codec = { kind: 'video', name: 'VP8', clockRate: 90_000, parameters: new Map() };
export const OPUS: Codec = {
  kind: 'audio',
  name: 'opus',
  clockRate: 48_000,
  channels: 2,
  parameters: new Map(),
};

export function packet(codec: Codec, sequenceNumber: number, arrival = 0): MediaPacket {
  const buffer = Buffer.alloc(20);
  return {
    kind: codec.kind,
    codec,
    buffer,
    payloadStart: 12,
    payloadEnd: 20,
    sequenceNumber,
    timestamp: sequenceNumber * 3000,
    marker: true,
    ssrc: 1,
    keyframeStart: sequenceNumber === 0,
    arrival,
    late: false,
  };
}

/** Remembers what it got. */
export class RememberingSink implements MediaSink {
  readonly kind: 'audio' | 'video';
  readonly packets: MediaPacket[] = [];
  readonly log: string[] = [];
  accepts: MediaSink['accepts'];
  source: MediaSource | undefined;
  whenPushed: (() => void) | undefined;

  constructor(kind: 'audio' | 'video' = 'video') {
    this.kind = kind;
  }
  sourceChanged(source: MediaSource): void {
    this.source = source;
    this.log.push(`source ${source.codec?.name ?? '?'}`);
  }
  sourceEnded(): void {
    this.source = undefined;
    this.log.push('ended');
  }
  push(each: MediaPacket): void {
    this.packets.push(each);
    this.whenPushed?.();
  }
}
