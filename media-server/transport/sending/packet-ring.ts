/**
 * Packets on their way from one thread to another, through memory that both share: one writes, one reads, nobody waits for
 * the other. Records lie one behind the other in a ring; how far each side has come is counted in bytes, modulo 2^32 (which
 * busy threads pass every minute or so), and the ring's size divides that. What the reader sends back goes another way,
 * as messages; the ring only keeps account of how much of that is under way.
 */
import { part } from '../views';

/** What a record is. The reader hands it on; the ring does not care. */
export const RECORD = { rtp: 1, rtcp: 2, control: 3 } as const;
export type RecordKind = (typeof RECORD)[keyof typeof RECORD];

/** A whole GOP of a hundred viewers; a power of two. */
export const RING_BYTES = 4 * 1024 * 1024;
/** What may be under way back to the writer; the rest is lost, as in a socket whose buffer is full. */
export const MAX_RETURNING_BYTES = 4 * 1024 * 1024;
/** What a message costs beside its data, about. */
const MESSAGE_BYTES = 512;
/** Legs of one thread; each has a counter of dropped packets. */
export const MAX_LEGS = 1024;

// Words of the control block.
const WRITTEN = 0;
const READ = 1;
const SLEEPING = 2;
const RETURNING = 3;
const DROPPED = 16;
const CONTROL_BYTES = (DROPPED + MAX_LEGS) * 4;

/** Size with these bytes (0: go on at the beginning), kind and leg, length and header length. */
const HEAD_BYTES = 12;

/** `count`: where both sides begin to count, for tests. */
export function createRingMemory(bytes = RING_BYTES, count = 0): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(CONTROL_BYTES + bytes);
  new Int32Array(memory, 0, READ + 1).fill(count | 0);
  return memory;
}

/** What both sides see. */
class Ring {
  protected readonly control: Int32Array;
  protected readonly words: Int32Array;
  protected readonly bytes: Buffer;
  protected readonly size: number;
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.size = memory.byteLength - CONTROL_BYTES;
    this.mask = this.size - 1;
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.words = new Int32Array(memory, CONTROL_BYTES, this.size / 4);
    this.bytes = Buffer.from(memory, CONTROL_BYTES, this.size);
  }
}

export class RingWriter extends Ring {
  #written = Atomics.load(this.control, WRITTEN);
  /** As last looked at: the reader may be further. */
  #read = Atomics.load(this.control, READ);

  /**
   * Appends a record of two parts; `header` may be undefined. False when there is no room: the reader is too slow, and
   * more would only come later.
   */
  write(
    kind: RecordKind,
    leg: number,
    header: Buffer | undefined,
    headerLength: number,
    body: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const length = headerLength + end - start;
    const needed = (HEAD_BYTES + length + 3) & ~3;
    const left = this.size - (this.#written & this.mask);
    const skip = needed > left ? left : 0;
    if (!this.#hasRoom(skip + needed)) return false;
    if (skip > 0) {
      this.words[(this.#written & this.mask) >> 2] = 0;
      this.#written = (this.#written + skip) | 0;
    }
    const at = this.#written & this.mask;
    const word = at >> 2;
    this.words[word] = needed;
    this.words[word + 1] = (kind << 16) | leg;
    this.words[word + 2] = (headerLength << 16) | length;
    if (header) header.copy(this.bytes, at + HEAD_BYTES, 0, headerLength);
    // Not `copy`: what comes may be any view, also of shared memory.
    this.bytes.set(part(body, start, end), at + HEAD_BYTES + headerLength);
    this.#written = (this.#written + needed) | 0;
    Atomics.store(this.control, WRITTEN, this.#written);
    return true;
  }

  /** True when the reader sleeps and nobody has woken it yet: the caller is to do it. */
  takeSleeper(): boolean {
    return (
      Atomics.load(this.control, SLEEPING) === 1 &&
      Atomics.compareExchange(this.control, SLEEPING, 1, 0) === 1
    );
  }
  /** Packets of the leg that the reader could not hand to the network. */
  dropped(leg: number): number {
    return Atomics.load(this.control, DROPPED + leg);
  }

  /** A message of so many bytes has come back from the reader. */
  returned(bytes: number): void {
    Atomics.sub(this.control, RETURNING, bytes + MESSAGE_BYTES);
  }

  #hasRoom(needed: number): boolean {
    // Less than all: full and empty must not look alike.
    if (this.size - ((this.#written - this.#read) | 0) > needed) return true;
    this.#read = Atomics.load(this.control, READ);
    return this.size - ((this.#written - this.#read) | 0) > needed;
  }
}

/** A record where it lies; valid until the handler returns. */
export type RecordHandler = (
  kind: number,
  leg: number,
  headerLength: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

export class RingReader extends Ring {
  #read = Atomics.load(this.control, READ);

  /** Hands on at most `limit` records. True when there may be more; false: the reader sleeps until it is woken. */
  drain(limit: number, handle: RecordHandler): boolean {
    for (let count = 0; count < limit; count++) {
      if (this.#read === Atomics.load(this.control, WRITTEN)) {
        Atomics.store(this.control, SLEEPING, 1);
        // Written between the two looks: nobody will wake us for that.
        if (this.#read === Atomics.load(this.control, WRITTEN)) return false;
        Atomics.store(this.control, SLEEPING, 0);
      }
      this.#next(handle);
    }
    return true;
  }
  /** Whether a message of so many bytes may go back to the writer, who has to keep up with them; it counts from then on. */
  mayReturn(bytes: number): boolean {
    const size = bytes + MESSAGE_BYTES;
    if (Atomics.load(this.control, RETURNING) + size > MAX_RETURNING_BYTES) return false;
    Atomics.add(this.control, RETURNING, size);
    return true;
  }
  /** Counts a packet that was not sent. */
  drop(leg: number): void {
    Atomics.add(this.control, DROPPED + leg, 1);
  }
  /** The leg is closed; the next one with its number begins at zero. */
  forgetDrops(leg: number): void {
    Atomics.store(this.control, DROPPED + leg, 0);
  }

  #next(handle: RecordHandler): void {
    let at = this.#read & this.mask;
    if (this.words[at >> 2] === 0) {
      this.#read = (this.#read + this.size - at) | 0;
      at = 0;
    }
    const word = at >> 2;
    const needed = this.words[word]!;
    const what = this.words[word + 1]!;
    const lengths = this.words[word + 2]!;
    const start = at + HEAD_BYTES;
    handle(what >> 16, what & 0xffff, lengths >> 16, this.bytes, start, start + (lengths & 0xffff));
    this.#read = (this.#read + needed) | 0;
    Atomics.store(this.control, READ, this.#read);
  }
}
