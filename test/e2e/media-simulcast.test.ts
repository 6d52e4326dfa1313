/** A presenter who sends several layers: who has a narrow link gets a smaller picture while it is, everybody else the full one. */
import { describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-peer';
import type { BrowserPeer } from '../support/browser-peer';
import { MediaStage } from '../support/media-stage';
import { until } from '../support/until';

/** Browsers send three layers from this size on. */
const PICTURE = { width: 960, height: 540, frameRate: 15 };
const FULL_WIDTH = PICTURE.width;
const NARROW = 300_000;

describe.skipIf(!hasChromium())('simulcast', () => {
  const stage = new MediaStage([], `${PICTURE.width}x${PICTURE.height}`);

  const incoming = async (peer: BrowserPeer) => (await peer.call('stats')).incoming;
  const width = (peer: BrowserPeer, wanted: (width: number) => boolean, limitMs: number) =>
    until(async () => {
      const { frameWidth } = await incoming(peer);
      return wanted(frameWidth) ? undefined : `the picture is ${frameWidth} wide`;
    }, limitMs);

  /** Frames per second, the mean wait of a frame in the viewer's buffer and the time without new ones, seconds. */
  async function measure(peer: BrowserPeer, seconds: number) {
    const before = await incoming(peer);
    const begun = performance.now();
    await until(() => (performance.now() > begun + seconds * 1000 ? undefined : 'time passes'), 60_000);
    const after = await incoming(peer);
    const emitted = Math.max(1, after.jitterBufferEmitted - before.jitterBufferEmitted);
    return {
      rate: ((after.framesDecoded - before.framesDecoded) * 1000) / (performance.now() - begun),
      delay: (after.jitterBufferDelay - before.jitterBufferDelay) / emitted,
      frozen: after.freezeSeconds - before.freezeSeconds,
    };
  }

  it.each(['rid', 'ssrc'] as const)(
    'with layers told by %s: a narrow link gets a smaller picture in time, and the full one when it is wide again',
    async (simulcast) => {
      const relay = await stage.relay();
      const pipeline = await stage.pipeline();
      const create = () => stage.endpoint(pipeline);
      const [presenter, weak, strong] = [await create(), await create(), await create()];
      await stage.wire.invoke(presenter, 'connect', { sink: weak });
      await stage.wire.invoke(presenter, 'connect', { sink: strong });
      await stage.join(presenter, { receive: false, simulcast, codec: 'VP8', picture: PICTURE });
      const weakPage = await stage.join(weak, { send: false }, relay);
      const strongPage = await stage.join(strong, { send: false });
      await width(strongPage, (wide) => wide === FULL_WIDTH, 40_000);
      await width(weakPage, (wide) => wide === FULL_WIDTH, 20_000);

      relay.impair({ rate: NARROW }, 'toBrowser');
      await width(weakPage, (wide) => wide < FULL_WIDTH, 20_000);
      // On the way down a layer is tried that is still too much.
      await measure(weakPage, 4);
      // Long enough for the leg to be tried with more, twice.
      const [first, second] = [await measure(weakPage, 12), await measure(weakPage, 12)];
      const strongView = await measure(strongPage, 3);
      expect((await incoming(weakPage)).frameWidth).toBeLessThan(FULL_WIDTH);
      // Half of the other's rate is the least: a layer has fewer pixels, not fewer frames; a busy machine has both.
      expect(Math.min(first.rate, second.rate)).toBeGreaterThan(strongView.rate / 2);
      expect(Math.max(first.frozen, second.frozen)).toBeLessThan(1);
      expect(second.delay).toBeLessThan(first.delay + 0.2);
      expect((await incoming(strongPage)).frameWidth).toBe(FULL_WIDTH);

      relay.impair({}, 'toBrowser');
      await width(weakPage, (wide) => wide === FULL_WIDTH, 40_000);
    },
    120_000,
  );
});
