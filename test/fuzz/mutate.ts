/**
 * Hostile inputs out of good ones: flipped bits, lengths that lie, cut ends, spliced samples, and for text the same on
 * tokens, numbers and lines. Knows nothing of formats beyond what a target hands it (samples, words, a repair).
 */
import type { Random } from './random';

export interface MutationOptions {
  readonly samples: readonly Buffer[];
  /** Pieces with a meaning in the format. */
  readonly words?: readonly Buffer[];
  /** Lines and numbers are changed as well. */
  readonly text?: boolean;
  readonly maxBytes: number;
}

type Operation = (bytes: Buffer, random: Random, options: MutationOptions) => Buffer;

const CORNERS_8 = [0, 1, 0x0f, 0x10, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
const CORNERS_16 = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff];
const CORNERS_32 = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const CORNERS_OF_TEXT = [
  '0',
  '-1',
  '1',
  '65535',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e309',
  '-0',
  '0x10',
  '99999999999999999999999999',
  'NaN',
];
const NEWLINE = 0x0a;

const flipBit: Operation = (bytes, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
};
const setByte: Operation = (bytes, random) => {
  if (bytes.length > 0)
    bytes[random.below(bytes.length)] = random.oneIn(2) ? random.pick(CORNERS_8) : random.next() & 0xff;
  return bytes;
};
/** What a length field is attacked with: corners, and what is really left, give or take a little. */
const set16: Operation = (bytes, random) => {
  if (bytes.length < 2) return bytes;
  const at = random.below(bytes.length - 1);
  const left = bytes.length - at - 2 + random.below(9) - 4;
  const value = random.oneIn(3) ? left : random.oneIn(8) ? random.next() : random.pick(CORNERS_16);
  const word = value & 0xffff;
  if (random.oneIn(8)) bytes.writeUInt16LE(word, at);
  else bytes.writeUInt16BE(word, at);
  return bytes;
};
const set32: Operation = (bytes, random) => {
  if (bytes.length < 4) return bytes;
  const at = random.below(bytes.length - 3);
  const value = random.oneIn(3) ? random.next() : random.pick(CORNERS_32);
  if (random.oneIn(4)) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
  return bytes;
};
const addToByte: Operation = (bytes, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! += random.below(17) - 8;
  return bytes;
};
const truncate: Operation = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));
const lengthen: Operation = (bytes, random) => Buffer.concat([bytes, random.bytes(1 + random.below(64))]);
const range = (bytes: Buffer, random: Random): [from: number, to: number] => {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(random.oneIn(4) ? 256 : 16))];
};
const cutOut: Operation = (bytes, random) => {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};
const repeat: Operation = (bytes, random, { maxBytes }) => {
  const [from, to] = range(bytes, random);
  const piece = bytes.subarray(from, to);
  const fits = piece.length === 0 ? 0 : Math.floor((maxBytes - bytes.length) / piece.length);
  const times = Math.max(0, Math.min(fits, 1 + random.below(random.oneIn(16) ? 1_000 : 4)));
  return Buffer.concat([bytes.subarray(0, to), ...new Array<Buffer>(times).fill(piece), bytes.subarray(to)]);
};
const splice: Operation = (bytes, random, { samples }) => {
  const other = random.pick(samples);
  return Buffer.concat([
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
};
const overlay: Operation = (bytes, random, { samples }) => {
  const other = random.pick(samples);
  const [from, to] = range(other, random);
  other.copy(bytes, random.below(bytes.length + 1), from, to);
  return bytes;
};
const insertWord: Operation = (bytes, random, { words }) => {
  if (words === undefined || words.length === 0) return setByte(bytes, random, { samples: [], maxBytes: 0 });
  const at = random.below(bytes.length + 1);
  const word = random.pick(words);
  const rest = random.oneIn(2) ? at : Math.min(bytes.length, at + word.length);
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(rest)]);
};
const replaceNumber: Operation = (bytes, random) => {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/-?\d+/g)];
  if (numbers.length === 0) return bytes;
  const { 0: found, index } = random.pick(numbers);
  const value = random.oneIn(3) ? String(random.next()) : random.pick(CORNERS_OF_TEXT);
  return Buffer.from(text.slice(0, index) + value + text.slice(index + found.length), 'latin1');
};
const rearrangeLines: Operation = (bytes, random, { samples }) => {
  const lines = splitLines(bytes);
  const at = random.below(lines.length);
  switch (random.below(4)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(random.below(lines.length + 1), 0, lines[at] ?? Buffer.alloc(0));
      break;
    case 2:
      lines.splice(at, 0, random.pick(splitLines(random.pick(samples))));
      break;
    default:
      lines.push(...lines.splice(at, 1 + random.below(8)));
  }
  return Buffer.concat(lines);
};

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  return from < bytes.length || lines.length === 0 ? [...lines, bytes.subarray(from)] : lines;
}

const ON_BYTES: readonly Operation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  addToByte,
  set16,
  set16,
  set16,
  set32,
  truncate,
  lengthen,
  cutOut,
  repeat,
  splice,
  overlay,
  insertWord,
];
const ON_TEXT: readonly Operation[] = [
  flipBit,
  setByte,
  truncate,
  cutOut,
  repeat,
  splice,
  overlay,
  insertWord,
  insertWord,
  replaceNumber,
  replaceNumber,
  rearrangeLines,
  rearrangeLines,
];

/** A fresh buffer of at most `maxBytes`: rarely noise, rarely an untouched sample, mostly a sample with up to eight changes. */
export function mutate(random: Random, options: MutationOptions): Buffer {
  if (random.oneIn(40)) return random.bytes(random.below(Math.min(options.maxBytes, 400)));
  let bytes: Buffer = Buffer.from(random.pick(options.samples));
  if (random.oneIn(40)) return bytes.subarray(0, options.maxBytes);
  const operations = options.text ? ON_TEXT : ON_BYTES;
  do {
    bytes = random.pick(operations)(bytes, random, options);
    if (bytes.length > options.maxBytes) bytes = bytes.subarray(0, options.maxBytes);
  } while (!random.oneIn(random.oneIn(4) ? 8 : 2));
  return Buffer.from(bytes);
}
