import { spawn as spawnProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { recordingsFolder } from '../../signaling-server/configuration';
import { startHub, type Hub } from '../../signaling-server/index';
import { forkMediaServer } from '../../signaling-server/media-server-process';
import { RawClient } from '../contract/raw-client';
import { HubClient } from '../support/hub-client';
import { recordedOffer, startPlainHub } from '../support/hub';
import { ScriptedKurento } from '../support/scripted-kurento';
import { until } from '../support/until';

const OFFER = 'v=0\r\n';
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
function owned<T extends { close(): Promise<unknown> }>(resource: T): T {
  cleanups.push(() => resource.close());
  return resource;
}

/** The sources themselves as the process: the build is somebody else's test. */
const spawn = forkMediaServer(resolve('media-server/cli.ts'), { execArgv: ['--import', 'tsx'] });

async function embedded(spawnMediaServer = spawn): Promise<Hub> {
  const hub = owned(
    await startHub({
      listen: { host: 'localhost', port: 0 },
      tls: 'plain',
      mediaServer: { spawn: spawnMediaServer },
      logger: silentLogger,
    }),
  );
  await until(() => hub.mediaServer !== 'ready' && hub.mediaServer, 20_000);
  return hub;
}

async function greeted(hub: Hub): Promise<HubClient<'/helloworld'>> {
  const client = await HubClient.open(hub.url, '/helloworld');
  cleanups.push(() => {
    client.drop();
    return Promise.resolve();
  });
  client.send({ id: 'hello', version: 1 });
  await client.next('welcome');
  return client;
}

/** Why the media server did not record there; undefined when it did. */
async function refusal(kurento: RawClient, uri: string): Promise<unknown> {
  const mediaPipeline = await kurento.create('MediaPipeline');
  const recorder = await kurento.create('RecorderEndpoint', { mediaPipeline, uri });
  await kurento.subscribe(recorder, 'Error');
  await kurento.invoke(recorder, 'record');
  await kurento.invoke(recorder, 'stopAndWait');
  return kurento.events('Error').find(({ object }) => object === recorder)?.data['type'];
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the embedded media server', () => {
  it('writes files into the folder of the hub’s data only, whoever asks it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'callcast-hub-data-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const hub = await embedded(
      forkMediaServer(resolve('media-server/cli.ts'), {
        execArgv: ['--import', 'tsx'],
        args: [`--recordings=${recordingsFolder(folder)}`],
      }),
    );
    const kurento = await RawClient.open(hub.mediaServerUrl ?? '');
    cleanups.push(() => kurento.terminate());
    expect(await refusal(kurento, 'mine.webm')).toBeUndefined();
    expect(await refusal(kurento, `file://${folder}/beside.webm`)).toBe('INVALID_URI');
    expect(await refusal(kurento, `file://${tmpdir()}/callcast-elsewhere.webm`)).toBe('INVALID_URI');
    expect(await readdir(folder)).toEqual(['recordings']);
    expect(await readdir(recordingsFolder(folder))).toEqual(['mine.webm']);
  });

  it('killed in the middle of a mirror: the user is told at once, and the mirror can come back as soon as it runs again', async () => {
    const hub = await embedded();
    const client = await greeted(hub);
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse');
    const pid = hub.mediaServerPid ?? 0;
    let runsAgain = 0;
    hub.onChange(() => {
      if (hub.mediaServerPid !== undefined && hub.mediaServerPid !== pid) runsAgain ||= performance.now();
    });
    const since = performance.now();
    process.kill(pid, 'SIGKILL');
    const error = await client.next('error', 1, 2_000);
    expect(error).toMatchObject({ code: 'media-server-unavailable', retryable: true });
    expect(performance.now() - since).toBeLessThan(2_000);
    await until(
      () => !client.all('mediaServer').some(({ state }) => state === 'ready') && client.messages,
      10_000,
    );
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse', 2);
    // How long a process takes to start from the sources says nothing about the built one.
    expect(performance.now() - runsAgain).toBeLessThan(1_500);
    expect(client.all('mediaServer').map(({ state }) => state)).toEqual(['unavailable', 'ready']);
    expect(client.all('error')).toHaveLength(1);
    expect(hub.mediaServerPid).not.toBe(pid);
  }, 40_000);

  it('ends with the hub', async () => {
    const hub = await embedded();
    const pid = hub.mediaServerPid ?? 0;
    expect(alive(pid)).toBe(true);
    await hub.close();
    expect(alive(pid)).toBe(false);
  }, 40_000);
});

describe('the embedded media server of a hub that crashes', () => {
  it('ends, too', async () => {
    const program = spawnProcess(process.execPath, ['--import', 'tsx', 'test/support/hub-process.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let pid = 0;
    program.stdout.on('data', (part: Buffer) => (pid = Number(part.toString().split('\n')[0])));
    await until(() => pid === 0 && 'no media server yet', 20_000);
    expect(alive(pid)).toBe(true);
    program.kill('SIGKILL');
    await until(() => alive(pid) && `process ${pid} is alive`);
  }, 40_000);
});

describe('a media server elsewhere', () => {
  it('may appear later: the hub is open meanwhile, says what is wrong, and works as soon as it is there', async () => {
    const reserved = await ScriptedKurento.start();
    const { port, url } = reserved;
    await reserved.close();
    const hub = owned(await startPlainHub(url));
    await until(() => hub.mediaServer !== 'unavailable');
    const client = await greeted(hub);
    expect(client.all('welcome')[0]?.mediaServer).toBe('unavailable');
    client.send({ id: 'start', sdpOffer: OFFER });
    expect(await client.next('error')).toMatchObject({ code: 'media-server-unavailable', retryable: true });
    const kurento = owned(await ScriptedKurento.start(port));
    await client.next('mediaServer', 1, 4_000);
    expect(client.all('mediaServer')).toMatchObject([{ state: 'ready' }]);
    client.send({ id: 'start', sdpOffer: OFFER });
    await client.next('startResponse');
    expect(kurento.pipelines).toHaveLength(1);
  });

  it('that loses its connection for a moment costs nobody the session', async () => {
    const kurento = owned(await ScriptedKurento.start());
    const hub = owned(await startPlainHub(kurento.url));
    await until(() => hub.mediaServer !== 'ready');
    const client = await greeted(hub);
    client.send({ id: 'start', sdpOffer: OFFER });
    await client.next('startResponse');
    kurento.dropSockets();
    await client.next('mediaServer', 2);
    expect(client.all('mediaServer').map(({ state }) => state)).toEqual(['unavailable', 'ready']);
    expect(client.all('error')).toEqual([]);
    expect(kurento.pipelines).toHaveLength(1);
  });

  it('that restarts and has forgotten everything: each session is told once', async () => {
    const kurento = owned(await ScriptedKurento.start());
    const hub = owned(await startPlainHub(kurento.url));
    await until(() => hub.mediaServer !== 'ready');
    const clients = [await greeted(hub), await greeted(hub)];
    for (const client of clients) client.send({ id: 'start', sdpOffer: OFFER });
    for (const client of clients) await client.next('startResponse');
    kurento.forget();
    kurento.dropSockets();
    for (const client of clients) {
      expect(await client.next('error')).toMatchObject({ code: 'media-server-unavailable', retryable: true });
      await client.next('mediaServer', 2);
      client.send({ id: 'start', sdpOffer: OFFER });
      await client.next('startResponse', 2);
      expect(client.all('error')).toHaveLength(1);
    }
    expect(kurento.pipelines).toHaveLength(2);
  });

  it('that is too slow: the session is told, and what is created late is released', async () => {
    const kurento = owned(await ScriptedKurento.start());
    const hub = owned(await startPlainHub(kurento.url, { kurentoTimes: { requestMs: 50 } }));
    await until(() => hub.mediaServer !== 'ready');
    const client = await greeted(hub);
    kurento.holding.add('transaction').add('create MediaPipeline');
    client.send({ id: 'start', sdpOffer: OFFER });
    expect(await client.next('error')).toMatchObject({ code: 'media-server-timeout', retryable: true });
    kurento.continue();
    await until(() => kurento.log.at(-1) !== 'release' && kurento.log);
    expect(kurento.objects.size).toBe(0);
  });

  it('whose answer comes after the stop: it is neither sent nor left behind', async () => {
    const kurento = owned(await ScriptedKurento.start());
    const hub = owned(await startPlainHub(kurento.url));
    await until(() => hub.mediaServer !== 'ready');
    const client = await greeted(hub);
    for (const stage of [
      'transaction',
      'invoke connect',
      'invoke processOffer',
      'subscribe IceCandidateFound',
    ]) {
      kurento.holding.add(stage);
      const before = kurento.log.length;
      client.send({ id: 'start', sdpOffer: OFFER });
      await until(() => !kurento.log.slice(before).includes(stage) && stage);
      client.send({ id: 'stop' });
      client.send({ id: 'hello', version: 1 });
      const greetings = client.all('welcome').length;
      await client.next('welcome', greetings + 1);
      kurento.continue();
      await until(() => kurento.objects.size > 0 && [stage, ...kurento.objects]);
    }
    expect(client.all('startResponse')).toEqual([]);
    expect(client.all('error')).toEqual([]);
  });
});

describe('the magic mirror', () => {
  it('puts the filter between the two directions, in two round trips', async () => {
    const kurento = owned(await ScriptedKurento.start());
    const hub = owned(await startPlainHub(kurento.url));
    await until(() => hub.mediaServer !== 'ready');
    const client = await HubClient.open(hub.url, '/magicmirror');
    client.send({ id: 'start', sdpOffer: OFFER });
    await client.next('startResponse');
    expect(kurento.log.filter((kind) => kind === 'invoke connect')).toHaveLength(2);
    expect([...kurento.objects].filter((id) => id.includes('FaceOverlayFilter'))).toHaveLength(1);
    client.drop();
  });

  it('says so where the media server has no FaceOverlayFilter, and offers nothing to wear', async () => {
    const kurento = owned(await ScriptedKurento.start());
    kurento.factories = ['WebRtcEndpoint'];
    const hub = owned(await startPlainHub(kurento.url));
    await until(() => hub.mediaServer !== 'ready');
    const client = await HubClient.open(hub.url, '/magicmirror');
    client.send({ id: 'hello', version: 1 });
    expect((await client.next('welcome')).overlays).toEqual([]);
    client.send({ id: 'start', sdpOffer: OFFER });
    expect(await client.next('error')).toMatchObject({ code: 'filter-unavailable', retryable: false });
    expect(kurento.objects.size).toBe(0);
    client.drop();
  });
});
