/**
 * How the numbers of a stream's packets moved while some of them were left out, for those that come late. Exists only
 * while a leg leaves out temporal layers; otherwise one constant difference says it all.
 */
import { sequenceDistance } from './header';

/** Packets remembered, a power of two. */
const WINDOW = 1024;
const LEFT_OUT = 0x10000;

export class SequenceHistory {
  /** Packed: source number × 2^17 + (difference or LEFT_OUT); -1: nothing known. */
  readonly #entries = new Float64Array(WINDOW).fill(-1);
  readonly #pictures = new Uint16Array(WINDOW);
  readonly #startedAt: number;
  readonly #before: number;
  readonly #picturesBefore: number;
  #highest: number;
  /** What `find` found. */
  difference = 0;
  pictureDelta = 0;

  /** `before` and `picturesBefore`: the differences that held up to and including source number `highest`. */
  constructor(highest: number, before: number, picturesBefore: number) {
    this.#highest = highest;
    this.#startedAt = highest;
    this.#before = before & 0xffff;
    this.#picturesBefore = picturesBefore;
  }

  /** A packet in order: sent with these differences, or left out. Numbers skipped on the way get the differences, too. */
  add(sequenceNumber: number, difference: number, pictureDelta: number, leftOut: boolean): void {
    const ahead = Math.min(WINDOW, sequenceDistance(sequenceNumber, this.#highest));
    for (let back = ahead - 1; back > 0; back--)
      this.#set((sequenceNumber - back) & 0xffff, difference & 0xffff, pictureDelta);
    this.#set(sequenceNumber, leftOut ? LEFT_OUT : difference & 0xffff, pictureDelta);
    this.#highest = sequenceNumber;
  }

  /** Finds the differences for a late packet; false when it was left out or is too old. */
  find(sequenceNumber: number): boolean {
    if (sequenceDistance(sequenceNumber, this.#startedAt) <= 0) {
      this.difference = this.#before;
      this.pictureDelta = this.#picturesBefore;
      return true;
    }
    const slot = sequenceNumber & (WINDOW - 1);
    const entry = this.#entries[slot]!;
    if (entry < 0 || Math.floor(entry / 0x20000) !== sequenceNumber || entry % 0x20000 === LEFT_OUT)
      return false;
    this.difference = entry % 0x20000;
    this.pictureDelta = this.#pictures[slot]!;
    return true;
  }

  #set(sequenceNumber: number, value: number, pictureDelta: number): void {
    const slot = sequenceNumber & (WINDOW - 1);
    this.#entries[slot] = sequenceNumber * 0x20000 + value;
    this.#pictures[slot] = pictureDelta;
  }
}
