import { beforeEach, describe, expect, it } from 'vitest';
import type { MediaElement } from './media-element';
import type { MediaObject } from './media-object';
import type { ObjectContext } from './media-object';
import { PassThrough } from './pass-through';
import { RememberingHolder, TestModel } from './testing';

let model: TestModel;
let other: RememberingHolder;
beforeEach(() => {
  model = new TestModel();
  other = new RememberingHolder('other');
  model.subscribe(model.registry.get('manager_ServerManager'), 'ObjectCreated', 'ObjectDestroyed');
});
const gone = (object: MediaObject) => model.registry.peek(object.id) === undefined;

describe('objects', () => {
  it('get ids that tell their type and their parents', async () => {
    const { pipeline, elements } = await model.pipelineOf('PassThrough');
    expect(pipeline.id).toMatch(/^id-\d+_kurento\.MediaPipeline$/);
    expect(elements[0]?.id).toMatch(new RegExp(`^${pipeline.id}/id-\\d+_kurento\\.PassThrough$`));
    const hub = await model.create('Dispatcher', { mediaPipeline: pipeline.id });
    const port = await model.create('HubPort', { hub: hub.id });
    expect(port.id.startsWith(`${hub.id}/`)).toBe(true);
    expect(port.pipeline).toBe(pipeline);
    expect(port.parent).toBe(hub);
  });

  it('end with their pipeline, children first, and the manager tells', async () => {
    const { pipeline, elements } = await model.pipelineOf('PassThrough', 'Dispatcher');
    const port = await model.create('HubPort', { hub: elements[1]?.id });
    model.registry.release(pipeline);
    const destroyed = model.holder.events
      .filter(({ type }) => type === 'ObjectDestroyed')
      .map(({ data }) => data['objectId']);
    expect(destroyed).toEqual([elements[0]?.id, port.id, elements[1]?.id, pipeline.id]);
    expect(Object.keys(model.holder.events[0]?.data ?? {}).sort()).toEqual([
      'object',
      'source',
      'tags',
      'timestampMillis',
    ]);
    expect(model.registry.size).toBe(0);
    model.registry.release(pipeline);
  });

  it('cannot be made of types that are unknown, abstract or absent', async () => {
    for (const type of ['NoSuchType', 'MediaElement', 'Composite', 'constructor', 'nomodule.PassThrough']) {
      await expect(model.create(type, {})).rejects.toMatchObject({ kind: 'MEDIA_OBJECT_NOT_AVAILABLE' });
    }
  });

  it('are refused above the bounds', async () => {
    model = new TestModel({}, { maxObjects: 3, maxObjectsPerHolder: 2 });
    const { pipeline } = await model.pipelineOf('PassThrough');
    const params = { mediaPipeline: pipeline.id };
    await expect(model.create('PassThrough', params)).rejects.toMatchObject({ kind: 'NOT_ENOUGH_RESOURCES' });
    await model.create('MediaPipeline', {}, other);
    await expect(model.create('MediaPipeline', {}, other)).rejects.toMatchObject({
      kind: 'NOT_ENOUGH_RESOURCES',
    });
  });

  it('that are being made while their pipeline is released are released, too', async () => {
    let finish = () => undefined as void;
    let released = 0;
    class Slow extends PassThrough {
      protected override release() {
        released++;
        return super.release();
      }
    }
    const slow = async (context: ObjectContext) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return new Slow(context);
    };
    model = new TestModel({ PassThrough: slow });
    const pipeline = await model.create('MediaPipeline');
    const pending = model.create('PassThrough', { mediaPipeline: pipeline.id });
    const refused = expect(pending).rejects.toMatchObject({ kind: 'MEDIA_OBJECT_NOT_FOUND' });
    model.registry.release(pipeline);
    finish();
    await refused;
    expect([released, model.registry.size]).toEqual([1, 0]);
  });

  it('are released once, also when that fails, and closing waits for it', async () => {
    const log: string[] = [];
    let finish = () => undefined as void;
    class Faulty extends PassThrough {
      protected override async release() {
        log.push('begin');
        await new Promise<void>((resolve) => (finish = resolve));
        log.push('end');
        throw new Error('cannot let go');
      }
    }
    model = new TestModel({ PassThrough: (context) => new Faulty(context) });
    const { pipeline } = await model.pipelineOf('PassThrough');
    model.registry.release(pipeline);
    const closed = model.registry.close().then(() => log.push('closed'));
    await Promise.resolve();
    expect(log).toEqual(['begin']);
    finish();
    await closed;
    expect(log).toEqual(['begin', 'end', 'closed']);
  });
});

describe('references', () => {
  it('keep an object, its parents and its children', async () => {
    const { pipeline, elements } = await model.pipelineOf<MediaElement>('PassThrough', 'PassThrough');
    const [a, b] = elements as [MediaElement, MediaElement];
    model.registry.ref(other, a);
    model.registry.dropHolder(model.holder);
    expect([pipeline, a, b].map(gone)).toEqual([false, false, true]);
    model.registry.unref(other, a);
    expect([pipeline, a].map(gone)).toEqual([false, true]);
    model.registry.dropHolder(other);
    expect(gone(pipeline)).toBe(true);
  });

  it('to a pipeline are references to what is made in it later', async () => {
    const { pipeline } = await model.pipelineOf();
    model.registry.ref(other, pipeline);
    const element = await model.create('PassThrough', { mediaPipeline: pipeline.id });
    model.registry.dropHolder(model.holder);
    expect(gone(element)).toBe(false);
    model.registry.dropHolder(other);
    expect([model.registry.size, gone(element)]).toEqual([0, true]);
  });

  it('that end take the subscriptions of their holder along', async () => {
    const { pipeline, elements } = await model.pipelineOf<MediaElement>('PassThrough');
    const [element] = elements as [MediaElement];
    model.registry.ref(other, pipeline);
    model.registry.subscriptions.add('s', element, 'ElementConnected', other);
    const before = model.registry.subscriptions.size;
    model.registry.dropHolder(other);
    expect(model.registry.subscriptions.size).toBe(before - 1);
    element.connect(element);
    expect(other.events).toEqual([]);
  });

  it('never keep or end the server manager', () => {
    const manager = model.registry.get('manager_ServerManager');
    model.registry.ref(other, manager);
    model.registry.unref(other, manager);
    model.registry.release(manager);
    expect(gone(manager)).toBe(false);
  });
});

describe('events', () => {
  it('come once to a holder that subscribed twice, until both subscriptions end', async () => {
    const { elements } = await model.pipelineOf<MediaElement>('PassThrough');
    const [element] = elements as [MediaElement];
    const { subscriptions } = model.registry;
    subscriptions.add('one', element, 'ElementConnected', other);
    subscriptions.add('two', element, 'ElementConnected', other);
    element.connect(element, 'AUDIO');
    expect(other.types()).toEqual(['ElementConnected']);
    subscriptions.remove('one', element, other);
    subscriptions.remove('two', element, model.holder);
    element.connect(element, 'AUDIO');
    expect(other.types()).toHaveLength(2);
    subscriptions.remove('two', element, other);
    element.connect(element, 'AUDIO');
    expect(other.types()).toHaveLength(2);
  });

  it('do not exist under names that the type does not know', async () => {
    const { elements } = await model.pipelineOf<MediaElement>('PassThrough');
    for (const type of ['NoSuchEvent', 'IceCandidateFound', 'kurento.ElementConnected', 'constructor']) {
      expect(() => model.registry.subscriptions.add('s', elements[0] as MediaElement, type, other)).toThrow(
        expect.objectContaining({ kind: 'MEDIA_OBJECT_EVENT_NOT_SUPPORTED' }),
      );
    }
  });

  it('of an error tell its kind', async () => {
    const { elements } = await model.pipelineOf<MediaElement>('PassThrough');
    model.subscribe(elements[0] as MediaElement, 'Error');
    elements[0]?.emitError('INVALID_URI', 0, 'Invalid URI');
    expect(model.holder.events.at(-1)).toMatchObject({
      type: 'Error',
      data: { type: 'INVALID_URI', errorCode: 0, description: 'Invalid URI', source: elements[0]?.id },
    });
  });
});
