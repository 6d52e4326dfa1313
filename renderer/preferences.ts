/** What this device remembers of its user: theme, language, chosen devices. Stored text is guarded like any other input. */
import * as v from 'valibot';
import { MAX_SECRET_LENGTH } from '../protocol/limits';
import { Cell, type Store } from './store';

const deviceId = v.pipe(v.string(), v.maxLength(MAX_SECRET_LENGTH));
const schema = v.object({
  theme: v.fallback(v.picklist(['system', 'light', 'dark']), 'system'),
  language: v.fallback(v.picklist(['system', 'en', 'es']), 'system'),
  /** Empty means: whatever the system prefers. */
  camera: v.fallback(deviceId, ''),
  microphone: v.fallback(deviceId, ''),
  speaker: v.fallback(deviceId, ''),
  connectionPanel: v.fallback(v.boolean(), false),
});
export type Preferences = v.InferOutput<typeof schema>;

const KEY = 'callcast.preferences';

export interface PreferencesStore extends Store<Preferences> {
  change(patch: Partial<Preferences>): void;
}

/** `storage` may refuse (private windows, full quota): then choices last as long as the page. */
export function openPreferences(storage: Pick<Storage, 'getItem' | 'setItem'>): PreferencesStore {
  const cell = new Cell(read(storage));
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    change(patch) {
      cell.update((before) => ({ ...before, ...patch }));
      try {
        storage.setItem(KEY, JSON.stringify(cell.get()));
      } catch {
        // Nothing to tell the user: the choice holds for now.
      }
    },
  };
}

function read(storage: Pick<Storage, 'getItem'>): Preferences {
  let raw: unknown = {};
  try {
    raw = JSON.parse(storage.getItem(KEY) ?? '{}');
  } catch {
    // Unreadable means unset.
  }
  const result = v.safeParse(schema, typeof raw === 'object' && raw !== null ? raw : {});
  return result.success ? result.output : v.parse(schema, {});
}
