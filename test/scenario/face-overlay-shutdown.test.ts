/** A media server that is told to end while face overlays are at work, or still being loaded, ends in order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { dist } from '../../build/layout.mjs';
import { KurentoWire } from '../support/browser-peer';
import { greenDisc, writeFaceCamera } from '../support/face-camera';
import { encodeFilm, writeFilm } from '../support/face-film';
import { until } from '../support/until';

const FILTERS = 4;
/** Into loading, warming up and drawing: each moment has other threads at work. */
const MOMENTS_MS = [0, 100, 300, 600, 900, 1_200, 1_600, 2_000];

describe('a media server with face overlays at work', () => {
  let folder: string;
  let image: string;

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-shutdown-'));
    const camera = path.join(folder, 'faces.y4m');
    await writeFaceCamera(camera);
    await writeFilm(path.join(folder, 'faces.webm'), await encodeFilm(camera), 10);
    await rm(camera);
    image = path.join(folder, 'disc.png');
    await writeFile(image, greenDisc());
  }, 120_000);
  afterAll(() => folder && rm(folder, { recursive: true }));

  async function end(afterMs: number): Promise<string> {
    const server = spawn(
      process.execPath,
      [path.join(dist, 'media-server/cli.cjs'), '--port=0', `--recordings=${folder}`],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    let complaints = '';
    server.stdout.on('data', (text: Buffer) => (said += text.toString()));
    server.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
    const exited = once(server, 'exit') as Promise<[number | null, string | null]>;
    try {
      const url = await until(() => !said.includes('\n') && 'starting', 20_000).then(
        () => /ready at (\S+)/.exec(said)?.[1] ?? '',
      );
      const wire = await KurentoWire.connect(url);
      for (let index = 0; index < FILTERS; index++) {
        const mediaPipeline = await wire.create('MediaPipeline');
        const player = await wire.create('PlayerEndpoint', { mediaPipeline, uri: 'faces.webm' });
        const filter = await wire.create('FaceOverlayFilter', { mediaPipeline });
        const placement = { offsetXPercent: 0, offsetYPercent: 0, widthPercent: 1, heightPercent: 1 };
        await wire.invoke(filter, 'setOverlayedImage', { uri: image, ...placement });
        await wire.invoke(player, 'connect', { sink: filter });
        await wire.invoke(player, 'play');
      }
      const moment = performance.now() + afterMs;
      await until(() => performance.now() < moment && 'time passes');
      wire.close();
      server.kill('SIGTERM');
      const [code, signal] = await exited;
      return `${signal ?? code} ${complaints}`.trim();
    } finally {
      if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL');
    }
  }

  it('ends without being aborted, whatever they are at', async () => {
    const outcomes: string[] = [];
    for (const moment of MOMENTS_MS) outcomes.push(await end(moment));
    expect(outcomes).toEqual(MOMENTS_MS.map(() => '0'));
  }, 120_000);
});
