/** Players and recorders of a media server that is a process of its own: what is on the disk, also after it was killed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSource } from '../../media-server/player/byte-source';
import { MediaFile } from '../../media-server/player/media-file';
import { RawClient } from '../contract/raw-client';
import { hasFfmpeg, packetsOf } from '../support/ffmpeg';
import { writeSampleFile } from '../support/media-files';
import { until } from '../support/until';

let folder: string;
let child: ChildProcess;
let client: RawClient;
let pipeline: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'));
  const cli = join(import.meta.dirname, '../../media-server/cli.ts');
  const options = ['--port=0', `--recordings=${folder}`];
  child = spawn(process.execPath, ['--import', 'tsx', cli, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
  await until(() => !output.includes('\n') && 'not ready', 30_000);
  client = await RawClient.open(output.trim().replace('media server ready at ', ''));
  pipeline = await client.create('MediaPipeline');
});
afterEach(async () => {
  await client?.terminate();
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  if (folder) await rm(folder, { recursive: true, force: true });
});

const element = (type: string, params: object = {}) =>
  client.create(type, { mediaPipeline: pipeline, ...params });
const happened = (object: string, type: string) =>
  client.events(type).some((event) => event.object === object);

async function durations(name: string): Promise<{ audio: number; video: number; firstKeyframe: boolean }> {
  const file = await MediaFile.open(await fileSource(await open(join(folder, name))));
  const last = { audio: 0, video: 0 };
  let firstKeyframe = false;
  for (const kind of ['audio', 'video'] as const) {
    for await (const sample of file.samples(kind, 0)) {
      if (kind === 'video' && last.video === 0) firstKeyframe = sample.keyframe;
      last[kind] = sample.time + sample.duration;
    }
  }
  await file.close();
  return { ...last, firstKeyframe };
}

describe('a recording', () => {
  it.each(['webm', 'mp4'])('plays up to its last second after SIGKILL (%s)', async (extension) => {
    await writeSampleFile(join(folder, 'film.webm'), { milliseconds: 20_000, keyframeInterval: 50 });
    const player = await element('PlayerEndpoint', { uri: 'film.webm' });
    const uri = `file://${folder}/killed.${extension}`;
    const recorder = await element('RecorderEndpoint', { uri, mediaProfile: extension.toUpperCase() });
    await client.subscribe(recorder, 'Recording');
    await client.invoke(player, 'connect', { sink: recorder });
    await client.invoke(recorder, 'record');
    await client.invoke(player, 'play');
    await until(() => !happened(recorder, 'Recording') && 'nothing is recorded');
    const began = performance.now();
    await until(() => performance.now() - began < 3_000 && 'it is still short');
    const recorded = performance.now() - began;
    child.kill('SIGKILL');
    await once(child, 'exit');

    const { audio, video, firstKeyframe } = await durations(`killed.${extension}`);
    expect(firstKeyframe).toBe(true);
    expect(audio).toBeGreaterThan(recorded - 1_500);
    expect(video).toBeGreaterThan(recorded - 1_500);
    if (!hasFfmpeg()) return;
    const packets = await packetsOf(join(folder, `killed.${extension}`));
    expect(packets.find(({ kind }) => kind === 'video')?.keyframe).toBe(true);
    expect(packets.at(-1)!.time * 1000).toBeGreaterThan(recorded - 1_500);
  });

  it('is complete when its recorder, its player or the pipeline is released, in any order', async () => {
    await writeSampleFile(join(folder, 'film.webm'), { milliseconds: 10_000 });
    const orders = [
      ['recorder', 'player', 'pass'],
      ['player', 'pass', 'recorder'],
      ['pass', 'player', 'recorder'],
      ['pipeline'],
    ] as const;
    for (const [index, order] of orders.entries()) {
      const objects = {
        player: await element('PlayerEndpoint', { uri: 'film.webm' }),
        pass: await element('PassThrough'),
        recorder: await element('RecorderEndpoint', { uri: `${index}.webm` }),
        direct: await element('RecorderEndpoint', { uri: `${index}-direct.webm`, stopOnEndOfStream: true }),
        pipeline,
      };
      await client.subscribe(objects.recorder, 'Recording');
      await client.subscribe(objects.direct, 'Recording');
      await client.invoke(objects.player, 'connect', { sink: objects.pass });
      await client.invoke(objects.pass, 'connect', { sink: objects.recorder });
      await client.invoke(objects.player, 'connect', { sink: objects.direct });
      await client.invoke(objects.recorder, 'record');
      await client.invoke(objects.direct, 'record');
      await client.invoke(objects.player, 'play');
      for (const recorder of [objects.recorder, objects.direct])
        await until(() => !happened(recorder, 'Recording') && 'nothing is recorded');
      await until(async () =>
        (await client.invoke<number>(objects.player, 'getPosition')) < 700 ? 'early' : undefined,
      );
      for (const name of order) await client.request('release', { object: objects[name] });
      // The one without a source ends by itself.
      for (const name of [`${index}.webm`, `${index}-direct.webm`]) {
        await until(async () => ((await isComplete(name)) ? undefined : `${name} has no length yet`));
        expect((await durations(name)).video).toBeGreaterThan(400);
      }
    }
    expect((await readdir(folder)).length).toBe(9);
  });

  it('is refused outside of its folders, and by a name that another recorder writes', async () => {
    await writeSampleFile(join(folder, 'film.webm'), { milliseconds: 1_000 });
    const recorders = [
      ['INVALID_URI', await element('RecorderEndpoint', { uri: `file://${folder}/../outside.webm` })],
      ['INVALID_URI', await element('RecorderEndpoint', { uri: 'http://127.0.0.1/x.webm' })],
      ['RESOURCE_ERROR_OPEN', await element('RecorderEndpoint', { uri: `file://${folder}/none/x.webm` })],
    ] as const;
    for (const [kind, recorder] of recorders) {
      await client.subscribe(recorder, 'Error');
      await client.invoke(recorder, 'record');
      const errors = client.events('Error').filter(({ object }) => object === recorder);
      expect(errors.map(({ data }) => data['type'])).toEqual([kind]);
      expect(await client.invoke(recorder, 'getState')).toBe('STOP');
    }
    const first = await element('RecorderEndpoint', { uri: 'same.webm' });
    const second = await element('RecorderEndpoint', { uri: 'same.webm' });
    await client.subscribe(second, 'Error');
    await client.invoke(first, 'record');
    await client.invoke(second, 'record');
    expect(client.events('Error').at(-1)?.data['type']).toBe('RESOURCE_ERROR_OPEN');
    const flv = await client.request('create', {
      type: 'RecorderEndpoint',
      constructorParams: { mediaPipeline: pipeline, uri: 'x.flv', mediaProfile: 'FLV' },
    });
    expect(flv.error?.code).toBe(40111);
  });
});

async function isComplete(name: string): Promise<boolean> {
  const file = join(folder, name);
  if (!(await stat(file).catch(() => undefined))) return false;
  const handle = await open(file);
  const head = Buffer.alloc(64);
  await handle.read(head, 0, 64, 0);
  await handle.close();
  // The size of the segment stands behind its id, once it is known.
  const segment = head.indexOf(Buffer.from([0x18, 0x53, 0x80, 0x67]));
  return segment > 0 && head[segment + 5] !== 0xff;
}
