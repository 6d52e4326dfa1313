/**
 * The four loops in which a face network spends its time, as WebAssembly SIMD. Activations are float32, rows of pixels
 * with interleaved channels (NHWC), channels padded with zeroes to a multiple of four. All addresses are byte offsets.
 */
import {
  add,
  addVectors,
  and,
  encodeModule,
  FunctionBuilder,
  get,
  i32,
  loadSplat,
  loadVector,
  loop,
  maxVectors,
  multiply,
  multiplyVectors,
  set,
  shiftLeft,
  storeVector,
  subtract,
  when,
  zeroVector,
  type Code,
} from './wasm-assembler';
import { instantiate, type Memory } from './web-assembly';

export interface Kernels {
  /**
   * out[row][n] = in[row][k] × weights[k][n] + bias[n], for rows a multiple of 4, k of 4, n of 4. Weights are packed in
   * blocks of 8 columns (the last one of 4 when n is no multiple of 8), each block k rows long. floor: 0 applies ReLU
   * (the vector at address 0 holds zeroes, that at 16 the lowest floats).
   */
  multiply(
    input: number,
    weights: number,
    bias: number,
    output: number,
    rows: number,
    k: number,
    n: number,
    floor: number,
  ): void;
  /**
   * 3×3 depthwise convolution without padding: the input has inputStride bytes per row. Weights are [9][channels].
   * step is the stride in bytes between neighbouring output pixels' inputs, rowStep the same between rows.
   */
  depthwise(
    input: number,
    weights: number,
    bias: number,
    output: number,
    width: number,
    height: number,
    channels: number,
    inputStride: number,
    step: number,
    rowStep: number,
    floor: number,
  ): void;
  /** out[p][c] = b[p][c] + a[p][c] where a has that channel (aChannels ≤ channels), b[p][c] beyond. */
  addPixels(
    a: number,
    b: number,
    output: number,
    pixels: number,
    aChannels: number,
    channels: number,
    floor: number,
  ): void;
  /** 2×2 maximum with stride 2 of an even-sized input. */
  maxPool(
    input: number,
    output: number,
    width: number,
    height: number,
    channels: number,
    inputStride: number,
  ): void;
}

/** Address of four zeroes and of four lowest floats: what `floor` points at. */
export const FLOOR_RELU = 0;
export const FLOOR_NONE = 16;

/** Two columns of vectors times four rows keeps eight sums, two weights and one input in sixteen registers. */
function multiplyKernel(): FunctionBuilder {
  const f = new FunctionBuilder('multiply', 8);
  const [input, weights, bias, output, rows, k, n, floor] = [0, 1, 2, 3, 4, 5, 6, 7];
  const rowBytes = f.integer();
  const outBytes = f.integer();
  const weight = f.integer();
  const column = f.integer();
  const row = f.integer();
  const kk = f.integer();
  const w = f.integer();
  const inputs = [f.integer(), f.integer(), f.integer(), f.integer()];
  const target = f.integer();
  const wide = f.integer();
  const sums = Array.from({ length: 8 }, () => f.vector());
  const columns = [f.vector(), f.vector()];
  const value = f.vector();
  const low = f.vector();
  const sum = (r: number, c: number): number => sums[r * 2 + c] ?? 0;

  const block = (vectors: number): Code => {
    const each = <T>(count: number, make: (index: number) => T): T[] =>
      Array.from({ length: count }, (_, i) => make(i));
    const biasAddress = add(get(bias), shiftLeft(get(column), 2));
    const step = (unrolled: number): Code => [
      ...each(vectors, (c) =>
        set(columns[c] ?? 0, loadVector(get(w), unrolled * vectors * 16 + c * 16)),
      ).flat(),
      ...each(4, (r) => [
        ...set(value, loadSplat(get(inputs[r] ?? 0), unrolled * 4)),
        ...each(vectors, (c) =>
          set(sum(r, c), addVectors(get(sum(r, c)), multiplyVectors(get(value), get(columns[c] ?? 0)))),
        ).flat(),
      ]).flat(),
    ];
    return [
      ...set(inputs[0] ?? 0, get(input)),
      ...set(target, add(get(output), shiftLeft(get(column), 2))),
      ...loop(row, get(rows), 4, [
        ...each(3, (r) => set(inputs[r + 1] ?? 0, add(get(inputs[r] ?? 0), get(rowBytes)))).flat(),
        ...each(4, (r) =>
          each(vectors, (c) => set(sum(r, c), loadVector(biasAddress, c * 16))).flat(),
        ).flat(),
        ...set(w, get(weight)),
        ...loop(kk, get(k), 4, [
          ...each(4, step).flat(),
          ...set(w, add(get(w), i32(4 * vectors * 16))),
          ...each(4, (r) => set(inputs[r] ?? 0, add(get(inputs[r] ?? 0), i32(16)))).flat(),
        ]),
        ...each(4, (r) => [
          ...each(vectors, (c) =>
            storeVector(get(target), maxVectors(get(sum(r, c)), get(low)), c * 16),
          ).flat(),
          ...set(target, add(get(target), get(outBytes))),
        ]).flat(),
        // The last input pointer has walked its row: it stands at the next group.
        ...set(inputs[0] ?? 0, get(inputs[3] ?? 0)),
      ]),
      ...set(weight, add(get(weight), multiply(get(k), i32(vectors * 16)))),
    ];
  };
  f.body = [
    ...set(rowBytes, shiftLeft(get(k), 2)),
    ...set(outBytes, shiftLeft(get(n), 2)),
    ...set(weight, get(weights)),
    ...set(low, loadVector(get(floor))),
    // wide: columns that fit into blocks of eight.
    ...set(wide, and(get(n), -8)),
    ...loop(column, get(wide), 8, block(2)),
    // n & 4: one narrow block is left; column stands at it.
    ...when(and(get(n), 4), block(1)),
  ];
  return f;
}

function depthwiseKernel(): FunctionBuilder {
  const f = new FunctionBuilder('depthwise', 11);
  const [input, weights, bias, output, width, height, channels, inputStride, step, rowStep, floor] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ];
  const channelBytes = f.integer();
  const y = f.integer();
  const c = f.integer();
  const x = f.integer();
  const rowStart = f.integer();
  const outRow = f.integer();
  const target = f.integer();
  const rows = [f.integer(), f.integer(), f.integer()];
  const w = f.integer();
  const taps = Array.from({ length: 9 }, () => f.vector());
  const base = f.vector();
  const total = f.vector();
  const low = f.vector();
  const right = f.integer();
  const farRight = f.integer();
  const tap = (index: number): Code => {
    const row = get(rows[Math.floor(index / 3)] ?? 0);
    const at = index % 3;
    return at === 0 ? row : add(row, get(at === 1 ? right : farRight));
  };
  f.body = [
    ...set(channelBytes, shiftLeft(get(channels), 2)),
    ...set(right, get(channelBytes)),
    ...set(farRight, shiftLeft(get(channelBytes), 1)),
    ...set(low, loadVector(get(floor))),
    ...set(rowStart, get(input)),
    ...set(outRow, get(output)),
    ...loop(y, get(height), 1, [
      ...loop(c, get(channelBytes), 16, [
        ...set(w, add(get(weights), get(c))),
        ...taps.flatMap((local) => [
          ...set(local, loadVector(get(w))),
          ...set(w, add(get(w), get(channelBytes))),
        ]),
        ...set(base, loadVector(add(get(bias), get(c)))),
        ...set(rows[0] ?? 0, add(get(rowStart), get(c))),
        ...set(rows[1] ?? 0, add(get(rows[0] ?? 0), get(inputStride))),
        ...set(rows[2] ?? 0, add(get(rows[1] ?? 0), get(inputStride))),
        ...set(target, add(get(outRow), get(c))),
        ...loop(x, get(width), 1, [
          ...set(total, get(base)),
          ...taps.flatMap((local, index) =>
            set(total, addVectors(get(total), multiplyVectors(loadVector(tap(index)), get(local)))),
          ),
          ...storeVector(get(target), maxVectors(get(total), get(low))),
          ...set(target, add(get(target), get(channelBytes))),
          ...rows.flatMap((local) => set(local, add(get(local), get(step)))),
        ]),
      ]),
      ...set(rowStart, add(get(rowStart), get(rowStep))),
      ...set(outRow, add(get(outRow), multiply(get(width), get(channelBytes)))),
    ]),
  ];
  return f;
}

function addKernel(): FunctionBuilder {
  const f = new FunctionBuilder('addPixels', 7);
  const [a, b, output, pixels, aChannels, channels, floor] = [0, 1, 2, 3, 4, 5, 6];
  const pixel = f.integer();
  const c = f.integer();
  const low = f.vector();
  const shared = f.integer();
  const all = f.integer();
  const rest = f.integer();
  const sum = (other: Code): Code => [
    ...storeVector(
      add(get(output), get(c)),
      maxVectors(addVectors(loadVector(add(get(b), get(c))), other), get(low)),
    ),
  ];
  f.body = [
    ...set(low, loadVector(get(floor))),
    ...set(shared, shiftLeft(get(aChannels), 2)),
    ...set(all, shiftLeft(get(channels), 2)),
    ...set(rest, subtract(get(all), get(shared))),
    ...loop(pixel, get(pixels), 1, [
      ...loop(c, get(shared), 16, sum(loadVector(add(get(a), get(c))))),
      ...set(b, add(get(b), get(shared))),
      ...set(output, add(get(output), get(shared))),
      ...loop(c, get(rest), 16, sum(zeroVector)),
      ...set(a, add(get(a), get(shared))),
      ...set(b, add(get(b), get(rest))),
      ...set(output, add(get(output), get(rest))),
    ]),
  ];
  return f;
}

function maxPoolKernel(): FunctionBuilder {
  const f = new FunctionBuilder('maxPool', 6);
  const [input, output, width, height, channels, inputStride] = [0, 1, 2, 3, 4, 5];
  const y = f.integer();
  const x = f.integer();
  const c = f.integer();
  const channelBytes = f.integer();
  const row = f.integer();
  const at = f.integer();
  const below = f.integer();
  const right = (address: number): Code => add(get(address), get(channelBytes));
  f.body = [
    ...set(channelBytes, shiftLeft(get(channels), 2)),
    ...set(row, get(input)),
    ...loop(y, get(height), 1, [
      ...set(at, get(row)),
      ...loop(x, get(width), 1, [
        ...loop(c, get(channelBytes), 16, [
          ...set(below, add(get(at), get(inputStride))),
          ...storeVector(
            get(output),
            maxVectors(
              maxVectors(loadVector(get(at)), loadVector(right(at))),
              maxVectors(loadVector(get(below)), loadVector(right(below))),
            ),
          ),
          ...set(output, add(get(output), i32(16))),
          ...set(at, add(get(at), i32(16))),
        ]),
        ...set(at, add(get(at), get(channelBytes))),
      ]),
      ...set(row, add(get(row), shiftLeft(get(inputStride), 1))),
    ]),
  ];
  return f;
}

/** The kernels over a memory; its first 32 bytes are set to what `floor` points at. */
export function createKernels(memory: Memory): Kernels {
  const floors = new Float32Array(memory.buffer, 0, 8);
  floors.fill(0, 0, 4);
  floors.fill(-3.4028234663852886e38, 4, 8);
  const code = encodeModule([multiplyKernel(), depthwiseKernel(), addKernel(), maxPoolKernel()]);
  // The module is written right above: its exports are known.
  return instantiate(code, memory) as Kernels;
}
