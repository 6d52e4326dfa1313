/**
 * Turns a model into a list of kernel calls over one memory, once, and runs it as often as wanted. Plans where each tensor
 * lies (a place is used again when its tensor is done with), packs the weights, and melts activations, channel paddings
 * and reshapes into their neighbours.
 */
import { createKernels, FLOOR_NONE, FLOOR_RELU, type Kernels } from './kernels';
import type { Model, Padding, Step } from './tflite';
import { createMemory, type Memory } from './web-assembly';

const FLOAT = 4;
const PAGE = 65_536;
/** What `floor` points at comes first. */
const MEMORY_START = 64;
const MAX_MEMORY = 128 * 1024 * 1024;

const padded = (channels: number): number => (channels + 3) & ~3;

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A computed tensor while planning: bytes are known first, the address when its step is placed. */
interface Place extends Shape {
  /** Floats per pixel, ≥ channels; the surplus is zero. */
  readonly stored: number;
  address: number;
  lastUse: number;
}

/** Rows of floats of an output; concatenated outputs are several of them, one after the other. */
interface OutputPart {
  readonly place: Place;
}

export class Network {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** RGB, row by row, 3 floats per pixel: to be filled before run. */
  readonly input: Float32Array;
  readonly #outputs: readonly {
    readonly name: string;
    readonly parts: readonly OutputPart[];
    readonly data: Float32Array;
  }[];
  readonly #calls: readonly (() => void)[];
  readonly #memory: Memory;

  constructor(model: Model) {
    const plan = new Plan(model);
    this.#memory = plan.memory;
    this.#calls = plan.calls;
    const { input } = plan;
    this.inputWidth = input.width;
    this.inputHeight = input.height;
    this.input = new Float32Array(
      this.#memory.buffer,
      input.address,
      input.width * input.height * input.stored,
    );
    this.#outputs = model.outputs.map((tensor) => {
      const parts = plan.outputParts(tensor);
      const size = parts.reduce((sum, { place }) => sum + place.width * place.height * place.channels, 0);
      return { name: model.tensors[tensor]?.name ?? '', parts, data: new Float32Array(size) };
    });
  }

  /** Computes and answers the outputs in the model's order, without padding; the arrays are overwritten by the next run. */
  run(): readonly Float32Array[] {
    for (const call of this.#calls) call();
    return this.#outputs.map(({ parts, data }) => {
      let at = 0;
      for (const { place } of parts) {
        const { channels, stored } = place;
        const pixels = place.width * place.height;
        const rows = new Float32Array(this.#memory.buffer, place.address, pixels * stored);
        for (let pixel = 0; pixel < pixels; pixel++) {
          for (let c = 0; c < channels; c++) data[at++] = rows[pixel * stored + c] ?? 0;
        }
      }
      return data;
    });
  }
}

class Plan {
  readonly calls: (() => void)[] = [];
  readonly memory: Memory;
  readonly input: Place;
  readonly #model: Model;
  readonly #kernels: Kernels;
  readonly #places = new Map<number, Place>();
  /** Reshapes and concatenations: an output is read from these tensors. */
  readonly #views = new Map<number, readonly number[]>();
  /** Channel paddings: same floats, more channels on paper. */
  readonly #aliases = new Map<number, number>();
  readonly #constants = new Map<number, Float32Array | Int32Array>();
  readonly #free: { address: number; bytes: number }[] = [];
  #end = MEMORY_START;
  #floats: Float32Array;

  constructor(model: Model) {
    this.#model = model;
    this.memory = createMemory(1, MAX_MEMORY / PAGE);
    const [input] = model.inputs;
    if (input === undefined) throw new RangeError('a model without input');
    this.input = {
      ...this.#shape(input),
      stored: this.#shape(input).channels,
      address: 0,
      lastUse: Infinity,
    };
    this.input.address = this.#allocate(this.#bytes(this.input));
    this.#places.set(input, this.input);
    const steps = this.#fuse();
    const lastUses = this.#lastUses(steps);
    const pending: ((kernels: Kernels) => () => void)[] = [];
    steps.forEach((step, index) => {
      const call = this.#plan(step, lastUses);
      if (call) pending.push(call);
      for (const [tensor, place] of this.#places) {
        if (place.lastUse !== index) continue;
        this.#free.push({ address: place.address, bytes: this.#bytes(place) });
        // Its place may be taken from now on; nothing looks it up again.
        this.#places.delete(tensor);
      }
    });
    // The buffer is final only now: growing a memory detaches all views of it.
    this.#kernels = createKernels(this.memory);
    this.#floats = new Float32Array(this.memory.buffer);
    for (const { address, values } of this.#weights) this.#floats.set(values, address / FLOAT);
    this.calls = pending.map((make) => make(this.#kernels));
  }

  readonly #weights: { address: number; values: Float32Array }[] = [];

  outputParts(tensor: number): readonly OutputPart[] {
    const view = this.#views.get(tensor);
    if (view) return view.flatMap((inner) => this.outputParts(inner));
    const place = this.#places.get(tensor);
    if (place === undefined) throw new RangeError('an output that is not computed');
    return [{ place }];
  }

  // ── Graph ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Melts each ReLU into the step that feeds it, and takes out what is only another name for a tensor. */
  #fuse(): Step[] {
    const steps: Step[] = [];
    const producer = new Map<number, number>();
    const uses = new Map<number, number>();
    for (const { inputs } of this.#model.steps)
      for (const each of inputs) uses.set(each, (uses.get(each) ?? 0) + 1);
    for (const step of this.#model.steps) {
      const [first] = step.inputs;
      if (first === undefined) throw new RangeError('an operator without input');
      switch (step.operator.type) {
        case 'dequantize': {
          const data = this.#model.tensors[first]?.data;
          if (data === undefined) throw new TypeError('only weights may be quantised');
          this.#constants.set(step.output, data);
          break;
        }
        case 'relu': {
          const at = producer.get(first);
          const before = at === undefined ? undefined : steps[at];
          if (
            at === undefined ||
            before === undefined ||
            !('relu' in before.operator) ||
            uses.get(first) !== 1
          ) {
            throw new TypeError('a ReLU that cannot be melted into its input');
          }
          steps[at] = { ...before, operator: { ...before.operator, relu: true }, output: step.output };
          producer.set(step.output, at);
          break;
        }
        case 'reshape':
          this.#views.set(step.output, [first]);
          break;
        case 'concatenate':
          this.#views.set(step.output, step.inputs);
          break;
        case 'pad':
          this.#requireChannelPadding(step);
          this.#aliases.set(step.output, first);
          break;
        case 'convolution':
        case 'depthwise':
        case 'add':
        case 'max-pool':
        case 'resize-bilinear':
          producer.set(step.output, steps.length);
          steps.push(step);
          break;
      }
    }
    return steps;
  }

  #requireChannelPadding(step: Step): void {
    const paddings = this.#constant(step.inputs[1]);
    const onlyAfterChannels = paddings.length === 8 && paddings.every((amount, i) => i === 7 || amount === 0);
    if (!onlyAfterChannels) throw new TypeError('only paddings of channels are known');
  }

  #lastUses(steps: readonly Step[]): Map<number, number> {
    const last = new Map<number, number>();
    steps.forEach(({ inputs }, index) => {
      for (const input of inputs) last.set(this.#aliases.get(input) ?? input, index);
    });
    const keep = (tensor: number): void => {
      const view = this.#views.get(tensor);
      if (view) view.forEach(keep);
      else last.set(tensor, Infinity);
    };
    this.#model.outputs.forEach(keep);
    return last;
  }

  // ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #plan(step: Step, lastUses: Map<number, number>): (kernels: Kernels) => () => void {
    const { operator } = step;
    const source = this.#place(step.inputs[0]);
    const shape = this.#shape(step.output);
    const output: Place = {
      ...shape,
      stored: padded(shape.channels),
      address: 0,
      lastUse: lastUses.get(step.output) ?? Infinity,
    };
    output.address = this.#allocate(this.#bytes(output));
    this.#places.set(step.output, output);
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
  ): (kernels: Kernels) => () => void {
    const [outChannels = 0, height = 0, width = 0, inChannels = 0] = this.#tensorShape(step.inputs[1]);
    const weights = this.#constant(step.inputs[1]);
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
    const weightsAt = this.#store(packed);
    const biasAt = this.#store(this.#bias(step.inputs[2], n));
    const floor = operator.relu ? FLOOR_RELU : FLOOR_NONE;
    if (pointwise) {
      return (kernels) => () =>
        kernels.multiply(source.address, weightsAt, biasAt, output.address, rows, k, n, floor);
    }
    const gathered = this.#allocate(rows * k * FLOAT);
    this.#free.push({ address: gathered, bytes: rows * k * FLOAT });
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
    const floats = this.#floats;
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
  ): (kernels: Kernels) => () => void {
    const [, height, width, channels = 0] = this.#tensorShape(step.inputs[1]);
    if (height !== 3 || width !== 3) throw new TypeError('only 3×3 depthwise convolutions are known');
    const weights = this.#constant(step.inputs[1]);
    const { stored } = source;
    const packed = new Float32Array(9 * stored);
    for (let tap = 0; tap < 9; tap++) {
      for (let c = 0; c < channels; c++) packed[tap * stored + c] = weights[tap * channels + c] ?? 0;
    }
    const weightsAt = this.#store(packed);
    const biasAt = this.#store(this.#bias(step.inputs[2], stored));
    const top = paddingBefore(operator, source.height, output.height, 3);
    const left = paddingBefore(operator, source.width, output.width, 3);
    const frameWidth = (output.width - 1) * operator.stride + 3;
    const frameHeight = (output.height - 1) * operator.stride + 3;
    const frameStride = frameWidth * stored;
    const frame = this.#allocate(frameHeight * frameStride * FLOAT);
    this.#free.push({ address: frame, bytes: frameHeight * frameStride * FLOAT });
    const rows = Math.min(source.height, frameHeight - top);
    const rowFloats = Math.min(source.width, frameWidth - left) * stored;
    const pixelBytes = stored * FLOAT;
    const floor = operator.relu ? FLOOR_RELU : FLOOR_NONE;
    return (kernels) => () => {
      const floats = this.#floats;
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

  #add(relu: boolean, first: Place, second: Place, output: Place): (kernels: Kernels) => () => void {
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
    const floats = this.#floats;
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

  // ── Tensors and memory ────────────────────────────────────────────────────────────────────────────────────────

  #place(tensor: number | undefined): Place {
    const place = tensor === undefined ? undefined : this.#places.get(this.#aliases.get(tensor) ?? tensor);
    if (place === undefined) throw new RangeError('a tensor is used before it is computed');
    return place;
  }

  #tensorShape(tensor: number | undefined): readonly number[] {
    return (tensor === undefined ? undefined : this.#model.tensors[tensor]?.shape) ?? [];
  }

  #shape(tensor: number): Shape {
    const [batch, height = 0, width = 0, channels = 0] = this.#tensorShape(tensor);
    if (batch !== 1) throw new RangeError('only single pictures are known');
    return { height, width, channels };
  }

  #constant(tensor: number | undefined): Float32Array | Int32Array {
    const data =
      tensor === undefined ? undefined : (this.#constants.get(tensor) ?? this.#model.tensors[tensor]?.data);
    if (data === undefined) throw new RangeError('weights are missing');
    return data;
  }

  #bias(tensor: number | undefined, length: number): Float32Array {
    const bias = new Float32Array(length);
    bias.set(this.#constant(tensor).subarray(0, length));
    return bias;
  }

  #bytes(place: Place): number {
    return place.width * place.height * place.stored * FLOAT;
  }

  #store(values: Float32Array): number {
    const address = this.#grow(values.byteLength);
    this.#weights.push({ address, values });
    return address;
  }

  /** The first free place that is large enough, else new memory. Places are not split: layers repeat their sizes. */
  #allocate(bytes: number): number {
    const index = this.#free.findIndex((place) => place.bytes >= bytes && place.bytes <= 2 * bytes);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    return found ? found.address : this.#grow(bytes);
  }

  #grow(bytes: number): number {
    const address = this.#end;
    this.#end += (bytes + 63) & ~63;
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return address;
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
