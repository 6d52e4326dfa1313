/**
 * A queue in front of a narrow leg: a keyframe that is sent in one burst overflows the buffers of a slow link, which loses
 * most of it, and most of each repetition. Lets through what the link takes, retransmissions first. Who puts packets in
 * sees to it that frames are left out before the queue grows long; the bound here is for what must not happen.
 */

/** Some two seconds of a megabit. */
const MAX_ITEMS = 300;
/** After a pause so much may leave at once, in milliseconds of the rate. */
const BURST_MS = 30;

export interface Paced {
  readonly bytes: number;
}

export class Pacer<Item extends Paced> {
  readonly #urgent: Item[] = [];
  readonly #ordinary: Item[] = [];
  #bits = 0;
  #allowedBits = 0;
  #updatedAt = -1;

  /** What waits, in bits. */
  get bits(): number {
    return this.#bits;
  }
  get length(): number {
    return this.#urgent.length + this.#ordinary.length;
  }

  /** False when it is full. */
  add(item: Item, urgent: boolean): boolean {
    if (this.length >= MAX_ITEMS) return false;
    (urgent ? this.#urgent : this.#ordinary).push(item);
    this.#bits += item.bytes * 8;
    return true;
  }

  /**
   * Sends what may leave by now, at `rate` bit/s; everything when it is undefined. With `fill`, which sends something else
   * and tells its bytes (0: it has nothing), what the queue leaves of the rate is used, too.
   */
  drain(now: number, rate: number | undefined, send: (item: Item) => void, fill?: () => number): void {
    if (rate !== undefined) {
      const elapsed = this.#updatedAt < 0 ? BURST_MS : now - this.#updatedAt;
      this.#allowedBits = Math.min((rate * BURST_MS) / 1000, this.#allowedBits + (rate * elapsed) / 1000);
    }
    this.#updatedAt = now;
    while (this.length > 0 && (rate === undefined || this.#allowedBits > 0)) {
      const item = this.#urgent.shift() ?? this.#ordinary.shift()!;
      this.#bits -= item.bytes * 8;
      this.#allowedBits -= item.bytes * 8;
      send(item);
    }
    if (rate === undefined || !fill) return;
    while (this.#allowedBits > 0) {
      const bytes = fill();
      if (bytes === 0) return;
      this.#allowedBits -= bytes * 8;
    }
  }

  clear(): void {
    this.#urgent.length = this.#ordinary.length = 0;
    this.#bits = 0;
  }
}
