/**
 * Draws the tray's icons into build/tray (committed): one per state of a session, told apart by shape as well as by
 * colour. Run after changing the drawing: `node build/draw-tray-icons.mjs`.
 *
 *   tray-LOOK.png, tray-LOOK@2x.png                    Linux and Windows: the app's icon with a sign in its corner
 *   tray-LOOKTemplate.png, tray-LOOKTemplate@2x.png    macOS: black on nothing; the system colours it
 */
import { writeFileSync } from 'node:fs';
import { createCanvas, Image } from '@napi-rs/canvas';
import { at } from './layout.mjs';

/** @typedef {'idle' | 'ringing' | 'live' | 'muted'} Look */
/** @type {readonly Look[]} */
const LOOKS = ['idle', 'ringing', 'live', 'muted'];

const arcs = (/** @type {string} */ outer, /** @type {string} */ inner) => `
  <path d="M45.5 19.5a18.5 18.5 0 1 0 0 25" fill="none" stroke="${outer}" stroke-width="7" stroke-linecap="round"/>
  <path d="M38.2 26.6a8.6 8.6 0 1 0 0 10.8" fill="none" stroke="${inner}" stroke-width="6" stroke-linecap="round"/>`;

/** On a 64-unit grid, in the lower right corner. @type {Record<Look, string>} */
const SIGNS = {
  idle: '',
  ringing:
    '<path d="M47 33l15 26H32z" fill="#ffc24b" stroke="#14201d" stroke-width="3" stroke-linejoin="round"/>',
  live: '<circle cx="48" cy="48" r="13" fill="#ff5a4e" stroke="#f7f4ee" stroke-width="4"/>',
  muted:
    '<circle cx="48" cy="48" r="13" fill="#5c6663" stroke="#f7f4ee" stroke-width="4"/><path d="M40.5 55.5l15-15" stroke="#f7f4ee" stroke-width="5"/>',
};
/** The same in one colour. @type {Record<Look, string>} */
const MONOCHROME_SIGNS = {
  idle: '<circle cx="49" cy="32" r="5"/>',
  ringing: '<path d="M47 33l15 26H32z"/>',
  live: '<circle cx="49" cy="49" r="12"/>',
  muted: '<path d="M49 37a12 12 0 1 0 .1 0zm-7 16l12-12 3 3-12 12z" fill-rule="evenodd"/>',
};

/** @param {Look} look */
function coloured(look) {
  const dot = look === 'idle' ? '<circle cx="49" cy="32" r="5" fill="#ff8a5c"/>' : '';
  return `<rect width="64" height="64" rx="18" fill="#0d6b5b"/>${arcs('#f7f4ee', '#63dbbd')}${dot}${SIGNS[look]}`;
}

/** @param {Look} look */
function template(look) {
  return `${arcs('#000', '#000')}${MONOCHROME_SIGNS[look]}`;
}

/** @param {string} body @param {number} size @returns {Promise<Buffer>} a PNG */
async function draw(body, size) {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 64 64">${body}</svg>`;
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = () => resolve(undefined);
    image.onerror = reject;
    image.src = Buffer.from(drawing);
  });
  const canvas = createCanvas(size, size);
  canvas.getContext('2d').drawImage(image, 0, 0, size, size);
  return canvas.encode('png');
}

for (const look of LOOKS) {
  for (const [suffix, scale] of /** @type {const} */ ([
    ['', 1],
    ['@2x', 2],
  ])) {
    writeFileSync(at(`build/tray/tray-${look}${suffix}.png`), await draw(coloured(look), 24 * scale));
    writeFileSync(at(`build/tray/tray-${look}Template${suffix}.png`), await draw(template(look), 18 * scale));
  }
}
