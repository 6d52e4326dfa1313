/**
 * How much one viewer's leg can take, from what its receiver says: its bandwidth estimate (REMB), its loss and the round
 * trip. An estimate below what we send is no proof of a bottleneck, because receivers estimate at most half as much again
 * as they get: after a quiet scene it lags far behind without any trouble. So a limit is found only where the estimate
 * falls, or stands still below what is sent, or loss or delay confirm it; and it is lifted again step by step.
 */

/** Never less, and no congestion is looked for below: so little cannot fill a link, and estimates of it are noise. */
const FLOOR = 100_000;
/** Estimates decrease in steps of 15 %; smaller changes are noise. */
const FALL = 0.97;
/** A limit holds so long before it is tried to be raised; doubled each time that fails. */
const MIN_HOLD_MS = 4_000;
const MAX_HOLD_MS = 32_000;
/** Growth of a limit per second. */
const GROWTH = 1.2;
/** Time constant of the rates. */
const RATE_WINDOW_MS = 1_000;
/** Round trip beyond the best one seen that means a full queue. */
const QUEUE_MS = 120;
const SOME_LOSS = 0.02;
const HIGH_LOSS = 0.1;
const EXTREME_LOSS = 0.4;

/** Bits per second over the last second or so. */
export class RateMeter {
  #bytes = 0;
  #rate = 0;
  #since = -1;

  add(bytes: number): void {
    this.#bytes += bytes;
  }
  /** Call several times a second. */
  update(now: number): number {
    if (this.#since < 0) {
      this.#since = now;
      return this.#rate;
    }
    const elapsed = now - this.#since;
    if (elapsed < 50) return this.#rate;
    const weight = Math.min(1, elapsed / RATE_WINDOW_MS);
    this.#rate += ((this.#bytes * 8000) / elapsed - this.#rate) * weight;
    this.#bytes = 0;
    this.#since = now;
    return this.#rate;
  }
  get rate(): number {
    return this.#rate;
  }
}

export class LegCapacity {
  #estimate: number | undefined;
  /** Since when the estimate has neither grown nor fallen. */
  #stuckSince = 0;
  #stuckAt = 0;
  #fellAt = -Infinity;
  /** Since when it is far below what is sent. */
  #belowSince = Infinity;
  #loss = 0;
  #roundTrip: number | undefined;
  #bestRoundTrip = Infinity;
  #limit: number | undefined;
  /** What the source sent when the limit was found: with so much room again there is none. */
  #wanted = 0;
  #hold = MIN_HOLD_MS;
  #holdUntil = 0;
  #lastUpdate = 0;
  #loweredAt = -Infinity;

  /** Bit/s; undefined: no limit known. */
  get limit(): number | undefined {
    return this.#limit;
  }
  /** The receiver's last word, bit/s. */
  get estimate(): number | undefined {
    return this.#estimate;
  }

  receiverEstimate(bitsPerSecond: number, now: number): void {
    if (this.#estimate !== undefined && bitsPerSecond < this.#estimate * FALL) this.#fellAt = now;
    if (bitsPerSecond > this.#stuckAt * 1.05 || bitsPerSecond < this.#stuckAt * FALL) {
      this.#stuckAt = bitsPerSecond;
      this.#stuckSince = now;
    }
    this.#estimate = bitsPerSecond;
  }

  /** From a receiver report; `roundTrip` in ms where it could be told. */
  report(fractionLost: number, roundTrip: number | undefined): void {
    this.#loss += (fractionLost - this.#loss) * 0.5;
    if (roundTrip !== undefined) {
      this.#roundTrip = roundTrip;
      this.#bestRoundTrip = Math.min(this.#bestRoundTrip * 1.01, roundTrip);
    }
  }

  /** Call a few times a second. `sent` and `offered` in bit/s: what went out, and what the source had. Returns the limit. */
  update(now: number, sent: number, offered: number): number | undefined {
    const elapsed = Math.min(1000, now - this.#lastUpdate);
    this.#lastUpdate = now;
    if (this.#congested(now, sent)) {
      // One step for each round of reports.
      if (now - this.#loweredAt < 1000) return this.#limit;
      const delivered = sent * (1 - this.#loss) * 0.95;
      // One bad second is no reason to give up most of a limit that worked.
      const least = Math.max(FLOOR, (this.#limit ?? 0) * 0.7);
      const target = Math.max(least, Math.min(this.#estimate ?? delivered, delivered));
      if (this.#limit === undefined) this.#wanted = Math.max(offered, sent);
      else if (now < this.#holdUntil + 15_000 && now > this.#holdUntil)
        this.#hold = Math.min(MAX_HOLD_MS, this.#hold * 2);
      this.#limit = Math.min(this.#limit ?? Infinity, target);
      this.#holdUntil = now + this.#hold;
      this.#loweredAt = now;
      this.#fellAt = -Infinity;
      this.#stuckSince = now;
    } else if (this.#limit !== undefined && now > this.#holdUntil) {
      this.#limit *= GROWTH ** (elapsed / 1000);
      if (this.#limit > this.#wanted * 1.2) {
        this.#limit = undefined;
        this.#hold = MIN_HOLD_MS;
      }
    }
    return this.#limit;
  }

  #congested(now: number, sent: number): boolean {
    const far = Math.min(sent, this.#limit ?? Infinity) * 0.7;
    if (this.#estimate === undefined || this.#estimate >= far) this.#belowSince = Infinity;
    else this.#belowSince = Math.min(this.#belowSince, now);
    const limit = this.#limit ?? Infinity;
    if (sent < FLOOR || limit <= FLOOR) return false;
    // Behind a limit little is sent, in bursts: what counts is whether the limit itself is too high.
    const below = this.#estimate !== undefined && this.#estimate < Math.min(sent * 0.9, limit * 0.8);
    const queued = this.#roundTrip !== undefined && this.#roundTrip > this.#bestRoundTrip + QUEUE_MS;
    const falling = now - this.#fellAt < 2000;
    // A busy machine makes estimates fall, too: something else has to go with it, or it has to fall far.
    if (below && (queued || this.#loss > HIGH_LOSS || (falling && this.#loss > SOME_LOSS))) return true;
    if (limit === Infinity && falling && this.#belowSince < now) return true;
    if (now - Math.max(this.#stuckSince, this.#belowSince) > 3000) return true;
    return this.#loss > EXTREME_LOSS;
  }
}
