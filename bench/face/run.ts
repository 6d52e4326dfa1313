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
import { CELL, FRAMES, greenDisc, writeFaceCamera } from '../../test/support/face-camera';
import { bundleOverlayWorker } from '../../test/support/overlay-worker';
import { until } from '../../test/support/until';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);

interface Seen {
  /** Per frame shown: its number and the page's clock. */
  readonly local: readonly (readonly [number, number])[];
  readonly remote: readonly (readonly [number, number])[];
}

/** Runs in the page: reads frame numbers off the camera and off the returned picture. */
async function watch({ seconds, cell }: { seconds: number; cell: number }): Promise<Seen> {
  const remote = document.querySelector('video')!;
  const local = document.createElement('video');
  local.muted = true;
  local.srcObject = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 480, frameRate: 30 },
  });
  await local.play();
  const read = (video: HTMLVideoElement) => {
    const seen: [number, number][] = [];
    const canvas = document.createElement('canvas');
    canvas.width = 6;
    canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    const frame = (now: number) => {
      // The middles of the cells.
      context.drawImage(video, cell / 4, 480 - (3 * cell) / 4, 6 * cell, cell / 2, 0, 0, 6, 1);
      const { data } = context.getImageData(0, 0, 6, 1);
      let number = 0;
      for (let bit = 0; bit < 6; bit++) number = number * 2 + (data[4 * bit]! > 127 ? 1 : 0);
      seen.push([number, now]);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    return seen;
  };
  const seen = { local: read(local), remote: read(remote) };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const track of local.srcObject.getTracks()) track.stop();
  return seen;
}

/** Milliseconds from a frame's showing in the preview to its showing in the returned picture. */
function delays({ local, remote }: Seen): number[] {
  const found: number[] = [];
  for (const [number, at] of remote) {
    // The camera repeats after FRAMES / 30 s: the latest showing of that number before this one.
    let shown: number | undefined;
    for (const [candidate, when] of local) if (candidate === number && when <= at) shown = when;
    if (shown !== undefined && at - shown < (FRAMES / 30) * 500) found.push(at - shown);
  }
  return found;
}

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
  const seen = await peer.page.evaluate(watch, { seconds, cell: CELL });
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
