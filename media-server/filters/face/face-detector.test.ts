import { readFileSync } from 'node:fs';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { beforeAll, describe, expect, it } from 'vitest';
import { i420FromRgba } from '../picture/i420';
import { FaceDetector } from './face-detector';
import { poseOf } from './face-tracker';
import { readModel } from './tflite';

const model = (name: string) =>
  readModel(readFileSync(`node_modules/@mediapipe/face_detection/face_detection_${name}.tflite`));
const photograph = (n: number) => `node_modules/@vladmandic/face-api/demo/sample${n}.jpg`;
const [width, height] = [640, 480];

/** A photograph of several people, turned clockwise about the middle. */
async function picture(n: number, angle = 0) {
  const image = await loadImage(photograph(n));
  const context = createCanvas(width, height).getContext('2d');
  const scale = Math.min(width / image.width, height / image.height);
  context.translate(width / 2, height / 2);
  context.rotate(angle);
  context.drawImage(
    image,
    (-image.width * scale) / 2,
    (-image.height * scale) / 2,
    image.width * scale,
    image.height * scale,
  );
  return i420FromRgba(context.getImageData(0, 0, width, height).data, width, height);
}
const whole = { centre: { x: width / 2, y: height / 2 }, size: width, angle: 0 };

describe('face detection', () => {
  let scanner: FaceDetector;
  let follower: FaceDetector;
  beforeAll(() => {
    scanner = new FaceDetector(model('full_range'), 0.6);
    follower = new FaceDetector(model('short_range'), 0.5);
  });

  it.each([
    [1, 3],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 4],
  ])('finds everybody in photograph %i', async (n, people) => {
    expect(scanner.detect(await picture(n), whole)).toHaveLength(people);
  });

  it('finds nobody where nobody is', () => {
    const noise = {
      width,
      height,
      data: Uint8Array.from({ length: (width * height * 3) / 2 }, (_, i) => (i * 7919) % 251),
    };
    expect(scanner.detect(noise, whole)).toEqual([]);
    expect(follower.detect(noise, whole)).toEqual([]);
  });

  it('tells eyes, nose and mouth of a face in their places', async () => {
    for (const face of scanner.detect(await picture(3), whole)) {
      expect(face.rightEye.x).toBeLessThan(face.leftEye.x);
      expect(face.mouth.y).toBeGreaterThan(Math.max(face.rightEye.y, face.leftEye.y));
      expect(Math.abs(face.centre.x - face.nose.x)).toBeLessThan(face.size / 2);
    }
  });

  it('looks closer at a face it knows, tilted as the face is', async () => {
    const seen = await picture(1);
    for (const face of scanner.detect(seen, whole)) {
      const pose = poseOf(face);
      const closer = follower.detect(seen, { ...pose, size: pose.size * 1.8 });
      const nearest = closer
        .map(poseOf)
        .find(
          (found) =>
            Math.hypot(found.centre.x - pose.centre.x, found.centre.y - pose.centre.y) < pose.size / 3,
        );
      expect(nearest?.size).toBeGreaterThan(pose.size * 0.6);
    }
  });

  it('follows the tilt of heads', async () => {
    const upright = scanner.detect(await picture(3), whole).map(poseOf);
    const tilt = 0.4;
    const tilted = scanner.detect(await picture(3, tilt), whole).map(poseOf);
    expect(tilted.length).toBeGreaterThanOrEqual(2);
    const mean = (angles: number[]) => angles.reduce((sum, angle) => sum + angle, 0) / angles.length;
    const difference = mean(tilted.map(({ angle }) => angle)) - mean(upright.map(({ angle }) => angle));
    expect(difference).toBeCloseTo(tilt, 0);
  });

  it('answers the same for the same picture, however often it is asked', async () => {
    const seen = await picture(4);
    expect(scanner.detect(seen, whole)).toEqual(scanner.detect(seen, whole));
  });
});

it('refuses a damaged model', () => {
  const file = readFileSync('node_modules/@mediapipe/face_detection/face_detection_short_range.tflite');
  expect(() => readModel(file.subarray(0, 1000))).toThrow(RangeError);
  expect(() => readModel(Buffer.alloc(64))).toThrow();
});
