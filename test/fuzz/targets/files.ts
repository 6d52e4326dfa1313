/** Files from outside: overlay images that a client names, and the model of the face detector. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as canvas from '@napi-rs/canvas';
import { readModel } from '../../../media-server/filters/face/tflite';
import { decodeOverlay, ImageError, imageSize } from '../../../media-server/filters/picture/image-file';
import { keyframePixels } from '../../../media-server/rtp/vp8';
import type { Random } from '../random';
import { claim, FOR_EVER, MILLION, words } from '../target';
import type { Target } from '../target';

function drawn(): Buffer[] {
  const made = canvas.createCanvas(48, 32);
  const context = made.getContext('2d');
  context.fillStyle = 'rgba(255, 0, 0, 0.5)';
  context.fillRect(0, 0, 40, 20);
  return [
    made.toBuffer('image/png'),
    made.toBuffer('image/jpeg'),
    made.toBuffer('image/webp'),
    Buffer.from('GIF89a\x30\x00\x20\x00'.padEnd(60, '\0'), 'latin1'),
    Buffer.from('BM'.padEnd(60, '\0'), 'latin1'),
  ];
}

export const imageHeaders: Target = {
  name: 'image-headers',
  about: 'sizes of images before they are decoded',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: (error) => error instanceof ImageError,
  prepare: () => ({
    samples: drawn(),
    words: words('RIFF', 'WEBPVP8L', 'WEBPVP8X', 'IHDR', '\xff\xc0', '\xff\xd8', 'BM'),
    maxBytes: 2_048,
    begin: () => ({
      run(input) {
        imageSize(input);
        claim(keyframePixels(input) <= 16_383 ** 2, 'pictures have sides of 14 bits');
      },
    }),
  }),
};

export const images: Target = {
  name: 'images',
  about: 'damaged images, decoded',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: (error) => error instanceof ImageError,
  prepare: () => ({
    samples: drawn(),
    maxBytes: 2_048,
    begin: () => ({ run: (input) => decodeOverlay(input, canvas) }),
  }),
};

const require = createRequire(import.meta.url);

/** Most of a model is weights; what its structure says is attacked beside them. */
function spoilStructure(input: Buffer, random: Random): Buffer {
  const structure = Math.min(input.length, 24 * 1024);
  for (let changes = random.below(6); changes > 0; changes--) {
    const fromEnd = random.oneIn(2);
    const at = (fromEnd ? input.length - structure : 0) + random.below(Math.max(1, structure - 4));
    if (at + 4 > input.length || at < 0) continue;
    if (random.oneIn(2)) input.writeUInt16LE(random.next() & 0xffff, at);
    else input.writeUInt32LE(random.oneIn(2) ? random.below(input.length) : random.next(), at);
  }
  return input;
}

export const tflite: Target = {
  name: 'tflite',
  about: 'damaged models of the face detector',
  // Each is a quarter of a megabyte, and no peer can send one.
  inputs: MILLION / 200,
  episode: FOR_EVER,
  // A model is no peer's: it may fail as the reader documents, but not by stumbling.
  isFault: (error) =>
    error instanceof RangeError ||
    (error instanceof TypeError && !/undefined|null|not a function|iterable/.test(error.message)),
  prepare: () => {
    const folder = path.dirname(require.resolve('@mediapipe/face_detection/package.json'));
    const model = readFileSync(path.join(folder, 'face_detection_short_range.tflite'));
    return {
      samples: [model],
      maxBytes: model.length + 1_024,
      repair: spoilStructure,
      begin: () => ({
        run(input) {
          const { tensors, steps } = readModel(input);
          claim(tensors.length + steps.length < input.length, 'a model is no larger than its file');
        },
      }),
    };
  },
};
