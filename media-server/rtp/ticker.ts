/** One timer for all sessions of a server: RTCP costs a function call per session and tick, not a timer each. */
import type { Cancel, Clock } from '../clock';

export interface Ticking {
  /** `now` in monotonic milliseconds. */
  tick(now: number): void;
}

/** Fine enough for feedback every 50 ms and for asking again after a short round trip. */
export const TICK_MS = 25;

export class Ticker {
  readonly #clock: Clock;
  readonly #members = new Set<Ticking>();
  #cancel: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  add(member: Ticking): void {
    this.#members.add(member);
    this.#cancel ??= this.#clock.every(TICK_MS, () => {
      const now = this.#clock.now();
      for (const each of this.#members) each.tick(now);
    });
  }
  remove(member: Ticking): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
