/**
 * Reads a TensorFlow Lite model (a FlatBuffer) into tensors and operators, as far as face networks use the format. The
 * models come from a package, not from a peer; still every offset is checked, so that a damaged file fails here.
 * Field numbers are those of TensorFlow's schema.fbs, version 3.
 */

export type Padding = 'same' | 'valid';

export type Operator =
  | {
      readonly type: 'convolution';
      readonly padding: Padding;
      readonly stride: number;
      readonly relu: boolean;
    }
  | { readonly type: 'depthwise'; readonly padding: Padding; readonly stride: number; readonly relu: boolean }
  | { readonly type: 'add'; readonly relu: boolean }
  | { readonly type: 'max-pool'; readonly padding: Padding; readonly stride: number; readonly size: number }
  | { readonly type: 'resize-bilinear'; readonly halfPixelCentres: boolean; readonly alignCorners: boolean }
  | { readonly type: 'concatenate'; readonly axis: number }
  | { readonly type: 'relu' | 'pad' | 'reshape' | 'dequantize' };

export interface Step {
  readonly operator: Operator;
  readonly inputs: readonly number[];
  readonly output: number;
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Weights as floats, paddings as integers; undefined for what is computed. */
  readonly data: Float32Array | Int32Array | undefined;
}

export interface Model {
  readonly tensors: readonly Tensor[];
  readonly steps: readonly Step[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const CODES = {
  ADD: 0,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  MAX_POOL_2D: 17,
  RELU: 19,
  RESHAPE: 22,
  RESIZE_BILINEAR: 23,
  PAD: 34,
} as const;
const TYPES = { FLOAT32: 0, FLOAT16: 1, INT32: 2 } as const;

class FlatTable {
  readonly #bytes: DataView;
  readonly #at: number;
  readonly #vtable: number;

  constructor(bytes: DataView, at: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#vtable = at - bytes.getInt32(at, true);
  }

  /** Address of a field; 0 when the writer left it at its default. */
  #field(id: number): number {
    const position = 4 + 2 * id;
    if (position >= this.#bytes.getUint16(this.#vtable, true)) return 0;
    const offset = this.#bytes.getUint16(this.#vtable + position, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  byte(id: number): number {
    const at = this.#field(id);
    return at === 0 ? 0 : this.#bytes.getInt8(at);
  }

  integer(id: number): number {
    const at = this.#field(id);
    return at === 0 ? 0 : this.#bytes.getInt32(at, true);
  }

  table(id: number): FlatTable | undefined {
    const at = this.#field(id);
    return at === 0 ? undefined : new FlatTable(this.#bytes, at + this.#bytes.getUint32(at, true));
  }

  #vector(id: number): { start: number; length: number } {
    const at = this.#field(id);
    if (at === 0) return { start: 0, length: 0 };
    const vector = at + this.#bytes.getUint32(at, true);
    const length = this.#bytes.getUint32(vector, true);
    if (length > this.#bytes.byteLength) throw new RangeError('damaged model');
    return { start: vector + 4, length };
  }

  tables(id: number): FlatTable[] {
    const { start, length } = this.#vector(id);
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i;
      return new FlatTable(this.#bytes, at + this.#bytes.getUint32(at, true));
    });
  }

  integers(id: number): number[] {
    const { start, length } = this.#vector(id);
    return Array.from({ length }, (_, i) => this.#bytes.getInt32(start + 4 * i, true));
  }

  bytes(id: number): Uint8Array {
    const { start, length } = this.#vector(id);
    if (start + length > this.#bytes.byteLength) throw new RangeError('damaged model');
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }
}

/** Throws RangeError for a damaged file and TypeError for operators or types that this reader does not know. */
export function readModel(file: Uint8Array): Model {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const root = new FlatTable(bytes, bytes.getUint32(0, true));
  const codes = root.tables(1).map((code) => Math.max(code.byte(0), code.integer(3)));
  const buffers = root.tables(4);
  const graph = root.tables(2)[0];
  if (graph === undefined) throw new RangeError('the model has no graph');

  const tensors = graph.tables(0).map((table): Tensor => {
    const raw = buffers[table.integer(2)]?.bytes(0);
    const data = raw === undefined || raw.length === 0 ? undefined : readData(table.byte(1), raw);
    return { name: Buffer.from(table.bytes(3)).toString('latin1'), shape: table.integers(0), data };
  });
  const steps = graph.tables(3).map((table): Step => {
    const output = table.integers(2)[0];
    if (output === undefined) throw new RangeError('an operator without output');
    const operator = readOperator(codes[table.integer(0)] ?? -1, table.table(4));
    return { operator, inputs: table.integers(1), output };
  });
  return { tensors, steps, inputs: graph.integers(1), outputs: graph.integers(2) };
}

function readOperator(code: number, options: FlatTable | undefined): Operator {
  const byte = (id: number) => options?.byte(id) ?? 0;
  const integer = (id: number) => options?.integer(id) ?? 0;
  const padding = (): Padding => (byte(0) === 0 ? 'same' : 'valid');
  switch (code) {
    case CODES.CONV_2D:
      return { type: 'convolution', padding: padding(), stride: integer(1), relu: activation(byte(3)) };
    case CODES.DEPTHWISE_CONV_2D:
      return { type: 'depthwise', padding: padding(), stride: integer(1), relu: activation(byte(4)) };
    case CODES.ADD:
      return { type: 'add', relu: activation(byte(0)) };
    case CODES.MAX_POOL_2D:
      return { type: 'max-pool', padding: padding(), stride: integer(1), size: integer(3) };
    case CODES.RESIZE_BILINEAR:
      return { type: 'resize-bilinear', alignCorners: byte(2) !== 0, halfPixelCentres: byte(3) !== 0 };
    case CODES.CONCATENATION:
      return { type: 'concatenate', axis: integer(0) };
    case CODES.RELU:
      return { type: 'relu' };
    case CODES.PAD:
      return { type: 'pad' };
    case CODES.RESHAPE:
      return { type: 'reshape' };
    case CODES.DEQUANTIZE:
      return { type: 'dequantize' };
    default:
      throw new TypeError(`unknown operator ${code}`);
  }
}

/** Fused activations: none or ReLU. */
function activation(code: number): boolean {
  if (code > 1) throw new TypeError(`unknown activation ${code}`);
  return code === 1;
}

function readData(type: number, raw: Uint8Array): Float32Array | Int32Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  // Loops, since a quarter of a million weights are what a worker's start waits for.
  switch (type) {
    case TYPES.FLOAT32: {
      const data = new Float32Array(raw.length >> 2);
      for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(4 * i, true);
      return data;
    }
    case TYPES.FLOAT16: {
      const data = new Float32Array(raw.length >> 1);
      for (let i = 0; i < data.length; i++) data[i] = halfToFloat(view.getUint16(2 * i, true));
      return data;
    }
    case TYPES.INT32: {
      const data = new Int32Array(raw.length >> 2);
      for (let i = 0; i < data.length; i++) data[i] = view.getInt32(4 * i, true);
      return data;
    }
    default:
      throw new TypeError(`unknown tensor type ${type}`);
  }
}

/** IEEE 754 binary16. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
