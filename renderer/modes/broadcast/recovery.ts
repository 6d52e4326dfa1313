/**
 * When a broadcast or its viewer tries again by itself: at once when what was missing is back, with growing pauses while
 * everything is there and nothing comes of it, and not for ever.
 */
import type { ErrorCode } from '../../../protocol/errors';
import { retryDelay, type LinkState } from '../../signaling/endpoint-client';
import type { Timers } from '../../timers';

/** Rounds in a row that never connected; then something is in the way that no other try removes. */
const MAX_FRUITLESS_ROUNDS = 4;

export class Recovery {
  readonly #timers: Timers;
  readonly #random: () => number;
  #fruitless = 0;
  #cancel: () => void = () => undefined;

  constructor(timers: Timers, random: () => number) {
    this.#timers = timers;
    this.#random = random;
  }

  /** Media flows: what comes next is a new trouble. */
  succeeded(): void {
    this.#fruitless = 0;
  }

  /** Counts a failed round; false when it was one too many. An absent media server is waited for as long as it takes. */
  mayGoOn(code: ErrorCode): boolean {
    if (code === 'media-server-unavailable') {
      // The hub may know that it is gone a moment before it tells us: no storm of offers in between.
      this.#fruitless = Math.max(this.#fruitless, 1);
      return true;
    }
    this.#fruitless += 1;
    return this.#fruitless < MAX_FRUITLESS_ROUNDS;
  }

  plan(link: LinkState, task: () => void): void {
    this.#cancel();
    if (!isUsable(link)) return;
    const delay = this.#fruitless === 0 ? 0 : retryDelay(this.#fruitless + 1, this.#random());
    this.#cancel = this.#timers.after(delay, task);
  }

  cancel(): void {
    this.#cancel();
  }
}

export function isUsable(link: LinkState): boolean {
  return link.at === 'ready' && link.mediaServer === 'ready';
}
