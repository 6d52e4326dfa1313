/** Time and timers as every part of the media server gets them, so that tests need neither wait nor patch globals. */

// Every packet asks for the time. The global of the same name is looked up anew by each who asks.
import { performance } from 'node:perf_hooks';

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Monotonic milliseconds; the same clock as MediaPacket.arrival. */
  now(): number;
  /** Runs once when the packets and messages that are there already are handled. */
  soon(run: () => void): void;
  /** Runs once after so many milliseconds. The timer does not keep the process alive. */
  after(milliseconds: number, run: () => void): Cancel;
  /** Runs again and again. The timer does not keep the process alive. */
  every(milliseconds: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
  wallTime: () => Date.now(),
  now: () => performance.now(),
  soon: (run) => void setImmediate(run),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref();
    return () => clearTimeout(timer);
  },
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

interface Alarm {
  due: number;
  readonly period: number | undefined;
  readonly run: () => void;
}

/** A clock that moves only when told: timers run inside `advance`, in the order in which they are due. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #epoch: number;
  readonly #alarms = new Set<Alarm>();

  constructor(epoch = 1_795_215_168_302) {
    this.#epoch = epoch;
  }
  wallTime(): number {
    return this.#epoch + this.#now;
  }
  now(): number {
    return this.#now;
  }
  /** How many timers are running: a test that released everything sees 0. */
  get timers(): number {
    return this.#alarms.size;
  }
  /** At once: nothing else is there while a test waits. */
  soon(run: () => void): void {
    run();
  }
  after(milliseconds: number, run: () => void): Cancel {
    return this.#add({ due: this.#now + milliseconds, period: undefined, run });
  }
  every(milliseconds: number, run: () => void): Cancel {
    return this.#add({ due: this.#now + milliseconds, period: Math.max(1, milliseconds), run });
  }
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      let next: Alarm | undefined;
      for (const alarm of this.#alarms)
        if (alarm.due <= until && (!next || alarm.due < next.due)) next = alarm;
      if (!next) break;
      this.#now = Math.max(this.#now, next.due);
      if (next.period === undefined) this.#alarms.delete(next);
      else next.due += next.period;
      next.run();
    }
    this.#now = until;
  }
  #add(alarm: Alarm): Cancel {
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }
}
