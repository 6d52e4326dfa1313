/**
 * Keys that work while another program has the keyboard: muting and hanging up, and only while there is something to mute
 * or to hang up, so that no other program misses them for longer than a call.
 *
 * Ctrl+Alt is AltGr on many keyboards, and types letters; function keys with Ctrl+Shift are nobody's habit.
 */
import type { GlobalShortcut } from 'electron';
import type { SessionCommand, SessionState } from '../protocol/desktop';

export const MUTE = 'CommandOrControl+Shift+F9';
export const HANG_UP = 'CommandOrControl+Shift+F10';

const wanted = (state: SessionState): ReadonlyMap<string, SessionCommand> => {
  if (state.at !== 'running') return new Map();
  return new Map([
    ...(state.muted === null ? [] : [[MUTE, 'toggle-mute'] as const]),
    [HANG_UP, 'hang-up'] as const,
  ]);
};

export class SessionShortcuts {
  readonly #keys: Pick<GlobalShortcut, 'register' | 'unregister'>;
  readonly #onCommand: (command: SessionCommand) => void;
  /** Registered now; another program may have a key already, then it is not ours. */
  readonly #held = new Map<string, SessionCommand>();

  constructor(
    keys: Pick<GlobalShortcut, 'register' | 'unregister'>,
    onCommand: (command: SessionCommand) => void,
  ) {
    this.#keys = keys;
    this.#onCommand = onCommand;
  }

  get registered(): { readonly mute?: string; readonly hangUp?: string } {
    return {
      ...(this.#held.has(MUTE) && { mute: MUTE }),
      ...(this.#held.has(HANG_UP) && { hangUp: HANG_UP }),
    };
  }

  follow(state: SessionState): void {
    const keys = wanted(state);
    for (const key of [...this.#held.keys()]) {
      if (keys.has(key)) continue;
      this.#keys.unregister(key);
      this.#held.delete(key);
    }
    for (const [key, command] of keys) {
      if (this.#held.has(key)) continue;
      const got = this.#keys.register(key, () => {
        this.#onCommand(command);
      });
      if (got) this.#held.set(key, command);
    }
  }

  close(): void {
    this.follow({ at: 'idle' });
  }
}
