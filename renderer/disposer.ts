/** Cleanup is registered on the line that acquires; disposing runs it last-in first-out and goes on past a failing step. */
export class Disposer {
  readonly #steps: (() => void)[] = [];
  #done = false;

  get disposed(): boolean {
    return this.#done;
  }

  /** After disposal a late acquisition is released at once. */
  add(step: () => void): void {
    if (this.#done) run(step);
    else this.#steps.push(step);
  }

  listen(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener);
    this.add(() => {
      target.removeEventListener(type, listener);
    });
  }

  dispose(): void {
    this.#done = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) run(step);
  }
}

function run(step: () => void): void {
  try {
    step();
  } catch (error) {
    reportError(error);
  }
}
