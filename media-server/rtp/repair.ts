/**
 * Which packets of a stream to ask for again (RFC 4585 section 6.2.1), when, how often, and when to give up and ask for a
 * keyframe. Knows numbers only; sending is the session's.
 */
import { sequenceDistance } from './header';

/** More missing at once is an outage: a keyframe repairs it faster than its packets would. */
const MAX_MISSING = 300;
const MAX_TRIES = 10;
/** After so long a packet would come too late for any player that wants to be live. */
const MAX_AGE_MS = 1200;
const MIN_RETRY_MS = 20;
/** Room for an answer that takes a little longer than the last ones. */
const RETRY_MARGIN_MS = 10;

interface Missing {
  readonly since: number;
  tries: number;
  retryAt: number;
}

export class Repair {
  readonly #missing = new Map<number, Missing>();
  #highest = -1;
  #abandoned = false;
  #requested = 0;

  /** Packets asked for so far. */
  get requested(): number {
    return this.#requested;
  }
  /** When the oldest of the missing packets was noticed; undefined: nothing is missing. */
  get oldest(): number | undefined {
    for (const missing of this.#missing.values()) return missing.since;
    return undefined;
  }
  get waiting(): number {
    return this.#missing.size;
  }

  /** A packet came in order, perhaps behind a gap. True when there is something new to ask for. */
  next(sequenceNumber: number, now: number): boolean {
    let gap = false;
    if (this.#highest >= 0) {
      const ahead = sequenceDistance(sequenceNumber, this.#highest);
      if (ahead > MAX_MISSING) this.#abandon();
      else {
        for (let number = 1; number < ahead; number++) {
          this.#missing.set((this.#highest + number) & 0xffff, { since: now, tries: 0, retryAt: now });
          gap = true;
        }
        if (this.#missing.size > MAX_MISSING) this.#abandon();
      }
    }
    this.#highest = sequenceNumber;
    return gap && this.#missing.size > 0;
  }

  /** A packet filled a gap. */
  recovered(sequenceNumber: number): void {
    this.#missing.delete(sequenceNumber);
  }

  /** A keyframe begins with this packet: nothing before it is needed for decoding any more. */
  keyframe(sequenceNumber: number): void {
    this.#abandoned = false;
    for (const number of this.#missing.keys())
      if (sequenceDistance(number, sequenceNumber) < 0) this.#missing.delete(number);
  }

  restart(sequenceNumber: number): void {
    this.#missing.clear();
    this.#highest = sequenceNumber;
  }

  /** What to ask for now, ascending in order of loss. `roundTripTime` in ms. */
  due(now: number, roundTripTime: number): number[] {
    if (this.#missing.size === 0) return [];
    const retry = Math.max(MIN_RETRY_MS, roundTripTime + RETRY_MARGIN_MS);
    const numbers: number[] = [];
    for (const [number, missing] of this.#missing) {
      if (missing.tries >= MAX_TRIES || now - missing.since > MAX_AGE_MS) {
        this.#missing.delete(number);
        this.#abandoned = true;
        continue;
      }
      if (missing.retryAt > now) continue;
      missing.tries++;
      missing.retryAt = now + retry;
      numbers.push(number);
    }
    this.#requested += numbers.length;
    return numbers;
  }

  /** True once after packets were given up: only a keyframe helps. */
  takeAbandoned(): boolean {
    const abandoned = this.#abandoned;
    this.#abandoned = false;
    return abandoned;
  }

  #abandon(): void {
    this.#missing.clear();
    this.#abandoned = true;
  }
}
