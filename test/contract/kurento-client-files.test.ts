/** The official npm client plays and records files on the embedded media server. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server/index';
import type { MediaServer } from '../../media-server/index';
import { writeSampleFile } from '../support/media-files';
import { until } from '../support/until';
import { connectOfficialClient, invoke } from './official-client';
import type { OfficialClient } from './official-client';

let folder: string;
let server: MediaServer;
let client: OfficialClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'));
  server = await startMediaServer({ mediaFolders: { recordings: [folder] } });
  client = await connectOfficialClient(server.url);
});
afterEach(async () => {
  client?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the official client', () => {
  it('plays a file into a recorder and hears of its beginning and end', async () => {
    await writeSampleFile(join(folder, 'film.webm'), { milliseconds: 1_500 });
    const pipeline = await client.create('MediaPipeline');
    const player = await pipeline.create('PlayerEndpoint', { uri: `file://${folder}/film.webm` });
    const uri = `file://${folder}/copy.mp4`;
    const recorder = await pipeline.create('RecorderEndpoint', { uri, mediaProfile: 'MP4' });
    const heard: string[] = [];
    for (const type of ['Recording', 'Stopped']) recorder.on(type, () => heard.push(type));
    player.on('EndOfStream', () => heard.push('EndOfStream'));
    await invoke(player, 'connect', recorder);
    await invoke(recorder, 'record');
    await invoke(player, 'play');
    await until(() => !heard.includes('EndOfStream') && heard);
    expect(await invoke<string>(player, 'getState')).toBe('STOP');
    expect(await invoke<string>(recorder, 'getState')).toBe('START');
    await invoke(recorder, 'stopAndWait');
    expect(await invoke<string>(recorder, 'getUri')).toBe(uri);
    expect((await stat(join(folder, 'copy.mp4'))).size).toBeGreaterThan(20_000);
    await until(() => heard.length < 3 && heard);
    expect(heard).toEqual(['Recording', 'EndOfStream', 'Stopped']);
    await pipeline.release();
    expect(server.counts().objects).toBe(0);
  });
});
