/**
 * What the fake camera shows: a picture that moves and that does not compress well, so that an encoder needs the bitrate
 * it is given. Y4M (uncompressed 4:2:0, 30 frames per second), which Chromium plays in a loop.
 */
import { open } from 'node:fs/promises';

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 60;

/** Writes two seconds of it to `file` (28 MB). The same in every run. */
export async function writeCamera(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`);
    const frame = Buffer.alloc((WIDTH * HEIGHT * 3) / 2);
    for (let index = 0; index < FRAMES; index++) {
      draw(frame, index);
      await handle.write('FRAME\n');
      await handle.write(frame);
    }
  } finally {
    await handle.close();
  }
}

/** Bars that wander across the picture, under noise; colours that turn. */
function draw(frame: Buffer, index: number): void {
  const phase = (index / FRAMES) * 2 * Math.PI;
  let noise = 12_345 + index;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
      const bar = ((x + y + index * 8) >> 5) & 1 ? 150 : 80;
      frame[y * WIDTH + x] = bar + (noise >>> 28);
    }
  }
  const luma = WIDTH * HEIGHT;
  const chroma = luma / 4;
  frame.fill(Math.round(128 + 40 * Math.sin(phase)), luma, luma + chroma);
  frame.fill(Math.round(128 + 40 * Math.cos(phase)), luma + chroma);
}
