import { describe, expect, it } from 'vitest';
import type { FacePose } from '../face/face-tracker';
import { i420FromRgba, i420Size } from './i420';
import { overlayFromRgba } from './overlay-image';
import { paintOverlay } from './overlay-painter';

const grey = (width = 64, height = 64) => {
  const data = new Uint8Array(i420Size(width, height)).fill(128);
  return { width, height, data };
};
/** White, opaque unless said otherwise. */
const square = (side: number, opacity = 255, colour = [255, 255, 255]) =>
  overlayFromRgba(
    Uint8Array.from({ length: side * side * 4 }, (_, i) => (i % 4 === 3 ? opacity : (colour[i % 4] ?? 0))),
    side,
    side,
  );
const pose = (x: number, y: number, size: number, angle = 0): FacePose => ({ centre: { x, y }, size, angle });
const whole = { offsetX: 0, offsetY: 0, width: 1, height: 1 };
const luma = (picture: ReturnType<typeof grey>, x: number, y: number) => picture.data[y * picture.width + x];

describe('painting an overlay', () => {
  it('covers the square of the face and nothing else', () => {
    const picture = grey();
    paintOverlay(picture, square(20), whole, pose(32, 32, 20));
    expect(luma(picture, 32, 32)).toBe(235);
    expect(luma(picture, 24, 24)).toBe(235);
    expect(luma(picture, 40, 40)).toBe(235);
    expect(luma(picture, 20, 32)).toBe(128);
    expect(luma(picture, 44, 32)).toBe(128);
    expect(luma(picture, 32, 20)).toBe(128);
  });

  it('takes the four numbers as parts of the square, from its upper left corner', () => {
    const picture = grey();
    // The upper left corner of the square is at (22, 22): a box of 10 by 5 that begins 10 to its left and 5 above.
    paintOverlay(
      picture,
      square(20),
      { offsetX: -0.5, offsetY: -0.25, width: 0.5, height: 0.25 },
      pose(32, 32, 20),
    );
    expect(luma(picture, 17, 19)).toBe(235);
    expect(luma(picture, 24, 19)).toBe(128);
    expect(luma(picture, 17, 24)).toBe(128);
    expect(luma(picture, 9, 19)).toBe(128);
  });

  it('turns with the head, about the middle of the face', () => {
    const picture = grey();
    // A hat above the face; the head is turned a quarter clockwise: the hat is at the right.
    paintOverlay(
      picture,
      square(20),
      { offsetX: 0, offsetY: -1, width: 1, height: 1 },
      pose(30, 30, 16, Math.PI / 2),
    );
    expect(luma(picture, 46, 30)).toBe(235);
    expect(luma(picture, 30, 14)).toBe(128);
  });

  it('lets the picture shine through where the overlay is transparent', () => {
    const half = grey();
    paintOverlay(half, square(20, 128), whole, pose(32, 32, 20));
    expect(luma(half, 32, 32)).toBeGreaterThan(170);
    expect(luma(half, 32, 32)).toBeLessThan(195);
    const clear = grey();
    paintOverlay(clear, square(20, 0), whole, pose(32, 32, 20));
    expect(clear.data).toEqual(grey().data);
  });

  it('colours as well', () => {
    const picture = grey();
    paintOverlay(picture, square(20, 255, [255, 0, 0]), whole, pose(32, 32, 20));
    const red = i420FromRgba(Uint8Array.from([255, 0, 0, 255]), 1, 1).data;
    const v = 64 * 64 + 32 * 32 + 16 * 32 + 16;
    expect(Math.abs((picture.data[v] ?? 0) - (red[2] ?? 0))).toBeLessThan(3);
  });

  it.each([
    [-5, -5, 20],
    [70, 30, 40],
    [32, 200, 50],
    [0, 0, 500],
  ])('keeps inside the picture for a face at %i, %i of size %i', (x, y, size) => {
    for (const [width, height] of [
      [64, 64],
      [63, 61],
    ] as const) {
      const picture = grey(width, height);
      const { length } = picture.data;
      for (const angle of [0, 0.7, 3]) paintOverlay(picture, square(33), whole, pose(x, y, size, angle));
      expect(picture.data).toHaveLength(length);
    }
  });

  it('does nothing for sizes that make no sense', () => {
    const picture = grey();
    for (const width of [0, -1, NaN]) paintOverlay(picture, square(8), { ...whole, width }, pose(32, 32, 20));
    expect(picture.data).toEqual(grey().data);
  });
});
