import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorker } from '../../test/support/bundle-worker';
import type { BundledWorker } from '../../test/support/bundle-worker';
import type { ByteSource } from './byte-source';
import { MediaFiles } from './media-files';
import type { Media } from './media-file';

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../test/fixtures/media-files', name));

interface CountingSource extends ByteSource {
  readonly reads: number;
  readonly closed: number;
}
function source(bytes: Buffer, read = (start: number, end: number) => bytes.subarray(start, end)) {
  const counts = { reads: 0, closed: 0 };
  return {
    size: bytes.length,
    read: (start: number, end: number) => {
      counts.reads++;
      return Promise.resolve().then(() => read(start, end));
    },
    close: () => Promise.resolve(void counts.closed++),
    get reads() {
      return counts.reads;
    },
    get closed() {
      return counts.closed;
    },
  } satisfies CountingSource;
}

async function contentOf(file: Media) {
  const content: unknown[] = [file.tracks, file.duration, await file.keyframeBefore(file.duration / 2)];
  for (const { kind } of file.tracks) for await (const sample of file.samples(kind, 0)) content.push(sample);
  return content;
}

let worker: BundledWorker;
const open: MediaFiles[] = [];
const files = (file?: string) => {
  const made = new MediaFiles(file);
  open.push(made);
  return made;
};
beforeAll(async () => {
  worker = await bundleWorker('media-server/player/media-file-worker.ts');
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
afterAll(() => worker.close());

describe('files in a thread of their own', () => {
  it.each(['h264-opus.mp4', 'h264-opus-fragmented.mp4', 'vp8-opus.webm'])(
    'have what they have in the thread of the server: %s',
    async (name) => {
      const here = await files().open(source(fixture(name)));
      const bytes = source(fixture(name));
      const there = await files(worker.file).open(bytes);
      const content = await contentOf(there);
      expect(content).toEqual(await contentOf(here));
      expect(content.length).toBeGreaterThan(20);
      await there.close();
      expect(bytes.closed).toBe(1);
      await here.close();
    },
  );

  it('are read several at once, from several places', async () => {
    const all = files(worker.file);
    const [film, other] = await Promise.all([
      all.open(source(fixture('vp8-opus.webm'))),
      all.open(source(fixture('h264-opus.mp4'))),
    ]);
    const first = film.samples('video', 0);
    const second = film.samples('video', 0);
    const [a, b] = await Promise.all([first.next(), second.next()]);
    expect(a.value).toEqual(b.value);
    await first.return();
    expect((await second.next()).done).toBe(false);
    await second.return();
    await film.close();
    expect((await contentOf(other)).length).toBeGreaterThan(20);
    await other.close();
  });

  it('say what is wrong with them, and are closed then', async () => {
    const all = files(worker.file);
    const noise = source(Buffer.alloc(50_000, 0x1a));
    await expect(all.open(noise)).rejects.toThrow();
    expect(noise.closed).toBe(1);
    const bytes = fixture('vp8-opus.webm');
    const broken = source(bytes, () => {
      throw new Error('the disk is gone');
    });
    await expect(all.open(broken)).rejects.toThrow('the disk is gone');
    expect(broken.closed).toBe(1);
    const film = await all.open(source(bytes));
    await film.close();
    await expect(film.keyframeBefore(0)).rejects.toThrow('closed');
  });

  it('fail when their thread ends, and the next one gets another', async () => {
    const all = files(worker.file);
    const film = await all.open(source(fixture('vp8-opus.webm')));
    await all.close();
    await expect(film.keyframeBefore(0)).rejects.toThrow('ended');
    await film.close();
    const again = await all.open(source(fixture('vp8-opus.webm')));
    expect(again.tracks).toEqual(film.tracks);
    await again.close();
  });
});
