/**
 * Carries changes of the wardrobe to a running magic mirror: what `start` said is not said again, a slider in motion
 * says a few positions per second and the last one always.
 */
import type { MirrorState } from '../../../protocol/mirror';
import type { MagicMirrorRequest, Overlay } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { Store } from '../../store';
import type { Timers } from '../../timers';

/** The eye takes ten positions per second for motion, and each costs the media server little. */
const PERIOD_MS = 100;

export interface DresserOptions {
  readonly timers: Timers;
  /** What is to be worn now; null for nothing. */
  readonly wanted: () => Overlay | null;
  /** Tells when that may have changed. */
  readonly changes: Pick<Store<unknown>, 'subscribe'>;
  /** False when there is no link. */
  readonly send: (request: MagicMirrorRequest) => boolean;
}

export class Dresser {
  readonly #options: DresserOptions;
  readonly #lifetime = new Disposer();
  #state: Store<MirrorState> | null = null;
  #told = '';
  #cancel: (() => void) | null = null;

  constructor(options: DresserOptions) {
    this.#options = options;
    this.#lifetime.add(options.changes.subscribe(() => this.#changed()));
    this.#lifetime.add(() => this.#cancel?.());
  }

  /** The request that opens a round, dressed. */
  start(sdpOffer: string): Extract<MagicMirrorRequest, { id: 'start' }> {
    const overlay = this.#options.wanted();
    this.#told = JSON.stringify(overlay);
    return { id: 'start', sdpOffer, overlay };
  }

  follow(state: Store<MirrorState>): void {
    this.#state = state;
    this.#lifetime.add(state.subscribe(() => this.#changed()));
  }

  /** Idempotent. */
  close(): void {
    this.#lifetime.dispose();
  }

  #changed(): void {
    if (this.#cancel !== null || !this.#differs()) return;
    this.#tell();
    this.#cancel = this.#options.timers.after(PERIOD_MS, () => {
      this.#cancel = null;
      this.#changed();
    });
  }

  #differs(): boolean {
    return this.#state?.get().at === 'live' && JSON.stringify(this.#options.wanted()) !== this.#told;
  }

  #tell(): void {
    const overlay = this.#options.wanted();
    if (this.#options.send({ id: 'setOverlay', overlay })) this.#told = JSON.stringify(overlay);
  }
}
