/** The same over bad networks: lost packets, a narrow link for one of two viewers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { hasChromium, KurentoWire, negotiate, startBrowserPeers } from '../support/browser-peer';
import type { BrowserPeer, BrowserPeers, PeerOptions } from '../support/browser-peer';
import { LossyRelay } from '../support/lossy-relay';
import { until } from '../support/until';

describe.skipIf(!hasChromium())('a WebRtcEndpoint on a bad network', () => {
  let server: MediaServer;
  let peers: BrowserPeers;
  let wire: KurentoWire;
  let pipeline: string;
  let relay: LossyRelay;
  const open: BrowserPeer[] = [];

  beforeAll(async () => {
    server = await startMediaServer();
    peers = await startBrowserPeers();
    wire = await KurentoWire.connect(server.url);
  });
  afterAll(async () => {
    wire?.close();
    await peers?.close();
    await server?.close();
  });
  afterEach(async () => {
    for (const peer of open.splice(0)) await peer.close();
    if (pipeline) await wire.request('release', { object: pipeline });
    await relay?.close();
  });

  async function join(endpoint: string, options: PeerOptions, through?: LossyRelay): Promise<BrowserPeer> {
    const peer = await peers.open();
    open.push(peer);
    await negotiate(wire, endpoint, peer, options, through);
    return peer;
  }
  const framesAfter = (peer: BrowserPeer, count: number, limitMs: number) => {
    let begun = -1;
    return until(async () => {
      const { framesDecoded } = (await peer.call('stats')).incoming;
      if (begun < 0) begun = framesDecoded;
      return framesDecoded - begun >= count ? undefined : `${framesDecoded - begun} of ${count} frames`;
    }, limitMs);
  };
  const seconds = (count: number) => {
    const end = performance.now() + count * 1000;
    return until(() => (performance.now() > end ? undefined : 'time passes'), count * 1000 + 1_000);
  };

  it('repairs 5 % of loss both ways: the picture goes on', async () => {
    relay = await LossyRelay.start();
    relay.impair({ delay: 20 });
    pipeline = await wire.create('MediaPipeline');
    const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await wire.invoke(endpoint, 'connect', { sink: endpoint });
    const peer = await join(endpoint, {}, relay);
    await framesAfter(peer, 60, 20_000);
    relay.impair({ delay: 20, loss: 0.05 });
    const before = (await peer.call('stats')).incoming;
    await peer.call('resetGap');
    await seconds(10);
    const after = await peer.call('stats');
    expect(relay.counts.lost).toBeGreaterThan(20);
    // Alone on the machine there is no gap beyond 200 ms; what a busy one adds is not the network's.
    expect(await peer.call('longestGap')).toBeLessThan(1_500);
    expect(after.incoming.framesDecoded - before.framesDecoded).toBeGreaterThan(100);
    expect(after.incoming.keyFramesDecoded - before.keyFramesDecoded).toBeLessThanOrEqual(2);
    expect(after.outgoing.retransmittedPackets).toBeGreaterThan(0);
  });

  it('comes back within three seconds after an outage of the presenter’s network', async () => {
    relay = await LossyRelay.start();
    pipeline = await wire.create('MediaPipeline');
    const presenter = await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    const viewer = await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await wire.invoke(presenter, 'connect', { sink: viewer });
    await join(presenter, { receive: false }, relay);
    const watching = await join(viewer, { send: false });
    await framesAfter(watching, 30, 20_000);
    relay.impair({ loss: 1 }, 'toServer');
    await seconds(2);
    relay.impair({});
    await framesAfter(watching, 10, 3_000 + 1_500);
  });

  it('spares a viewer on a narrow link growing delay, and the others and the presenter from that viewer', async () => {
    relay = await LossyRelay.start();
    pipeline = await wire.create('MediaPipeline');
    const [presenter, weak, strong] = [
      await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline }),
      await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline }),
      await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline }),
    ];
    await wire.invoke(presenter, 'connect', { sink: weak });
    await wire.invoke(presenter, 'connect', { sink: strong });
    await join(presenter, { receive: false });
    const weakPage = await join(weak, { send: false }, relay);
    const strongPage = await join(strong, { send: false });
    await framesAfter(strongPage, 90, 30_000);
    await framesAfter(weakPage, 30, 20_000);
    const limitOf = async () => {
      const stats = (await wire.invoke(weak, 'getStats', { mediaType: 'VIDEO' })) as Record<
        string,
        { type: string; targetBitrate: number }
      >;
      return Object.values(stats).find(({ type }) => type === 'outboundrtp')?.targetBitrate ?? 0;
    };
    relay.impair({ rate: 300_000 }, 'toBrowser');
    await until(async () => {
      const limit = await limitOf();
      return limit > 0 && limit < 450_000 ? undefined : `limit ${limit}`;
    }, 20_000);
    const { framesDecoded } = (await strongPage.call('stats')).incoming;
    await framesAfter(weakPage, 2, 15_000);
    expect((await strongPage.call('stats')).incoming.framesDecoded).toBeGreaterThan(framesDecoded);
    const told = (await wire.invoke(presenter, 'getStats', { mediaType: 'VIDEO' })) as Record<
      string,
      { type: string; remb: number }
    >;
    expect(Object.values(told).find(({ type }) => type === 'inboundrtp')?.remb).toBe(0);
  });
});
