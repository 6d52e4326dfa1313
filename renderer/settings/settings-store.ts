/**
 * One store of settings for every screen. In the app the main process keeps them and this is its mirror; in a browser the
 * page's storage keeps the part that concerns the person, and the rest has its defaults. A change shows at once, whoever
 * keeps it.
 */
import type { Bridge } from '../../protocol/ipc';
import {
  DEFAULT_SETTINGS,
  personalPart,
  readSettings,
  SETTINGS_VERSION,
  type Settings,
  type SettingsSnapshot,
} from '../../protocol/settings';
import { Cell, type Store } from '../store';

/** What only the app knows about its settings. */
export type AppSide = Omit<SettingsSnapshot, 'settings'>;

export interface SettingsStore extends Store<Settings> {
  change(patch: Partial<Settings>): void;
  /** Null in a browser. */
  readonly app: Store<AppSide> | null;
}

/** Of the page's storage. */
const KEY = 'callcast.preferences';

/** `storage` may refuse (private windows, full quota): then choices last as long as the page. */
export function browserSettings(storage: Pick<Storage, 'getItem' | 'setItem'>): SettingsStore {
  const cell = new Cell(read(storage));
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    app: null,
    change(patch) {
      cell.update((before) => ({ ...before, ...patch }));
      try {
        storage.setItem(KEY, JSON.stringify({ version: SETTINGS_VERSION, ...personalPart(cell.get()) }));
      } catch {
        // Nothing to tell the user: the choice holds for now.
      }
    },
  };
}

function read(storage: Pick<Storage, 'getItem'>): Settings {
  try {
    return {
      ...DEFAULT_SETTINGS,
      ...personalPart(readSettings(JSON.parse(storage.getItem(KEY) ?? '{}')).settings),
    };
  } catch {
    // Unreadable means unset.
    return DEFAULT_SETTINGS;
  }
}

const UNKNOWN: SettingsSnapshot = {
  settings: DEFAULT_SETTINGS,
  locked: {},
  secretsProtected: null,
  canStartAtLogin: false,
  ownFingerprint: null,
  trouble: null,
  folder: '',
};

/** Waits for the main process: the first picture of a screen shall have the right colours and the right language. */
export async function appSettings(bridge: Bridge): Promise<SettingsStore> {
  const first = await bridge.invoke('settings:get');
  const snapshot = first.ok ? first.value : UNKNOWN;
  const cell = new Cell(snapshot.settings);
  const app = new Cell(appSide(snapshot));
  let latest = snapshot;
  /** Changes on their way; until they have arrived, what is heard is older than what is shown. */
  let pending = 0;
  const show = (): void => {
    cell.set(latest.settings);
    app.set(appSide(latest));
  };
  bridge.on('settings:changed', (heard) => {
    latest = heard;
    if (pending === 0) show();
  });
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    app,
    change(patch) {
      cell.update((before) => ({ ...before, ...patch }));
      pending += 1;
      void bridge
        .invoke('settings:change', patch)
        .then((result) => {
          if (result.ok) latest = result.value;
        })
        .finally(() => {
          pending -= 1;
          if (pending === 0) show();
        });
    },
  };
}

function appSide({ settings: _settings, ...rest }: SettingsSnapshot): AppSide {
  return rest;
}
