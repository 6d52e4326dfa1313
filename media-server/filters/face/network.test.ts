import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels, FLOOR_NONE, FLOOR_RELU } from './kernels';
import { createMemory } from './web-assembly';

/** Places arrays in a memory one after the other, behind the first 64 bytes. */
function setup(...arrays: Float32Array[]) {
  const memory = createMemory(64, 64);
  const kernels = createKernels(memory);
  const floats = new Float32Array(memory.buffer);
  let end = 64;
  const addresses = arrays.map((array) => {
    const address = end;
    floats.set(array, address / 4);
    end += (array.byteLength + 63) & ~63;
    return address;
  });
  return {
    kernels,
    addresses,
    read: (at: number, length: number) => floats.slice(at / 4, at / 4 + length),
    free: end,
  };
}
const random = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed) * 2);
const close = (actual: Float32Array, expected: Float32Array) => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i] ?? NaN, 3);
};

describe('the kernels compute what plain loops compute', () => {
  it('matrix products with bias, with and without ReLU, in blocks of eight and four columns', () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 6 }).map((n) => 4 * n),
      k: fc.integer({ min: 1, max: 6 }).map((n) => 4 * n),
      n: fc.integer({ min: 1, max: 7 }).map((n) => 4 * n),
      relu: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, ({ rows, k, n, relu }) => {
        const a = random(rows * k, 1);
        const b = random(k * n, 2);
        const bias = random(n, 3);
        const packed = new Float32Array(k * n);
        for (let row = 0; row < k; row++) {
          for (let column = 0; column < n; column++) {
            const block = column & ~7;
            packed[block * k + row * Math.min(8, n - block) + column - block] = b[row * n + column] ?? 0;
          }
        }
        const { kernels, addresses, read, free } = setup(a, packed, bias);
        const [at = 0, bt = 0, biasAt = 0] = addresses;
        kernels.multiply(at, bt, biasAt, free, rows, k, n, relu ? FLOOR_RELU : FLOOR_NONE);
        const expected = new Float32Array(rows * n);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < n; column++) {
            let sum = bias[column] ?? 0;
            for (let i = 0; i < k; i++) sum += (a[row * k + i] ?? 0) * (b[i * n + column] ?? 0);
            expected[row * n + column] = relu ? Math.max(0, sum) : sum;
          }
        }
        close(read(free, rows * n), expected);
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 2])('depthwise convolutions with stride %i', (stride) => {
    const [width, height, channels] = [5, 3, 8];
    const inWidth = (width - 1) * stride + 3;
    const inHeight = (height - 1) * stride + 3;
    const input = random(inWidth * inHeight * channels, 4);
    const weights = random(9 * channels, 5);
    const bias = random(channels, 6);
    const { kernels, addresses, read, free } = setup(input, weights, bias);
    const [inAt = 0, weightsAt = 0, biasAt = 0] = addresses;
    const rowBytes = inWidth * channels * 4;
    kernels.depthwise(
      inAt,
      weightsAt,
      biasAt,
      free,
      width,
      height,
      channels,
      rowBytes,
      stride * channels * 4,
      stride * rowBytes,
      FLOOR_NONE,
    );
    const expected = new Float32Array(width * height * channels);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = bias[c] ?? 0;
          for (let tap = 0; tap < 9; tap++) {
            const sy = y * stride + Math.floor(tap / 3);
            const sx = x * stride + (tap % 3);
            sum += (input[(sy * inWidth + sx) * channels + c] ?? 0) * (weights[tap * channels + c] ?? 0);
          }
          expected[(y * width + x) * channels + c] = sum;
        }
      }
    }
    close(read(free, expected.length), expected);
  });

  it('sums of pictures with fewer channels', () => {
    const a = random(5 * 4, 7);
    const b = random(5 * 12, 8);
    const { kernels, addresses, read, free } = setup(a, b);
    const [aAt = 0, bAt = 0] = addresses;
    kernels.addPixels(aAt, bAt, free, 5, 4, 12, FLOOR_RELU);
    const expected = b.map((value, i) => {
      const channel = i % 12;
      return Math.max(0, value + (channel < 4 ? (a[Math.floor(i / 12) * 4 + channel] ?? 0) : 0));
    });
    close(read(free, 60), expected);
  });

  it('maxima of two by two pixels', () => {
    const input = random(6 * 4 * 4, 9);
    const { kernels, addresses, read, free } = setup(input);
    kernels.maxPool(addresses[0] ?? 0, free, 3, 2, 4, 6 * 4 * 4);
    const expected = new Float32Array(3 * 2 * 4);
    for (let y = 0; y < 2; y++) {
      for (let x = 0; x < 3; x++) {
        for (let c = 0; c < 4; c++) {
          const at = (dy: number, dx: number) => input[((2 * y + dy) * 6 + 2 * x + dx) * 4 + c] ?? 0;
          expected[(y * 3 + x) * 4 + c] = Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
        }
      }
    }
    close(read(free, expected.length), expected);
  });
});
