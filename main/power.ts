/** Keeps the computer awake while a session runs; a picture keeps its screen awake as well. */
import type { PowerSaveBlocker } from 'electron';
import type { SessionState } from '../protocol/desktop';

type BlockerType = Parameters<PowerSaveBlocker['start']>[0];

export class PowerKeeper {
  readonly #blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  #held: { readonly id: number; readonly type: BlockerType } | null = null;

  constructor(blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>) {
    this.#blocker = blocker;
  }

  /** What is blocked now. */
  get type(): BlockerType | null {
    return this.#held?.type ?? null;
  }

  follow(state: SessionState, visible: boolean): void {
    const type = blockedBy(state, visible);
    if (type === this.type) return;
    if (this.#held !== null) this.#blocker.stop(this.#held.id);
    this.#held = type === null ? null : { id: this.#blocker.start(type), type };
  }

  close(): void {
    this.follow({ at: 'idle' }, false);
  }
}

/** Somebody who looks at pictures does not touch the keyboard; a hidden window needs no screen. */
export function blockedBy(state: SessionState, visible: boolean): BlockerType | null {
  if (state.at !== 'running') return null;
  return visible ? 'prevent-display-sleep' : 'prevent-app-suspension';
}
