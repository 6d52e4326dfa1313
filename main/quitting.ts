/**
 * Quitting while others would be cut off (a call, a meeting, an audience) asks once; everything else quits at once, and so
 * does what is no wish of the user's, as the end of the whole desktop.
 */
import type { SessionState } from '../protocol/desktop';
import { outlivesWindow } from './window-closing';

export interface QuittingOptions {
  readonly state: () => SessionState;
  /** Whether the user wants to quit all the same. */
  readonly ask: (state: SessionState) => Promise<boolean>;
  readonly quit: () => void;
  /** It is going to happen. */
  readonly onQuitting: () => void;
}

export class Quitting {
  readonly #options: QuittingOptions;
  #decided = false;
  #asking = false;

  constructor(options: QuittingOptions) {
    this.#options = options;
  }

  /** Nobody is asked any more. */
  decide(): void {
    this.#decided = true;
  }

  /** Electron's `before-quit`, each time. */
  beforeQuit(event: { preventDefault(): void }): void {
    const { state, onQuitting } = this.#options;
    const now = state();
    if (this.#decided || now.at === 'ringing' || !outlivesWindow(now)) {
      this.#decided = true;
      onQuitting();
      return;
    }
    event.preventDefault();
    if (!this.#asking) void this.#ask(now);
  }

  async #ask(state: SessionState): Promise<void> {
    const { ask, quit } = this.#options;
    this.#asking = true;
    try {
      if (!(await ask(state))) return;
      this.#decided = true;
      quit();
    } finally {
      this.#asking = false;
    }
  }
}
