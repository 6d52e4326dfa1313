import { connect as connectTcp } from 'node:net';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_QUEUED_CANDIDATES, MAX_SIGNALING_FRAME } from '../../protocol/limits';
import type { LogFields, Logger } from '../../protocol/log';
import { ENDPOINTS } from '../../protocol/signaling';
import type { Hub } from '../../signaling-server/index';
import { ManualClock } from '../../signaling-server/clock';
import { HubClient, type ClientOptions } from '../support/hub-client';
import { startPlainHub } from '../support/hub';
import { ScriptedKurento } from '../support/scripted-kurento';
import { until } from '../support/until';

const OFFER = 'v=0\r\na=ice-ufrag:abcd\r\n';
const candidate = (number: number) => ({
  id: 'onIceCandidate',
  candidate: { candidate: `candidate:${number} 1 udp 1 127.0.0.1 9 typ host`, sdpMid: '0', sdpMLineIndex: 0 },
});

let kurento: ScriptedKurento;
let hub: Hub;
beforeAll(async () => {
  kurento = await ScriptedKurento.start();
  hub = await startPlainHub(kurento.url);
  await until(() => hub.mediaServer !== 'ready');
});
afterAll(async () => {
  await hub.close();
  await kurento.close();
});

/** Whether the hub still serves somebody else as if nothing had happened. */
async function servesOthers(): Promise<void> {
  const other = await HubClient.open(hub.url, '/helloworld');
  other.send({ id: 'start', sdpOffer: OFFER });
  await other.next('startResponse');
  expect(other.all('error')).toEqual([]);
  await other.close();
  await until(() => kurento.objects.size > 0 && 'objects are left');
}

describe('the edge of the hub', () => {
  for (const path of ENDPOINTS) {
    it(`answers nonsense on ${path} with a code, keeps the socket, and serves others`, async () => {
      const client = await HubClient.open(hub.url, path);
      const nonsense: [string | Buffer, string][] = [
        ['', 'bad-message'],
        ['{', 'bad-message'],
        ['no JSON', 'bad-message'],
        ['null', 'bad-message'],
        ['[]', 'bad-message'],
        ['7', 'bad-message'],
        ['{}', 'bad-message'],
        ['{"id":7}', 'bad-message'],
        ['{"id":"bogus"}', 'unknown-message'],
        ['{"id":"constructor"}', 'unknown-message'],
        ['{"id":"__proto__"}', 'unknown-message'],
        ['{"__proto__":{"id":"stop"}}', 'bad-message'],
        [Buffer.from('{"id":"stop"}'), 'bad-message'],
        [Buffer.alloc(1_000, 0xff), 'bad-message'],
      ];
      for (const [frame] of nonsense) client.socket.send(frame);
      await client.next('error', nonsense.length);
      expect(client.all('error').map((error) => error.code)).toEqual(nonsense.map(([, code]) => code));
      for (const error of client.all('error')) {
        expect(error.message).toMatch(/^Invalid message/);
        expect(error.retryable).toBe(false);
        expect(error.ref).toBeTruthy();
      }
      await client.close();
      await servesOthers();
    });

    it(`lets a connection on ${path} open and close, politely or not`, async () => {
      await (await HubClient.open(hub.url, path)).close();
      (await HubClient.open(hub.url, path)).drop();
      await servesOthers();
    });
  }

  it('says which field is wrong or too long', async () => {
    const client = await HubClient.open(hub.url, '/helloworld');
    client.send({ id: 'start' });
    client.send({ id: 'start', sdpOffer: 7 });
    client.send({ id: 'start', sdpOffer: 'x'.repeat(200_001) });
    client.send({ id: 'onIceCandidate', candidate: { candidate: 'x'.repeat(3_000) } });
    client.send({ id: 'onIceCandidate', candidate: null });
    await client.next('error', 5);
    expect(client.all('error').map(({ code }) => code)).toEqual([
      'bad-message',
      'bad-message',
      'too-large',
      'too-large',
      'bad-message',
    ]);
    expect(client.all('error')[2]?.message).toContain('sdpOffer');
    await client.close();
  });

  it('refuses a frame above the limit with a code, and one far above it with a close', async () => {
    const large = await HubClient.open(hub.url, '/helloworld');
    large.socket.send('x'.repeat(MAX_SIGNALING_FRAME + 1));
    await until(() => !large.closed);
    expect(large.all('error')).toMatchObject([{ code: 'too-large' }]);
    expect(large.closed?.code).toBe(1009);
    const huge = await HubClient.open(hub.url, '/helloworld');
    huge.socket.send('x'.repeat(20 * MAX_SIGNALING_FRAME));
    await until(() => !huge.closed);
    expect([1009, 1006]).toContain(huge.closed?.code);
    await servesOthers();
  });

  it('keeps a bounded number of candidates, and ends a socket that sends 10,000 of them', async () => {
    const patient = await HubClient.open(hub.url, '/helloworld');
    for (let number = 0; number < MAX_QUEUED_CANDIDATES + 50; number += 1) patient.send(candidate(number));
    const error = await patient.next('error');
    expect(error.code).toBe('too-many-candidates');
    patient.send({ id: 'start', sdpOffer: OFFER });
    await patient.next('startResponse');
    expect(patient.all('error')).toHaveLength(1);
    await patient.close();

    const flood = await HubClient.open(hub.url, '/helloworld');
    for (let number = 0; number < 10_000; number += 1) flood.send(candidate(number));
    await until(() => !flood.closed);
    expect(flood.closed?.code).toBe(1008);
    expect(flood.messages.at(-1)).toMatchObject({ id: 'error', code: 'too-many-messages' });
    await servesOthers();
  });

  it('lets nobody make the media server work without end', async () => {
    const client = await HubClient.open(hub.url, '/helloworld');
    for (let number = 0; number < 150; number += 1) client.send({ id: 'start', sdpOffer: OFFER });
    const error = await client.next('error');
    expect(error).toMatchObject({ code: 'too-many-messages', retryable: true });
    await client.next('startResponse');
    await client.close();
    await servesOthers();
  });

  it('adds early candidates in order, and those of an earlier offer not at all', async () => {
    const client = await HubClient.open(hub.url, '/helloworld');
    const before = kurento.log.length;
    client.send({ ...candidate(1), candidate: { ...candidate(1).candidate, usernameFragment: 'gone' } });
    client.send({ ...candidate(2), candidate: { ...candidate(2).candidate, usernameFragment: 'abcd' } });
    client.send(candidate(3));
    client.send({ id: 'start', sdpOffer: OFFER });
    await client.next('startResponse');
    client.send(candidate(4));
    await until(() => added(before) < 3 && kurento.log.slice(before));
    expect(added(before)).toBe(3);
    expect(kurento.last.get('invoke addIceCandidate')?.operationParams).toMatchObject({
      candidate: { candidate: 'candidate:4 1 udp 1 127.0.0.1 9 typ host' },
    });
    await client.close();
  });

  it('turns away pages of other sites, and names that are not its own', async () => {
    const { port } = hub;
    const own = `localhost:${port}`;
    const allowed: ClientOptions[] = [
      {},
      { origin: `http://${own}` },
      { origin: 'app://callcast' },
      { origin: `http://127.0.0.1:${port}`, headers: { Host: `127.0.0.1:${port}` } },
      { origin: `http://[::1]:${port}`, headers: { Host: `[::1]:${port}` } },
    ];
    const refused: ClientOptions[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `https://${own}` },
      { origin: `http://localhost:${port + 1}` },
      { origin: `http://127.0.0.1:${port}` },
      { origin: 'app://callcast.evil.example' },
      { headers: { Host: 'evil.example' } },
      { origin: `http://evil.example:${port}`, headers: { Host: `evil.example:${port}` } },
      { headers: { Host: '192.0.2.7' } },
      { headers: { Host: 'localhost.evil.example' } },
    ];
    for (const options of allowed) await (await HubClient.open(hub.url, '/helloworld', options)).close();
    for (const options of refused)
      expect(await knock('/helloworld', options), JSON.stringify(options)).toContain('403');
  });

  it('turns away unknown paths, and plain HTTP asked for by a foreign name', async () => {
    expect(await knock('/elsewhere')).toContain('404');
    expect(await knock('/helloworld/')).toContain('404');
    expect(await status({ headers: { Host: 'evil.example' } })).toBe(421);
    expect(await status({ method: 'POST' })).toBe(405);
    expect(await status({ path: '/nowhere.html' })).toBe(404);
  });

  it('survives bytes that are no HTTP, and handshakes that are none', async () => {
    for (const bytes of [
      '\x16\x03\x01\x02\x00',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /helloworld HTTP/1.1\r\nHost: localhost:${hub.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      `GET /helloworld HTTP/1.1\r\nHost: localhost:${hub.port}\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ])
      await new Promise<void>((resolve) => {
        const socket = connectTcp(hub.port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
        socket.on('data', () => socket.destroy());
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        // Bytes that could still become a request wait for the server's own time limit; this client does not.
        socket.setTimeout(500, () => socket.destroy());
      });
    await servesOthers();
  });

  it('sends nothing that a tutorial page does not know, unless the client said hello', async () => {
    const page = await HubClient.open(hub.url, '/helloworld');
    const app = await HubClient.open(hub.url, '/helloworld');
    app.send({ id: 'hello', version: 1 });
    const welcome = await app.next('welcome');
    expect(welcome).toMatchObject({ version: 1, mediaServer: 'ready', presenterKeyRequired: false });
    kurento.dropSockets();
    await app.next('mediaServer', 2);
    expect(app.all('mediaServer').map(({ state }) => state)).toEqual(['unavailable', 'ready']);
    expect(page.messages).toEqual([]);
    await page.close();
    await app.close();
  });
});

describe('a socket that does not read what it is sent', () => {
  it('ends when too much is waiting, and what it held is released', async () => {
    const client = await HubClient.open(hub.url, '/helloworld');
    client.send({ id: 'start', sdpOffer: OFFER });
    await client.next('startResponse');
    const [endpoint = ''] = [...kurento.objects].filter((id) => id.includes('WebRtcEndpoint'));
    client.socket.pause();
    const long = { candidate: { candidate: 'x'.repeat(2_000), sdpMid: '0', sdpMLineIndex: 0 } };
    await until(() => {
      for (let number = 0; number < 500; number += 1) kurento.emit(endpoint, 'IceCandidateFound', long);
      return kurento.objects.has(endpoint) && 'the endpoint is there';
    });
    client.drop();
    await servesOthers();
  });
});

describe('the log of the hub', () => {
  it('tells what happened, with references, and never an SDP, a candidate or a key', async () => {
    const lines: string[] = [];
    const write = (fields: LogFields, message: string) => void lines.push(JSON.stringify([fields, message]));
    const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
    const logging = await startPlainHub(kurento.url, { logger, presenterKey: 'open sesame' });
    await until(() => logging.mediaServer !== 'ready');
    const mirror = await HubClient.open(logging.url, '/helloworld');
    mirror.send({ id: 'start', sdpOffer: 'garbage with a=ice-pwd:verysecret' });
    const error = await mirror.next('error');
    mirror.send({ id: 'start', sdpOffer: `${OFFER}a=ice-pwd:verysecret\r\n` });
    mirror.send(candidate(4_711));
    await mirror.next('startResponse');
    const broadcast = await HubClient.open(logging.url, '/one2many');
    broadcast.send({ id: 'presenter', sdpOffer: OFFER, key: 'open barley' });
    await broadcast.next('presenterResponse');
    await mirror.close();
    await broadcast.close();
    await logging.close();
    const log = lines.join('\n');
    expect(log).toContain('idle → starting (start)');
    expect(log).toContain(String(error.ref));
    for (const secret of ['verysecret', 'ice-pwd', 'ufrag', 'candidate:4711', 'open sesame', 'open barley'])
      expect(log).not.toContain(secret);
  });
});

describe('a socket that dies without closing', () => {
  it('is noticed within ten seconds, and what it held is released', async () => {
    const clock = new ManualClock();
    const patient = await startPlainHub(kurento.url, { clock });
    await until(() => patient.mediaServer !== 'ready');
    const dead = await HubClient.open(patient.url, '/helloworld', { autoPong: false });
    const alive = await HubClient.open(patient.url, '/helloworld');
    for (const client of [dead, alive]) {
      client.send({ id: 'start', sdpOffer: OFFER });
      await client.next('startResponse');
    }
    expect(kurento.pipelines).toHaveLength(2);
    for (let second = 0; second < 10; second += 2.5) {
      let pinged = false;
      alive.socket.once('ping', () => (pinged = true));
      // The media server's client lives by the same clock: its own pings need their answers, too.
      for (let part = 0; part < 5; part += 1) {
        clock.advance(500);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await until(() => !pinged && !dead.closed && 'no ping yet');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => !dead.closed);
    expect(alive.closed).toBeUndefined();
    await until(() => kurento.pipelines.length !== 1 && kurento.pipelines);
    await patient.close();
    expect(kurento.objects.size).toBe(0);
  });
});

describe('closing the hub', () => {
  it('tells everybody why, releases everything, and leaves no socket', async () => {
    const closing = await startPlainHub(kurento.url);
    await until(() => closing.mediaServer !== 'ready');
    const clients = await Promise.all(ENDPOINTS.map((path) => HubClient.open(closing.url, path)));
    const mirror = clients[0] as HubClient<'/helloworld'>;
    mirror.send({ id: 'start', sdpOffer: OFFER });
    await mirror.next('startResponse');
    const before = kurento.sockets;
    await closing.close();
    await closing.close();
    await until(() => clients.some((client) => !client.closed) && 'a socket is open');
    for (const client of clients) {
      expect(client.closed?.code).toBe(1001);
      expect(client.messages.at(-1)).toMatchObject({ id: 'error', code: 'shutting-down', retryable: true });
    }
    expect(kurento.objects.size).toBe(0);
    await until(() => kurento.sockets !== before - 1 && kurento.sockets);
    await expect(HubClient.open(closing.url, '/helloworld')).rejects.toThrow();
  });
});

/** Why a connection was refused. */
async function knock(path: string, options: ClientOptions = {}): Promise<string> {
  try {
    (await HubClient.open(hub.url, path as '/room', options)).drop();
    return 'admitted';
  } catch (error) {
    return (error as Error).message;
  }
}

function added(since: number): number {
  return kurento.log.slice(since).filter((kind) => kind === 'invoke addIceCandidate').length;
}

function status(options: {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: hub.port, agent: false, ...options },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end();
  });
}
