/** A bucket of tokens: so many messages at once, so many per second in the long run. */
import type { Clock } from './clock';

export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.monotonic();
  }

  /** Takes one token; false when there is none left. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Puts one back that turned out not to count. */
  give(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** As if nothing had ever been taken. */
  get full(): boolean {
    const waited = this.#clock.monotonic() - this.#filledAt;
    return this.#tokens + (waited / 1_000) * this.#perSecond >= this.#burst;
  }
}
