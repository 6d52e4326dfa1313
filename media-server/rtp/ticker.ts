/**
 * One timer for all sessions of a server: RTCP costs a function call per session and tick, not a timer each. Who has nothing
 * to do for a while is not even called: of a hundred viewers, nearly all.
 */
import type { Cancel, Clock } from '../clock';

export interface Ticking {
  /** `now` in monotonic milliseconds. Returns for how many it may be left alone; 0: call again at the next tick. */
  tick(now: number): number;
}

/** Fine enough for feedback every 50 ms and for asking again after a short round trip. */
export const TICK_MS = 25;

export class Ticker {
  readonly #clock: Clock;
  /** When each is due, in whole milliseconds: small integers stand in the map itself. */
  readonly #members = new Map<Ticking, number>();
  #cancel: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  add(member: Ticking): void {
    this.#members.set(member, 0);
    this.#cancel ??= this.#clock.every(TICK_MS, () => this.#tick());
  }
  /** Something happened to it: it is called at the next tick, however long it meant to rest. */
  wake(member: Ticking): void {
    if (this.#members.has(member)) this.#members.set(member, 0);
  }
  remove(member: Ticking): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const [member, due] of this.#members) {
      if (now < due) continue;
      const rest = member.tick(now);
      // Removed by its own tick, it stays away.
      if (rest > 0 && this.#members.has(member)) this.#members.set(member, Math.floor(now + rest));
    }
  }
}
