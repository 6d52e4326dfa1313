/**
 * What the renderer may ask of the main process. One map: bridge, handlers, guards and fakes follow from it.
 * In a browser there is no bridge; the renderer's platform object answers from the page's own address instead.
 */
import type {
  LinkTarget,
  RecordingStart,
  RecordingWritten,
  ScreenChoice,
  ScreenQuestion,
  SessionCommand,
  SessionState,
} from './desktop';
import type { Result } from './errors';
import { MAX_RECORDING_CHUNK } from './limits';
import type {
  HubCertificateReport,
  MediaServerReport,
  Settings,
  SettingsNotice,
  SettingsSnapshot,
} from './settings';
import type { MediaServerTrouble } from './media-server-process';
import type { MediaServerState } from './signaling';

export type HubState =
  | { readonly at: 'starting' }
  /** `url` is the base of the wire, such as `wss://localhost:8443`. */
  | {
      readonly at: 'ready';
      readonly url: string;
      readonly mediaServer: MediaServerState;
      /** Why the embedded one does not start, where the user can do something about it. */
      readonly mediaServerTrouble?: MediaServerTrouble;
      /** Pages' addresses for others in the network; null while the hub is not shared, empty without a network. */
      readonly sharedUrls: readonly string[] | null;
    }
  /** Another computer's hub: how its media server is, only its own messages tell. */
  | { readonly at: 'remote'; readonly url: string }
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
  'settings:get': { args: []; value: SettingsSnapshot };
  /** What became of the file, once: the next question hears nothing of it. */
  'settings:notices': { args: []; value: readonly SettingsNotice[] };
  'settings:change': { args: [patch: Partial<Settings>]; value: SettingsSnapshot };
  /** Whether a media server answers at this WebSocket address; empty: the embedded one. */
  'settings:testMediaServer': { args: [uri: string]; value: MediaServerReport };
  'settings:hubCertificate': { args: [url: string]; value: HubCertificateReport };
  /** The system's own dialog; null when the user changed their mind. */
  'settings:chooseFile': { args: [kind: 'certificate' | 'key']; value: string | null };
  /** Opens the log in the system's own viewer. */
  'log:show': { args: []; value: null };
  'session:state': { args: [state: SessionState]; value: null };
  /** The link that opened the app or reached it, once; null when there is none. */
  'link:take': { args: []; value: LinkTarget | null };
  'screen:answer': { args: [question: number, choice: ScreenChoice]; value: null };
  /** Creates a file of its own; `title` becomes part of its name. */
  'recording:start': { args: [title: string]; value: RecordingStart };
  /** Appends; the bytes of one recording come in order. */
  'recording:append': { args: [id: number, bytes: Uint8Array]; value: RecordingWritten };
  'recording:finish': { args: [id: number]; value: RecordingWritten };
  /** Shows the file in the system's file manager. */
  'recording:show': { args: [id: number]; value: null };
  /** The version that waits to be put in place. */
  'updates:get': { args: []; value: string | null };
  /** Quits and starts the new version; false where none waits or a session runs. */
  'updates:install': { args: []; value: boolean };
}
export interface IpcEvents {
  'hub:state': HubState;
  'settings:changed': SettingsSnapshot;
  /** A screen that a menu names. */
  'app:show': 'settings' | 'diagnosis' | 'call' | 'broadcast' | 'room';
  'session:command': SessionCommand;
  /** There is a link to take. */
  'link:arrived': null;
  'screen:choose': ScreenQuestion;
  /** The computer woke up, or its addresses changed. */
  'network:changed': null;
  /** A version that waits to be put in place. */
  'updates:ready': string;
}

/** The allow-lists of the preload: Electron has channels that are none of the page's business. */
const requests: Record<keyof IpcRequests, true> = {
  'app:info': true,
  'hub:get': true,
  'hub:share': true,
  'window:theme': true,
  'settings:get': true,
  'settings:notices': true,
  'settings:change': true,
  'settings:testMediaServer': true,
  'settings:hubCertificate': true,
  'settings:chooseFile': true,
  'log:show': true,
  'session:state': true,
  'link:take': true,
  'screen:answer': true,
  'recording:start': true,
  'recording:append': true,
  'recording:finish': true,
  'recording:show': true,
  'updates:get': true,
  'updates:install': true,
};
const events: Record<keyof IpcEvents, true> = {
  'hub:state': true,
  'settings:changed': true,
  'app:show': true,
  'session:command': true,
  'link:arrived': true,
  'screen:choose': true,
  'network:changed': true,
  'updates:ready': true,
};
export const REQUEST_CHANNELS: ReadonlySet<string> = new Set(Object.keys(requests));
export const EVENT_CHANNELS: ReadonlySet<string> = new Set(Object.keys(events));

/** One request's arguments as the structured clone counts them, roughly, in bytes: texts and choices, no media. */
export const MAX_IPC_SIZE = 64 * 1024;
/** Requests that carry more. */
export const IPC_SIZES: { readonly [K in keyof IpcRequests]?: number } = {
  'recording:append': MAX_RECORDING_CHUNK + 1_024,
};

export interface Bridge {
  invoke<K extends keyof IpcRequests>(
    channel: K,
    ...args: IpcRequests[K]['args']
  ): Promise<Result<IpcRequests[K]['value']>>;
  on<K extends keyof IpcEvents>(channel: K, listener: (event: IpcEvents[K]) => void): () => void;
}
