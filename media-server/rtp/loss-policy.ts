/**
 * Which lost packets to tell the sender's congestion control about. Browsers take a tenth of lost packets for congestion
 * and fall to a slide show within seconds, and need half a minute to come back; but a bad radio loses packets, too, and
 * those are repaired by asking again. Congestion shows in two ways: packets wait in a queue before they are lost, and
 * loss goes on as long as too much is sent. So loss that comes without waiting is kept quiet, up to a share, for some
 * seconds; what lasts is told, and what comes with a growing delay is told at once.
 */

/** Share of packets whose loss may be kept quiet in the first seconds of an episode. */
const FIRST_SHARE = 0.3;
const FIRST_MS = 12_000;
/** The share falls to this until so long after the beginning. */
const LASTING_SHARE = 0.03;
const LASTING_MS = 24_000;
/** Calm for so long: the next loss begins a new episode. */
const CALM_MS = 5_000;
const CALM_LOSS = 0.01;
/** Packets that came so much later than the quickest ones have waited in a queue. */
const QUEUE_MS = 60;
/** Clocks drift and routes change: the quickest one counts for so long. */
const QUICKEST_WINDOW_MS = 10_000;
/** Losses that may be kept quiet at once. */
const BURST = 12;
/** abs-send-time: 24 bits, 6.18 fixed point seconds. */
const SEND_TIME_MS = 1000 / 2 ** 18;
const SEND_TIME_RANGE_MS = 64_000;

export class LossPolicy {
  /** Loss over the last hundred packets or so. */
  #loss = 0;
  #allowance = BURST;
  #episode = -1;
  #lastLoss = -Infinity;
  #delay = 0;
  #quickest = Infinity;
  #nextQuickest = Infinity;
  #windowEnds = 0;

  /** A packet arrived; `sendTime` from its abs-send-time extension, -1 without. */
  arrived(arrival: number, sendTime: number): void {
    this.#count(false);
    if (sendTime < 0) return;
    // Difference of two clocks: only its changes mean anything.
    let delay = (arrival - sendTime * SEND_TIME_MS) % SEND_TIME_RANGE_MS;
    if (delay < 0) delay += SEND_TIME_RANGE_MS;
    if (Math.abs(delay - this.#delay) > SEND_TIME_RANGE_MS / 2 || this.#quickest === Infinity) {
      this.#delay = this.#quickest = this.#nextQuickest = delay;
      this.#windowEnds = arrival + QUICKEST_WINDOW_MS;
      return;
    }
    this.#delay += (delay - this.#delay) / 8;
    this.#quickest = Math.min(this.#quickest, delay);
    this.#nextQuickest = Math.min(this.#nextQuickest, delay);
    if (arrival < this.#windowEnds) return;
    this.#quickest = this.#nextQuickest;
    this.#nextQuickest = delay;
    this.#windowEnds = arrival + QUICKEST_WINDOW_MS;
  }

  /** Losses may be kept quiet at present: worth waiting for their repair. */
  get lenient(): boolean {
    return this.#delay - this.#quickest <= QUEUE_MS && this.#allowance >= 1;
  }

  /** A packet was lost; `repaired`: it came later, by another way. True when the sender is to be told. */
  tell(now: number, repaired: boolean): boolean {
    this.#count(true);
    if (this.#episode < 0 || now - this.#lastLoss > CALM_MS) this.#episode = now;
    if (this.#loss > CALM_LOSS) this.#lastLoss = now;
    if (!repaired || !this.lenient) return true;
    this.#allowance--;
    return false;
  }

  #count(lost: boolean): void {
    this.#loss += ((lost ? 1 : 0) - this.#loss) / 100;
    this.#allowance = Math.min(BURST, this.#allowance + this.#share);
  }
  #share = FIRST_SHARE;

  /** A few times a second. */
  update(now: number): void {
    if (this.#episode >= 0 && now - this.#lastLoss > CALM_MS) this.#episode = -1;
    const age = this.#episode < 0 ? 0 : now - this.#episode;
    const progress = Math.min(1, Math.max(0, (age - FIRST_MS) / (LASTING_MS - FIRST_MS)));
    this.#share = FIRST_SHARE + (LASTING_SHARE - FIRST_SHARE) * progress;
  }
}
