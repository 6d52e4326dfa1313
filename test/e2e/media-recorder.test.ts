/** A real Chromium, recorded while it is in a call, and what was recorded played to it: judged by FFmpeg and by pixels. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { hasChromium, KurentoWire, negotiate, startBrowserPeers } from '../support/browser-peer';
import type { BrowserPeer, BrowserPeers, WireEvent } from '../support/browser-peer';
import { hasFfmpeg, probe } from '../support/ffmpeg';
import { until } from '../support/until';

const run = promisify(execFile);

describe.skipIf(!hasChromium() || !hasFfmpeg())('a RecorderEndpoint, Chromium and FFmpeg', () => {
  let folder: string;
  let server: MediaServer;
  let peers: BrowserPeers;
  let wire: KurentoWire;
  let pipeline: string;
  const events: WireEvent[] = [];
  const open: BrowserPeer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recordings-'));
    server = await startMediaServer({ mediaFolders: { recordings: [folder] } });
    peers = await startBrowserPeers();
    wire = await KurentoWire.connect(server.url);
    wire.onEvent((event) => events.push(event));
  });
  afterAll(async () => {
    wire?.close();
    await peers?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const peer of open.splice(0)) await peer.close();
    if (pipeline) await wire.request('release', { object: pipeline });
  });
  async function page(): Promise<BrowserPeer> {
    const peer = await peers.open();
    open.push(peer);
    return peer;
  }
  const seen = (object: string, type: string) =>
    events.some((event) => event.object === object && event.type === type);

  it.each([
    { mediaProfile: 'WEBM', extension: 'webm', video: 'vp8' },
    { mediaProfile: 'MP4', extension: 'mp4', video: 'h264' },
  ])('records a mirror as $mediaProfile, and plays it back', async ({ mediaProfile, extension, video }) => {
    const uri = `file://${folder}/call.${extension}`;
    pipeline = await wire.create('MediaPipeline');
    const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    const recorder = await wire.create('RecorderEndpoint', { mediaPipeline: pipeline, uri, mediaProfile });
    await wire.subscribe(recorder, 'Recording', 'Stopped', 'Error');
    await wire.invoke(endpoint, 'connect', { sink: endpoint });
    await wire.invoke(endpoint, 'connect', { sink: recorder });
    await wire.invoke(recorder, 'record');
    const peer = await page();
    await negotiate(wire, endpoint, peer, {});
    await until(() => !seen(recorder, 'Recording') && 'nothing is recorded', 20_000);
    await until(
      async () =>
        (await stat(join(folder, `call.${extension}`))).size > 200_000 ? undefined : 'the file is small',
      30_000,
    );
    await wire.invoke(recorder, 'stopAndWait');
    expect(seen(recorder, 'Stopped')).toBe(true);
    expect(seen(recorder, 'Error')).toBe(false);

    const file = join(folder, `call.${extension}`);
    const streams = await probe(file);
    expect(streams.map(({ codec }) => codec).sort()).toEqual([video, 'opus'].sort());
    // Decodes from the first to the last frame without a complaint.
    const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
    expect(stderr).toBe('');

    const player = await wire.create('PlayerEndpoint', { mediaPipeline: pipeline, uri });
    const viewer = await wire.create('WebRtcEndpoint', { mediaPipeline: pipeline });
    await wire.subscribe(player, 'EndOfStream', 'Error');
    await wire.invoke(player, 'connect', { sink: viewer });
    // Nothing is asked of the browser's camera: it only watches.
    const watcher = await page();
    await negotiate(wire, viewer, watcher, {});
    await wire.invoke(player, 'play');
    const pictures = new Set<string>();
    await until(async () => {
      const picture = await watcher.call('fingerprint');
      if (picture !== '') pictures.add(picture);
      return pictures.size >= 3 ? undefined : `${pictures.size} different pictures`;
    }, 15_000);
    await until(() => !seen(player, 'EndOfStream') && 'it still plays', 60_000);
    expect(seen(player, 'Error')).toBe(false);
  });
});
