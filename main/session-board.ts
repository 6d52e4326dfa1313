/**
 * What the page says it is doing, for everything around the window that follows it: tray, notifications, shortcuts,
 * power, closing. A page that crashed or was loaded anew does nothing until it says otherwise.
 */
import type { SessionState } from '../protocol/desktop';

type Listener = (state: SessionState, before: SessionState) => void;

export const IDLE: SessionState = { at: 'idle' };

export class SessionBoard {
  readonly #listeners = new Set<Listener>();
  #state: SessionState = IDLE;

  get state(): SessionState {
    return this.#state;
  }

  /** Hears each change, in the order in which the listeners came. Answers its unsubscribe. */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  set(state: SessionState): void {
    const before = this.#state;
    if (JSON.stringify(before) === JSON.stringify(state)) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state, before);
  }
}

/** Something that would be lost with the window. */
export function isBusy(state: SessionState): boolean {
  return state.at !== 'idle';
}
