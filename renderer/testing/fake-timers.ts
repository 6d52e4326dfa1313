/** Time that stands still until a test moves it. */
import type { Timers } from '../timers';

export class FakeTimers implements Timers {
  #now = 1_700_000_000_000;
  readonly #tasks = new Set<{ readonly at: number; readonly task: () => void }>();

  readonly now = (): number => this.#now;

  readonly after = (ms: number, task: () => void): (() => void) => {
    const entry = { at: this.#now + ms, task };
    this.#tasks.add(entry);
    return () => {
      this.#tasks.delete(entry);
    };
  };

  /** How many tasks wait. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Runs what falls due within `ms`, in order, including what that sets. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#tasks].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#tasks.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
    }
    this.#now = end;
  }
}
