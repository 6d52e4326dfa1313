/** Notices that streams stopped: one timer for all of them, running only while something flows. */
import type { Cancel, Clock } from '../clock';

/** So long a stream may be silent before it counts as not flowing. */
export const SILENCE_MS = 3000;
const CHECK_INTERVAL_MS = 250;

interface Watched {
  readonly stream: Stream;
  readonly stopped: () => void;
  packets: number;
  grewAt: number;
}
interface Stream {
  readonly packets: number;
}

export class FlowWatch {
  readonly #clock: Clock;
  readonly #watched = new Map<Stream, Watched>();
  #timer: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** `stopped` is called once, after SILENCE_MS without a packet; then the stream is forgotten. */
  watch(stream: Stream, stopped: () => void): void {
    this.#watched.set(stream, { stream, stopped, packets: stream.packets, grewAt: this.#clock.now() });
    this.#timer ??= this.#clock.every(CHECK_INTERVAL_MS, () => this.#check());
  }
  forget(stream: Stream): void {
    this.#watched.delete(stream);
    this.#stopIfIdle();
  }
  close(): void {
    this.#watched.clear();
    this.#stopIfIdle();
  }
  #check(): void {
    const now = this.#clock.now();
    for (const watched of [...this.#watched.values()]) {
      if (watched.stream.packets !== watched.packets) {
        watched.packets = watched.stream.packets;
        watched.grewAt = now;
      } else if (now - watched.grewAt >= SILENCE_MS) {
        this.#watched.delete(watched.stream);
        watched.stopped();
      }
    }
    this.#stopIfIdle();
  }
  #stopIfIdle(): void {
    if (this.#watched.size > 0) return;
    this.#timer?.();
    this.#timer = undefined;
  }
}
