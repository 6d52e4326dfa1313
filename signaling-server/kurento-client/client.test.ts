import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { ScriptedKurento } from '../../test/support/scripted-kurento';
import { until } from '../../test/support/until';
import { systemClock } from '../clock';
import { KurentoClient, type KurentoTimes } from './client';
import {
  KurentoError,
  KurentoProtocolFault,
  MediaServerLost,
  RequestCancelled,
  RequestTimeout,
} from './errors';

const CANDIDATE = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };

let server: ScriptedKurento;
const clients: KurentoClient[] = [];

beforeEach(async () => {
  server = await ScriptedKurento.start();
});
afterEach(async () => {
  server.thaw();
  server.continue();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.close();
});

function connect(
  times: Partial<KurentoTimes> = {},
  { url }: { url: string | undefined } = server,
): KurentoClient {
  const client = new KurentoClient({ url, clock: systemClock, logger: silentLogger, times, random: () => 0 });
  clients.push(client);
  return client;
}

async function ready(times: Partial<KurentoTimes> = {}): Promise<KurentoClient> {
  const client = connect(times);
  await until(() => client.state !== 'ready' && client.state);
  return client;
}

describe('a Kurento client', () => {
  it('connects and knows which types the media server can create', async () => {
    server.factories = ['WebRtcEndpoint'];
    const client = connect();
    expect(client.state).toBe('connecting');
    expect(client.supports('WebRtcEndpoint')).toBeUndefined();
    await until(() => client.state !== 'ready');
    expect(client.supports('WebRtcEndpoint')).toBe(true);
    expect(client.supports('FaceOverlayFilter')).toBe(false);
  });

  it('creates a pipeline and its elements in one round trip, and releases all with the scope', async () => {
    const client = await ready();
    const scope = client.openScope();
    const [pipeline, endpoint, filter] = await scope.createPipeline('WebRtcEndpoint', 'FaceOverlayFilter');
    expect(server.objects).toEqual(new Set([pipeline.id, endpoint.id, filter.id]));
    expect(server.log.filter((kind) => kind === 'transaction' || kind.startsWith('create'))).toEqual([
      'transaction',
    ]);
    await endpoint.connect(filter);
    expect(await endpoint.processOffer('v=0')).toContain('Kurento');
    const other = await pipeline.create('PassThrough');
    expect(other.id.startsWith(`${pipeline.id}/`)).toBe(true);
    await scope.release();
    await scope.release();
    expect(server.objects.size).toBe(0);
    expect(client.held).toEqual({ scopes: 0, objects: 0, pending: 0, orphans: 0 });
    await expect(endpoint.gatherCandidates()).rejects.toBeInstanceOf(RequestCancelled);
  });

  it('waits for a first contact that is under way', async () => {
    const scope = connect().openScope();
    const [pipeline] = await scope.createPipeline();
    expect(server.pipelines).toEqual([pipeline.id]);
  });

  it('delivers events to the object they name, until told to stop', async () => {
    const client = await ready();
    const [, one, two] = await client.openScope().createPipeline('WebRtcEndpoint', 'WebRtcEndpoint');
    const heard: string[] = [];
    const stop = await one.on('IceCandidateFound', ({ candidate }) => heard.push(`one ${candidate.sdpMid}`));
    await two.on('IceCandidateFound', ({ candidate }) => heard.push(`two ${candidate.sdpMid}`));
    await one.gatherCandidates();
    await two.gatherCandidates();
    await until(() => heard.length < 2 && heard);
    await stop();
    await one.gatherCandidates();
    await two.gatherCandidates();
    await until(() => heard.length < 3 && heard);
    expect(heard).toEqual(['one 0', 'two 0', 'two 0']);
  });

  it('goes on when a listener throws or the media server sends nonsense', async () => {
    const client = await ready();
    const [, endpoint] = await client.openScope().createPipeline('WebRtcEndpoint');
    let heard = 0;
    await endpoint.on('IceCandidateFound', () => {
      throw new Error('a bug');
    });
    await endpoint.on('IceCandidateFound', () => (heard += 1));
    for (const nonsense of [
      '',
      '{',
      '[]',
      '7',
      'null',
      '{"method":"onEvent"}',
      '{"id":"x","result":1}',
      '{"id":99999}',
    ])
      server.say(nonsense);
    await endpoint.gatherCandidates();
    await until(() => heard !== 1);
    expect(client.state).toBe('ready');
  });

  it('rejects with the code and type that the media server gave', async () => {
    const client = await ready();
    const [, endpoint] = await client.openScope().createPipeline('WebRtcEndpoint');
    const refused = endpoint.processOffer('garbage');
    await expect(refused).rejects.toBeInstanceOf(KurentoError);
    await expect(refused).rejects.toMatchObject({ code: 40201, type: 'SDP_PARSE_ERROR' });
  });

  it('leaves no pipeline behind when an element of it cannot be created', async () => {
    server.factories = ['WebRtcEndpoint'];
    const client = await ready();
    const failed = client.openScope().createPipeline('WebRtcEndpoint', 'FaceOverlayFilter');
    await expect(failed).rejects.toMatchObject({ code: 40108 });
    expect(server.objects.size).toBe(0);
  });

  it('gives a request up after its time, and releases what comes of it later', async () => {
    const client = await ready({ requestMs: 30 });
    server.holding.add('transaction').add('create MediaPipeline');
    const scope = client.openScope();
    await expect(scope.createPipeline('WebRtcEndpoint')).rejects.toBeInstanceOf(RequestTimeout);
    await expect(scope.createPipeline()).rejects.toBeInstanceOf(RequestTimeout);
    server.continue();
    await until(() => server.log.filter((kind) => kind === 'release').length < 2 && server.log);
    expect(server.objects.size).toBe(0);
    expect(client.held.pending).toBe(0);
  });

  it('releases what is created after its scope ended', async () => {
    const client = await ready();
    server.holding.add('transaction');
    const scope = client.openScope();
    const creating = scope.createPipeline('WebRtcEndpoint');
    await until(() => !server.log.includes('transaction'));
    const released = scope.release();
    await expect(creating).rejects.toBeInstanceOf(RequestCancelled);
    server.continue();
    await released;
    await until(() => server.log.at(-1) !== 'release' && server.log);
    expect(server.objects.size).toBe(0);
  });

  it('takes its session up again after a broken connection: nobody loses anything', async () => {
    const client = await ready();
    const scope = client.openScope();
    const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
    let heard = 0;
    await endpoint.on('IceCandidateFound', () => (heard += 1));
    server.holding.add('invoke processOffer');
    const pending = endpoint.processOffer('v=0');
    await until(() => !server.log.includes('invoke processOffer'));
    const states: string[] = [];
    client.onState((state) => states.push(state));
    server.dropSockets();
    await expect(pending).rejects.toBeInstanceOf(MediaServerLost);
    await until(() => client.state !== 'ready');
    expect(states).toEqual(['unavailable', 'ready']);
    expect(scope.lost).toBe(false);
    await endpoint.gatherCandidates();
    await until(() => heard !== 1);
    expect(new Set(server.requestIds).size).toBe(server.requestIds.length);
  });

  it('tells its scopes, once, when the media server has forgotten them', async () => {
    const client = await ready();
    const scope = client.openScope();
    const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
    let lost = 0;
    scope.onLost(() => (lost += 1));
    server.forget();
    server.dropSockets();
    await until(() => lost === 0);
    await until(() => client.state !== 'ready');
    expect(lost).toBe(1);
    expect(scope.signal.reason).toBeInstanceOf(MediaServerLost);
    await expect(endpoint.gatherCandidates()).rejects.toBeInstanceOf(MediaServerLost);
    expect(client.held).toEqual({ scopes: 0, objects: 0, pending: 0, orphans: 0 });
  });

  it('gives scopes up after a while, and releases their objects should the session come back after all', async () => {
    const client = await ready({ resumeGraceMs: 20, backOffMs: 200 });
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    server.dropSockets();
    await until(() => !scope.lost);
    expect(server.objects.size).toBe(2);
    await until(() => server.objects.size > 0);
    expect(client.held.orphans).toBe(0);
  });

  it('releases, when it is back, what ended while it was away', async () => {
    const client = await ready({ backOffMs: 200 });
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    server.dropSockets();
    await until(() => client.state === 'ready');
    await scope.release();
    await until(() => server.objects.size > 0);
  });

  it('notices a media server that is silent with its socket open, within two seconds', async () => {
    const client = await ready();
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    const since = performance.now();
    server.freeze();
    await until(() => client.state === 'ready');
    // A second more for a machine that is busy with other tests.
    expect(performance.now() - since).toBeLessThan(3_000);
    server.thaw();
    await until(() => client.state !== 'ready');
    expect(scope.lost).toBe(false);
  });

  it('loses its scopes at once when nothing listens any more, and recovers when a server is there again', async () => {
    const client = await ready();
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    const { port } = server;
    await server.close();
    await until(() => !scope.lost, 1_000);
    expect(client.state).toBe('unavailable');
    await expect(client.openScope().createPipeline()).rejects.toBeInstanceOf(MediaServerLost);
    server = await ScriptedKurento.start(port);
    await until(() => client.state !== 'ready');
    await client.openScope().createPipeline();
  });

  it('begins without an address, follows it, and loses everything when it is taken away', async () => {
    const client = connect({}, { url: undefined });
    client.setUrl(undefined);
    expect(client.state).toBe('connecting');
    client.setUrl(server.url);
    await until(() => client.state !== 'ready');
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    client.setUrl(undefined);
    expect(client.state).toBe('unavailable');
    expect(scope.lost).toBe(true);
    await until(() => server.sockets > 0);
    client.setUrl(server.url);
    await until(() => client.state !== 'ready');
  });

  it('backs off, longer each time and never for longer than the limit', async () => {
    const { port } = server;
    await server.close();
    const attempts: number[] = [];
    const client = new KurentoClient({
      url: `ws://127.0.0.1:${port}/kurento`,
      clock: {
        ...systemClock,
        after(delay, task) {
          // Attempts' own limits are longer than any pause.
          if (delay <= 2_000) attempts.push(delay);
          return systemClock.after(delay > 2_000 ? delay : 0, task);
        },
      },
      logger: silentLogger,
      random: () => 0.999_999,
    });
    clients.push(client);
    await until(() => attempts.length < 8);
    expect(attempts.slice(0, 7).map(Math.round)).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
    server = await ScriptedKurento.start();
  });

  it('calls an answer without the id it promises a fault of the protocol', async () => {
    const client = await ready();
    const scope = client.openScope();
    const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
    server.failing.set('invoke processOffer', 'nonsense' as never);
    await expect(endpoint.processOffer('v=0')).rejects.toBeInstanceOf(KurentoProtocolFault);
  });

  it('gives candidates the fields that Kurento requires, whatever a browser left out', async () => {
    const client = await ready();
    const [, endpoint] = await client.openScope().createPipeline('WebRtcEndpoint');
    await endpoint.addIceCandidate({ candidate: CANDIDATE.candidate, sdpMLineIndex: 1 });
    expect(server.last.get('invoke addIceCandidate')?.operationParams).toMatchObject({
      candidate: { candidate: CANDIDATE.candidate, sdpMid: '1', sdpMLineIndex: 1 },
    });
  });

  it('closes in the middle of everything without leaving a request or an object', async () => {
    const client = await ready();
    const scope = client.openScope();
    await scope.createPipeline('WebRtcEndpoint');
    server.holding.add('create MediaPipeline');
    const pending = client.openScope().createPipeline();
    await Promise.all([expect(pending).rejects.toBeInstanceOf(RequestCancelled), client.close()]);
    await client.close();
    expect(client.held).toMatchObject({ scopes: 0, objects: 0, pending: 0 });
    await until(() => server.sockets > 0);
    expect(server.objects.size).toBe(0);
    await expect(client.openScope().createPipeline()).rejects.toBeInstanceOf(RequestCancelled);
  });
});
