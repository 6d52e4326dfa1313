/**
 * Keeps this user registered under the name they chose for as long as they want to be reachable, on whatever screen they
 * are. The Registrar knows how; here it is decided when.
 */
import { RESUME_WINDOW_MS, type CallState, type RegistrationState } from '../../../protocol/call';
import { Disposer } from '../../disposer';
import type { Store } from '../../store';
import type { Timers } from '../../timers';
import type { Registrar } from './registrar';

export interface ReachabilityOptions {
  readonly registrar: Pick<Registrar, 'state' | 'register' | 'leave'>;
  readonly call: Store<CallState>;
  /** The name, or nothing when the user does not want to be called. */
  readonly wanted: () => string;
  readonly onWantedChange: (listener: () => void) => () => void;
  readonly timers: Timers;
}

/**
 * After a crash, or a tab that was closed without a network, the name is still held for the one who had it: a hub notices
 * within ten seconds, and waits another ten.
 */
const GHOST_MS = 2 * RESUME_WINDOW_MS + 5_000;
const RETRY_MS = 2_500;

export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #lifetime = new Disposer();
  #retriesUntil: number;
  #cancelRetry: (() => void) | null = null;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
    this.#retriesUntil = options.timers.now() + GHOST_MS;
    this.#lifetime.add(options.registrar.state.subscribe(() => this.#follow()));
    this.#lifetime.add(options.call.subscribe(() => this.#follow()));
    this.#lifetime.add(options.onWantedChange(() => this.#follow()));
    this.#lifetime.add(() => this.#cancelRetry?.());
    this.#follow();
  }

  /** The user asks for it: they are told at once when the name is taken, instead of waiting for it. */
  tryNow(): void {
    this.#retriesUntil = 0;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    const name = this.#options.wanted();
    if (name !== '') this.#options.registrar.register(name);
  }

  /** Idempotent. */
  close(): void {
    this.#lifetime.dispose();
  }

  #follow(): void {
    const { registrar, call, wanted } = this.#options;
    const { at } = call.get();
    // A name does not change during a call; it does after it.
    if (this.#lifetime.disposed || (at !== 'idle' && at !== 'ended')) return;
    const [name, state] = [wanted(), registrar.state.get()];
    if (name === '') {
      if (state.at !== 'unregistered') registrar.leave();
    } else if (state.at === 'refused' && state.name === name) this.#retry(state);
    else if (!('name' in state) || state.name !== name) registrar.register(name);
  }

  #retry({ code }: Extract<RegistrationState, { at: 'refused' }>): void {
    const { registrar, timers, wanted } = this.#options;
    if (code !== 'name-taken' || this.#cancelRetry !== null || timers.now() >= this.#retriesUntil) return;
    this.#cancelRetry = timers.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      const [name, state] = [wanted(), registrar.state.get()];
      if (state.at === 'refused' && state.name === name) registrar.register(name);
      else this.#follow();
    });
  }
}
