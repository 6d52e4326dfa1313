import * as canvas from '@napi-rs/canvas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOverlay, ImageError, imageSize } from './image-file';

function drawn(width: number, height: number) {
  const made = canvas.createCanvas(width, height);
  const context = made.getContext('2d');
  context.fillStyle = 'rgba(255, 0, 0, 0.5)';
  context.fillRect(0, 0, width, height / 2);
  return made;
}

describe('image files', () => {
  it('tell their size before they are decoded', () => {
    const picture = drawn(321, 123);
    const size = { width: 321, height: 123 };
    expect(imageSize(picture.toBuffer('image/png'))).toEqual(size);
    expect(imageSize(picture.toBuffer('image/jpeg'))).toEqual(size);
    expect(imageSize(picture.toBuffer('image/webp'))).toEqual(size);
    expect(imageSize(Buffer.from('GIF89a\x41\x01\x7b\x00'.padEnd(40, '\0'), 'latin1'))).toEqual(size);
  });

  it('become overlays with their transparency', async () => {
    const { levels } = await decodeOverlay(drawn(64, 32).toBuffer('image/png'), canvas);
    const [full] = levels;
    expect(full).toMatchObject({ width: 64, height: 32 });
    expect(full?.data[3]).toBeGreaterThan(120);
    expect(full?.data[3]).toBeLessThan(135);
    expect(full?.data.at(-1)).toBe(0);
    expect(levels[1]).toMatchObject({ width: 32, height: 16 });
  });

  it('are made smaller where a face cannot use them', async () => {
    const { levels } = await decodeOverlay(drawn(3000, 300).toBuffer('image/png'), canvas);
    expect(levels[0]).toMatchObject({ width: 1024, height: 102 });
  });

  it('are refused when they are none, damaged, or announce too much', async () => {
    const png = drawn(64, 64).toBuffer('image/png');
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(60_000, 16);
    const damaged = Buffer.from(png.subarray(0, 60));
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'.repeat(20)), bomb, damaged, svg]) {
      await expect(decodeOverlay(bytes, canvas)).rejects.toBeInstanceOf(ImageError);
    }
  });

  it('never make the size reader throw', () => {
    const heads = [
      '\x89PNG\r\n\x1a\n',
      'GIF89a',
      'BM',
      'RIFF....WEBPVP8L',
      'RIFF....WEBPVP8X',
      '\xff\xd8\xff\xe0',
      '',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 200 }), (head, rest) => {
        imageSize(Buffer.concat([Buffer.from(head, 'latin1'), rest]));
      }),
    );
  });
});
