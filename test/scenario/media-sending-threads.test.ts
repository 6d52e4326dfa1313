import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTransportHost } from '../../media-server/transport';
import type { MediaTransport, TransportHost, TransportHostOptions } from '../../media-server/transport';
import { bundleWorker } from '../support/bundle-worker';
import type { BundledWorker } from '../support/bundle-worker';
import { until } from '../support/until';

let worker: BundledWorker;
beforeAll(async () => {
  worker = await bundleWorker('media-server/transport/sending/send-worker.ts');
});
afterAll(() => worker.close());

const hosts: TransportHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function start(options: TransportHostOptions): Promise<TransportHost> {
  const host = await startTransportHost({ listenAddresses: ['127.0.0.1'], ...options });
  hosts.push(host);
  return host;
}
/** A server with one thread from its `before`th sender on. */
const startServer = (before = 0, workerFile = worker.file, threads = 1) =>
  start({ sending: { workerFile, threads, sendersBeforeThreads: before } });

interface Viewer {
  readonly cable: Socket;
  readonly sending: MediaTransport;
  readonly receiving: MediaTransport;
  readonly received: number[];
  readonly contents: Set<string>;
  /** What the server heard of it. */
  readonly reports: Buffer[];
  readonly states: string[];
}

const connected = ({ sending, receiving, states }: Viewer) =>
  until(() => (sending.writable && receiving.writable ? undefined : states.join()));

const cables: Socket[] = [];
afterEach(() => {
  for (const cable of cables.splice(0)) cable.close();
});
/** All that the two know of each other is a port in between. */
async function plugIn({ sending, receiving }: Pick<Viewer, 'sending' | 'receiving'>, server: TransportHost) {
  await until(() => (receiving.gatheringState === 'complete' ? undefined : 'gathering'));
  const candidate = receiving.localCandidates()[0]!;
  const cable = createSocket('udp4');
  cables.push(cable);
  cable.on('message', (data, { port }) =>
    cable.send(data, port === server.port ? candidate.port : server.port, '127.0.0.1'),
  );
  cable.bind(0, '127.0.0.1');
  await once(cable, 'listening');
  sending.addRemoteCandidate({ ...candidate, port: cable.address().port });
  return cable;
}

async function join(server: TransportHost, browsers: TransportHost): Promise<Viewer> {
  const received: number[] = [];
  const contents = new Set<string>();
  const reports: Buffer[] = [];
  const states: string[] = [];
  const sending = server.createTransport({
    role: 'controlled',
    listener: {
      rtp: () => undefined,
      rtcp: (packet) => reports.push(packet),
      dtlsStateChanged: (state) => states.push(state),
    },
  });
  const receiving = browsers.createTransport({
    role: 'controlling',
    listener: {
      rtp: (packet) => {
        received.push(packet.readUInt16BE(2));
        contents.add(packet.toString('latin1', 12));
      },
      rtcp: () => undefined,
    },
  });
  sending.setRemote({
    ice: receiving.localIce,
    fingerprints: [receiving.localFingerprint],
    dtlsRole: 'server',
  });
  receiving.setRemote({
    ice: sending.localIce,
    fingerprints: [sending.localFingerprint],
    dtlsRole: 'client',
  });
  receiving.gatherCandidates();
  const cable = await plugIn({ sending, receiving }, server);
  const viewer = { cable, sending, receiving, received, contents, reports, states };
  await connected(viewer);
  return viewer;
}

const header = Buffer.alloc(12);
header[0] = 0x80;
header[1] = 96;
header.writeUInt32BE(0x1234, 8);
/** The same memory for every packet, as the server does it. */
function send(viewers: readonly Viewer[], from: number, to: number): void {
  const payload = Buffer.alloc(600);
  for (let number = from; number < to; number++) {
    for (const { sending } of viewers) {
      header.writeUInt16BE(number & 0xffff, 2);
      payload.fill(number & 0xff);
      expect(sending.sendRtp(header, 12, payload, 0, payload.length)).toBe(true);
    }
  }
  header.fill(0xff, 2, 4);
  payload.fill(0xff);
}
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => (from + index) & 0xffff);
const arrived = (viewer: Viewer, count: number) =>
  until(() => (viewer.received.length >= count ? undefined : `${viewer.received.length} of ${count}`));

describe('sending threads', () => {
  it('deliver every packet, in order, to those who come when there are many', async () => {
    const [server, browsers] = [await startServer(2), await start({})];
    const viewers: Viewer[] = [];
    for (let index = 0; index < 5; index++) {
      viewers.push(await join(server, browsers));
      expect(server.stats().sendingThreads).toBe(index < 2 ? 0 : 1);
    }
    // Over the roll-over of the numbers.
    for (let from = 65_500; from < 65_600; from += 20) {
      send(viewers, from, from + 20);
      for (const viewer of viewers) await arrived(viewer, from + 20 - 65_500);
    }
    for (const viewer of viewers) {
      expect(viewer.received).toEqual(numbers(65_500, 65_600));
      expect(viewer.contents.size).toBe(100);
      expect(viewer.sending.stats()).toMatchObject({ packetsSent: 100, packetsDropped: 0 });
    }
  });

  it('bring back what the peer says, and its goodbye', async () => {
    const [server, browsers] = [await startServer(), await start({})];
    const viewer = await join(server, browsers);
    viewer.receiving.sendRtcp(Buffer.from('80c90001000012340000000000000000', 'hex'));
    await until(() => (viewer.reports.length === 1 ? undefined : 'no report'));
    viewer.receiving.close();
    await until(() => (viewer.states.includes('closed') ? undefined : 'no goodbye'));
  });

  it('follow the peer to another path', async () => {
    const [server, browsers] = [await startServer(), await start({})];
    const viewer = await join(server, browsers);
    const { sending, receiving } = viewer;
    send([viewer], 0, 10);
    await arrived(viewer, 10);
    sending.restartIce();
    const ice = receiving.restartIce();
    sending.setRemote({ ice, fingerprints: [receiving.localFingerprint], dtlsRole: 'server' });
    receiving.setRemote({
      ice: sending.localIce,
      fingerprints: [sending.localFingerprint],
      dtlsRole: 'client',
    });
    cables.splice(cables.indexOf(viewer.cable), 1)[0]?.close();
    const { port } = (await plugIn(viewer, server)).address();
    await until(() => (sending.selectedPair?.remote.port === port ? undefined : 'the old path'));
    send([viewer], 10, 20);
    await arrived(viewer, 20);
    expect(viewer.received).toEqual(numbers(0, 20));
  });

  it('forget a leg that is closed, and serve the next one', async () => {
    const [server, browsers] = [await startServer(), await start({})];
    for (let index = 0; index < 5; index++) {
      const viewer = await join(server, browsers);
      send([viewer], 0, 5);
      await arrived(viewer, 5);
      viewer.sending.close();
      viewer.receiving.close();
    }
    expect(server.stats()).toMatchObject({ transports: 0, sendingThreads: 1 });
  });

  it('tell of what was refused, also when the leg is closed', async () => {
    const [server, browsers] = [await startServer(), await start({})];
    const viewer = await join(server, browsers);
    send([viewer], 0, 5);
    await arrived(viewer, 5);
    // Another content under a number that was used: the thread does not send it.
    header.writeUInt16BE(4, 2);
    expect(viewer.sending.sendRtp(header, 12, Buffer.alloc(100), 0, 100)).toBe(true);
    const refused = { packetsSent: 5, packetsDropped: 1 };
    await until(() => (viewer.sending.stats().packetsDropped === 1 ? undefined : 'not refused yet'));
    expect(viewer.sending.stats()).toMatchObject(refused);
    viewer.sending.close();
    expect(viewer.sending.stats()).toMatchObject(refused);
  });

  it('are done without where none can be had', async () => {
    const [server, browsers] = [await startServer(0, 'send-worker.js'), await start({})];
    const viewer = await join(server, browsers);
    send([viewer], 0, 5);
    await arrived(viewer, 5);
    expect(server.stats().sendingThreads).toBe(0);
  });

  it('are done without where they do not start', async () => {
    const [server, browsers] = [await startServer(0, `${worker.file}.missing`), await start({})];
    // Whoever was given to the thread is told, and comes again.
    const first = await join(server, browsers).catch(() => undefined);
    if (first) await until(() => (first.states.includes('failed') ? undefined : first.states.join()));
    await until(() => (server.stats().sendingThreads === 0 ? undefined : 'a thread is left'));
    const second = await join(server, browsers);
    send([second], 0, 5);
    await arrived(second, 5);
    expect(server.stats().sendingThreads).toBe(0);
  });
});
