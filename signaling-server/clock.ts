/** Time as the hub sees it: handed in, so that tests neither wait nor patch globals. */
export interface Clock {
  /** Milliseconds since 1970, for people and logs. */
  now(): number;
  /** Milliseconds that never jump, for durations. */
  monotonic(): number;
  /** Runs `task` once after `delay` milliseconds; the answer cancels it. A waiting timer keeps no process alive. */
  after(delay: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, task) {
    const timer = setTimeout(task, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that moves only by `advance`, with the same promises as the system's. */
export class ManualClock implements Clock {
  #time: number;
  #timers = new Map<number, { due: number; task: () => void }>();
  #lastId = 0;

  constructor(start = 1_700_000_000_000) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(delay: number, task: () => void): () => void {
    const id = ++this.#lastId;
    this.#timers.set(id, { due: this.#time + Math.max(0, delay), task });
    return () => void this.#timers.delete(id);
  }

  /** How many timers wait: a test asks at its end that none was left behind. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Moves time on, running what falls due in order, including what is scheduled on the way. */
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const [id, timer] = this.#earliest(end) ?? [];
      if (id === undefined || timer === undefined) break;
      this.#timers.delete(id);
      this.#time = timer.due;
      timer.task();
    }
    this.#time = end;
  }

  #earliest(end: number): [number, { due: number; task: () => void }] | undefined {
    let found: [number, { due: number; task: () => void }] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].due <= end && (!found || entry[1].due < found[1].due)) found = entry;
    }
    return found;
  }
}
