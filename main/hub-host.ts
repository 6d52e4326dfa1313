/**
 * The hub inside this process, as the rest of the app sees it: a state that is told to the windows, and the address that
 * pages may connect to. Starting and stopping the hub itself is startHub's; which options it gets, main.ts's.
 */
import type { HubState } from '../protocol/ipc';
import type { MediaServerState } from '../protocol/signaling';

/** The part of signaling-server's Hub that the app needs. */
export interface RunningHub {
  /** Base of the pages: `https://localhost:8443/`. */
  readonly url: string;
  readonly mediaServer: MediaServerState;
  /** Where others can reach it; empty while it is not shared. */
  readonly sharedUrls: readonly string[];
  /** Begins (`0.0.0.0`) or ends (`localhost`) listening beyond loopback. */
  listen(host: string): Promise<void>;
  /** After `mediaServer` or anything else changed. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** A hub that hangs must not keep the app from ending: what it holds on a remote media server is collected there. */
const CLOSE_LIMIT_MS = 4_000;

export class HubHost {
  readonly #onChange: (state: HubState) => void;
  #state: HubState = { at: 'starting' };
  #hub: Promise<RunningHub> | null = null;
  #closing: Promise<void> | null = null;
  #shared = false;

  constructor(onChange: (state: HubState) => void) {
    this.#onChange = onChange;
  }

  get state(): HubState {
    return this.#state;
  }

  /** Once. Never throws: a hub that cannot start is a state that the user is told about. */
  start(startHub: () => Promise<RunningHub>): void {
    this.#hub = startHub();
    this.#hub.then(
      (hub) => {
        if (this.#closing) return;
        // An address in --as_uri may have shared it from the start.
        this.#shared = hub.sharedUrls.length > 0;
        this.#change(this.#readyState(hub));
        hub.onChange(() => {
          this.#change(this.#readyState(hub));
        });
      },
      (error: unknown) => {
        this.#change({ at: 'failed', message: error instanceof Error ? error.message : String(error) });
      },
    );
  }

  /** The base of the wire (`wss://localhost:8443`) as soon as the hub listens, null when it could not. */
  async wire(): Promise<string | null> {
    try {
      return this.#hub ? wireOf(await this.#hub) : null;
    } catch {
      return null;
    }
  }

  /** Every IPv4 address of this computer, or loopback only. @throws while there is no hub, or when it cannot listen */
  async share(on: boolean): Promise<void> {
    const hub = await this.#hub;
    if (!hub || this.#closing) throw new Error('there is no hub to share');
    await hub.listen(on ? '0.0.0.0' : 'localhost');
    this.#shared = on;
    this.#change(this.#readyState(hub));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const hub = await this.#hub?.catch(() => null);
    if (!hub) return;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    await Promise.race([hub.close(), limit]).finally(() => {
      clearTimeout(timer);
    });
  }

  #readyState(hub: RunningHub): HubState {
    const sharedUrls = this.#shared ? hub.sharedUrls : null;
    return { at: 'ready', url: wireOf(hub), mediaServer: hub.mediaServer, sharedUrls };
  }

  #change(state: HubState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#onChange(state);
  }
}

function wireOf({ url }: RunningHub): string {
  return url.replace(/^http/, 'ws').replace(/\/+$/, '');
}
