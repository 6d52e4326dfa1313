/**
 * Notices that the computer has other addresses than before: another network, a cable, the end of a sleep. Systems do not
 * tell programs reliably, so the addresses are looked at once a second, while a session runs.
 */
import type { NetworkInterfaceInfo } from 'node:os';

/** Part of the five seconds within which a session has to be back. */
const PERIOD_MS = 1_000;

export interface NetworkWatchOptions {
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** Calls every so many milliseconds until the answer is called. */
  readonly every: (ms: number, task: () => void) => () => void;
  /** There are other addresses now, and at least one. */
  readonly onChange: () => void;
}

export class NetworkWatch {
  readonly #options: NetworkWatchOptions;
  #known = '';
  #stop: (() => void) | null = null;

  constructor(options: NetworkWatchOptions) {
    this.#options = options;
  }

  /** Idempotent. */
  start(): void {
    if (this.#stop !== null) return;
    this.#known = addresses(this.#options.interfaces());
    this.#stop = this.#options.every(PERIOD_MS, () => {
      this.#look();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #look(): void {
    const now = addresses(this.#options.interfaces());
    if (now === this.#known) return;
    this.#known = now;
    // Without any address there is nothing to connect with yet.
    if (now !== '') this.#options.onChange();
  }
}

/** Those that reach other computers, in one order. Link-local IPv6 comes and goes by itself. */
function addresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  return Object.entries(interfaces)
    .flatMap(([name, list]) => (list ?? []).map((each) => ({ name, ...each })))
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80'))
    .map(({ name, address }) => `${name} ${address}`)
    .sort()
    .join('\n');
}
