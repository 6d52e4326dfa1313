/** The calls of late, newest first, kept on this device and bounded. What is stored is guarded like any other input. */
import * as v from 'valibot';
import type { CallOutcome, CallState } from '../../../protocol/call';
import { ERROR_CODES } from '../../../protocol/errors';
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import { Cell, type Store } from '../../store';

const OUTCOMES = [
  'hung-up',
  'peer-hung-up',
  'cancelled',
  'declined',
  'missed',
  ...ERROR_CODES,
] as const satisfies readonly CallOutcome[];

const recentCall = v.object({
  /** Milliseconds since 1970, when it ended. */
  at: v.pipe(v.number(), v.finite()),
  peer: v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH)),
  role: v.picklist(['caller', 'callee']),
  outcome: v.picklist(OUTCOMES),
  /** Of talk; 0 when there was none. */
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
});
export type RecentCall = v.InferOutput<typeof recentCall>;

const KEY = 'callcast.recent-calls';
/** What a list on a screen is still read for. */
export const MAX_RECENT_CALLS = 50;

export interface RecentCalls extends Store<readonly RecentCall[]> {
  /** Notes a call that has just ended; other steps mean nothing here. */
  step(from: CallState, to: CallState, now: number): void;
  clear(): void;
}

/** `storage` may refuse (private windows, full quota): then the list lasts as long as the page. */
export function openRecentCalls(storage: Pick<Storage, 'getItem' | 'setItem'>): RecentCalls {
  const cell = new Cell<readonly RecentCall[]>(read(storage));
  const keep = (calls: readonly RecentCall[]): void => {
    cell.set(calls);
    try {
      storage.setItem(KEY, JSON.stringify(calls));
    } catch {
      // The list holds for now.
    }
  };
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    step(from, to, now) {
      if (to.at !== 'ended' || from.at === 'ended') return;
      const { peer, role, why, seconds } = to;
      // Another window may have noted calls meanwhile.
      const stored = read(storage);
      const before = stored.length > 0 ? stored : cell.get();
      keep([{ at: now, peer, role, outcome: why, seconds }, ...before].slice(0, MAX_RECENT_CALLS));
    },
    clear() {
      keep([]);
    },
  };
}

function read(storage: Pick<Storage, 'getItem'>): readonly RecentCall[] {
  try {
    const raw: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    if (!Array.isArray(raw)) return [];
    return raw.slice(0, MAX_RECENT_CALLS).flatMap((each) => {
      const result = v.safeParse(recentCall, each);
      return result.success ? [result.output] : [];
    });
  } catch {
    return [];
  }
}
