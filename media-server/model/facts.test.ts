import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import { silentLogger } from '../../protocol/log';
import { createFactories } from '../factories';
import type { Factories } from '../factories';
import { ENUMS, findType, isA, RECORDS, TYPES, typeFacts } from './facts';
import { MODULES } from './server-manager';
import type { MediaObject } from './media-object';
import { TestModel } from './testing';

describe('the facts', () => {
  it('know bases, operations and events, own and inherited', () => {
    const endpoint = typeFacts('WebRtcEndpoint');
    expect(endpoint.hierarchy[0]).toBe('kurento.BaseRtpEndpoint');
    expect(isA(endpoint, 'MediaElement')).toBe(true);
    expect(isA(endpoint, 'Hub')).toBe(false);
    expect(endpoint.operations.get('connect')?.params.map(({ name }) => name)).toContain('sink');
    expect(endpoint.operations.get('setMaxVideoRecvBandwidth')?.params[0]?.type).toBe('int');
    expect(endpoint.events.has('IceCandidateFound')).toBe(true);
    expect(findType('kurento.PassThrough')).toBe(findType('PassThrough'));
    for (const name of ['nomodule.PassThrough', 'constructor', '__proto__', ''])
      expect(findType(name)).toBeUndefined();
  });

  it('explain every type that they mention', () => {
    const primitive = new Set(['String', 'int', 'int64', 'float', 'double', 'boolean']);
    const unknown = [...TYPES.values()]
      .flatMap((type) => [
        ...type.constructorParams,
        ...[...type.operations.values()].flatMap(({ params }) => params),
      ])
      .map(({ type }) => type.replace(/(\[\]|<>)$/, ''))
      .filter((type) => !primitive.has(type) && !ENUMS.has(type) && !RECORDS.has(type) && !TYPES.has(type));
    expect(new Set(unknown)).toEqual(new Set());
  });
});

describe('the types that can be created', () => {
  let factories: Factories;
  beforeAll(async () => {
    // Its worker is started with the first image only.
    const faceOverlay = { worker: '', fullRangeModel: '', shortRangeModel: '' };
    factories = await createFactories({ clock: new ManualClock(), logger: silentLogger, faceOverlay });
  });
  afterAll(() => factories.close());

  it('have code for every operation of the facts, and none that the facts do not know', async () => {
    const model = new TestModel(Object.fromEntries(factories.table));
    const pipeline = await model.create('MediaPipeline');
    const hub = await model.create('Dispatcher', { mediaPipeline: pipeline.id });
    const objects: MediaObject[] = [];
    for (const name of factories.table.keys()) {
      const params = { mediaPipeline: pipeline.id, hub: hub.id, uri: 'file:///nowhere.webm' };
      objects.push(await model.create(name, params));
    }
    expect(objects.map(({ type }) => type.name)).toContain('FaceOverlayFilter');
    for (const object of [...objects, model.registry.get('manager_ServerManager')]) {
      const known = [...object.type.operations.keys()].sort();
      expect([object.type.name, ...[...object.operations.keys()].sort()]).toEqual([
        object.type.name,
        ...known,
      ]);
    }
    await model.registry.close();
  });

  it('are in the modules that getInfo lists', () => {
    for (const name of factories.table.keys()) expect(MODULES).toContain(typeFacts(name).module);
  });
});
