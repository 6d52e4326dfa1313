/**
 * One session's asynchronous work, a step at a time and in the order it was asked for. When the queue's signal aborts,
 * the running step sees it (it gets the signal), and the steps behind it do not begin.
 */
export class SerialQueue {
  readonly signal: AbortSignal;
  readonly #limit: number;
  #tail: Promise<void> = Promise.resolve();
  #length = 0;

  /** @param limit steps that may wait or run at once; one more is refused, for whoever floods has a bug or bad intent. */
  constructor(signal: AbortSignal, limit = 1_000) {
    this.signal = signal;
    this.#limit = limit;
  }

  /** Steps that wait or run. */
  get length(): number {
    return this.#length;
  }

  /** Rejects as the step does, or with the signal's reason when the queue ended before the step began. */
  run<T>(step: (signal: AbortSignal) => Promise<T> | T): Promise<T> {
    if (this.#length >= this.#limit) return Promise.reject(new QueueFull(this.#limit));
    this.#length += 1;
    const result = this.#tail.then(() => {
      this.signal.throwIfAborted();
      return step(this.signal);
    });
    this.#tail = result.then(
      () => this.#ended(),
      () => this.#ended(),
    );
    return result;
  }

  /** Resolves when everything asked for until now is over, however it ended. */
  idle(): Promise<void> {
    return this.#tail;
  }

  #ended(): void {
    this.#length -= 1;
  }
}

export class QueueFull extends Error {
  constructor(limit: number) {
    super(`more than ${limit} steps are waiting`);
    this.name = 'QueueFull';
  }
}
