/**
 * What the official client's own tests and applications do with objects, one operation after the other: families,
 * connections, names, tags, references, transactions, hubs, statistics, properties, and the errors of each.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server/index';
import type { MediaServer } from '../../media-server/index';
import { until } from '../support/until';
import { factoriesWithFaceOverlay } from './face-overlay-type';
import { connectOfficialClient, invoke } from './official-client';
import type { OfficialClient, OfficialObject } from './official-client';
import { RawClient } from './raw-client';
import { recordedOffer } from './recording';

let server: MediaServer;
let client: OfficialClient;
let pipeline: OfficialObject;

beforeEach(async () => {
  server = await startMediaServer({ createFactories: factoriesWithFaceOverlay });
  client = await connectOfficialClient(server.url);
  pipeline = await client.create('MediaPipeline');
});
afterEach(async () => {
  client?.close();
  // Its socket library takes a server that hangs up first for a failure that nobody listens for.
  await until(() => server.counts().sockets > 0 && 'a socket is open');
  await server?.close();
});

interface Connection {
  readonly source: string;
  readonly sink: string;
  readonly type: string;
  readonly sourceDescription: string;
}
const connections = (element: OfficialObject, side: 'Source' | 'Sink', ...args: unknown[]) =>
  invoke<Connection[]>(element, `get${side}Connections`, ...args);
const refused = (code: number) => expect.objectContaining({ code }) as Error;
const pair = async () =>
  [await pipeline.create('PassThrough'), await pipeline.create('PassThrough')] as const;

describe('families', () => {
  it('know parents, children and their pipeline', async () => {
    const [a, b] = await pair();
    const hub = await pipeline.create('Dispatcher');
    const port = await invoke<OfficialObject>(hub, 'createHubPort');
    const raw = await RawClient.open(server.url);
    expect(await raw.invoke(a.id, 'getParent')).toBe(pipeline.id);
    expect(await raw.invoke(port.id, 'getParent')).toBe(hub.id);
    expect(await raw.invoke(port.id, 'getMediaPipeline')).toBe(pipeline.id);
    const children = await raw.invoke<string[]>(pipeline.id, 'getChildren');
    expect(children.sort()).toEqual([a.id, b.id, hub.id].sort());
    expect(await raw.invoke(hub.id, 'getChildren')).toEqual([port.id]);
    expect(await raw.invoke(a.id, 'getChildren')).toEqual([]);
    await raw.close();
  });

  it('have names and a time of birth', async () => {
    const [a] = await pair();
    expect(await invoke(a, 'getName')).toBe(a.id);
    await invoke(a, 'setName', 'mixer');
    expect(await invoke(a, 'getName')).toBe('mixer');
    const born = await invoke<number>(a, 'getCreationTime');
    expect(Math.abs(born - Date.now() / 1000)).toBeLessThan(60);
  });

  it('are gone with a released member, children first, and only those', async () => {
    const [a, b] = await pair();
    const hub = await pipeline.create('Dispatcher');
    const port = await invoke<OfficialObject>(hub, 'createHubPort');
    await hub.release();
    await expect(invoke(port, 'getName')).rejects.toEqual(refused(40101));
    await a.release();
    await expect(invoke(a, 'getName')).rejects.toEqual(refused(40101));
    expect(await invoke(b, 'getName')).toBe(b.id);
  });

  it('are found in the server manager, and by their ids', async () => {
    const manager = await client.getServerManager();
    const pipelines = await invoke<OfficialObject[]>(manager, 'getPipelines');
    expect(pipelines.map(({ id }) => id)).toEqual([pipeline.id]);
    expect(await invoke<string[]>(manager, 'getSessions')).toHaveLength(1);
    await expect(client.getMediaobjectById('no-such-object')).rejects.toEqual(refused(40101));
  });
});

describe('connections', () => {
  it('are of all media, or of those that are named, and end the same way', async () => {
    const [a, b] = await pair();
    await invoke(a, 'connect', b, 'VIDEO');
    expect((await connections(a, 'Sink')).map(({ type }) => type)).toEqual(['VIDEO']);
    await invoke(a, 'connect', b);
    expect(await connections(b, 'Source')).toHaveLength(3);
    const [audio] = await connections(b, 'Source', 'AUDIO');
    expect(audio).toMatchObject({ source: a.id, sink: b.id, type: 'AUDIO', sourceDescription: 'default' });
    await invoke(a, 'disconnect', b, 'AUDIO');
    expect((await connections(b, 'Source')).map(({ type }) => type).sort()).toEqual(['DATA', 'VIDEO']);
    await invoke(a, 'disconnect', b);
    await invoke(a, 'disconnect', b);
    expect(await connections(a, 'Sink')).toEqual([]);
  });

  it('keep descriptions, and list by them', async () => {
    const [a, b] = await pair();
    await invoke(a, 'connect', b, 'VIDEO', 'left', 'right');
    expect(await connections(a, 'Sink', 'VIDEO', 'left')).toHaveLength(1);
    expect(await connections(a, 'Sink', 'VIDEO', 'default')).toEqual([]);
    expect(await connections(b, 'Source', 'VIDEO', 'right')).toHaveLength(1);
  });

  it('give a sink one source, a source many sinks, and follow an element that is released', async () => {
    const [a, b] = await pair();
    const [c] = await pair();
    await invoke(a, 'connect', c);
    await invoke(b, 'connect', c);
    expect((await connections(c, 'Source', 'AUDIO')).map(({ source }) => source)).toEqual([b.id]);
    expect(await connections(a, 'Sink')).toEqual([]);
    await invoke(b, 'connect', a);
    expect(await connections(b, 'Sink', 'VIDEO')).toHaveLength(2);
    await c.release();
    expect((await connections(b, 'Sink', 'VIDEO')).map(({ sink }) => sink)).toEqual([a.id]);
  });

  it('are refused with the codes of the protocol', async () => {
    const [a] = await pair();
    const elsewhere = await (await client.create('MediaPipeline')).create('PassThrough');
    const raw = await RawClient.open(server.url);
    const connect = async (params: object) => {
      const answer = await raw.request('invoke', {
        object: a.id,
        operation: 'connect',
        operationParams: params,
      });
      return [answer.error?.code, answer.error?.message];
    };
    expect(await connect({ sink: elsewhere.id })).toEqual([40004, 'Media elements do not share pipeline']);
    expect(await connect({ sink: 'nobody' })).toEqual([40101, "Object 'nobody' not found"]);
    expect(await connect({})).toEqual([40001, "'sink' parameter should be a string"]);
    expect(await connect({ sink: a.id, mediaType: 'SMELL' })).toEqual([
      40001,
      "Invalid value for 'MediaType'",
    ]);
    await raw.close();
  });

  it('are drawn for Graphviz, whatever the names are', async () => {
    const [a, b] = await pair();
    await invoke(a, 'connect', b, 'VIDEO');
    await invoke(a, 'setName', 'say "hi"\\');
    for (const object of [pipeline, a]) {
      const dot = await invoke<string>(object, 'getGstreamerDot', 'SHOW_ALL');
      expect(dot).toMatch(/^digraph pipeline \{\n[^]*\}\n$/);
      expect(dot).toContain(`"${a.id}" -> "${b.id}" [label="VIDEO"];`);
      expect(dot).toContain('say \\"hi\\"\\\\"');
    }
    expect(await invoke<string>(await pipeline.create('Dispatcher'), 'getGstreamerDot')).toContain('digraph');
    await invoke(pipeline, 'dumpGstreamerDot');
  });
});

describe('tags', () => {
  it('are added, replaced, listed and removed', async () => {
    const [a] = await pair();
    await invoke(a, 'addTag', 'role', 'presenter');
    await invoke(a, 'addTag', 'role', 'viewer');
    await invoke(a, 'addTag', 'empty', '');
    expect(await invoke(a, 'getTag', 'role')).toBe('viewer');
    const tags = await invoke<{ key: string; value: string }[]>(a, 'getTags');
    expect(tags.map(({ key, value }) => [key, value])).toEqual([
      ['role', 'viewer'],
      ['empty', ''],
    ]);
    await invoke(a, 'removeTag', 'role');
    await invoke(a, 'removeTag', 'role');
    await expect(invoke(a, 'getTag', 'role')).rejects.toEqual(refused(40110));
  });

  it('travel with events only while that is asked for', async () => {
    const [a] = await pair();
    const heard: unknown[] = [];
    a.on('ElementConnected', ({ tags }) => heard.push((tags as unknown[]).length));
    await invoke(a, 'addTag', 'role', 'presenter');
    expect(await invoke(a, 'getSendTagsInEvents')).toBe(false);
    for (const wanted of [false, true, false]) {
      await invoke(a, 'setSendTagsInEvents', wanted);
      const before = heard.length;
      await invoke(a, 'connect', a, 'AUDIO');
      await until(() => heard.length === before && 'no event');
      await invoke(a, 'disconnect', a, 'AUDIO');
    }
    expect(heard).toEqual([0, 1, 0]);
  });
});

describe('transactions of the official client', () => {
  type Commit = OfficialObject & { commit(): Promise<unknown>; rollback(): void; commited: boolean };

  it('create and connect at once; until they are committed nothing exists', async () => {
    const tx = client.beginTransaction() as Commit;
    const made = client.create(tx as unknown as string, 'MediaPipeline' as unknown as object);
    const element = (made as unknown as OfficialObject).create(
      tx as unknown as string,
      'PassThrough' as unknown as object,
    );
    expect(server.counts().objects).toBe(1);
    await tx.commit();
    expect((await element).id.startsWith((await made).id)).toBe(true);
    expect(server.counts().objects).toBe(3);
  });

  it('of several operations on what exists are answered one by one', async () => {
    const [a, b] = await pair();
    const raw = await RawClient.open(server.url);
    const operations = [
      {
        jsonrpc: '2.0',
        id: 0,
        method: 'invoke',
        params: { object: a.id, operation: 'connect', operationParams: { sink: b.id } },
      },
      { jsonrpc: '2.0', id: 1, method: 'invoke', params: { object: b.id, operation: 'getName' } },
      { jsonrpc: '2.0', id: 2, method: 'invoke', params: { object: b.id, operation: 'nonsense' } },
      { jsonrpc: '2.0', id: 3, method: 'invoke', params: { object: b.id, operation: 'getName' } },
    ];
    const answers = await raw.call<{ id: number; error?: { code: number } }[]>('transaction', { operations });
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, 40008],
    ]);
    expect(await connections(a, 'Sink')).toHaveLength(3);
    await raw.close();
  });

  it('that are rolled back leave nothing', async () => {
    const tx = client.beginTransaction() as Commit;
    const made = pipeline.create(tx as unknown as string, 'PassThrough' as unknown as object);
    tx.rollback();
    await expect(made).rejects.toThrow();
    expect(server.counts().objects).toBe(1);
  });
});

describe('references', () => {
  it('keep an object while one session has it; a release ends it for all', async () => {
    const [a, b] = await pair();
    const other = await RawClient.open(server.url);
    await other.call('ref', { object: a.id });
    await other.call('describe', { object: b.id });
    await client.getMediaobjectById(a.id);
    await other.call('unref', { object: a.id });
    expect(await invoke(a, 'getName')).toBe(a.id);
    await other.call('release', { object: b.id });
    await expect(invoke(b, 'getName')).rejects.toEqual(refused(40101));
    const alone = await other.create('MediaPipeline');
    await other.call('unref', { object: alone });
    expect((await other.request('describe', { object: alone })).error?.code).toBe(40101);
    await other.close();
  });

  it('live as long as their session is kept alive, and through another socket', async () => {
    const first = await RawClient.open(server.url);
    const made = await first.create('MediaPipeline');
    const sessionId = (await first.request('describe', { object: made })).result?.['sessionId'];
    await first.call('keepAlive', { sessionId: sessionId as string });
    await first.terminate();
    const second = await RawClient.open(server.url);
    // Ids go on counting: an answered one would be answered from memory.
    const answer = await second.request('connect', { sessionId: sessionId as string }, 101);
    expect(answer.result?.['sessionId']).toBe(sessionId);
    const named = await second.request('invoke', { object: made, operation: 'getName' }, 102);
    expect(named.result?.['value']).toBe(made);
    expect((await second.request('connect', { sessionId: 'nobody' }, 103)).error).toMatchObject({
      code: 40007,
      message: 'Invalid session',
    });
    await second.close();
  });

  it('to events count: the last unsubscribe ends them', async () => {
    const [a, b] = await pair();
    const raw = await RawClient.open(server.url);
    const subscriptions = [
      await raw.subscribe(a.id, 'ElementConnected'),
      await raw.subscribe(a.id, 'ElementConnected'),
    ];
    expect(subscriptions[0]).not.toBe(subscriptions[1]);
    const told = async () => {
      await raw.invoke(a.id, 'connect', { sink: b.id, mediaType: 'AUDIO' });
      await raw.invoke(a.id, 'disconnect', { sink: b.id, mediaType: 'AUDIO' });
      await raw.roundTrip();
      return raw.events('ElementConnected').length;
    };
    expect(await told()).toBe(1);
    for (const subscription of subscriptions) {
      await raw.call('unsubscribe', { object: a.id, subscription });
      // After the first of them it is still told, after the second no more.
      expect(await told()).toBe(2);
    }
    const wrong = await raw.request('subscribe', { object: a.id, type: 'IceCandidateFound' });
    expect(wrong.error).toMatchObject({ code: 40106, message: "Event 'IceCandidateFound' not supported" });
    await raw.close();
  });
});

describe('hubs', () => {
  it('connect ports, and release them with themselves', async () => {
    const dispatcher = await pipeline.create('Dispatcher');
    const [from, to] = [
      await invoke<OfficialObject>(dispatcher, 'createHubPort'),
      await invoke<OfficialObject>(dispatcher, 'createHubPort'),
    ];
    const [a, b] = await pair();
    await invoke(a, 'connect', from);
    await invoke(to, 'connect', b);
    await invoke(dispatcher, 'connect', from, to);
    await invoke(from, 'release');
    await dispatcher.release();
    await expect(invoke(to, 'getName')).rejects.toEqual(refused(40101));
    expect(await connections(b, 'Source')).toEqual([]);
  });

  it('of one to many take a source and lose it', async () => {
    const hub = await pipeline.create('DispatcherOneToMany');
    const port = await invoke<OfficialObject>(hub, 'createHubPort');
    await invoke(hub, 'setSource', port);
    await invoke(hub, 'removeSource');
    await invoke(hub, 'removeSource');
    const [a] = await pair();
    const raw = await RawClient.open(server.url);
    const noPort = { object: hub.id, operation: 'setSource', operationParams: { source: a.id } };
    expect((await raw.request('invoke', noPort)).error).toBeDefined();
    await raw.close();
  });

  it.each([
    'Composite',
    'Mixer',
    'AlphaBlending',
    'RtpEndpoint',
    'HttpPostEndpoint',
    'ZBarFilter',
    'GStreamerFilter',
  ])('%s is an unknown type', async (type) => {
    const raw = await RawClient.open(server.url);
    const params = {
      type,
      constructorParams: { mediaPipeline: pipeline.id, command: 'identity' },
      properties: {},
    };
    expect((await raw.request('create', params)).error).toEqual({
      code: 40108,
      message: `Factory '${type}' not found`,
      data: { type: 'MEDIA_OBJECT_NOT_AVAILABLE' },
    });
    await raw.close();
  });
});

describe('elements', () => {
  it('tell statistics when there are any', async () => {
    const [a] = await pair();
    expect(await invoke(a, 'getStats')).toBeNull();
    await invoke(pipeline, 'setLatencyStats', true);
    expect(await invoke(pipeline, 'getLatencyStats')).toBe(true);
    expect(await invoke<object>(a, 'getStats', 'AUDIO')).toHaveProperty([a.id, 'type'], 'element');
    for (const operation of ['isMediaFlowingIn', 'isMediaFlowingOut', 'isMediaTranscoding'])
      expect(await invoke(a, operation, 'AUDIO')).toBe(false);
  });

  it('keep the bitrates of their encoders, and take formats', async () => {
    const [a] = await pair();
    for (const name of ['EncoderBitrate', 'MinEncoderBitrate', 'MaxEncoderBitrate']) {
      await invoke(a, `set${name}`, 123_456);
      expect(await invoke(a, `get${name}`)).toBe(123_456);
    }
    await invoke(a, 'setAudioFormat', { codec: 'OPUS', bitrate: 64_000 });
    await invoke(a, 'setVideoFormat', { codec: 'VP8', framerate: { numerator: 30, denominator: 1 } });
  });
});

describe('the face overlay', () => {
  const image = {
    uri: '/nowhere.png',
    offsetXPercent: -0.35,
    offsetYPercent: -1.2,
    widthPercent: 1.6,
    heightPercent: 1.6,
  };

  it('takes and loses its image, and has events and connections like any element', async () => {
    const filter = await pipeline.create('FaceOverlayFilter');
    const [a, b] = await pair();
    await invoke(filter, 'setOverlayedImage', image.uri, -0.35, -1.2, 1.6, 1.6);
    await invoke(filter, 'setOverlayedImage', '', 0, 0, 0, 0);
    await invoke(filter, 'unsetOverlayedImage');
    await invoke(filter, 'unsetOverlayedImage');
    const connected: unknown[] = [];
    filter.on('ElementConnected', ({ mediaType }) => connected.push(mediaType));
    await invoke(a, 'connect', filter);
    await invoke(filter, 'connect', b);
    await until(() => connected.length < 3 && connected);
    expect(await invoke(filter, 'isMediaTranscoding', 'VIDEO')).toBe(false);
    await filter.release();
    expect(await connections(b, 'Source')).toEqual([]);
  });

  it('describes itself, and refuses what the original refuses', async () => {
    const raw = await RawClient.open(server.url);
    const missing = await raw.request('create', {
      type: 'FaceOverlayFilter',
      constructorParams: {},
      properties: {},
    });
    expect(missing.error).toMatchObject({
      code: 40001,
      message: "'mediaPipeline' parameter should be a string",
    });
    const filter = await raw.create('FaceOverlayFilter', { mediaPipeline: pipeline.id });
    expect((await raw.request('describe', { object: filter })).result).toMatchObject({
      type: 'FaceOverlayFilter',
      qualifiedType: 'kurento.FaceOverlayFilter',
      hierarchy: ['kurento.Filter', 'kurento.MediaElement', 'kurento.MediaObject'],
    });
    const set = async (params: object | undefined) => {
      const operationParams = params && { operationParams: params };
      const answer = await raw.request('invoke', {
        object: filter,
        operation: 'setOverlayedImage',
        ...operationParams,
      });
      return answer.error?.message;
    };
    expect(await set(image)).toBeUndefined();
    expect(await set({ ...image, widthPercent: true })).toBeUndefined();
    expect(await set(undefined)).toBe("'operationParams' is required");
    expect(await set({ ...image, heightPercent: undefined })).toBe(
      "'heightPercent' parameter should be a double",
    );
    expect(await set({ ...image, offsetXPercent: '1' })).toBe(
      "'offsetXPercent' parameter should be a double",
    );
    expect(await set({ ...image, uri: {} })).toBe("'uri' parameter should be a string");
    const other = await raw.request('invoke', { object: filter, operation: 'removeImage' });
    expect(other.error?.message).toBe("Method 'removeImage' with 0 parameters not found");
    expect((await raw.request('subscribe', { object: filter, type: 'CodeFound' })).error?.code).toBe(40106);
    await raw.close();
  });
});

describe('WebRtcEndpoint', () => {
  const fingerprint = (sdp: string) => /a=fingerprint:sha-256 (\S+)/.exec(sdp)?.[1];
  const answerOf = async (params: object, prepare?: (endpoint: OfficialObject) => Promise<void>) => {
    const endpoint = await pipeline.create('WebRtcEndpoint', params);
    await prepare?.(endpoint);
    return invoke<string>(endpoint, 'processOffer', recordedOffer());
  };

  it('shows a certificate of the kind of key that was asked for', async () => {
    const rsa = [
      await answerOf({ certificateKeyType: 'RSA' }),
      await answerOf({ certificateKeyType: 'RSA' }),
    ];
    const ecdsa = await answerOf({ certificateKeyType: 'ECDSA' });
    expect(fingerprint(rsa[0]!)).toBeDefined();
    expect(fingerprint(rsa[0]!)).toBe(fingerprint(rsa[1]!));
    expect(fingerprint(ecdsa)).not.toBe(fingerprint(rsa[0]!));
    const offering = await pipeline.create('WebRtcEndpoint', { certificateKeyType: 'RSA' });
    expect(fingerprint(await invoke<string>(offering, 'generateOffer'))).toBe(fingerprint(rsa[0]!));
  });

  it('begins its session before it tells what ICE does, and gathering before connecting', async () => {
    const raw = await RawClient.open(server.url);
    const endpoint = await raw.create('WebRtcEndpoint', { mediaPipeline: pipeline.id });
    for (const type of ['MediaSessionStarted', 'IceComponentStateChanged'])
      await raw.subscribe(endpoint, type);
    await raw.invoke(endpoint, 'processOffer', { offer: recordedOffer() });
    await raw.invoke(endpoint, 'gatherCandidates');
    await until(() => raw.events().length < 3 && raw.events());
    const told = raw.events().map(({ type, data }) => data['state'] ?? type);
    expect(told.slice(0, 3)).toEqual(['MediaSessionStarted', 'GATHERING', 'CONNECTING']);
    await raw.close();
  });

  it('takes every DSCP value of the protocol, and no other', async () => {
    for (const qosDscp of ['NO_DSCP', 'AUDIO_HIGH', 'AF41', 'EF', 'LE'])
      await pipeline.create('WebRtcEndpoint', { qosDscp });
    const raw = await RawClient.open(server.url);
    const constructorParams = { mediaPipeline: pipeline.id, qosDscp: 'FAST' };
    const answer = await raw.request('create', { type: 'WebRtcEndpoint', constructorParams, properties: {} });
    expect(answer.error).toMatchObject({ code: 40001, message: "Invalid value for 'DSCPValue'" });
    await raw.close();
  });

  it('tells the peer with how much to begin, and what its sound may take', async () => {
    const plain = await answerOf({});
    expect(plain).toContain('x-google-start-bitrate=800');
    expect(plain).not.toContain('b=AS');
    const told = await answerOf({}, async (endpoint) => {
      await invoke(endpoint, 'setRembParams', { rembOnConnect: 500_000 });
      await invoke(endpoint, 'setMaxAudioRecvBandwidth', 24);
    });
    expect(told).toContain('x-google-start-bitrate=500');
    expect(/m=audio[^]*?m=video/.exec(told)?.[0]).toContain('b=AS:24');
  });
});
