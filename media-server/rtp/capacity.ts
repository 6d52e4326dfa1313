/**
 * How much one viewer's leg can take, from what its receiver says: its bandwidth estimate (REMB), its loss and the round
 * trip. An estimate below what we send is no proof of a bottleneck, because receivers estimate at most half as much again
 * as they get: after a quiet scene it lags far behind without any trouble. So a limit is found only where the estimate
 * falls, or stands still below what is sent, or loss or delay confirm it. It is raised again step by step, each step only
 * after the one before was used without trouble: what a leg was not seen to carry is not taken for granted. Where the
 * stream itself needs less, the difference is filled with packets sent again (`probing`).
 */

/** Never less, and no congestion is looked for below: so little cannot fill a link, and estimates of it are noise. */
const FLOOR = 100_000;
/** Estimates decrease in steps of 15 %; smaller changes are noise. */
const FALL = 0.97;
/** While a limit is being raised each fall counts: to stop for nothing costs some seconds, to go on a stutter. */
const DIP = 0.995;
/** A limit holds so long before it is tried to be raised; half as much again each time that fails. */
const MIN_HOLD_MS = 4_000;
const MAX_HOLD_MS = 7_000;
const LONGER_HOLD = 1.5;
/** Growth of a limit per second: near to where it failed last, and well beyond. */
const GROWTH = 1.2;
const FAST_GROWTH = 1.8;
const BEYOND = 1.3;
/** A step counts as used when so much of it was sent. */
const USED = 0.6;
/** From a narrow leg to any picture takes half as long. */
const MAX_RAISE_MS = 20_000;
/** Of what is sent, what the last reports cannot have told of yet. */
const CONFIRMED = 0.85;
/** Time constant of the rates. */
const RATE_WINDOW_MS = 1_000;
/** Round trip beyond the best one seen that means a full queue. */
const QUEUE_MS = 120;
/** While a limit is being raised. */
const SOME_QUEUE_MS = 60;
const SOME_LOSS = 0.02;
const HIGH_LOSS = 0.1;
/** A limit that is found to be too high again so soon has not worked yet. */
const SAME_FALL_MS = 2_500;
/** Between two steps down. */
const MIN_STEP_MS = 400;
const REPORTS_MS = 1_000;
/** More loss than before a limit was raised. */
const MORE_LOSS = 0.06;
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

/** A limit that is being raised: where it began, since when, and the loss at that time. */
interface Raise {
  readonly from: number;
  readonly since: number;
  readonly loss: number;
}

export class LegCapacity {
  #estimate: number | undefined;
  /** Since when the estimate has neither grown nor fallen. */
  #stuckSince = 0;
  #stuckAt = 0;
  #fellAt = -Infinity;
  /** The last fall, however small. */
  #dippedAt = -Infinity;
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
  #raise: Raise | undefined;
  /** The limit that was too high last. */
  #failedAt = 0;

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
    if (this.#estimate !== undefined && bitsPerSecond < this.#estimate * DIP) this.#dippedAt = now;
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

  /** The limit is being raised: everything below it should be used, or nothing is learnt. */
  get probing(): boolean {
    return this.#raise !== undefined;
  }

  /**
   * Call a few times a second. `sent` and `offered` in bit/s: what went out, and what the source had. `probes`: what is
   * missing to the limit is sent while it is being raised; otherwise it is raised untried. Returns the limit.
   */
  update(now: number, sent: number, offered: number, probes = false): number | undefined {
    const elapsed = Math.min(1000, now - this.#lastUpdate);
    this.#lastUpdate = now;
    const congested = this.#congested(now, sent);
    if (this.#raise && (congested || this.#showsTrouble(this.#raise))) this.#giveUp(now, sent, this.#raise);
    else if (congested) this.#lower(now, sent, offered);
    else if (this.#limit !== undefined && now > this.#holdUntil) this.#try(now, elapsed, sent, probes);
    return this.#limit;
  }

  #lower(now: number, sent: number, offered: number): void {
    // One step for each round of reports, or as the estimate falls.
    if (now - this.#loweredAt < (this.#fellAt > this.#loweredAt ? MIN_STEP_MS : REPORTS_MS)) return;
    const delivered = sent * (1 - this.#loss) * 0.95;
    // One bad second is no reason to give up most of a limit that worked.
    const kept = now - this.#loweredAt < SAME_FALL_MS ? 0.5 : 0.7;
    const least = Math.max(FLOOR, (this.#limit ?? 0) * kept);
    const target = Math.max(least, Math.min(this.#estimate ?? delivered, delivered));
    if (this.#limit === undefined) this.#wanted = offered;
    this.#failed(now, Math.min(this.#limit ?? Infinity, target));
    this.#loweredAt = now;
    this.#fellAt = -Infinity;
    this.#stuckSince = now;
  }

  /** The limit, or none, was too high: `limit` holds for a while. */
  #failed(now: number, limit: number): void {
    if (this.#raise) this.#hold = Math.min(MAX_HOLD_MS, this.#hold * LONGER_HOLD);
    this.#failedAt = this.#limit ?? limit;
    this.#limit = limit;
    this.#raise = undefined;
    this.#holdUntil = now + this.#hold;
  }

  #showsTrouble({ since, loss }: Raise): boolean {
    return this.#dippedAt > since || this.#waits(SOME_QUEUE_MS) || this.#loss > loss + MORE_LOSS;
  }
  /** Back to where the raise began, or to what was carried since. */
  #giveUp(now: number, sent: number, { from }: Raise): void {
    const carried = Math.min(sent * (1 - this.#loss), this.#estimate ?? Infinity) * CONFIRMED;
    this.#failed(now, Math.min(this.#limit ?? Infinity, Math.max(from, carried)));
    this.#fellAt = -Infinity;
    this.#stuckSince = now;
  }
  /** One step up, once the last one was used. */
  #try(now: number, elapsed: number, sent: number, probes: boolean): void {
    const limit = this.#limit!;
    this.#raise ??= { from: limit, since: now, loss: this.#loss };
    if (probes && sent < limit * USED) {
      // There is nothing to fill it with.
      if (now - this.#raise.since > MAX_RAISE_MS) this.#failed(now, limit);
      return;
    }
    this.#limit = limit * (limit > this.#failedAt * BEYOND ? FAST_GROWTH : GROWTH) ** (elapsed / 1000);
    if (this.#limit <= this.#wanted * 1.2) return;
    this.#limit = undefined;
    this.#raise = undefined;
    this.#hold = MIN_HOLD_MS;
  }

  /** Packets wait so long on the way. */
  #waits(milliseconds: number): boolean {
    return this.#roundTrip !== undefined && this.#roundTrip > this.#bestRoundTrip + milliseconds;
  }

  #congested(now: number, sent: number): boolean {
    const far = Math.min(sent, this.#limit ?? Infinity) * 0.7;
    if (this.#estimate === undefined || this.#estimate >= far) this.#belowSince = Infinity;
    else this.#belowSince = Math.min(this.#belowSince, now);
    const limit = this.#limit ?? Infinity;
    if (sent < FLOOR || limit <= FLOOR) return false;
    // Behind a limit little is sent, in bursts: what counts is whether the limit itself is too high.
    const below = this.#estimate !== undefined && this.#estimate < Math.min(sent * 0.9, limit * 0.8);
    const falling = now - this.#fellAt < 2000;
    // What is queued on the way makes the estimate fall on for a while.
    if (below && limit !== Infinity && falling && now - this.#loweredAt < SAME_FALL_MS) return true;
    // A busy machine makes estimates fall, too: something else has to go with it, or it has to fall far.
    if (below && (this.#waits(QUEUE_MS) || this.#loss > HIGH_LOSS || (falling && this.#loss > SOME_LOSS)))
      return true;
    if (limit === Infinity && falling && this.#belowSince < now) return true;
    if (now - Math.max(this.#stuckSince, this.#belowSince) > 3000) return true;
    return this.#loss > EXTREME_LOSS;
  }
}
