import { connect as connectTls } from 'node:tls';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { lanAddresses } from '../../signaling-server/addresses';
import { configureHub } from '../../signaling-server/configuration';
import { startHub, type Hub } from '../../signaling-server/index';
import { parseOptions } from '../../signaling-server/options';
import { HubClient } from '../support/hub-client';
import { startPlainHub } from '../support/hub';
import { ScriptedKurento } from '../support/scripted-kurento';
import { until } from '../support/until';

let folder: string;
let kurento: ScriptedKurento;
const hubs: Hub[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callcast-hub-'));
  kurento = await ScriptedKurento.start();
});
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
  await kurento.close();
  await rm(folder, { recursive: true });
});

async function encrypted(...args: string[]): Promise<{ hub: Hub; fingerprint: string | undefined }> {
  const { options, fingerprint } = await configureHub(
    parseOptions([`--ws_uri=${kurento.url}`, `--user-data-dir=${folder}`, ...args]),
    {
      userDataDir: folder,
      webRoot: folder,
      overlaysRoot: join(folder, 'overlays'),
      spawnMediaServer: () => {
        throw new Error('none is wanted');
      },
      logger: silentLogger,
    },
  );
  const hub = await startHub(options);
  hubs.push(hub);
  return { hub, fingerprint };
}

const [lan] = lanAddresses();
const lanUrl = (hub: Hub) => `https://${lan?.includes(':') ? `[${lan}]` : lan}:${hub.port}/`;

describe('an encrypted hub', () => {
  it('shows the certificate of its installation, on both loopback addresses', async () => {
    const { hub, fingerprint } = await encrypted('--as_uri=https://localhost:0/');
    expect(hub.url).toBe(`https://localhost:${hub.port}/`);
    for (const host of ['127.0.0.1', '::1']) {
      const shown = await new Promise((resolve, reject) => {
        const socket = connectTls({ host, port: hub.port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
      expect(shown).toBe(fingerprint);
    }
    const client = await HubClient.open(hub.url, '/helloworld', { origin: `https://localhost:${hub.port}` });
    await client.close();
  });

  it('serves the UI and the overlay images', async () => {
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    await mkdir(join(folder, 'overlays'));
    await writeFile(join(folder, 'overlays', 'top-hat.png'), 'PNG');
    const { hub } = await encrypted('--as_uri=https://localhost:0/');
    const fetched = await new Promise<string>((resolve, reject) => {
      httpsGet(`${hub.url}overlays/top-hat.png`, { rejectUnauthorized: false, agent: false }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString()));
        response.on('end', () => resolve(`${response.headers['content-type']} ${body}`));
      }).on('error', reject);
    });
    expect(fetched).toBe('image/png PNG');
  });

  it('tells the media server where it finds the hat, also while it is worn', async () => {
    await mkdir(join(folder, 'overlays'));
    for (const name of ['beret', 'top-hat']) await writeFile(join(folder, 'overlays', `${name}.png`), 'PNG');
    const { hub } = await encrypted('--as_uri=https://localhost:0/');
    await until(() => hub.mediaServer !== 'ready');
    const client = await HubClient.open(hub.url, '/magicmirror');
    client.send({ id: 'hello', version: 1 });
    expect((await client.next('welcome')).overlays).toEqual(['beret', 'top-hat']);
    const worn = () => kurento.last.get('invoke setOverlayedImage')?.operationParams;
    client.send({ id: 'start', sdpOffer: 'v=0\r\n' });
    await client.next('startResponse');
    expect(worn()).toMatchObject({ uri: `${hub.url}overlays/top-hat.png`, widthPercent: 1.6 });
    const overlay = {
      image: 'beret',
      offsetXPercent: 0,
      offsetYPercent: -1,
      widthPercent: 2,
      heightPercent: 1,
    };
    client.send({ id: 'setOverlay', overlay });
    await until(() => (worn() as { uri: string }).uri !== `${hub.url}overlays/beret.png`);
    client.send({ id: 'setOverlay', overlay: null });
    await until(() => !kurento.log.includes('invoke unsetOverlayedImage'));
    client.send({ id: 'setOverlay', overlay: { ...overlay, image: '../index' } });
    expect(await client.next('error')).toMatchObject({ code: 'bad-message' });
    client.send({ id: 'stop' });
    client.send({ id: 'setOverlay', overlay });
    expect(await client.next('error', 2)).toMatchObject({ code: 'wrong-state' });
    await client.close();
  });

  it('says in a sentence that its port is taken, or takes another one where that was allowed', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await expect(encrypted(`--as_uri=https://localhost:${port}/`)).rejects.toThrow(`Port ${port} is taken`);
    const hub = await startPlainHub(kurento.url, { listen: { host: 'localhost', port, orAnyPort: true } });
    hubs.push(hub);
    expect(hub.port).not.toBe(port);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('a hub without encryption', () => {
  it('stays on this machine', async () => {
    const hub = await startPlainHub(kurento.url);
    hubs.push(hub);
    await expect(hub.listen('0.0.0.0')).rejects.toThrow('localhost only');
    const beyond = startPlainHub(kurento.url, { listen: { host: '0.0.0.0', port: 0 } });
    await expect(beyond).rejects.toThrow('localhost only');
  });
});

describe.runIf(lan !== undefined)('sharing on the network', () => {
  it('begins and ends while connections over loopback go on', async () => {
    const { hub } = await encrypted('--as_uri=https://localhost:0/');
    let changes = 0;
    hub.onChange(() => (changes += 1));
    const local = await HubClient.open(hub.url, '/helloworld');
    expect(hub.sharedUrls).toEqual([]);
    await expect(HubClient.open(lanUrl(hub), '/helloworld')).rejects.toThrow('ECONNREFUSED');

    await hub.listen('::');
    expect(hub.sharedUrls).toContain(lanUrl(hub));
    expect(changes).toBeGreaterThan(0);
    const neighbour = await HubClient.open(lanUrl(hub), '/helloworld', { origin: lanUrl(hub).slice(0, -1) });
    const app = await HubClient.open(lanUrl(hub), '/helloworld', { origin: 'app://callcast' });
    for (const client of [local, neighbour, app]) client.send({ id: 'hello', version: 1 });
    for (const client of [local, neighbour, app]) await client.next('welcome');
    await expect(
      HubClient.open(lanUrl(hub), '/helloworld', { headers: { Host: 'evil.example' } }),
    ).rejects.toThrow('403');

    await hub.listen('localhost');
    expect(hub.sharedUrls).toEqual([]);
    await until(() => !(neighbour.closed && app.closed) && 'a neighbour is still connected');
    expect(local.closed).toBeUndefined();
    local.send({ id: 'hello', version: 1 });
    await local.next('welcome', 2);
    await local.close();
  });

  it('is on from the beginning when the address says so', async () => {
    const { hub } = await encrypted('--as_uri=https://0.0.0.0:0/');
    expect(hub.url).toBe(`https://localhost:${hub.port}/`);
    await (await HubClient.open(hub.url, '/room')).close();
    await expect(hub.listen('192.0.2.250')).rejects.toThrow('no address of this machine');
    await (await HubClient.open(hub.url, '/room')).close();
  });
});
