import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from './byte-source';
import { MediaFile } from './media-file';
import { checkMp4Metadata } from './mp4-guard';

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../test/fixtures/media-files', name));
const source = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  close: () => Promise.resolve(),
});
/** The file with a number written behind the first of these names. */
function bent(name: string, table: string, offset: number, value: number): Buffer {
  const bytes = Buffer.from(fixture(name));
  bytes.writeUInt32BE(value, bytes.indexOf(table) + 4 + offset);
  return bytes;
}
async function read(bytes: Buffer): Promise<number> {
  const file = await MediaFile.open(source(bytes));
  let samples = 0;
  try {
    for (const { kind } of file.tracks)
      for await (const { data } of file.samples(kind, 0)) samples += data.length > 0 ? 1 : 0;
  } finally {
    await file.close();
  }
  return samples;
}

describe('what an MP4 file promises', () => {
  it('is taken from files of other programs as it is', async () => {
    for (const name of [
      'h264-opus.mp4',
      'h264-opus-fragmented.mp4',
      'h264.mov',
      'h264-opus.mkv',
      'vp8-opus.webm',
    ])
      expect(await read(fixture(name)), name).toBeGreaterThanOrEqual(8);
  });

  it.each([
    ['a chunk of billions', 'h264-opus.mp4', 'stsc', 12, 0xffff_ffff],
    ['a chunk far away', 'h264-opus.mp4', 'stsc', 8, 0xffff_ffff],
    ['billions of frames', 'h264-opus.mp4', 'stts', 8, 0xffff_ffff],
    ['billions of frames in another order', 'h264-opus.mp4', 'ctts', 8, 0x7fff_ffff],
    ['a fragment of billions', 'h264-opus-fragmented.mp4', 'trun', 4, 0xffff_ffff],
  ] as const)('is refused at once when it is %s', async (_what, name, table, offset, value) => {
    await expect(read(bent(name, table, offset, value))).rejects.toThrow('more samples than a film has');
  });

  it('is looked at wherever its tables are', () => {
    const hidden = Buffer.concat([
      Buffer.alloc(33, 0x41),
      Buffer.from('stsc\0\0\0\0\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff\0\0\0\x01', 'latin1'),
    ]);
    expect(() => checkMp4Metadata(hidden)).toThrow();
    expect(() => checkMp4Metadata(hidden.subarray(0, 40))).not.toThrow();
    expect(() => checkMp4Metadata(Buffer.from('trun'))).not.toThrow();
  });
});
