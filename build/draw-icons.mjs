/**
 * Draws the app's icons from renderer/assets/icon.svg in the formats that the systems want, into build/icons (committed:
 * packaging must not depend on drawing). Run after changing the drawing: `node build/draw-icons.mjs`.
 *
 *   icons/NxN.png   Linux, and the window's own icon
 *   icons/icon.ico  Windows: PNG images in an ICO directory (accepted since Vista)
 *   icons/icon.icns macOS: PNG images in an ICNS container; drawn smaller, as Apple's icon grid has it
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createCanvas, Image } from '@napi-rs/canvas';
import { at } from './layout.mjs';

const folder = at('build/icons');
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512];
const WINDOWS_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Type code of each image in an ICNS file, and its size in pixels. @type {[string, number][]} */
const MAC_IMAGES = [
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
];
/** Apple's grid: the shape takes 824 of 1024 pixels, the rest is room for the shadow. */
const MAC_SHARE = 824 / 1024;

const drawing = readFileSync(at('renderer/assets/icon.svg'), 'utf8');

/** @param {number} size @param {number} share of the canvas that the drawing takes @returns {Promise<Buffer>} a PNG */
async function draw(size, share = 1) {
  const inner = Math.round(size * share);
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = () => resolve(undefined);
    image.onerror = reject;
    // A vector image is drawn at its own size: give it the one that is wanted.
    image.src = Buffer.from(drawing.replace('<svg ', `<svg width="${inner}" height="${inner}" `));
  });
  const canvas = createCanvas(size, size);
  const offset = Math.round((size - inner) / 2);
  canvas.getContext('2d').drawImage(image, offset, offset, inner, inner);
  return canvas.encode('png');
}

/** @param {{ size: number, png: Buffer }[]} images */
function ico(images) {
  const header = Buffer.alloc(6 + 16 * images.length);
  header.writeUInt16LE(1, 2); // icon, not cursor
  header.writeUInt16LE(images.length, 4);
  let offset = header.length;
  images.forEach(({ size, png }, index) => {
    const entry = 6 + 16 * index;
    header.writeUInt8(size % 256, entry); // 0 means 256
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4); // colour planes
    header.writeUInt16LE(32, entry + 6); // bits per pixel
    header.writeUInt32LE(png.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...images.map(({ png }) => png)]);
}

/** @param {{ type: string, png: Buffer }[]} images */
function icns(images) {
  const blocks = images.map(({ type, png }) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const body = Buffer.concat(blocks);
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

mkdirSync(folder, { recursive: true });
for (const size of LINUX_SIZES) writeFileSync(`${folder}/${size}x${size}.png`, await draw(size));
const windows = await Promise.all(WINDOWS_SIZES.map(async (size) => ({ size, png: await draw(size) })));
writeFileSync(`${folder}/icon.ico`, ico(windows));
const mac = await Promise.all(
  MAC_IMAGES.map(async ([type, size]) => ({ type, png: await draw(size, MAC_SHARE) })),
);
writeFileSync(`${folder}/icon.icns`, icns(mac));
