/**
 * Where this UI runs. In the app, the bridge tells the hub's address and the system's language; in a browser, the page
 * came from the hub, so its own origin is the hub. Nothing else in the renderer asks which of the two it is.
 */
import type { Bridge, HubState, Theme } from '../protocol/ipc';
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

export interface Platform {
  readonly kind: 'app' | 'browser';
  readonly hub: Store<HubAddress>;
  /** A language tag such as `es-AR`. */
  readonly locale: string;
  /** The address under which other people's browsers find this UI, without a trailing slash; null where there is none. */
  pageUrl(): string | null;
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
    locale: window.navigator.language,
    pageUrl: () => origin,
    showTheme: () => undefined,
  };
}

function appPlatform(window: Window, bridge: Bridge): Platform {
  const hub = new Cell<HubAddress>({ at: 'starting' });
  let heard = false;
  bridge.on('hub:state', (state) => {
    heard = true;
    hub.update((before) => addressOf(state, before));
  });
  void bridge.invoke('hub:get').then((result) => {
    // An event that overtook the answer is newer than the answer.
    if (heard) return;
    if (result.ok) hub.update((before) => addressOf(result.value, before));
    else hub.set({ at: 'failed', message: result.failure.message });
  });
  return {
    kind: 'app',
    hub,
    locale: window.navigator.language,
    pageUrl() {
      const address = hub.get();
      return address.at === 'known' ? address.url.replace(/^ws/, 'http') : null;
    },
    showTheme(theme) {
      void bridge.invoke('window:theme', theme);
    },
  };
}

/** Keeps the same object while the address stays the same: followers reconnect only when it really changed. */
function addressOf(state: HubState, before: HubAddress): HubAddress {
  if (state.at !== 'ready') return state;
  const url = state.url.replace(/\/+$/, '');
  return before.at === 'known' && before.url === url ? before : { at: 'known', url };
}
