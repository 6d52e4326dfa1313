/**
 * What a face overlay costs and delays, in a real Chromium: a mirror without and with the filter, on pictures with three
 * moving, tilting faces. Delay is camera to decoded picture, read off a frame number in the picture; the processor time
 * is this process's (the media server and its worker; Chromium is a process of its own).
 *
 *   npx tsx bench/face/run.ts [--seconds=20] [--json]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { startMediaServer } from '../../media-server';
import { KurentoWire, negotiate, startBrowserPeers } from '../../test/support/browser-peer';
import { CELL, greenDisc, writeFaceCamera } from '../../test/support/face-camera';
import { bundleOverlayWorker } from '../../test/support/overlay-worker';
import { until } from '../../test/support/until';
import { delays, watchFrames } from '../frame-times';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);

const percentile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? 0;

const folder = await mkdtemp(path.join(tmpdir(), 'callcast-bench-face-'));
const camera = path.join(folder, 'faces.y4m');
const image = path.join(folder, 'disc.png');
await writeFaceCamera(camera);
await writeFile(image, greenDisc());
const bundled = await bundleOverlayWorker();
const server = await startMediaServer({ faceOverlay: bundled.files });
const wire = await KurentoWire.connect(server.url);
const peers = await startBrowserPeers([`--use-file-for-fake-video-capture=${camera}`]);

async function measure(filtered: boolean) {
  const mediaPipeline = await wire.create('MediaPipeline');
  const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
  let from = endpoint;
  if (filtered) {
    from = await wire.create('FaceOverlayFilter', { mediaPipeline });
    const placement = { offsetXPercent: -0.35, offsetYPercent: -1.2, widthPercent: 1.6, heightPercent: 1.6 };
    await wire.invoke(from, 'setOverlayedImage', { uri: image, ...placement });
    await wire.invoke(endpoint, 'connect', { sink: from });
  }
  await wire.invoke(from, 'connect', { sink: endpoint });
  const peer = await peers.open();
  await negotiate(wire, endpoint, peer, { codec: 'VP8' });
  // Until the sender has found its bitrate.
  await until(
    async () => ((await peer.call('stats')).incoming.framesDecoded > 90 ? undefined : 'starting'),
    60_000,
  );
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const before = await peer.call('stats');
  const cpu = process.cpuUsage();
  const started = performance.now();
  const seen = await peer.page.evaluate(watchFrames, { seconds, cell: CELL });
  const elapsed = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await peer.call('stats');
  loop.disable();
  const delay = delays(seen);
  await peer.close();
  await wire.request('release', { object: mediaPipeline });
  return {
    fps: (after.incoming.framesDecoded - before.incoming.framesDecoded) / elapsed,
    cameraFps: (after.outgoing.framesEncoded - before.outgoing.framesEncoded) / elapsed,
    kbits: ((after.incoming.bytesReceived - before.incoming.bytesReceived) * 8) / elapsed / 1000,
    cores: (user + system) / 1e6 / elapsed,
    delayP50: percentile(delay, 0.5),
    delayP95: percentile(delay, 0.95),
    freezes: after.incoming.freezeCount - before.incoming.freezeCount,
    /** How late the thread that forwards packets is, as anybody else's packets feel it. */
    loopP99: loop.percentile(99) / 1e6,
  };
}

const plain = await measure(false);
const filtered = await measure(true);
await peers.close();
wire.close();
await server.close();
await bundled.close();
await rm(folder, { recursive: true, force: true });

if (values.json) console.log(JSON.stringify({ plain, filtered }));
else {
  const line = (name: string, unit: string, pick: (of: typeof plain) => number, digits = 1) =>
    console.log(
      `${name.padEnd(34)} ${pick(plain).toFixed(digits).padStart(8)} ${pick(filtered).toFixed(digits).padStart(8)} ${unit}`,
    );
  console.log(`${''.padEnd(34)} ${'mirror'.padStart(8)} ${'filtered'.padStart(8)}`);
  line('frames decoded', '1/s', ({ fps }) => fps);
  line('frames sent by the camera', '1/s', ({ cameraFps }) => cameraFps);
  line('received', 'kbit/s', ({ kbits }) => kbits, 0);
  line('processor', 'cores', ({ cores }) => cores, 2);
  line('camera to decoded, p50', 'ms', ({ delayP50 }) => delayP50);
  line('camera to decoded, p95', 'ms', ({ delayP95 }) => delayP95);
  line('freezes', '', ({ freezes }) => freezes, 0);
  line('forwarding thread late, p99', 'ms', ({ loopP99 }) => loopP99);
}
process.exit(0);
