import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { element, Id, idBytes, join, text, UNKNOWN_SIZE, unsigned } from '../protocol/ebml';
import { MAX_RECORDINGS } from '../protocol/limits';
import { silentLogger } from '../protocol/log';
import { fileNameOf, Recordings, type RecordingOptions } from './recording';
import { UnfinishedRecordings } from './unfinished-recordings';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'callcast-recordings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const AT = new Date(2026, 6, 4, 18, 5);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function openRecordings(options: Partial<RecordingOptions> = {}): Recordings {
  return new Recordings({
    folder: () => path.join(folder, 'Callcast'),
    now: () => AT,
    unfinished: new UnfinishedRecordings(path.join(folder, 'unfinished.json')),
    logger: silentLogger,
    ...options,
  });
}
async function started(recordings: Recordings, title = 'Ana'): Promise<{ id: number; name: string }> {
  const start = await recordings.start(title);
  if (start.at === 'failed') throw new Error(start.why);
  return start;
}

it('appends what comes, in order, and has it on the disk before the end', async () => {
  const recordings = openRecordings();
  const { id, name } = await started(recordings);
  expect(name).toBe('Callcast 2026-07-04 18.05 Ana.webm');
  const all = await Promise.all([
    recordings.append(id, bytes('one ')),
    recordings.append(id, bytes('two ')),
    recordings.append(id, bytes('three')),
  ]);
  expect(all).toEqual([4, 8, 13].map((size) => ({ at: 'written', size })));
  const file = path.join(folder, 'Callcast', name);
  expect(recordings.fileOf(id)).toBe(file);
  expect(readFileSync(file, 'utf8')).toBe('one two three');
  expect(await recordings.finish(id)).toEqual({ at: 'written', size: 13 });
  expect(await recordings.append(id, bytes('late'))).toEqual({ at: 'failed', why: 'gone' });
  expect(await recordings.finish(id)).toEqual({ at: 'failed', why: 'gone' });
  expect(readFileSync(file, 'utf8')).toBe('one two three');
});

it('never replaces a file', async () => {
  const recordings = openRecordings();
  const first = await started(recordings);
  const second = await started(recordings);
  expect(second.name).toBe('Callcast 2026-07-04 18.05 Ana (2).webm');
  writeFileSync(path.join(folder, 'Callcast', 'Callcast 2026-07-04 18.05 Ana (3).webm'), 'mine');
  const third = await started(recordings);
  expect(third.name).toBe('Callcast 2026-07-04 18.05 Ana (4).webm');
  for (const { id } of [first, second, third]) await recordings.finish(id);
  expect(readFileSync(path.join(folder, 'Callcast', 'Callcast 2026-07-04 18.05 Ana (3).webm'), 'utf8')).toBe(
    'mine',
  );
});

it('keeps names inside the folder, whatever somebody is called', async () => {
  const recordings = openRecordings();
  for (const title of ['../../etc/passwd', 'C:\\x', '', '.', '\u0000\u0007', 'CON', '😀'.repeat(100)]) {
    const { id, name } = await started(recordings, title);
    await recordings.finish(id);
    expect(name).toMatch(/^Callcast 2026-07-04 18\.05[^/\\]*\.webm$/);
  }
  expect(readdirSync(folder)).toEqual(['Callcast', 'unfinished.json']);
  expect(Buffer.byteLength(fileNameOf('😀'.repeat(200), AT))).toBeLessThan(240);
});

it('tells a full disk, keeps what was written, and stops writing', async () => {
  const recordings = openRecordings({
    openFile: async (file, flags) => {
      const handle = await open(file, flags);
      const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
      let calls = 0;
      Object.assign(handle, {
        write: (...args: unknown[]) => {
          calls += 1;
          if (calls > 2) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
          return write(...args);
        },
      });
      return handle;
    },
  });
  const { id, name } = await started(recordings);
  await recordings.append(id, bytes('1'));
  await recordings.append(id, bytes('2'));
  expect(await recordings.append(id, bytes('3'))).toEqual({ at: 'failed', why: 'disk-full' });
  expect(await recordings.append(id, bytes('4'))).toEqual({ at: 'failed', why: 'disk-full' });
  expect(await recordings.finish(id)).toEqual({ at: 'failed', why: 'disk-full' });
  expect(readFileSync(path.join(folder, 'Callcast', name), 'utf8')).toBe('12');
});

it('says where it cannot write, and that there are enough recordings', async () => {
  const nowhere = openRecordings({ folder: () => path.join(folder, 'file', 'Callcast') });
  writeFileSync(path.join(folder, 'file'), '');
  expect(await nowhere.start('x')).toEqual({ at: 'failed', why: 'not-writable' });

  const recordings = openRecordings();
  for (let count = 0; count < MAX_RECORDINGS; count += 1) await started(recordings);
  expect(await recordings.start('x')).toEqual({ at: 'failed', why: 'too-many' });
  await recordings.finishAll();
  const again = await started(recordings);
  await recordings.finish(again.id);
});

it('knows nothing of recordings that it has not made', async () => {
  const recordings = openRecordings();
  expect(recordings.fileOf(7)).toBeNull();
  expect(await recordings.append(7, bytes('x'))).toEqual({ at: 'failed', why: 'gone' });
});

/** As much of a live stream as a picture needs: three clusters, and half of a fourth. */
function stream(): Uint8Array {
  const track = element(Id.TrackEntry, [
    unsigned(Id.TrackNumber, 1),
    unsigned(Id.TrackType, 1),
    text(0x86, 'V_VP8'),
  ]);
  const cluster = (second: number): Uint8Array =>
    join([
      idBytes(Id.Cluster),
      UNKNOWN_SIZE,
      unsigned(Id.Timestamp, second * 1_000),
      element(Id.SimpleBlock, [Uint8Array.of(0x81, 0, 0, 0x80), new Uint8Array(50)]),
    ]);
  return join([
    element(Id.Ebml, text(0x4282, 'webm')),
    idBytes(Id.Segment),
    UNKNOWN_SIZE,
    element(Id.Info, unsigned(Id.TimestampScale, 1_000_000)),
    element(Id.Tracks, track),
    ...[0, 1, 2].map(cluster),
    cluster(3).subarray(0, 40),
  ]);
}
const isComplete = (file: string): boolean => readFileSync(file).includes(Buffer.from(idBytes(Id.Cues)));

it('completes a finished recording, and at the next start one that was interrupted', async () => {
  const recordings = openRecordings();
  const first = await started(recordings);
  await recordings.append(first.id, stream());
  const finished = await recordings.finish(first.id);
  const file = recordings.fileOf(first.id) ?? '';
  expect(finished).toEqual({ at: 'written', size: readFileSync(file).length });
  expect(isComplete(file)).toBe(true);

  const second = await started(recordings);
  await recordings.append(second.id, stream());
  const interrupted = recordings.fileOf(second.id) ?? '';
  expect(isComplete(interrupted)).toBe(false);
  // One that runs is none that was interrupted.
  await recordings.completeUnfinished();
  expect(isComplete(interrupted)).toBe(false);
  writeFileSync(path.join(folder, 'copy.webm'), readFileSync(interrupted));
  const next = openRecordings({ unfinished: new UnfinishedRecordings(path.join(folder, 'next.json')) });
  const notes = [path.join(folder, 'copy.webm'), path.join(folder, 'deleted.webm')];
  writeFileSync(path.join(folder, 'next.json'), JSON.stringify(notes));
  await next.completeUnfinished();
  expect(readFileSync(path.join(folder, 'copy.webm'))).toEqual(readFileSync(file));
  expect(JSON.parse(readFileSync(path.join(folder, 'next.json'), 'utf8'))).toEqual([]);
  await recordings.finish(second.id);
  expect(JSON.parse(readFileSync(path.join(folder, 'unfinished.json'), 'utf8'))).toEqual([]);
});

it('touches no file because of notes that make no sense', async () => {
  const mine = path.join(folder, 'mine.txt');
  writeFileSync(mine, 'mine');
  for (const notes of [
    '',
    '{',
    '7',
    JSON.stringify([mine]),
    JSON.stringify(['a.webm']),
    JSON.stringify([7]),
  ]) {
    writeFileSync(path.join(folder, 'unfinished.json'), notes);
    await openRecordings().completeUnfinished();
  }
  expect(readFileSync(mine, 'utf8')).toBe('mine');
});
