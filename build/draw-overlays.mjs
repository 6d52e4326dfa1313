/**
 * Draws the overlay images of the magic mirror from their SVGs in build/overlays into PNGs beside them, 512 pixels square
 * with transparency (committed: a media server must not need a drawing library). Run after changing one:
 * `node build/draw-overlays.mjs`.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { at } from './layout.mjs';

const SIZE = 512;
const folder = at('build/overlays');

for (const file of readdirSync(folder).filter((name) => name.endsWith('.svg'))) {
  // A vector image is drawn at its own size: give it the one that is wanted.
  const drawing = readFileSync(`${folder}/${file}`, 'utf8').replace(
    '<svg ',
    `<svg width="${SIZE}" height="${SIZE}" `,
  );
  const canvas = createCanvas(SIZE, SIZE);
  canvas.getContext('2d').drawImage(await loadImage(Buffer.from(drawing)), 0, 0, SIZE, SIZE);
  writeFileSync(`${folder}/${file.replace('.svg', '.png')}`, await canvas.encode('png'));
}
