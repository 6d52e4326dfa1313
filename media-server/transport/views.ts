/**
 * Views that are needed again and again. Making one costs a tenth of a microsecond and a hundred bytes that have to be
 * collected: with several for each forwarded packet, a twentieth of what it costs altogether.
 */

let whole: Uint8Array = Buffer.alloc(0);
let from = 0;
let to = 0;
let last: Uint8Array = whole;

/** `bytes[start..end)`. The last one is kept, because one payload goes to all viewers in turn. */
export function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (start === 0 && end === bytes.length) return bytes;
  if (bytes !== whole || start !== from || end !== to) {
    last = bytes.subarray(start, end);
    whole = bytes;
    from = start;
    to = end;
  }
  return last;
}

const known = new WeakMap<Buffer, Prefixes>();

/** The beginnings of a buffer, each made once: for the few buffers in which every packet is put together. */
export class Prefixes {
  readonly #bytes: Buffer;
  readonly #views: (Buffer | undefined)[];

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#views = new Array<Buffer | undefined>(bytes.length + 1).fill(undefined);
  }
  static of(bytes: Buffer): Prefixes {
    let prefixes = known.get(bytes);
    if (!prefixes) known.set(bytes, (prefixes = new Prefixes(bytes)));
    return prefixes;
  }
  /** The first `length` bytes. */
  first(length: number): Buffer {
    return (this.#views[length] ??= this.#bytes.subarray(0, length));
  }
}
