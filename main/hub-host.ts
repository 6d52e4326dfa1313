/**
 * The hub inside this process, as the rest of the app sees it: a state that is told to the windows, and the address that
 * pages may connect to. Starting and stopping the hub itself is startHub's; which options it gets, main.ts's.
 */
import type { HubState } from '../protocol/ipc';
import type { MediaServerTrouble } from '../protocol/media-server-process';
import type { MediaServerState } from '../protocol/signaling';
import type { HubOptions } from '../signaling-server/index';

/** The part of signaling-server's Hub that the app needs. */
export interface RunningHub {
  /** Base of the pages: `https://localhost:8443/`. */
  readonly url: string;
  readonly mediaServer: MediaServerState;
  /** Why the embedded one does not start, where it says so. */
  readonly mediaServerTrouble?: MediaServerTrouble | undefined;
  /** Such as `ws://127.0.0.1:43127/kurento`; undefined while the embedded one is not running. */
  readonly mediaServerUrl: string | undefined;
  /** Where others can reach it; empty while it is not shared. */
  readonly sharedUrls: readonly string[];
  /** Begins (`0.0.0.0`) or ends (`localhost`) listening beyond loopback. */
  listen(host: string): Promise<void>;
  /** Another media server, without ending the hub. */
  useMediaServer(mediaServer: HubOptions['mediaServer']): Promise<void>;
  /** Undefined: anybody may present. */
  setPresenterKey(key: string | undefined): void;
  /** After `mediaServer` or anything else changed. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Another computer's hub: there is nothing to run, only an address. */
export interface RemoteHub {
  /** Base of its pages: `https://192.168.0.7:8443/`. */
  readonly remoteUrl: string;
}
export type SomeHub = RunningHub | RemoteHub;

/** A hub that hangs must not keep the app from ending: what it holds on a remote media server is collected there. */
const CLOSE_LIMIT_MS = 4_000;

export class HubHost {
  readonly #onChange: (state: HubState) => void;
  #state: HubState = { at: 'starting' };
  #hub: Promise<SomeHub> | null = null;
  #closing: Promise<void> | null = null;
  #shared = false;

  constructor(onChange: (state: HubState) => void) {
    this.#onChange = onChange;
  }

  get state(): HubState {
    return this.#state;
  }

  /** Never throws: a hub that cannot start is a state that the user is told about. */
  start(startHub: () => Promise<SomeHub>): void {
    this.#follow(startHub());
  }

  /** Ends the hub and starts another one in its place, with other settings. */
  restart(startHub: () => Promise<SomeHub>): void {
    if (this.#closing) return;
    const before = this.#hub;
    this.#change({ at: 'starting' });
    this.#follow(
      (async () => {
        // The next one may want the same port.
        await end(before);
        return startHub();
      })(),
    );
  }

  /** The hub turned out to be another one than it should be: nothing more is said to it. */
  fail(message: string): void {
    if (!this.#closing) this.#change({ at: 'failed', message });
  }

  #follow(starting: Promise<SomeHub>): void {
    this.#hub = starting;
    const current = (): boolean => this.#hub === starting && !this.#closing;
    starting.then(
      (hub) => {
        if (!current()) return;
        if ('remoteUrl' in hub) {
          this.#change({ at: 'remote', url: wireOf(hub.remoteUrl) });
          return;
        }
        // An address in --as_uri may have shared it from the start.
        this.#shared = hub.sharedUrls.length > 0;
        this.#change(this.#readyState(hub));
        hub.onChange(() => {
          if (current()) this.#change(this.#readyState(hub));
        });
      },
      (error: unknown) => {
        if (current())
          this.#change({ at: 'failed', message: error instanceof Error ? error.message : String(error) });
      },
    );
  }

  /** The base of the wire (`wss://localhost:8443`) as soon as the hub listens, null when it could not. */
  async wire(): Promise<string | null> {
    try {
      const hub = await this.#hub;
      if (!hub) return null;
      return wireOf('remoteUrl' in hub ? hub.remoteUrl : hub.url);
    } catch {
      return null;
    }
  }

  /** Every IPv4 address of this computer, or loopback only. @throws while there is no hub, or when it cannot listen */
  share(on: boolean): Promise<void> {
    return this.listen(on ? '0.0.0.0' : 'localhost');
  }

  /** @param host `localhost`, `0.0.0.0`, or an address of this computer. @throws as `share` */
  async listen(host: string): Promise<void> {
    const hub = await this.#own();
    if (!hub) throw new Error('there is no hub to share');
    await hub.listen(host);
    this.#shared = host !== 'localhost';
    this.#change(this.#readyState(hub));
  }

  /** Nothing to do where the hub is another computer's, or did not start. */
  async useMediaServer(mediaServer: HubOptions['mediaServer']): Promise<void> {
    await (await this.#own().catch(() => null))?.useMediaServer(mediaServer);
  }

  /** As `useMediaServer`: nothing to do where there is no hub of this computer. */
  async setPresenterKey(key: string | undefined): Promise<void> {
    (await this.#own().catch(() => null))?.setPresenterKey(key);
  }

  /** Where the media server in use listens; undefined where nobody knows. */
  async mediaServerUrl(): Promise<string | undefined> {
    return (await this.#own().catch(() => null))?.mediaServerUrl;
  }

  /** Null while there is none, and where it is another computer's. */
  async #own(): Promise<RunningHub | null> {
    const hub = await this.#hub;
    return !hub || this.#closing || 'remoteUrl' in hub ? null : hub;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await end(this.#hub);
  }

  #readyState(hub: RunningHub): HubState {
    const sharedUrls = this.#shared ? hub.sharedUrls : null;
    const { mediaServer, mediaServerTrouble: trouble } = hub;
    return {
      at: 'ready',
      url: wireOf(hub.url),
      mediaServer,
      ...(trouble && { mediaServerTrouble: trouble }),
      sharedUrls,
    };
  }

  #change(state: HubState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#onChange(state);
  }
}

async function end(starting: Promise<SomeHub> | null): Promise<void> {
  const hub = await starting?.catch(() => null);
  if (!hub || 'remoteUrl' in hub) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_LIMIT_MS);
  });
  await Promise.race([hub.close(), limit]).finally(() => {
    clearTimeout(timer);
  });
}

function wireOf(url: string): string {
  return url.replace(/^http/, 'ws').replace(/\/+$/, '');
}
