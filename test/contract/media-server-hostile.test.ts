/** What the media server's port survives, with a clear answer to the sender and no effect on others. */
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../media-server/clock';
import { startMediaServer } from '../../media-server/index';
import type { MediaServer, MediaServerOptions } from '../../media-server/index';
import { HEARTBEAT_MS, MAX_FRAME_BYTES } from '../../media-server/server';
import { KURENTO_METHODS } from '../../protocol/kurento';
import { until } from '../support/until';
import { RawClient } from './raw-client';
import { recordedOffer } from './recording';

let server: MediaServer;
let bystander: RawClient;
const clients: RawClient[] = [];

async function start(options: MediaServerOptions = {}): Promise<void> {
  server = await startMediaServer(options);
  bystander = await open();
}
async function open(): Promise<RawClient> {
  const client = await RawClient.open(server.url);
  clients.push(client);
  return client;
}
/** The socket that misbehaved goes on, and so does everybody else's. */
async function expectAlive(client: RawClient): Promise<void> {
  expect(await client.call('ping')).toBe('pong');
  expect(await bystander.call('ping')).toBe('pong');
}

beforeEach(() => start());
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await server.close();
});

describe('frames that are no requests', () => {
  const cases: [string, string | Buffer, number, unknown][] = [
    ['malformed JSON', '{"jsonrpc":"2.0",', -32700, null],
    ['no JSON at all', 'hello', -32700, null],
    ['an empty frame', '', -32700, null],
    ['a number', '42', -32600, null],
    ['null', 'null', -32600, null],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
    ['no version', '{"id":5,"method":"ping"}', -32600, null],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":7}', -32600, null],
    ['params that are a list', '{"jsonrpc":"2.0","id":7,"method":"invoke","params":[1]}', -32602, 7],
    ['params that are text', '{"jsonrpc":"2.0","id":"a","method":"invoke","params":"x"}', -32602, 'a'],
    ['an unknown method', '{"jsonrpc":"2.0","id":8,"method":"constructor","params":{}}', -32601, 8],
    ['a method of every object', '{"jsonrpc":"2.0","id":8,"method":"__proto__","params":{}}', -32601, 8],
    ['binary garbage', randomBytes(64), -32700, null],
  ];
  for (const [name, frame, code, id] of cases) {
    it(`${name}: answered with ${code}, and the socket goes on`, async () => {
      const client = await open();
      client.send(frame);
      const answer = await client.take((each) => 'error' in each, 'the error');
      expect(answer).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
      await expectAlive(client);
    });
  }

  it('answers every request of a frame that holds several', async () => {
    const client = await open();
    client.send('{"jsonrpc":"2.0","id":"}{","method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"} x');
    await client.take(({ id }) => id === '}{', 'the first');
    await client.take(({ id }) => id === 2, 'the second');
    await client.take(({ error }) => error?.code === -32700, 'the rest');
  });

  it('ends the socket of a frame above the limit, and no other', async () => {
    const client = await open();
    client.send('x'.repeat(MAX_FRAME_BYTES + 1));
    await until(() => !client.closed && 'open');
    expect(client.closed?.code).toBe(1009);
    expect(await bystander.call('ping')).toBe('pong');
  });

  it('takes a frame of just the limit', async () => {
    const client = await open();
    const frame = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: '' } });
    client.send(frame.replace('"pad":"', `"pad":"${'x'.repeat(MAX_FRAME_BYTES - frame.length)}`));
    await client.take(({ id }) => id === 1, 'pong');
  });

  it('survives JSON that is nested as deep as a frame allows', async () => {
    const client = await open();
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    client.send(
      `{"jsonrpc":"2.0","id":1,"method":"invoke","params":{"object":"manager_ServerManager","operation":"getTag","operationParams":${deep}}}`,
    );
    client.send(
      `{"jsonrpc":"2.0","id":2,"method":"transaction","params":{"operations":[{"jsonrpc":"2.0","method":"invoke","params":${deep}}]}}`,
    );
    client.send('['.repeat(200_000));
    await client.take(({ id }) => id === 2, 'an answer');
    await expectAlive(client);
  });
});

describe('requests that make no sense', () => {
  it('refuses names that every object has', async () => {
    const client = await open();
    const pipeline = await client.create('MediaPipeline');
    for (const name of [
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'destroy',
      'emit',
      'operations',
      'release',
    ]) {
      const answer = await client.request('invoke', {
        object: pipeline,
        operation: name,
        operationParams: {},
      });
      expect(answer.error).toMatchObject({ code: 40008 });
      expect((await client.request('create', { type: name })).error).toMatchObject({ code: 40108 });
      expect((await client.request('subscribe', { object: pipeline, type: name })).error).toMatchObject({
        code: 40106,
      });
      expect((await client.request('describe', { object: name })).error).toMatchObject({ code: 40101 });
    }
    client.send(
      '{"jsonrpc":"2.0","id":"p","method":"create","params":{"__proto__":{"type":"MediaPipeline"}}}',
    );
    expect(await client.take(({ id }) => id === 'p', 'answer')).toMatchObject({ error: { code: -32000 } });
  });

  it('answers a sink that is no element, instead of crashing', async () => {
    const client = await open();
    const pipeline = await client.create('MediaPipeline');
    const element = await client.create('PassThrough', { mediaPipeline: pipeline });
    const answer = await client.request('invoke', {
      object: element,
      operation: 'connect',
      operationParams: { sink: pipeline },
    });
    expect(answer.error).toMatchObject({ code: 40001 });
    await expectAlive(client);
  });

  it('connects elements in a ring without going round for ever', async () => {
    const client = await open();
    const pipeline = await client.create('MediaPipeline');
    const ring = await Promise.all(
      [1, 2, 3].map(() => client.create('PassThrough', { mediaPipeline: pipeline })),
    );
    for (const [index, element] of ring.entries()) {
      await client.invoke(element, 'connect', { sink: ring[(index + 1) % ring.length] });
    }
    await client.invoke(ring[0] ?? '', 'connect', { sink: ring[0] });
    await client.call('release', { object: pipeline });
    expect(server.counts().objects).toBe(0);
  });

  it('answers any JSON as params of any method, and stays usable', async () => {
    const client = await open();
    const member = fc.constantFrom(
      'object',
      'operation',
      'operationParams',
      'type',
      'constructorParams',
      'sessionId',
      'subscription',
      'operations',
      '__proto__',
    );
    const value = fc.oneof(
      fc.constantFrom('manager_ServerManager', 'MediaPipeline', 'getName', 'getTag', 'newref:0', ''),
      fc.jsonValue({ maxDepth: 3 }),
    );
    let id = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...KURENTO_METHODS),
        fc.dictionary(member, value),
        async (method, params) => {
          const answer = await client.request(method, params, `f${id++}`);
          expect('result' in answer || typeof answer.error?.code === 'number').toBe(true);
          expect(answer.error?.code === -32603 ? answer.error : undefined).toBeUndefined();
        },
      ),
      { numRuns: 400 },
    );
    await expectAlive(client);
  });
});

describe('too much', () => {
  it('works off ten thousand requests that are sent without waiting, in order', async () => {
    const client = await open();
    const pipeline = await client.create('MediaPipeline');
    const from = client.frames.length;
    for (let id = 10_000; id < 20_000; id++) {
      client.send({
        jsonrpc: '2.0',
        id,
        method: 'invoke',
        params: { object: pipeline, operation: 'getName' },
      });
    }
    await client.take(({ id }) => id === 19_999, 'the last answer', from);
    expect(client.frames.slice(from).map(({ id }) => id as number)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => 10_000 + index),
    );
  });

  it('drops what a socket asked for when it dies in the middle', async () => {
    const client = await open();
    for (let id = 0; id < 1000; id++)
      client.send({ jsonrpc: '2.0', id, method: 'create', params: { type: 'MediaPipeline' } });
    await client.terminate();
    await until(() => server.counts().sockets > 1 && server.counts());
    expect(await bystander.call('ping')).toBe('pong');
  });

  it('keeps to its limits of objects, sessions, sockets and tags', async () => {
    await server.close();
    await start({ limits: { objects: 3, objectsPerSession: 2, sessions: 2, sockets: 3 } });
    const [a, b] = [await open(), await open()];
    await a.create('MediaPipeline');
    const pipeline = await a.create('MediaPipeline');
    expect((await a.request('create', { type: 'MediaPipeline' })).error).toMatchObject({ code: 40009 });
    await b.create('MediaPipeline');
    expect((await b.request('create', { type: 'MediaPipeline' })).error).toMatchObject({ code: 40009 });
    expect((await bystander.request('describe', { object: pipeline })).error).toMatchObject({
      code: 40009,
    });
    await expect(open()).rejects.toThrow('503');
    for (let index = 0; index < 256; index++)
      await a.invoke(pipeline, 'addTag', { key: `k${index}`, value: 'v' });
    expect(
      (
        await a.request('invoke', {
          object: pipeline,
          operation: 'addTag',
          operationParams: { key: 'one more', value: 'v' },
        })
      ).error,
    ).toMatchObject({ code: 40009 });
  });
});

describe('who may connect', () => {
  it('refuses web pages, however they call themselves, and lets programs in', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:8888', 'file://']) {
      await expect(RawClient.open(server.url, { origin })).rejects.toThrow('403');
    }
    await server.close();
    await start({ allowedOrigins: ['https://example.org'] });
    clients.push(await RawClient.open(server.url, { origin: 'https://example.org' }));
  });

  it('closes other paths with 1002 and ignores a query', async () => {
    const elsewhere = await RawClient.open(server.url.replace('/kurento', '/'));
    elsewhere.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    await until(() => !elsewhere.closed && 'open');
    expect(elsewhere.closed).toEqual({ code: 1002, reason: 'Invalid path' });
    const query = await RawClient.open(`${server.url}?access_token=x`);
    clients.push(query);
    expect(await query.call('ping')).toBe('pong');
  });

  it('answers plain HTTP with a sentence, and survives what is no HTTP', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(server.url.replace('ws:', 'http:'), (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(426);
    const socket = connectTcp(server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.write(randomBytes(500));
    await closed;
    expect(await bystander.call('ping')).toBe('pong');
  });
});

describe('who is gone', () => {
  it('notices a socket that died without a word', async () => {
    await server.close();
    const clock = new ManualClock();
    await start({ clock });
    const dead = connectTcp(server.port, '127.0.0.1');
    dead.on('error', () => undefined);
    const key = randomBytes(16).toString('base64');
    dead.write(
      `GET /kurento HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    dead.resume();
    await until(() => server.counts().sockets !== 2 && server.counts());
    for (let beat = 0; beat < 2; beat++) {
      await bystander.roundTrip();
      clock.advance(HEARTBEAT_MS);
    }
    await bystander.roundTrip();
    await until(() => server.counts().sockets !== 1 && server.counts());
    expect(await bystander.call('ping')).toBe('pong');
    dead.destroy();
  });

  it(
    'keeps nothing of 300 sessions, half of them dropped without a goodbye',
    { timeout: 60_000 },
    async () => {
      await server.close();
      const clock = new ManualClock();
      await start({ clock, garbageCollectorPeriodMs: 4000 });
      const timers = clock.timers;
      for (let index = 0; index < 300; index++) {
        const client = await RawClient.open(server.url);
        const pipeline = await client.create('MediaPipeline');
        const [a, b] = [
          await client.create('PassThrough', { mediaPipeline: pipeline }),
          await client.create('PassThrough', { mediaPipeline: pipeline }),
        ];
        await client.subscribe(a, 'ElementConnected');
        await client.invoke(a, 'connect', { sink: b });
        if (index % 2 === 0) {
          await client.call('release', { object: pipeline });
          await client.close();
        } else client.socket.terminate();
      }
      await until(() => server.counts().sockets > 1 && server.counts());
      expect(server.counts()).toMatchObject({ sessions: 300, objects: 450 });
      clock.advance(4000);
      expect(server.counts()).toMatchObject({ sessions: 300, objects: 450 });
      clock.advance(4000);
      expect(server.counts()).toEqual({ sockets: 1, sessions: 0, objects: 0, subscriptions: 0 });
      expect(clock.timers).toBe(timers);
    },
  );

  it(
    'closes every socket, timer and handle of the endpoints of forgotten sessions',
    { timeout: 60_000 },
    async () => {
      await server.close();
      await until(() => bystander.closed === undefined && 'the bystander is open');
      const before = handles();
      const clock = new ManualClock();
      await start({ clock, garbageCollectorPeriodMs: 4000 });
      const [timers, ports] = [clock.timers, handles()['UDPWrap']];
      for (let index = 0; index < 30; index++) {
        const client = await RawClient.open(server.url);
        const pipeline = await client.create('MediaPipeline');
        const endpoint = await client.create('WebRtcEndpoint', { mediaPipeline: pipeline });
        await client.invoke(endpoint, 'connect', { sink: endpoint });
        await client.invoke(endpoint, 'processOffer', { offer: recordedOffer() });
        await client.invoke(endpoint, 'gatherCandidates');
        client.socket.terminate();
      }
      await until(() => server.counts().sockets > 1 && server.counts());
      clock.advance(8000);
      expect(server.counts()).toEqual({ sockets: 1, sessions: 0, objects: 0, subscriptions: 0 });
      await until(() => handles()['UDPWrap'] !== ports && handles());
      expect(clock.timers).toBe(timers);
      await server.close();
      await until(() => bystander.closed === undefined && 'the bystander is open');
      await until(() => JSON.stringify(handles()) !== JSON.stringify(before) && { before, after: handles() });
    },
  );
});

/** What keeps a process alive, by kind, without the timer of whoever asks. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo().sort()) {
    if (/UDP|TCP|Worker|FSReq|Process/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
