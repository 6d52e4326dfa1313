/** Time as the transport sees it, so that tests need not wait. */
export interface Timer {
  cancel(): void;
}

export interface Timers {
  /** Monotonic milliseconds. */
  now(): number;
  after(milliseconds: number, run: () => void): Timer;
}

export const SystemTimers: Timers = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const handle = setTimeout(run, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};
