/**
 * A WebAssembly module of some 1,200 bytes that finishes AES-GCM (NIST SP 800-38D) where node:crypto is slow: starting a
 * cipher for each packet costs several microseconds, XOR and GHASH over a packet less than one. AES itself stays with
 * OpenSSL. The module is written here, instruction by instruction, so that there is nothing to compile or to load.
 *
 * GHASH multiplies by tables of 4 bits (8 KiB per key): look-ups whose address depends on secret data. Another program
 * on the same processor could in principle time them; it could as well read the sound from the loudspeaker.
 */

/** Bytes at fixed places of the memory that the module works in. */
export const LAYOUT = {
  /** The packet is assembled, encrypted and sent from here. */
  packet: 0,
  packetSize: 2_048,
  /** 16 × 0xff, 16 × 0: read from `mask + 16 - n` it keeps n bytes. */
  mask: 2_048,
  /** The last block of GHASH: lengths in bits of what is authenticated and what is encrypted. */
  lengths: 2_080,
  /** The initialization vector of a packet, and 4 bytes that count for nothing. */
  iv: 2_096,
  /** What lies behind is the user's. */
  free: 4_096,
} as const;

/** 32 positions of 4 bits, 16 values each, 16 bytes per value. */
export const TABLE_SIZE = 32 * 16 * 16;

export interface GcmModule {
  /**
   * Encrypts `[packet + headerLength, packet + length)` with the key stream (its first block masks the tag), hashes, and
   * appends the 16 bytes of the tag. Up to 15 bytes behind the text are used as room before the tag lands on them.
   */
  seal(packet: number, headerLength: number, length: number, table: number, keyStream: number): void;
  /**
   * The reverse, for a packet whose tag lies behind `length`: 1, or 0, and nothing decrypted, when it is not authentic. The
   * tag is lost.
   */
  open(packet: number, headerLength: number, length: number, table: number, keyStream: number): number;
  /** Writes the counter blocks 1, 2, 3 … 255 at most of the packet whose vector stands at `LAYOUT.iv`. */
  count(at: number, blocks: number): void;
}

/** Neither Node's types nor a bare `lib` know WebAssembly; this is all that is used of it. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;

function leb(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>>= 7;
    if (value === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
/** Signed, as constants are written. */
function sleb(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const constant = (value: number) => [0x41, ...sleb(value)];
const load = (offset = 0) => [0xfd, 0x00, 0x00, ...leb(offset)];
const store = (offset = 0) => [0xfd, 0x0b, 0x00, ...leb(offset)];
const byteOf = (lane: number) => [0xfd, 0x16, lane];
const ADD = [0x6a];
const SUB = [0x6b];
const AND = [0x71];
const SHIFT_LEFT = [0x74];
const LESS = [0x48];
const LESS_OR_EQUAL = [0x4c];
const GREATER = [0x4a];
const VECTOR_AND = [0xfd, 0x4e];
const VECTOR_XOR = [0xfd, 0x51];
const LAST_WORD = [0xfd, 0x1c, 3];
const ANY_TRUE = [0xfd, 0x53];
const ZERO = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const BLOCK = [0x02, EMPTY];
const LOOP = [0x03, EMPTY];
const IF = [0x04, EMPTY];
const END = [0x0b];
const RETURN = [0x0f];
const branch = (depth: number) => [0x0c, depth];
const branchIf = (depth: number) => [0x0d, depth];
const call = (index: number) => [0x10, index];

/** y := y · H, the product as the sum of one table entry for each 4 bits of y. */
function multiply(y: number, sum: number, byte: number, table: number): number[] {
  const code: number[] = [];
  for (let i = 0; i < 16; i++) {
    code.push(...get(y), ...byteOf(i), ...tee(byte));
    code.push(...constant(0xf0), ...AND, ...get(table), ...ADD, ...load(i * 512));
    if (i > 0) code.push(...get(sum), ...VECTOR_XOR);
    code.push(...get(byte), ...constant(15), ...AND, ...constant(4), ...SHIFT_LEFT, ...get(table), ...ADD);
    code.push(...load(i * 512 + 256), ...VECTOR_XOR, ...set(sum));
  }
  return [...code, ...get(sum), ...set(y)];
}

/** (pointer, length, y, table) → y after hashing `length` bytes, the last block filled up with zeros. */
function absorb(): number[] {
  const [pointer, length, y, table, i, left, sum] = [0, 1, 2, 3, 4, 5, 6] as const;
  return [
    ...[2, 2, I32, 1, V128],
    ...[...BLOCK, ...LOOP],
    ...[...get(length), ...get(i), ...SUB, ...tee(left), ...constant(0), ...LESS_OR_EQUAL, ...branchIf(1)],
    ...[...get(pointer), ...get(i), ...ADD, ...load(), ...set(sum)],
    ...[...get(left), ...constant(16), ...LESS, ...IF],
    ...[
      ...get(sum),
      ...constant(LAYOUT.mask + 16),
      ...get(left),
      ...SUB,
      ...load(),
      ...VECTOR_AND,
      ...set(sum),
    ],
    ...END,
    ...[...get(y), ...get(sum), ...VECTOR_XOR, ...set(y)],
    ...multiply(y, sum, left, table),
    ...[...get(i), ...constant(16), ...ADD, ...set(i), ...branch(0)],
    ...[...END, ...END],
    ...[...get(y), ...END],
  ];
}

/** Where the parameters of `seal` and `open`, and their variables, stand. */
const PLACES = {
  packet: 0,
  headerLength: 1,
  length: 2,
  table: 3,
  keyStream: 4,
  i: 5,
  stream: 6,
  y: 7,
} as const;
const VARIABLES = [2, 2, I32, 1, V128];

/** XORs the text with the key stream in blocks of 16; what is written behind its end lies where the tag is. */
function crypt(): number[] {
  const { packet, headerLength, length, keyStream, i, stream } = PLACES;
  return [
    ...[...get(headerLength), ...set(i), ...get(keyStream), ...constant(16), ...ADD, ...set(stream)],
    ...[...BLOCK, ...LOOP],
    ...[...get(length), ...get(i), ...LESS_OR_EQUAL, ...branchIf(1)],
    ...[...get(packet), ...get(i), ...ADD],
    ...[...get(packet), ...get(i), ...ADD, ...load(), ...get(stream), ...load(), ...VECTOR_XOR, ...store()],
    ...[...get(i), ...constant(16), ...ADD, ...set(i)],
    ...[...get(stream), ...constant(16), ...ADD, ...set(stream)],
    ...[...branch(0), ...END, ...END],
  ];
}

/** Leaves the tag that belongs to header and cipher text on the stack. */
function tagOfText(): number[] {
  const { packet, headerLength, length, table, keyStream, y } = PLACES;
  return [
    ...[...get(packet), ...get(headerLength), ...ZERO, ...get(table), ...call(0), ...set(y)],
    ...[...get(packet), ...get(headerLength), ...ADD, ...get(length), ...get(headerLength), ...SUB],
    ...[...get(y), ...get(table), ...call(0), ...set(y)],
    ...[...constant(LAYOUT.lengths), ...constant(16), ...get(y), ...get(table), ...call(0)],
    ...[...get(keyStream), ...load(), ...VECTOR_XOR],
  ];
}

function endOfText(): number[] {
  return [...get(PLACES.packet), ...get(PLACES.length), ...ADD];
}

function seal(): number[] {
  return [...VARIABLES, ...crypt(), ...endOfText(), ...tagOfText(), ...store(), ...END];
}

function open(): number[] {
  return [
    ...[...VARIABLES, ...tagOfText(), ...endOfText(), ...load(), ...VECTOR_XOR, ...ANY_TRUE],
    ...[...IF, ...constant(0), ...RETURN, ...END],
    ...[...crypt(), ...constant(1), ...END],
  ];
}

function count(): number[] {
  const [at, blocks, number, vector] = [0, 1, 2, 3] as const;
  return [
    ...[2, 1, I32, 1, V128],
    ...[...constant(LAYOUT.iv), ...load(), ...set(vector)],
    ...[...BLOCK, ...LOOP],
    ...[...get(number), ...constant(1), ...ADD, ...tee(number), ...get(blocks), ...GREATER, ...branchIf(1)],
    // In the last byte: the number is big-endian.
    ...[...get(at), ...get(vector), ...get(number), ...constant(24), ...SHIFT_LEFT, ...LAST_WORD, ...store()],
    ...[...get(at), ...constant(16), ...ADD, ...set(at), ...branch(0)],
    ...[...END, ...END, ...END],
  ];
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function text(value: string): number[] {
  return [value.length, ...Buffer.from(value)];
}

function moduleBytes(pages: number): Uint8Array<ArrayBuffer> {
  const bodies = [absorb(), seal(), open(), count()];
  const parameters = [5, I32, I32, I32, I32, I32];
  const types = [
    [0x60, 4, I32, I32, V128, I32, 1, V128],
    [0x60, ...parameters, 0],
    [0x60, ...parameters, 1, I32],
    [0x60, 2, I32, I32, 0],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [types.length, ...types.flat()]),
    ...section(2, [1, ...text('own'), ...text('memory'), 2, 1, ...leb(pages), ...leb(pages)]),
    ...section(3, [bodies.length, 0, 1, 2, 3]),
    ...section(7, [3, ...text('seal'), 0, 1, ...text('open'), 0, 2, ...text('count'), 0, 3]),
    ...section(10, [bodies.length, ...bodies.flatMap((body) => [...leb(body.length), ...body])]),
  ]);
}

/** Throws where WebAssembly or its vector instructions are missing. The memory never grows: views of it stay valid. */
export function instantiateGcm(memoryBytes: number): { module: GcmModule; memory: ArrayBuffer } {
  const pages = Math.ceil(memoryBytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(moduleBytes(pages));
  const { exports } = new WebAssembly.Instance(module, { own: { memory } });
  new Uint8Array(memory.buffer).fill(0xff, LAYOUT.mask, LAYOUT.mask + 16);
  return { module: exports as GcmModule, memory: memory.buffer };
}

/** The 8 KiB of multiples of H that `seal` looks up. `hashKey` is AES of a zero block. */
export function writeTable(into: Uint8Array, hashKey: Buffer): void {
  const view = new DataView(into.buffer, into.byteOffset, TABLE_SIZE);
  let [a, b, c, d] = [0, 4, 8, 12].map((offset) => hashKey.readUInt32BE(offset)) as [
    number,
    number,
    number,
    number,
  ];
  for (let bit = 0; bit < 128; bit++) {
    // H·x^bit belongs to every entry of its position whose value has the bit; bit 0 is the highest of the first byte.
    const position = (bit >>> 2) * 256;
    const mask = 8 >>> (bit & 3);
    for (let value = 0; value < 16; value++) {
      if ((value & mask) === 0) continue;
      const entry = position + value * 16;
      view.setUint32(entry, view.getUint32(entry) ^ a);
      view.setUint32(entry + 4, view.getUint32(entry + 4) ^ b);
      view.setUint32(entry + 8, view.getUint32(entry + 8) ^ c);
      view.setUint32(entry + 12, view.getUint32(entry + 12) ^ d);
    }
    const carry = d & 1;
    d = ((d >>> 1) | (c << 31)) >>> 0;
    c = ((c >>> 1) | (b << 31)) >>> 0;
    b = ((b >>> 1) | (a << 31)) >>> 0;
    a = ((a >>> 1) ^ (carry ? 0xe1000000 : 0)) >>> 0;
  }
}
