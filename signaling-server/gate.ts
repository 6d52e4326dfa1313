/**
 * Who may talk to the hub at all: the `Host` that was asked for must be a name of ours (else a foreign page could reach
 * us by rebinding its own DNS name to our address), and the `Origin` must be a page that we served, the app, or absent,
 * as with clients that are no browser. Counts connections, too.
 */
import { isIP } from 'node:net';
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from '../protocol/limits';
import type { ErrorCode } from '../protocol/errors';
import { isLoopback, unbracketed } from './addresses';

/** The renderer's origin inside Electron. */
export const APP_ORIGIN = 'app://callcast';

export interface GateOptions {
  readonly scheme: 'http' | 'https';
  /** Names (no addresses) by which this hub may be asked for, beside `localhost`; in lower case. */
  readonly names: () => Iterable<string>;
  /** Whether anything beyond loopback is served at present. */
  readonly shared: () => boolean;
  /** Further origins, such as that of a page under development. */
  readonly allowedOrigins: readonly string[];
}

export interface Knock {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly remoteAddress: string | undefined;
}

export type Verdict =
  { readonly ok: true } | { readonly ok: false; readonly code: ErrorCode; readonly status: number };

const FOREIGN: Verdict = { ok: false, code: 'forbidden-origin', status: 403 };
const FULL: Verdict = { ok: false, code: 'too-many-connections', status: 503 };
const WELCOME: Verdict = { ok: true };

export class Gate {
  readonly #options: GateOptions;
  readonly #byAddress = new Map<string, number>();
  #connections = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Whether a request, of whatever kind, asks for this hub by one of its own names. */
  knowsHost(host: string | undefined): boolean {
    const name = hostName(host);
    if (name === undefined) return false;
    if (isLoopback(name)) return true;
    // An address cannot be rebound, only names can; but nobody asks for one of ours while we are not shared.
    if (isIP(name) !== 0) return this.#options.shared();
    for (const own of this.#options.names()) if (own === name) return true;
    return false;
  }

  /** Whether a WebSocket may be opened. */
  admits(knock: Knock): Verdict {
    if (!this.knowsHost(knock.host) || !this.#knowsOrigin(knock)) return FOREIGN;
    if (this.#connections >= MAX_CONNECTIONS) return FULL;
    const address = knock.remoteAddress ?? '';
    if (!isLoopback(address) && (this.#byAddress.get(address) ?? 0) >= MAX_CONNECTIONS_PER_ADDRESS)
      return FULL;
    return WELCOME;
  }

  /** Counts a connection; the answer takes it off again, once. */
  enter(remoteAddress: string | undefined): () => void {
    const address = remoteAddress ?? '';
    this.#connections += 1;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#connections -= 1;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    };
  }

  #knowsOrigin({ origin, host }: Knock): boolean {
    if (origin === undefined) return true;
    if (origin === APP_ORIGIN || this.#options.allowedOrigins.includes(origin)) return true;
    // Browsers write both in lower case and leave out the scheme's own port in both.
    return origin === `${this.#options.scheme}://${(host ?? '').toLowerCase()}`;
  }
}

/** The name out of a `Host` header; undefined when there is none or it is malformed. */
export function hostName(host: string | undefined): string | undefined {
  if (host === undefined || host.length > 300) return undefined;
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host);
  const name = match?.[1];
  // A name may end in a dot, which means the same.
  return name === undefined ? undefined : unbracketed(name).toLowerCase().replace(/\.$/, '');
}
