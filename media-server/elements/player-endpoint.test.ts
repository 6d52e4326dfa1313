import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeSampleFile } from '../../test/support/media-files';
import { until } from '../../test/support/until';
import { MediaFolders } from '../files/media-folders';
import { PassThrough } from '../model/pass-through';
import { RememberingSink, TestModel } from '../model/testing';
import { MediaFiles } from '../player/media-files';
import { PlayerEndpoint } from './player-endpoint';

let folder: string;
let server: Server;
let ranges = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'films-'));
  await writeSampleFile(join(folder, 'film.webm'), { milliseconds: 3_000, keyframeInterval: 25 });
  await writeSampleFile(join(folder, 'film.mp4'), {
    milliseconds: 3_000,
    keyframeInterval: 25,
    format: 'mp4',
  });
  await writeFile(join(folder, 'noise.webm'), Buffer.alloc(50_000, 0x1a));
  await writeFile(join(folder, 'empty.webm'), '');
  const bytes = await readFile(join(folder, 'film.webm'));
  server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (request.url !== '/film.webm') response.writeHead(404).end();
    else if (!ranges || from === undefined) response.writeHead(200).end(bytes);
    else {
      const end = Math.min(Number(to) + 1, bytes.length);
      response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` });
      response.end(bytes.subarray(Number(from), end));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

let model: TestModel;
beforeEach(() => {
  const folders = new MediaFolders({ recordings: [folder] });
  model = new TestModel({
    PlayerEndpoint: (context, args) => new PlayerEndpoint(context, folders, new MediaFiles(), args),
    PassThrough: (context) => new PassThrough(context),
  });
});

async function playerOf(uri: string) {
  const pipeline = await model.create('MediaPipeline');
  const player = await model.create<PlayerEndpoint>('PlayerEndpoint', { mediaPipeline: pipeline.id, uri });
  model.subscribe(player, 'EndOfStream', 'Error', 'UriEndpointStateChanged');
  const video = new RememberingSink('video');
  const audio = new RememberingSink('audio');
  player.output('video')?.addSink(video);
  player.output('audio')?.addSink(audio);
  return { player, video, audio };
}
const happened = (type: string) => model.holder.types().includes(type);
/** Time passes only as fast as files can be read. */
async function pass(milliseconds: number): Promise<void> {
  for (let at = 0; at < milliseconds; at += 20) {
    model.clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const isPlaying = (player: PlayerEndpoint) => until(() => player.state !== 'START' && 'it does not play');

describe('a player', () => {
  it.each(['film.webm', 'film.mp4'])('plays %s in real time, from a keyframe to its end', async (name) => {
    const { player, video, audio } = await playerOf(name);
    expect(player.videoInfo).toMatchObject({ duration: 0, isSeekable: false });
    player.play();
    await isPlaying(player);
    expect(player.videoInfo).toMatchObject({ duration: 3000, seekableEnd: 3000, isSeekable: true });
    const started = model.clock.now();
    await pass(1000);
    expect(video.packets[0]?.keyframeStart).toBe(true);
    expect(video.packets.length).toBeGreaterThan(23);
    expect(video.packets.length).toBeLessThan(28);
    expect(audio.packets.length).toBeGreaterThan(48);
    expect(Math.abs(player.position - 1000)).toBeLessThan(50);
    await pass(1900);
    expect(happened('EndOfStream')).toBe(false);
    for (let i = 0; i < 20 && !happened('EndOfStream'); i++) await pass(20);
    expect(model.clock.now() - started).toBeGreaterThanOrEqual(2960);
    expect(happened('EndOfStream')).toBe(true);
    expect(player.state).toBe('STOP');
    expect(video.packets).toHaveLength(75);
    expect(audio.packets).toHaveLength(150);
    // Sound and picture of the same instant have the same place on their clocks.
    const place = (sink: RememberingSink, index: number) =>
      (sink.packets[index]!.timestamp - sink.packets[0]!.timestamp) >>> 0;
    expect(Math.abs(place(video, 50) / 90 - place(audio, 100) / 48)).toBeLessThan(3);
    expect(video.log.at(-1)).toBe('ended');
    await model.registry.close();
    expect(model.clock.timers).toBe(0);
  });

  it('pauses, goes on, stops and begins anew', async () => {
    const { player, video } = await playerOf('film.webm');
    player.play();
    await isPlaying(player);
    await pass(500);
    player.pause();
    expect(player.state).toBe('PAUSE');
    const { length } = video.packets;
    await pass(1000);
    expect(video.packets.length).toBe(length);
    expect(Math.abs(player.position - 500)).toBeLessThan(40);
    player.play();
    await pass(500);
    expect(player.state).toBe('START');
    expect(video.packets.length - length).toBeGreaterThan(10);
    // For whoever receives it, a pause took its time.
    expect((video.packets[length]!.timestamp - video.packets[length - 1]!.timestamp) >>> 0).toBeGreaterThan(
      80_000,
    );
    player.stop();
    player.stop();
    expect(player.position).toBe(0);
    player.play();
    await isPlaying(player);
    await pass(100);
    expect(player.position).toBeLessThan(200);
    await model.registry.close();
    expect(model.clock.timers).toBe(0);
  });

  it('seeks to keyframes while it plays, not beyond the end, and not while it is stopped', async () => {
    const { player, video } = await playerOf('film.webm');
    await expect(player.setPosition(100)).rejects.toMatchObject({ kind: 'PLAYER_SEEK_FAIL' });
    player.play();
    await isPlaying(player);
    await pass(200);
    const { length } = video.packets;
    await player.setPosition(2_300);
    await pass(60);
    expect(video.packets[length]?.keyframeStart).toBe(true);
    expect(Math.abs(player.position - 2_060)).toBeLessThan(60);
    await player.setPosition(99_999_999);
    await pass(60);
    expect(player.state).toBe('START');
    await expect(player.setPosition(-1)).rejects.toMatchObject({ kind: 'PLAYER_SEEK_FAIL' });
    await player.setPosition(0);
    await pass(40);
    expect(player.position).toBeLessThan(100);
    await model.registry.close();
  });

  it.each([true, false])('plays from a web server (ranges: %s)', async (withRanges) => {
    ranges = withRanges;
    const { player, video } = await playerOf(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/film.webm`,
    );
    player.play();
    await isPlaying(player);
    for (let i = 0; i < 200 && !happened('EndOfStream'); i++) {
      await pass(20);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(happened('EndOfStream')).toBe(true);
    expect(video.packets).toHaveLength(75);
    await model.registry.close();
  });

  it.each([
    ['INVALID_URI', () => 'none.webm'],
    ['INVALID_URI', () => 'file:///etc/hostname'],
    ['INVALID_URI', () => 'ftp://127.0.0.1/x'],
    ['INVALID_URI', () => ''],
    ['STREAM_ERROR_TYPE_NOT_FOUND', () => 'noise.webm'],
    ['STREAM_ERROR_TYPE_NOT_FOUND', () => 'empty.webm'],
    ['RESOURCE_ERROR_OPEN', () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/none`],
  ])('says %s of what it cannot play', async (kind, uri) => {
    const { player } = await playerOf(uri());
    player.play();
    await until(() => !happened('Error') && 'no error');
    expect(
      model.holder.events.filter(({ type }) => type === 'Error').map(({ data }) => data['type']),
    ).toEqual([kind]);
    // As the original has it.
    expect(player.state).toBe('START');
    player.stop();
    expect(player.state).toBe('STOP');
    await model.registry.close();
  });

  it('leaves nothing behind when it is released at once', async () => {
    const { player, video } = await playerOf('film.webm');
    player.play();
    const { length } = model.holder.events;
    await model.registry.close();
    await pass(500);
    expect(video.packets).toEqual([]);
    expect(model.holder.events.length).toBe(length);
    expect(model.clock.timers).toBe(0);
  });
});
