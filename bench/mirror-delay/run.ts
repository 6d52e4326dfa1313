/**
 * What the media server adds to a picture's way: camera to decoded frame in a mirror, and the same between two connections
 * of one page with no server at all, in turns. Frames are read off the tracks as soon as they are decoded and told apart
 * by the number in the picture; nothing waits for the screen. Pictures alone: with sound, receivers hold them back until both
 * are in step, which takes up to 30 ms, comes slowly, and says nothing of the server.
 *
 *   npx tsx bench/mirror-delay/run.ts [--seconds=10] [--rounds=3] [--server=media-server/cli.ts] [--json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire, negotiate, startBrowserPeers } from '../../test/support/browser-peer';
import type { BrowserPeer } from '../../test/support/browser-peer';
import { CELL, writeFaceCamera } from '../../test/support/face-camera';
import { until } from '../../test/support/until';
import { delays, watchFrames } from '../frame-times';
import { end, startServer } from '../processes';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    server: { type: 'string', default: 'media-server/cli.ts' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);

/** Runs in the page: one connection sends to another, and the page's video element shows what arrives. */
async function connectDirectly(): Promise<void> {
  const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
  sender.onicecandidate = ({ candidate }) => candidate && void receiver.addIceCandidate(candidate);
  receiver.onicecandidate = ({ candidate }) => candidate && void sender.addIceCandidate(candidate);
  const remote = new MediaStream();
  receiver.ontrack = ({ track }) => {
    remote.addTrack(track);
    document.querySelector('video')!.srcObject = remote;
  };
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 480, frameRate: 30 },
  });
  for (const track of stream.getTracks()) {
    const transceiver = sender.addTransceiver(track, { direction: 'sendonly' });
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
  }
  await sender.setLocalDescription();
  await receiver.setRemoteDescription(sender.localDescription!);
  await receiver.setLocalDescription();
  await sender.setRemoteDescription(receiver.localDescription!);
  Object.assign(globalThis, { direct: [sender, receiver] });
}

const percentile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? 0;

const folder = await mkdtemp(path.join(tmpdir(), 'callcast-bench-delay-'));
const camera = path.join(folder, 'numbers.y4m');
await writeFaceCamera(camera);
const server = await startServer(values.server);
const wire = await KurentoWire.connect(server.url);
const peers = await startBrowserPeers([`--use-file-for-fake-video-capture=${camera}`]);

async function look(peer: BrowserPeer): Promise<number[]> {
  await until(
    async () =>
      (await peer.page.evaluate(() => document.querySelector('video')!.videoWidth)) > 0
        ? undefined
        : 'no picture',
    20_000,
  );
  // Until the sender has found its bitrate and the receiver its delay.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  return delays(await peer.page.evaluate(watchFrames, { seconds, cell: CELL }));
}
async function throughServer(): Promise<number[]> {
  const mediaPipeline = await wire.create('MediaPipeline');
  const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
  await wire.invoke(endpoint, 'connect', { sink: endpoint });
  const peer = await peers.open();
  await negotiate(wire, endpoint, peer, { codec: 'VP8', audio: false });
  const found = await look(peer);
  await peer.close();
  await wire.request('release', { object: mediaPipeline });
  return found;
}
async function directly(): Promise<number[]> {
  const peer = await peers.open();
  await peer.page.evaluate(connectDirectly);
  const found = await look(peer);
  await peer.close();
  return found;
}

const direct: number[] = [];
const mirrored: number[] = [];
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    direct.push(...(await directly()));
    mirrored.push(...(await throughServer()));
  }
} finally {
  await peers.close();
  wire.close();
  await end(server.process);
  await rm(folder, { recursive: true, force: true });
}
const of = (found: readonly number[]) => ({
  p50: percentile(found, 0.5),
  p95: percentile(found, 0.95),
  frames: found.length,
});
const summary = { direct: of(direct), mirror: of(mirrored) };
if (values.json) console.log(JSON.stringify(summary));
else {
  for (const [name, { p50, p95, frames }] of Object.entries(summary))
    console.log(
      `${name.padEnd(7)} camera to decoded p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (${frames} frames)`,
    );
  console.log(`the server adds ${(summary.mirror.p50 - summary.direct.p50).toFixed(1)} ms at p50`);
}
