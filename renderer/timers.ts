/** Time comes in through options, so that tests neither wait nor patch globals. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `ms`; answers its cancel. */
  after(ms: number, task: () => void): () => void;
}

export const browserTimers: Timers = {
  now: () => Date.now(),
  after(ms, task) {
    const handle = setTimeout(task, ms);
    return () => {
      clearTimeout(handle);
    };
  },
};
