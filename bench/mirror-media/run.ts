/**
 * What a user of a mirror sees, in a real Chromium: time from createOffer to the first decoded frame, bitrate
 * after five seconds and while it is held, frames, freezes.
 *
 *   npx tsx bench/mirror-media/run.ts [--joins=10] [--seconds=60] [--codec=VP8] [--json]
 */
import { parseArgs } from 'node:util';
import { startMediaServer } from '../../media-server';
import { KurentoWire, negotiate, startBrowserPeers } from '../../test/support/browser-peer';
import type { BrowserPeer } from '../../test/support/browser-peer';
import { until } from '../../test/support/until';

const { values } = parseArgs({
  options: {
    joins: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    codec: { type: 'string', default: 'VP8' },
    json: { type: 'boolean', default: false },
  },
});

const server = await startMediaServer();
const wire = await KurentoWire.connect(server.url);
const peers = await startBrowserPeers();
const mediaPipeline = await wire.create('MediaPipeline');
const endpoint = () => wire.create('WebRtcEndpoint', { mediaPipeline });
const percentile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? 0;

/** From createOffer, which the page notes itself, to the first frame it shows. */
async function firstFrame(peer: BrowserPeer): Promise<number> {
  await until(async () => ((await peer.call('timeToFirstFrame')) > 0 ? undefined : 'no frame'), 15_000);
  return peer.call('timeToFirstFrame');
}

async function mirrorJoins(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const id = await endpoint();
    await wire.invoke(id, 'connect', { sink: id });
    const peer = await peers.open();
    await negotiate(wire, id, peer, { codec: values.codec });
    times.push(await firstFrame(peer));
    await peer.close();
    await wire.request('release', { object: id });
  }
  return times;
}

async function hold(seconds: number) {
  const id = await endpoint();
  await wire.invoke(id, 'connect', { sink: id });
  const peer = await peers.open();
  await negotiate(wire, id, peer, { codec: values.codec });
  await firstFrame(peer);
  const rates: number[] = [];
  let before = await peer.call('stats');
  let at = performance.now();
  const begun = at;
  while (performance.now() - begun < seconds * 1000) {
    await new Promise<void>((resolve) => setTimeout(resolve, 1_000));
    const after = await peer.call('stats');
    const now = performance.now();
    rates.push(((after.outgoing.bytesSent - before.outgoing.bytesSent) * 8) / (now - at));
    before = after;
    at = now;
  }
  const result = {
    afterFiveSeconds: Math.round(rates[5] ?? 0),
    lowestAfterwards: Math.round(Math.min(...rates.slice(5))),
    average: Math.round(rates.slice(5).reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length - 5)),
    framesPerSecond: before.incoming.framesDecoded / seconds,
    freezes: before.incoming.freezeCount,
    jitterBufferMs: Math.round(before.incoming.jitterBufferSeconds * 1000),
  };
  await peer.close();
  return result;
}

const joins = Number(values.joins);
const mirror = await mirrorJoins(joins);
const held = await hold(Number(values.seconds));
await peers.close();
await wire.request('release', { object: mediaPipeline });
wire.close();
await server.close();

const summary = {
  mirrorFirstFrameMs: { p50: percentile(mirror, 0.5), p95: percentile(mirror, 0.95) },
  mirrorKbit: held,
};
if (values.json) console.log(JSON.stringify(summary));
else {
  const line = ({ p50, p95 }: { p50: number; p95: number }) =>
    `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`;
  console.log(`mirror, createOffer to first frame: ${line(summary.mirrorFirstFrameMs)}`);
  console.log(
    `mirror, ${values.seconds} s: ${held.afterFiveSeconds} kbit/s after 5 s, then ${held.lowestAfterwards} at least and ${held.average} on average; ` +
      `${held.framesPerSecond.toFixed(1)} fps, ${held.freezes} freezes, jitter buffer ${held.jitterBufferMs} ms`,
  );
}
