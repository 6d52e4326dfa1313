/**
 * Answers of the last seconds by request id: who asks the same again, after a broken connection, gets the same answer and
 * nothing is done twice. A request that is still being worked on counts, too.
 */
import { REQUEST_CACHE_MS } from '../../protocol/kurento';
import type { Clock } from '../clock';
import type { RequestId } from './json-rpc';

/** Bounds memory: at 50 requests a second the full twenty seconds are kept. */
const MAX_ENTRIES = 1024;

export interface Answer {
  readonly result?: unknown;
  readonly error?: unknown;
}
interface Entry {
  readonly answer: Promise<Answer>;
  readonly until: number;
}

export class RequestCache {
  readonly #clock: Clock;
  readonly #entries = new Map<RequestId, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(id: RequestId): Promise<Answer> | undefined {
    const entry = this.#entries.get(id);
    return entry && entry.until > this.#clock.now() ? entry.answer : undefined;
  }
  set(id: RequestId, answer: Promise<Answer>): void {
    this.#entries.delete(id);
    this.#entries.set(id, { answer, until: this.#clock.now() + REQUEST_CACHE_MS });
    this.#dropOld();
  }
  /** Entries are in the order of their age. */
  #dropOld(): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#entries) {
      if (until > now && this.#entries.size <= MAX_ENTRIES) return;
      this.#entries.delete(id);
    }
  }
  /** Called now and then, so that a silent session keeps nothing. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#entries) {
      if (until > now) return;
      this.#entries.delete(id);
    }
  }
}
