/**
 * What the fake camera shows when faces are wanted: a photograph of three people that wanders and tilts, with the number
 * of each frame as black and white cells along the lower edge. Y4M, 640×480 at 30 frames per second, looped by Chromium.
 */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { i420FromRgba } from '../../media-server/filters/picture/i420';

export const FACES = 3;
export const FRAMES = 64;
const WIDTH = 640;
const HEIGHT = 480;
/** Side of a cell of the frame number, six of them from the left, the highest bit first. */
export const CELL = 32;

const PHOTOGRAPH = path.resolve(
  import.meta.dirname,
  '../../node_modules/@vladmandic/face-api/demo/sample3.jpg',
);

/** Writes two seconds (29 MB). The same in every run. */
export async function writeFaceCamera(file: string): Promise<void> {
  const photograph = await loadImage(PHOTOGRAPH);
  const context = createCanvas(WIDTH, HEIGHT).getContext('2d');
  const handle = await open(file, 'w');
  try {
    await handle.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`);
    for (let index = 0; index < FRAMES; index++) {
      const phase = (index / FRAMES) * 2 * Math.PI;
      context.resetTransform();
      context.fillStyle = '#404040';
      context.fillRect(0, 0, WIDTH, HEIGHT);
      context.translate(WIDTH / 2 + 15 * Math.sin(phase), HEIGHT / 2 + 20 * Math.cos(phase));
      context.rotate(0.15 * Math.sin(phase));
      const height = (WIDTH * photograph.height) / photograph.width;
      context.drawImage(photograph, -WIDTH / 2, -height / 2, WIDTH, height);
      context.resetTransform();
      for (let bit = 0; bit < 6; bit++) {
        context.fillStyle = (index >> (5 - bit)) & 1 ? '#ffffff' : '#000000';
        context.fillRect(bit * CELL, HEIGHT - CELL, CELL, CELL);
      }
      await handle.write('FRAME\n');
      await handle.write(i420FromRgba(context.getImageData(0, 0, WIDTH, HEIGHT).data, WIDTH, HEIGHT).data);
    }
  } finally {
    await handle.close();
  }
}

/** A disc of a green that is nowhere in the photograph, as PNG. */
export function greenDisc(): Buffer {
  const disc = createCanvas(128, 128);
  const context = disc.getContext('2d');
  context.fillStyle = '#00ff00';
  context.arc(64, 64, 64, 0, 2 * Math.PI);
  context.fill();
  return disc.toBuffer('image/png');
}

/** Runs in the page: how many areas of that green its video shows. -1 while there is no picture. */
export function countGreenAreas(): number {
  const video = document.querySelector('video');
  if (!video || video.videoWidth === 0) return -1;
  const [width, height] = [80, 60];
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return -1;
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const green = (i: number) =>
    (data[4 * i + 1] ?? 0) > 140 && (data[4 * i] ?? 255) < 90 && (data[4 * i + 2] ?? 255) < 90;
  const seen = new Set<number>();
  let areas = 0;
  for (let start = 0; start < width * height; start++) {
    if (seen.has(start) || !green(start)) continue;
    // Flood over neighbours; a few pixels alone are noise of the codec.
    const queue = [start];
    seen.add(start);
    for (let at = 0; at < queue.length; at++) {
      const here = queue[at] ?? 0;
      for (const next of [here - 1, here + 1, here - width, here + width]) {
        if (next < 0 || next >= width * height || seen.has(next) || !green(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    if (queue.length >= 6) areas++;
  }
  return areas;
}
