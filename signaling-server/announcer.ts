/**
 * Tells many clients about something that changes often (who is there, what is on air): however many changes fall
 * together, each client hears of them once, a moment later.
 */
import type { Clock } from './clock';

/** Long enough to swallow a crowd that arrives at once, too short to be felt on a screen. */
export const ANNOUNCE_DELAY_MS = 50;

export class Announcer {
  readonly #clock: Clock;
  readonly #announce: () => void;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, announce: () => void) {
    this.#clock = clock;
    this.#announce = announce;
  }

  changed(): void {
    if (this.#closed) return;
    this.#cancel ??= this.#clock.after(ANNOUNCE_DELAY_MS, () => {
      this.#cancel = undefined;
      this.#announce();
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
