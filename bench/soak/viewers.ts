/**
 * Child process of the soak: so many viewers, each with a session of its own. Every second the oldest leaves, in one of
 * three ways, and another one comes: released as it should be; its media gone first; or cut off altogether, and released by
 * whoever notices. Every third second somebody else opens a mirror of his own and vanishes with it, for the server's garbage
 * collector to find.
 */
import { KurentoWire } from '../../test/support/browser-peer';
import { startTransportHost } from '../../media-server/transport';
import type { MediaTransport } from '../../media-server/transport';
import { connectRawPeer } from '../fanout/raw-peer';

const EVERY_MS = 1_000;

interface Viewer {
  readonly wire: KurentoWire;
  readonly endpoint: string;
  readonly transport: MediaTransport;
}

async function main(url: string, pipeline: string, presenter: string, count: number): Promise<void> {
  const host = await startTransportHost();
  const hub = await KurentoWire.connect(url);
  const viewers: Viewer[] = [];
  let joined = 0;
  let left = 0;
  let vanished = 0;
  let failed = 0;
  let packets = 0;
  let stopped = false;
  let underWay: Promise<unknown> = Promise.resolve();

  const connect = async (wire: KurentoWire, mediaPipeline: string, source?: string): Promise<Viewer> => {
    const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
    await wire.invoke(source ?? endpoint, 'connect', { sink: endpoint });
    const { transport } = await connectRawPeer({
      host,
      wire,
      endpoint,
      direction: 'recvonly',
      rtp: () => void packets++,
      rtcp: () => undefined,
    });
    return { wire, endpoint, transport };
  };
  const withWire = async (run: (wire: KurentoWire) => Promise<void>) => {
    const wire = await KurentoWire.connect(url);
    try {
      await run(wire);
    } catch (error) {
      wire.close();
      throw error;
    }
  };
  const join = () =>
    withWire(async (wire) => {
      viewers.push(await connect(wire, pipeline, presenter));
      joined++;
    });
  const vanish = () =>
    withWire(async (wire) => {
      const { transport } = await connect(wire, await wire.create('MediaPipeline'));
      wire.close();
      transport.close();
      vanished++;
    });
  const leave = async () => {
    const viewer = viewers.shift();
    if (!viewer) return;
    const way = left++ % 3;
    if (way > 0) viewer.transport.close();
    if (way === 2) viewer.wire.close();
    await (way === 2 ? hub : viewer.wire).request('release', { object: viewer.endpoint });
    viewer.wire.close();
    viewer.transport.close();
  };
  let busy = false;
  /** One after the other: a machine that cannot follow has fewer comings and goings, and no crowd afterwards. */
  const turn = async () => {
    try {
      if (viewers.length >= count) await leave();
      if (!stopped) await join();
      if (!stopped && joined % 3 === 0) await vanish();
    } catch {
      failed++;
    }
  };
  while (viewers.length < count && failed < count) await turn();
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    underWay = turn().finally(() => (busy = false));
  }, EVERY_MS);
  process.on('message', (message) => {
    if (message === 'count')
      process.send?.({ type: 'count', joined, left, vanished, failed, packets, watching: viewers.length });
    else if (message === 'stop') {
      stopped = true;
      clearInterval(timer);
      void underWay.then(async () => {
        while (viewers.length > 0) await leave();
        hub.close();
        process.send?.({ type: 'stopped' });
      });
    }
  });
  process.on('disconnect', () => {
    clearInterval(timer);
    void host.close().then(() => process.exit(0));
  });
  process.send?.({ type: 'ready' });
}

const [url = '', pipeline = '', presenter = '', count = '20'] = process.argv.slice(2);
if (process.send) void main(url, pipeline, presenter, Number(count));
