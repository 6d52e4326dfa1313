/** Picture and sound of a recording, as far apart as they were when Chromium sent them: judged by FFmpeg, clap by clap. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { hasChromium, KurentoWire, negotiate, startBrowserPeers } from '../support/browser-peer';
import type { BrowserPeers } from '../support/browser-peer';
import { clapsIn, installClapper } from '../support/clapper';
import { hasFfmpeg } from '../support/ffmpeg';
import { until } from '../support/until';

/** Ten minutes, for whoever wants to know: RECORDING_SECONDS=600. */
const SECONDS = Number(process.env['RECORDING_SECONDS'] ?? 30);
const MAX_APART_MS = 40;
/** A frame shows 33 ms, and a page draws when it comes to it. */
const FRAME_MS = 34;

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

describe.skipIf(!hasChromium() || !hasFfmpeg())('picture and sound of a recording', () => {
  let folder: string;
  let server: MediaServer;
  let peers: BrowserPeers;
  let wire: KurentoWire;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recordings-'));
    server = await startMediaServer({ mediaFolders: { recordings: [folder] } });
    peers = await startBrowserPeers(['--autoplay-policy=no-user-gesture-required']);
    wire = await KurentoWire.connect(server.url);
  });
  afterAll(async () => {
    wire?.close();
    await peers?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it(
    'stay in step, as WebM and as MP4',
    { timeout: (SECONDS + 90) * 1000, ...(SECONDS > 30 && { retry: 0 }) },
    async () => {
      const seen: string[] = [];
      wire.onEvent(({ object, type }) => seen.push(`${type} ${object}`));
      const formats = [
        { mediaProfile: 'WEBM', codec: 'VP8', file: join(folder, 'claps.webm') },
        { mediaProfile: 'MP4', codec: 'H264', file: join(folder, 'claps.mp4') },
      ];
      const recordings = [];
      for (const { mediaProfile, codec, file } of formats) {
        const mediaPipeline = await wire.create('MediaPipeline');
        const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
        const recorder = await wire.create('RecorderEndpoint', {
          mediaPipeline,
          uri: `file://${file}`,
          mediaProfile,
        });
        await wire.subscribe(recorder, 'Recording', 'Error');
        await wire.invoke(endpoint, 'connect', { sink: recorder });
        await wire.invoke(recorder, 'record');
        const peer = await peers.open();
        await peer.page.evaluate(installClapper);
        await negotiate(wire, endpoint, peer, { receive: false, codec });
        await until(() => !seen.includes(`Recording ${recorder}`) && 'nothing is recorded', 20_000);
        recordings.push({ mediaPipeline, recorder, peer });
      }
      const begun = performance.now();
      await until(
        () => performance.now() - begun < SECONDS * 1000 && 'it is being recorded',
        (SECONDS + 30) * 1000,
      );
      for (const { mediaPipeline, recorder, peer } of recordings) {
        await wire.invoke(recorder, 'stopAndWait');
        expect(seen).not.toContain(`Error ${recorder}`);
        await peer.close();
        await wire.request('release', { object: mediaPipeline });
      }
      for (const { file, mediaProfile } of formats) {
        const claps = await clapsIn(file);
        // What is just beginning, while Chromium finds its rates, is judged with the rest, but by the median.
        const apart = claps.map(({ pictureLate }) => pictureLate);
        const third = Math.floor(claps.length / 3);
        const [first, last] = [median(apart.slice(0, third)), median(apart.slice(-third))];
        const told = `${mediaProfile}: ${claps.length} claps, the picture ${median(apart).toFixed(0)} ms after the sound (${Math.min(...apart).toFixed(0)}…${Math.max(...apart).toFixed(0)}), at first ${first.toFixed(0)}, in the end ${last.toFixed(0)}`;
        if (process.env['RECORDING_SECONDS']) process.stdout.write(`${told}\n`);
        expect(claps.length, told).toBeGreaterThan(SECONDS * 0.8);
        expect(Math.abs(median(apart)), told).toBeLessThan(MAX_APART_MS);
        expect(Math.abs(last - first), told).toBeLessThan(FRAME_MS);
        const far = apart.filter((each) => Math.abs(each) > MAX_APART_MS + FRAME_MS);
        expect(far.length, told).toBeLessThanOrEqual(Math.ceil(apart.length * 0.1));
      }
    },
  );
});
