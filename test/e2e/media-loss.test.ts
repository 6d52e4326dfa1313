/** The same over bad networks: lost packets, a narrow link for one of two viewers. */
import { describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-peer';
import type { BrowserPeer } from '../support/browser-peer';
import { MediaStage } from '../support/media-stage';
import { until } from '../support/until';

describe.skipIf(!hasChromium())('a WebRtcEndpoint on a bad network', () => {
  const stage = new MediaStage();

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
    const relay = await stage.relay();
    relay.impair({ delay: 20 });
    const pipeline = await stage.pipeline();
    const endpoint = await stage.endpoint(pipeline);
    await stage.wire.invoke(endpoint, 'connect', { sink: endpoint });
    const peer = await stage.join(endpoint, {}, relay);
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
    const relay = await stage.relay();
    const pipeline = await stage.pipeline();
    const presenter = await stage.endpoint(pipeline);
    const viewer = await stage.endpoint(pipeline);
    await stage.wire.invoke(presenter, 'connect', { sink: viewer });
    await stage.join(presenter, { receive: false }, relay);
    const watching = await stage.join(viewer, { send: false });
    await framesAfter(watching, 30, 20_000);
    relay.impair({ loss: 1 }, 'toServer');
    await seconds(2);
    relay.impair({});
    await framesAfter(watching, 10, 3_000 + 1_500);
  });

  it('spares a viewer on a narrow link growing delay, and the others and the presenter from that viewer', async () => {
    const relay = await stage.relay();
    const pipeline = await stage.pipeline();
    const [presenter, weak, strong] = [
      await stage.endpoint(pipeline),
      await stage.endpoint(pipeline),
      await stage.endpoint(pipeline),
    ];
    await stage.wire.invoke(presenter, 'connect', { sink: weak });
    await stage.wire.invoke(presenter, 'connect', { sink: strong });
    await stage.join(presenter, { receive: false });
    const weakPage = await stage.join(weak, { send: false }, relay);
    const strongPage = await stage.join(strong, { send: false });
    await framesAfter(strongPage, 90, 30_000);
    await framesAfter(weakPage, 30, 20_000);
    const limitOf = async () => {
      const stats = (await stage.wire.invoke(weak, 'getStats', { mediaType: 'VIDEO' })) as Record<
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
    const told = (await stage.wire.invoke(presenter, 'getStats', { mediaType: 'VIDEO' })) as Record<
      string,
      { type: string; remb: number }
    >;
    expect(Object.values(told).find(({ type }) => type === 'inboundrtp')?.remb).toBe(0);
  });
});
