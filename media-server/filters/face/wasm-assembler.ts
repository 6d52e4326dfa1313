/**
 * Just enough of the WebAssembly binary format to write a few SIMD loops down in TypeScript: no compiler in the build, and
 * the loops can be unrolled by ordinary code. Instructions are number arrays, expressions nest as function calls.
 * (WebAssembly core specification 2.0, chapter 5.)
 */

export type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value, 'latin1')];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const shiftLeft = (a: Code, bits: number): Code => [...a, ...i32(bits), 0x74];
export const and = (a: Code, bits: number): Code => [...a, ...i32(bits), 0x71];
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

export const loadVector = (address: Code, offset = 0): Code => [
  ...address,
  ...simd(0x00),
  2,
  ...unsigned(offset),
];
/** Loads one float into all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [
  ...address,
  ...simd(0x09),
  2,
  ...unsigned(offset),
];
export const storeVector = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  2,
  ...unsigned(offset),
];
export const zeroVector: Code = [...simd(0x0c), ...new Array<number>(16).fill(0)];
export const addVectors = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)];
export const multiplyVectors = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)];
export const maxVectors = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe9)];

/** `for (local = 0; local < limit; local += step) body`, with limit evaluated each time round. */
export const loop = (local: number, limit: Code, step: number, body: Code): Code => [
  ...set(local, i32(0)),
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...[...get(local), ...limit, 0x4e, 0x0d, 1], // local >= limit: leave the block
  ...body,
  ...set(local, add(get(local), i32(step))),
  ...[0x0c, 0, 0x0b, 0x0b],
];

/** One function while it is written: hands out its locals, parameters (all i32) first. */
export class FunctionBuilder {
  readonly name: string;
  readonly parameterCount: number;
  readonly #locals: number[] = [];
  body: Code = [];

  constructor(name: string, parameterCount: number) {
    this.name = name;
    this.parameterCount = parameterCount;
  }

  integer(): number {
    return this.#local(I32);
  }

  vector(): number {
    return this.#local(V128);
  }

  encode(): number[] {
    const locals = this.#locals.map((type) => [1, type]);
    const code = [...vector(locals), ...this.body, 0x0b];
    return [...unsigned(code.length), ...code];
  }

  #local(type: number): number {
    this.#locals.push(type);
    return this.parameterCount + this.#locals.length - 1;
  }
}

/** A module that exports these functions (without results) and imports its memory as `env.memory`. */
export function encodeModule(functions: readonly FunctionBuilder[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: number[]): number[] => [id, ...unsigned(content.length), ...content];
  const types = functions.map((each) => [
    0x60,
    ...unsigned(each.parameterCount),
    ...new Array<number>(each.parameterCount).fill(I32),
    0,
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map((each, index) => [...text(each.name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(functions.map((each) => each.encode()))),
  ]);
}
