/**
 * The smallest thing that a screen can follow: a value, and word when it changes. Sessions, devices and preferences are
 * stores; components read them with `useStore` and own no copy.
 */
import { useSyncExternalStore } from 'react';

export interface Store<T> {
  readonly get: () => T;
  /** Answers its unsubscribe. A listener that throws does not keep the others from hearing. */
  readonly subscribe: (listener: () => void) => () => void;
}

export class Cell<T> implements Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        reportError(error);
      }
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}

/** A state machine as a store: only `dispatch` changes it, and an event that is not legal now changes nothing. */
export class Machine<
  S extends { readonly at: string },
  E extends { readonly type: string },
> implements Store<S> {
  readonly #cell: Cell<S>;
  readonly #next: (state: S, event: E) => S | null;
  readonly #onStep: ((from: S, to: S, event: E) => void) | undefined;

  constructor(
    initial: S,
    next: (state: S, event: E) => S | null,
    onStep?: (from: S, to: S, event: E) => void,
  ) {
    this.#cell = new Cell(initial);
    this.#next = next;
    this.#onStep = onStep;
  }

  readonly get = (): S => this.#cell.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#cell.subscribe(listener);

  /** True when the event was legal in the present state. */
  dispatch(event: E): boolean {
    const from = this.#cell.get();
    const to = this.#next(from, event);
    if (to === null) return false;
    this.#cell.set(to);
    this.#onStep?.(from, to, event);
    return true;
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
