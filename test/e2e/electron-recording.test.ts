/** A session recorded into a file: played back, probed, never overwritten, and whole after the app was killed. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeCamera } from '../support/camera';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { processFamily, untilGone } from '../support/processes';
import { untilMoving } from '../support/pictures';
import { until } from '../support/until';

const run = promisify(execFile);
const obstacle = electronObstacle();

describe.skipIf(obstacle)(`recording in the app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let camera: string;
  let videos: string;
  let userDataDir: string;
  let app: RunningApp;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callcast-recording-'));
    camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
  });
  beforeEach(async () => {
    videos = await mkdtemp(join(folder, 'videos-'));
    userDataDir = await mkdtemp(join(folder, 'user-'));
    app = await launchApp({ camera, userDataDir });
    await app.electron.evaluate(({ app }, to) => {
      app.setPath('videos', to);
    }, videos);
    await app.page.evaluate(() => (location.hash = '#/mirror'));
    await app.page.getByRole('button', { name: 'Start the mirror' }).click();
    await untilMoving(app.page.locator('video[aria-label="You, as it comes back"]'));
  });
  afterEach(() => app?.close());
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const files = async (): Promise<string[]> => {
    const names = await readdir(join(videos, 'Callcast')).catch(() => []);
    return names.sort().map((name) => join(videos, 'Callcast', name));
  };
  const record = () => app.page.getByRole('button', { name: 'Record', exact: true }).click();
  const stop = () => app.page.getByRole('button', { name: /^Stop recording/ }).click();
  /** Until the file has so many seconds in it, as the button shows them. */
  const untilRecorded = (seconds: number) =>
    app.page.getByRole('button', { name: new RegExp(`^Stop recording: 0:0[${seconds}-9]`) }).waitFor();
  const untilBytes = (least: number) =>
    until(async () => {
      const [file] = await files();
      const size = file === undefined ? 0 : (await stat(file)).size;
      return size > least ? undefined : `${size} bytes`;
    });

  it('writes a file with picture and sound in which players can jump', async () => {
    await record();
    await untilRecorded(7);
    await stop();
    await app.page.getByText(/^Recorded: Callcast .*Mirror\.webm$/).waitFor();
    const [file = ''] = await files();
    const seen = await watch(file);
    // As the camera is, without black edges.
    expect([seen.width, seen.height]).toEqual([640, 480]);
    const header = await probe(file);
    expect(header.duration).toBeGreaterThan(6);
    expect(header.duration).toBeLessThan(12);
    expect(Math.abs(header.duration - seen.seconds)).toBeLessThan(0.3);
    for (const second of [2.5, 5]) {
      const jumped = await pictureAt(file, ['-ss', `${second}`, '-i', file]);
      expect(jumped).toBe(await pictureAt(file, ['-i', file, '-ss', `${second}`]));
      expect(await keyFrameBefore(file, second)).toBeGreaterThan(second - 2.5);
    }
    expect(seen.frames).toBeGreaterThan(20);
    expect(seen.sound).toBe('opus');
    expect(await distinctPictures(file)).toBeGreaterThan(5);
  });

  it('goes on with the window hidden', async () => {
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    await app.page.evaluate(() =>
      document.querySelector<HTMLElement>('button[aria-keyshortcuts="R"]')?.click(),
    );
    await untilBytes(200_000);
    await app.page.evaluate(() =>
      document.querySelector<HTMLElement>('button[aria-keyshortcuts="R"]')?.click(),
    );
    await app.page.getByText(/^Recorded:/).waitFor();
    const [file = ''] = await files();
    expect(await distinctPictures(file)).toBeGreaterThan(5);
  });

  it('ends with its session, and never replaces another recording', async () => {
    await record();
    await untilRecorded(2);
    await app.page.getByRole('button', { name: 'Stop', exact: true }).click();
    await app.page.getByText(/^Recorded:/).waitFor();
    await app.page.getByRole('button', { name: 'Start again' }).click();
    await untilMoving(app.page.locator('video[aria-label="You, as it comes back"]'));
    await record();
    await untilRecorded(2);
    await stop();
    await until(async () => ((await files()).length === 2 ? undefined : await files()));
    for (const file of await files()) expect((await stat(file)).size).toBeGreaterThan(10_000);
  });

  it('leaves a file that plays when the app is killed, and completes it at the next start', async () => {
    await record();
    await untilRecorded(6);
    await untilBytes(100_000);
    const family = processFamily(app.pid);
    process.kill(app.pid, 'SIGKILL');
    await untilGone(family);
    const [file = ''] = await files();
    expect((await watch(file)).frames).toBeGreaterThan(20);
    expect(await distinctPictures(file)).toBeGreaterThan(5);
    expect((await probe(file)).duration).toBeNaN();

    const again = await launchApp({ camera, userDataDir });
    try {
      await until(async () => Number.isNaN((await probe(file)).duration) && 'no duration yet');
    } finally {
      await again.close();
    }
    expect((await probe(file)).duration).toBeGreaterThan(4);
    expect(await keyFrameBefore(file, 3)).toBeGreaterThan(0.5);
    expect(await pictureAt(file, ['-ss', '3', '-i', file])).toBe(
      await pictureAt(file, ['-i', file, '-ss', '3']),
    );
    expect(await files()).toEqual([file]);
  });

  it('says so where it cannot write', async () => {
    // A file in the place of the folder.
    await writeFile(join(videos, 'Callcast'), 'mine');
    await record();
    await app.page.getByText(/The recording cannot be written/).waitFor();
    expect(await readFile(join(videos, 'Callcast'), 'utf8')).toBe('mine');
  });
});

/** The file as a reader of its own meets it. */
async function watch(file: string) {
  const input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS });
  try {
    const [video, audio] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
    if (video === null) throw new Error('no picture in it');
    const { packetCount } = await video.computePacketStats();
    return {
      seconds: await input.computeDuration(),
      width: video.displayWidth,
      height: video.displayHeight,
      frames: packetCount,
      sound: audio?.codec ?? null,
    };
  } finally {
    input.dispose();
  }
}

/** Decoded pictures that differ from each other, of four a second. */
async function distinctPictures(file: string): Promise<number> {
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-an', '-vf', 'fps=4,scale=64:36', '-f', 'framemd5', '-'],
    { timeout: 60_000 },
  );
  const sums = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim());
  return new Set(sums).size;
}

/** What the header says, without reading the rest; NaN: nothing. */
async function probe(file: string): Promise<{ duration: number }> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file],
  ]);
  return { duration: Number.parseFloat(stdout) };
}

/** The sum of one decoded picture: where a player jumps to, or where it arrives by watching everything before. */
async function pictureAt(file: string, input: readonly string[]): Promise<string> {
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', ...input, '-an', '-frames:v', '1', '-f', 'framemd5', '-'],
    { timeout: 60_000 },
  );
  const sum = stdout.trim().split('\n').at(-1)?.split(',').at(-1)?.trim() ?? '';
  if (!/^[0-9a-f]{32}$/.test(sum)) throw new Error(`no picture in ${file}: ${stdout}`);
  return sum;
}

/** Seconds of the first packet that a player reads when it wants to show this second: without an index, that of the first. */
async function keyFrameBefore(file: string, second: number): Promise<number> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-read_intervals', `${second}%+#1`],
    ...['-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file],
  ]);
  return Number.parseFloat(stdout);
}
