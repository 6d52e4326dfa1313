/**
 * What the renderer may ask of the main process. One map: bridge, handlers, guards and fakes follow from it.
 * In a browser there is no bridge; the renderer's platform object answers from the page's own address instead.
 */
import type { Result } from './errors';
import type { MediaServerState } from './signaling';

export type HubState =
  | { readonly at: 'starting' }
  /** `url` is the base of the wire, such as `wss://localhost:8443`. */
  | { readonly at: 'ready'; readonly url: string; readonly mediaServer: MediaServerState }
  | { readonly at: 'failed'; readonly message: string };

export interface AppInfo {
  readonly version: string;
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly locale: string;
}

export interface IpcRequests {
  'app:info': { args: []; value: AppInfo };
  'hub:get': { args: []; value: HubState };
}
export interface IpcEvents {
  'hub:state': HubState;
}
export type Guards = { [K in keyof IpcRequests]: (args: unknown[]) => args is IpcRequests[K]['args'] };
export interface Bridge {
  invoke<K extends keyof IpcRequests>(channel: K, ...args: IpcRequests[K]['args']): Promise<Result<IpcRequests[K]['value']>>;
  on<K extends keyof IpcEvents>(channel: K, listener: (event: IpcEvents[K]) => void): () => void;
}
