/** The official npm client drives the embedded media server: what applications for Kurento do must work unchanged. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server/index';
import type { MediaServer } from '../../media-server/index';
import { until } from '../support/until';
import { connectOfficialClient, invoke } from './official-client';
import type { OfficialClient, OfficialObject } from './official-client';
import { RawClient } from './raw-client';
import { recordedOffer } from './recording';

let server: MediaServer;
let client: OfficialClient;

beforeEach(async () => {
  server = await startMediaServer();
  client = await connectOfficialClient(server.url);
});
afterEach(async () => {
  client.close();
  await server.close();
});

const ids = (objects: OfficialObject[]) => objects.map(({ id }) => id);

describe('the official client', () => {
  it('accepts the server and reads its description', async () => {
    const manager = await client.getServerManager();
    const info = await invoke<{ type: string; modules: { name: string; factories: string[] }[] }>(
      manager,
      'getInfo',
    );
    expect(info.type).toBe('KMS');
    expect(info.modules.map(({ name }) => name)).toEqual(['core', 'elements', 'filters']);
    expect(info.modules.flatMap(({ factories }) => factories)).toContain('PassThrough');
    expect(await invoke<number>(manager, 'getCpuCount')).toBeGreaterThan(0);
    expect(await invoke<number>(manager, 'getUsedMemory')).toBeGreaterThan(1000);
    expect(JSON.parse(await invoke<string>(manager, 'getKmd', 'core'))).toMatchObject({ name: 'core' });
  });

  it('creates a pipeline with elements, connects and releases them', async () => {
    const pipeline = await client.create('MediaPipeline');
    const a = await pipeline.create('PassThrough');
    const b = await pipeline.create('PassThrough');
    const connected: unknown[] = [];
    a.on('ElementConnected', (event) => connected.push(event['mediaType']));
    await invoke(a, 'getName');
    await invoke(a, 'connect', b);
    await until(() => connected.length < 3 && connected);
    expect([...connected].sort()).toEqual(['AUDIO', 'DATA', 'VIDEO']);
    const sinks = await invoke<{ sink: string; type: string }[]>(a, 'getSinkConnections');
    expect(sinks.map(({ type }) => type).sort()).toEqual(['AUDIO', 'DATA', 'VIDEO']);
    expect((await invoke<OfficialObject>(a, 'getMediaPipeline')).id).toBe(pipeline.id);
    expect(ids(await invoke<OfficialObject[]>(pipeline, 'getChildren')).sort()).toEqual([a.id, b.id].sort());
    await invoke(a, 'disconnect', b, 'VIDEO');
    expect(await invoke<unknown[]>(b, 'getSourceConnections')).toHaveLength(2);
    await pipeline.release();
    expect(server.counts().objects).toBe(0);
    await expect(invoke(a, 'getName')).rejects.toMatchObject({ code: 40101 });
  });

  it('builds a pipeline in one transaction', async () => {
    client.beginTransaction();
    const pipeline = client.create('MediaPipeline') as Promise<OfficialObject> & OfficialObject;
    const element = pipeline.create('PassThrough');
    await client.endTransaction();
    const made = await element;
    expect(made.id.startsWith((await pipeline).id)).toBe(true);
    expect(server.counts().objects).toBe(2);
    await (await pipeline).release();
  });

  it('tells the listeners of the server manager what comes and goes, children first', async () => {
    const manager = await client.getServerManager();
    const created: unknown[] = [];
    const destroyed: unknown[] = [];
    manager.on('ObjectCreated', (event) => created.push(event['object']));
    manager.on('ObjectDestroyed', (event) => destroyed.push(event['objectId']));
    await invoke(manager, 'getMetadata');
    const pipeline = await client.create('MediaPipeline');
    const element = await pipeline.create('PassThrough');
    await pipeline.release();
    await until(() => destroyed.length < 2 && destroyed);
    expect(created).toHaveLength(2);
    expect(destroyed).toEqual([element.id, pipeline.id]);
  });

  it('makes ports of hubs and routes between them', async () => {
    const pipeline = await client.create('MediaPipeline');
    const dispatcher = await pipeline.create('Dispatcher');
    const source = await invoke<OfficialObject>(dispatcher, 'createHubPort');
    const sink = await invoke<OfficialObject>(dispatcher, 'createHubPort');
    expect(source.id.startsWith(`${dispatcher.id}/`)).toBe(true);
    await invoke(dispatcher, 'connect', source, sink);
    const oneToMany = await pipeline.create('DispatcherOneToMany');
    const port = await invoke<OfficialObject>(oneToMany, 'createHubPort');
    await invoke(oneToMany, 'setSource', port);
    await invoke(oneToMany, 'removeSource');
    expect(ids(await invoke<OfficialObject[]>(dispatcher, 'getChildren')).sort()).toEqual(
      [source.id, sink.id].sort(),
    );
    await pipeline.release();
    expect(server.counts().objects).toBe(0);
  });

  it('sets and reads tags and names, and events carry tags when asked to', async () => {
    const pipeline = await client.create('MediaPipeline');
    const element = await pipeline.create('PassThrough');
    await invoke(element, 'setName', 'a name');
    await invoke(element, 'addTag', 'role', 'presenter');
    await invoke(element, 'setSendTagsInEvents', true);
    expect(await invoke(element, 'getName')).toBe('a name');
    expect(await invoke(element, 'getTag', 'role')).toBe('presenter');
    let tags: unknown;
    element.on('ElementConnected', (event) => (tags = event['tags']));
    await invoke(element, 'getTags');
    await invoke(element, 'connect', element);
    await until(() => !tags && 'no event');
    expect(tags).toMatchObject([{ key: 'role', value: 'presenter' }]);
  });

  it('stops events with the last listener', async () => {
    const pipeline = await client.create('MediaPipeline');
    const element = await pipeline.create('PassThrough');
    const listener = () => undefined;
    element.on('ElementConnected', listener);
    await invoke(element, 'getName');
    expect(server.counts().subscriptions).toBe(1);
    element.removeListener('ElementConnected', listener);
    await until(() => server.counts().subscriptions > 0 && server.counts());
  });

  it('gets objects that another session made, by id', async () => {
    const pipeline = await client.create('MediaPipeline');
    const other = await RawClient.open(server.url);
    const theirs = await other.create('PassThrough', { mediaPipeline: pipeline.id });
    const element = await client.getMediaobjectById(theirs);
    expect(await invoke(element, 'getName')).toBe(theirs);
    await other.close();
  });

  it('negotiates a WebRtcEndpoint from the offer of a browser, and leaves nothing of it', async () => {
    const pipeline = await client.create('MediaPipeline');
    const endpoint = await pipeline.create('WebRtcEndpoint');
    const candidates: unknown[] = [];
    let gathered = false;
    endpoint.on('IceCandidateFound', (event) => candidates.push(event['candidate']));
    endpoint.on('IceGatheringDone', () => (gathered = true));
    await invoke(endpoint, 'setMaxVideoRecvBandwidth', 800);
    await invoke(endpoint, 'connect', endpoint);
    const answer = await invoke<string>(endpoint, 'processOffer', recordedOffer());
    expect(answer).toMatch(/^v=0\r\n/);
    expect(answer.match(/^m=/gm)).toHaveLength(2);
    await invoke(endpoint, 'gatherCandidates');
    await until(() => !gathered && 'gathering');
    expect(candidates.length).toBeGreaterThan(0);
    expect(candidates[0]).toMatchObject({
      candidate: expect.stringMatching(/^candidate:/) as string,
      sdpMLineIndex: 0,
    });
    await invoke(endpoint, 'addIceCandidate', {
      candidate: 'anything that is text',
      sdpMid: '0',
      sdpMLineIndex: 0,
    });
    expect(await invoke(endpoint, 'getMaxVideoRecvBandwidth')).toBe(800);
    expect(await invoke(endpoint, 'getLocalSessionDescriptor')).toContain('v=0');
    await expect(invoke(endpoint, 'processOffer', recordedOffer())).rejects.toMatchObject({ code: 40208 });
    await endpoint.release();
    await pipeline.release();
    await until(() => server.counts().subscriptions > 0 && server.counts());
    expect(server.counts().objects).toBe(0);
  });

  it('gets errors with the codes of the protocol', async () => {
    const pipeline = await client.create('MediaPipeline');
    const elsewhere = await client.create('MediaPipeline');
    const a = await pipeline.create('PassThrough');
    const b = await elsewhere.create('PassThrough');
    await expect(invoke(a, 'connect', b)).rejects.toMatchObject({
      code: 40004,
      data: { type: 'CONNECT_ERROR' },
    });
    await expect(invoke(a, 'getTag', 'nope')).rejects.toMatchObject({ code: 40110 });
    await expect(invoke(pipeline, 'create', 'Composite')).rejects.toMatchObject({ code: 40108 });
  });

  it('resumes its session after the connection broke', async () => {
    const port = server.port;
    const pipeline = await client.create('MediaPipeline');
    const before = client.sessionId;
    const back = new Promise((resolve) => client.once('reconnected', resolve));
    server.dropSockets();
    expect(await back).toBe(true);
    expect(client.sessionId).toBe(before);
    expect(await invoke(pipeline, 'getName')).toBe(pipeline.id);
    expect(server.port).toBe(port);
  });
});
