/**
 * Turns a model into a list of kernel calls over one memory, once, and runs it as often as wanted: packs the weights and
 * decides where each tensor lies.
 */
import { Arena } from './arena';
import { Graph } from './graph';
import { createKernels, FLOOR_NONE, FLOOR_RELU, type Kernels } from './kernels';
import type { Model, Padding, Step } from './tflite';

const FLOAT = 4;
/** What `floor` of the kernels points at comes first. */
const MEMORY_START = 64;

const padded = (channels: number): number => (channels + 3) & ~3;

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Where a computed tensor lies. */
interface Place extends Shape {
  /** Floats per pixel, at least as many as channels; the surplus is zero. */
  readonly stored: number;
  readonly address: number;
}

const bytesOf = ({ width, height, stored }: Omit<Place, 'address'>): number =>
  width * height * stored * FLOAT;

export class Network {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** RGB, row by row, 3 floats per pixel: to be filled before run. */
  readonly input: Float32Array;
  readonly #plan: Plan;
  readonly #outputs: readonly { readonly parts: readonly Place[]; readonly data: Float32Array }[];

  constructor(model: Model) {
    this.#plan = new Plan(model);
    const { input, floats } = this.#plan;
    this.inputWidth = input.width;
    this.inputHeight = input.height;
    this.input = floats.subarray(input.address / FLOAT, (input.address + bytesOf(input)) / FLOAT);
    this.#outputs = model.outputs.map((tensor) => {
      const parts = this.#plan.partsOf(tensor);
      const size = parts.reduce((sum, part) => sum + part.width * part.height * part.channels, 0);
      return { parts, data: new Float32Array(size) };
    });
  }

  /** Computes and answers the outputs in the model's order, without padding; the arrays are overwritten by the next run. */
  run(): readonly Float32Array[] {
    for (const call of this.#plan.calls) call();
    const { floats } = this.#plan;
    return this.#outputs.map(({ parts, data }) => {
      let at = 0;
      for (const { address, width, height, channels, stored } of parts) {
        const end = address / FLOAT + width * height * stored;
        for (let pixel = address / FLOAT; pixel < end; pixel += stored) {
          for (let c = 0; c < channels; c++) data[at++] = floats[pixel + c] ?? 0;
        }
      }
      return data;
    });
  }
}

type MakeCall = (kernels: Kernels) => () => void;

class Plan {
  readonly calls: readonly (() => void)[];
  readonly input: Place;
  readonly floats: Float32Array;
  readonly #model: Model;
  readonly #graph: Graph;
  readonly #arena = new Arena(MEMORY_START);
  readonly #places = new Map<number, Place>();

  constructor(model: Model) {
    this.#model = model;
    this.#graph = new Graph(model);
    const [input] = model.inputs;
    if (input === undefined) throw new RangeError('a model without input');
    const shape = this.#shape(input);
    this.input = this.#allocate(input, { ...shape, stored: shape.channels });
    const pending = this.#graph.steps.map((step, index) => {
      const make = this.#plan(step);
      for (const [tensor, place] of this.#places) {
        if (this.#graph.lastUses.get(tensor) !== index || place === this.input) continue;
        this.#arena.release(place.address, bytesOf(place));
        this.#places.delete(tensor);
      }
      return make;
    });
    const kernels = createKernels(this.#arena.memory);
    this.floats = this.#arena.finish();
    this.calls = pending.map((make) => make(kernels));
  }

  /** Where an output is to be read: in these places, one after the other. */
  partsOf(tensor: number): readonly Place[] {
    return this.#graph.parts(tensor).map((part) => this.#place(part));
  }

  // ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #plan(step: Step): MakeCall {
    const { operator } = step;
    const source = this.#place(step.inputs[0]);
    const shape = this.#shape(step.output);
    const output = this.#allocate(step.output, { ...shape, stored: padded(shape.channels) });
    switch (operator.type) {
      case 'convolution':
        return this.#convolution(step, operator, source, output);
      case 'depthwise':
        return this.#depthwise(step, operator, source, output);
      case 'add':
        return this.#add(operator.relu, source, this.#place(step.inputs[1]), output);
      case 'max-pool':
        if (operator.size !== 2 || operator.stride !== 2) throw new TypeError('only 2×2 pooling is known');
        return (kernels) => () =>
          kernels.maxPool(
            source.address,
            output.address,
            output.width,
            output.height,
            output.stored,
            source.width * source.stored * FLOAT,
          );
      case 'resize-bilinear':
        if (!operator.halfPixelCentres) throw new TypeError('only half-pixel centres are known');
        return () => () => this.#resize(source, output);
      default:
        throw new TypeError(`unexpected ${operator.type}`);
    }
  }

  #convolution(
    step: Step,
    operator: { padding: Padding; stride: number; relu: boolean },
    source: Place,
    output: Place,
  ): MakeCall {
    const [outChannels = 0, height = 0, width = 0, inChannels = 0] = this.#tensorShape(step.inputs[1]);
    const weights = this.#graph.constant(step.inputs[1]);
    const pointwise = height === 1 && width === 1 && operator.stride === 1;
    const taps = height * width;
    // Pointwise: a pixel's floats are the row already. Otherwise a row is gathered from all taps, without padding in it.
    const perTap = pointwise ? source.stored : source.channels;
    const k = padded(taps * perTap);
    const rows = output.width * output.height;
    if (rows % 4 !== 0) throw new RangeError('a picture size that is no multiple of four');

    const n = output.stored;
    const packed = new Float32Array(k * n);
    for (let column = 0; column < outChannels; column++) {
      const block = column & ~7;
      const blockWidth = Math.min(8, n - block);
      for (let tap = 0; tap < taps; tap++) {
        for (let c = 0; c < inChannels; c++) {
          const row = tap * perTap + c;
          packed[block * k + row * blockWidth + (column - block)] =
            weights[(column * taps + tap) * inChannels + c] ?? 0;
        }
      }
    }
    const weightsAt = this.#arena.store(packed);
    const biasAt = this.#arena.store(this.#bias(step.inputs[2], n));
    const floor = operator.relu ? FLOOR_RELU : FLOOR_NONE;
    if (pointwise) {
      return (kernels) => () =>
        kernels.multiply(source.address, weightsAt, biasAt, output.address, rows, k, n, floor);
    }
    const gathered = this.#scratch(rows * k * FLOAT);
    const top = paddingBefore(operator, source.height, output.height, height);
    const left = paddingBefore(operator, source.width, output.width, width);
    return (kernels) => () => {
      this.#gather(source, output, gathered, { height, width, stride: operator.stride, top, left, k });
      kernels.multiply(gathered, weightsAt, biasAt, output.address, rows, k, n, floor);
    };
  }

  #gather(
    source: Place,
    output: Place,
    address: number,
    window: { height: number; width: number; stride: number; top: number; left: number; k: number },
  ): void {
    const floats = this.floats;
    const from = source.address / FLOAT;
    const { channels, stored } = source;
    let row = address / FLOAT;
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++, row += window.k) {
        let at = row;
        for (let ky = 0; ky < window.height; ky++) {
          const sy = y * window.stride + ky - window.top;
          const inside = sy >= 0 && sy < source.height;
          for (let kx = 0; kx < window.width; kx++) {
            const sx = x * window.stride + kx - window.left;
            const pixel =
              inside && sx >= 0 && sx < source.width ? from + (sy * source.width + sx) * stored : -1;
            for (let c = 0; c < channels; c++) floats[at++] = pixel < 0 ? 0 : (floats[pixel + c] ?? 0);
          }
        }
        while (at < row + window.k) floats[at++] = 0;
      }
    }
  }

  #depthwise(
    step: Step,
    operator: { padding: Padding; stride: number; relu: boolean },
    source: Place,
    output: Place,
  ): MakeCall {
    const [, height, width, channels = 0] = this.#tensorShape(step.inputs[1]);
    if (height !== 3 || width !== 3) throw new TypeError('only 3×3 depthwise convolutions are known');
    const weights = this.#graph.constant(step.inputs[1]);
    const { stored } = source;
    const packed = new Float32Array(9 * stored);
    for (let tap = 0; tap < 9; tap++) {
      for (let c = 0; c < channels; c++) packed[tap * stored + c] = weights[tap * channels + c] ?? 0;
    }
    const weightsAt = this.#arena.store(packed);
    const biasAt = this.#arena.store(this.#bias(step.inputs[2], stored));
    const top = paddingBefore(operator, source.height, output.height, 3);
    const left = paddingBefore(operator, source.width, output.width, 3);
    const frameWidth = (output.width - 1) * operator.stride + 3;
    const frameHeight = (output.height - 1) * operator.stride + 3;
    const frameStride = frameWidth * stored;
    const frame = this.#scratch(frameHeight * frameStride * FLOAT);
    const rows = Math.min(source.height, frameHeight - top);
    const rowFloats = Math.min(source.width, frameWidth - left) * stored;
    const pixelBytes = stored * FLOAT;
    const floor = operator.relu ? FLOOR_RELU : FLOOR_NONE;
    return (kernels) => () => {
      const floats = this.floats;
      const to = frame / FLOAT;
      floats.fill(0, to, to + frameHeight * frameStride);
      for (let y = 0; y < rows; y++) {
        const from = source.address / FLOAT + y * source.width * stored;
        floats.copyWithin(to + (y + top) * frameStride + left * stored, from, from + rowFloats);
      }
      kernels.depthwise(
        frame,
        weightsAt,
        biasAt,
        output.address,
        output.width,
        output.height,
        stored,
        frameStride * FLOAT,
        operator.stride * pixelBytes,
        operator.stride * frameStride * FLOAT,
        floor,
      );
    };
  }

  #add(relu: boolean, first: Place, second: Place, output: Place): MakeCall {
    const [small, large] = first.stored <= second.stored ? [first, second] : [second, first];
    const pixels = output.width * output.height;
    const floor = relu ? FLOOR_RELU : FLOOR_NONE;
    return (kernels) => () =>
      kernels.addPixels(
        small.address,
        large.address,
        output.address,
        pixels,
        small.stored,
        large.stored,
        floor,
      );
  }

  #resize(source: Place, output: Place): void {
    const floats = this.floats;
    const { stored } = source;
    const from = source.address / FLOAT;
    let at = output.address / FLOAT;
    for (let y = 0; y < output.height; y++) {
      const sy = Math.max(0, ((y + 0.5) * source.height) / output.height - 0.5);
      const y0 = Math.floor(sy);
      const top = from + y0 * source.width * stored;
      const bottom = from + Math.min(y0 + 1, source.height - 1) * source.width * stored;
      const fy = sy - y0;
      for (let x = 0; x < output.width; x++) {
        const sx = Math.max(0, ((x + 0.5) * source.width) / output.width - 0.5);
        const x0 = Math.floor(sx);
        const left = x0 * stored;
        const right = Math.min(x0 + 1, source.width - 1) * stored;
        const fx = sx - x0;
        for (let c = 0; c < stored; c++) {
          const a = floats[top + left + c] ?? 0;
          const b = floats[top + right + c] ?? 0;
          const d = floats[bottom + left + c] ?? 0;
          const e = floats[bottom + right + c] ?? 0;
          const upper = a + (b - a) * fx;
          floats[at++] = upper + (d + (e - d) * fx - upper) * fy;
        }
      }
    }
  }

  // ── Tensors ───────────────────────────────────────────────────────────────────────────────────────────────────

  #place(tensor: number | undefined): Place {
    const place = tensor === undefined ? undefined : this.#places.get(this.#graph.resolve(tensor));
    if (place === undefined) throw new RangeError('a tensor is used before it is computed');
    return place;
  }

  #allocate(tensor: number, shape: Omit<Place, 'address'>): Place {
    const place = { ...shape, address: this.#arena.allocate(bytesOf(shape)) };
    this.#places.set(tensor, place);
    return place;
  }

  /** A place that is needed during one step only. */
  #scratch(bytes: number): number {
    const address = this.#arena.allocate(bytes);
    this.#arena.release(address, bytes);
    return address;
  }

  #tensorShape(tensor: number | undefined): readonly number[] {
    return (tensor === undefined ? undefined : this.#model.tensors[tensor]?.shape) ?? [];
  }

  #shape(tensor: number): Shape {
    const [batch, height = 0, width = 0, channels = 0] = this.#tensorShape(tensor);
    if (batch !== 1) throw new RangeError('only single pictures are known');
    return { height, width, channels };
  }

  #bias(tensor: number | undefined, length: number): Float32Array {
    const bias = new Float32Array(length);
    bias.set(this.#graph.constant(tensor).subarray(0, length));
    return bias;
  }
}

/** TensorFlow's SAME: as many zeroes as needed, the odd one after. */
function paddingBefore(
  operator: { padding: Padding; stride: number },
  size: number,
  outputSize: number,
  window: number,
): number {
  if (operator.padding === 'valid') return 0;
  return Math.max(0, (outputSize - 1) * operator.stride + window - size) >> 1;
}
