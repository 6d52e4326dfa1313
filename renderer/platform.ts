/**
 * Where this UI runs. In the app, the bridge tells the hub's address and the system's language; in a browser, the page
 * came from the hub, so its own origin is the hub. Nothing else in the renderer asks which of the two it is.
 */
import type { Bridge, HubState, Theme } from '../protocol/ipc';
import type { MediaServerTrouble } from '../protocol/media-server-process';
import type { Result } from '../protocol/errors';
import { Cell, type Store } from './store';

declare global {
  interface Window {
    /** Exposed by the preload script; absent in a browser. */
    readonly callcast?: Bridge;
  }
}

export type HubAddress =
  | { readonly at: 'starting' }
  /** `url` is the base of the wire, such as `wss://localhost:8443`. */
  | { readonly at: 'known'; readonly url: string }
  | { readonly at: 'failed'; readonly message: string };

/** Who else can reach the hub. */
export type Sharing =
  /** The app decides. `urls`: pages' addresses for others; null while it is not shared. */
  | { readonly by: 'app'; readonly urls: readonly string[] | null }
  /** Whoever runs the hub decided; `local`: this page's address means something on this computer only. */
  | { readonly by: 'page'; readonly url: string; readonly local: boolean };

export interface Platform {
  readonly kind: 'app' | 'browser';
  readonly hub: Store<HubAddress>;
  /** Why this computer's media server does not start, where it is known. */
  readonly mediaServerTrouble: Store<MediaServerTrouble | null>;
  /** A language tag such as `es-AR`. */
  readonly locale: string;
  /** The address under which other people's browsers find this UI, without a trailing slash; null where there is none. */
  pageUrl(): string | null;
  readonly sharing: Store<Sharing>;
  /** Begins or ends sharing, in the app. */
  share(on: boolean): Promise<Result<null>>;
  /** The window around the page wears the same colours. */
  showTheme(theme: Theme): void;
}

export function openPlatform(window: Window): Platform {
  return window.callcast === undefined ? browserPlatform(window) : appPlatform(window, window.callcast);
}

function browserPlatform(window: Window): Platform {
  const { protocol, host, origin } = window.location;
  const url = `${protocol === 'http:' ? 'ws' : 'wss'}://${host}`;
  return {
    kind: 'browser',
    hub: new Cell<HubAddress>({ at: 'known', url }),
    mediaServerTrouble: new Cell<MediaServerTrouble | null>(null),
    locale: window.navigator.language,
    pageUrl: () => origin,
    sharing: new Cell<Sharing>({ by: 'page', url: origin, local: isLocal(new URL(origin).hostname) }),
    share: () => Promise.resolve({ ok: true, value: null }),
    showTheme: () => undefined,
  };
}

function appPlatform(window: Window, bridge: Bridge): Platform {
  const hub = new Cell<HubAddress>({ at: 'starting' });
  const sharing = new Cell<Sharing>({ by: 'app', urls: null });
  const mediaServerTrouble = new Cell<MediaServerTrouble | null>(null);
  let heard = false;
  const follow = (state: HubState): void => {
    hub.update((before) => addressOf(state, before));
    sharing.set(sharingOf(state));
    mediaServerTrouble.set((state.at === 'ready' ? state.mediaServerTrouble : undefined) ?? null);
  };
  bridge.on('hub:state', (state) => {
    heard = true;
    follow(state);
  });
  void bridge.invoke('hub:get').then((result) => {
    // An event that overtook the answer is newer than the answer.
    if (heard) return;
    if (result.ok) follow(result.value);
    else hub.set({ at: 'failed', message: result.failure.message });
  });
  return {
    kind: 'app',
    hub,
    mediaServerTrouble,
    locale: window.navigator.language,
    pageUrl() {
      const address = hub.get();
      return address.at === 'known' ? address.url.replace(/^ws/, 'http') : null;
    },
    sharing,
    share: (on) => bridge.invoke('hub:share', on),
    showTheme(theme) {
      void bridge.invoke('window:theme', theme);
    },
  };
}

/** Keeps the same object while the address stays the same: followers reconnect only when it really changed. */
function addressOf(state: HubState, before: HubAddress): HubAddress {
  if (state.at !== 'ready' && state.at !== 'remote') return state;
  const url = state.url.replace(/\/+$/, '');
  return before.at === 'known' && before.url === url ? before : { at: 'known', url };
}

/** Another computer's hub is shared by whoever runs it. */
function sharingOf(state: HubState): Sharing {
  if (state.at !== 'remote') return { by: 'app', urls: state.at === 'ready' ? state.sharedUrls : null };
  const url = state.url.replace(/^ws/, 'http').replace(/\/+$/, '');
  return { by: 'page', url, local: isLocal(new URL(url).hostname) };
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
