/**
 * What an object has to undo, registered on the line that acquires it. Disposing runs the steps backwards, goes on past
 * one that fails, and happens once however often it is asked for.
 */
export class Disposer {
  #steps: (() => unknown)[] = [];
  #done: Promise<void> | undefined;
  readonly #onFailure: (error: unknown) => void;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get disposed(): boolean {
    return this.#done !== undefined;
  }

  /** Runs the step at once when disposing has already begun: a resource that arrives late must not outlive its owner. */
  add(step: () => unknown): void {
    if (this.#done) void this.#run(step);
    else this.#steps.push(step);
  }

  dispose(): Promise<void> {
    this.#done ??= this.#disposeAll();
    return this.#done;
  }

  async #disposeAll(): Promise<void> {
    // The first await must not come before `#done` is set; an async function runs synchronously up to it.
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await this.#run(step);
  }

  async #run(step: () => unknown): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
