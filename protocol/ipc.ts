/**
 * What the renderer may ask of the main process. One map: bridge, handlers, guards and fakes follow from it.
 * In a browser there is no bridge; the renderer's platform object answers from the page's own address instead.
 */
import type { Result } from './errors';
import type { MediaServerState } from './signaling';

export type HubState =
  | { readonly at: 'starting' }
  /** `url` is the base of the wire, such as `wss://localhost:8443`. */
  | {
      readonly at: 'ready';
      readonly url: string;
      readonly mediaServer: MediaServerState;
      /** Pages' addresses for others in the network; null while the hub is not shared, empty without a network. */
      readonly sharedUrls: readonly string[] | null;
    }
  | { readonly at: 'failed'; readonly message: string };

export interface AppInfo {
  readonly version: string;
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly locale: string;
}

export type Theme = 'system' | 'light' | 'dark';

export interface IpcRequests {
  'app:info': { args: []; value: AppInfo };
  'hub:get': { args: []; value: HubState };
  /** Whether the hub listens beyond this computer. */
  'hub:share': { args: [on: boolean]; value: null };
  /** The user's choice of colours: the window's own background follows, at the next start before the page is there. */
  'window:theme': { args: [theme: Theme]; value: null };
}
export interface IpcEvents {
  'hub:state': HubState;
}

/** The allow-lists of the preload: Electron has channels that are none of the page's business. */
const requests: Record<keyof IpcRequests, true> = {
  'app:info': true,
  'hub:get': true,
  'hub:share': true,
  'window:theme': true,
};
const events: Record<keyof IpcEvents, true> = { 'hub:state': true };
export const REQUEST_CHANNELS: ReadonlySet<string> = new Set(Object.keys(requests));
export const EVENT_CHANNELS: ReadonlySet<string> = new Set(Object.keys(events));

/** One request's arguments as the structured clone counts them, roughly, in bytes: texts and choices, no media. */
export const MAX_IPC_SIZE = 64 * 1024;

export interface Bridge {
  invoke<K extends keyof IpcRequests>(
    channel: K,
    ...args: IpcRequests[K]['args']
  ): Promise<Result<IpcRequests[K]['value']>>;
  on<K extends keyof IpcEvents>(channel: K, listener: (event: IpcEvents[K]) => void): () => void;
}
