import { expect, it } from 'vitest';
import type { CallState } from '../../../protocol/call';
import { MAX_RECENT_CALLS, openRecentCalls } from './recent-calls';

class FakeStorage {
  value: string | null = null;
  refuses = false;
  getItem(): string | null {
    return this.value;
  }
  setItem(_key: string, value: string): void {
    if (this.refuses) throw new DOMException('full', 'QuotaExceededError');
    this.value = value;
  }
}

const live: CallState = { at: 'live', role: 'caller', since: 1, peer: 'Ben', callId: '1' };
const ended: CallState = { at: 'ended', role: 'caller', peer: 'Ben', why: 'hung-up', seconds: 7 };

it('notes a call when it ends, newest first, and reads it again', () => {
  const storage = new FakeStorage();
  const recent = openRecentCalls(storage);
  recent.step(live, ended, 1_000);
  recent.step(live, { ...ended, peer: 'Carla', why: 'missed' }, 2_000);
  recent.step(ended, { at: 'idle' }, 3_000);
  const calls = openRecentCalls(storage).get();
  expect(calls.map(({ peer, outcome, at }) => [peer, outcome, at])).toEqual([
    ['Carla', 'missed', 2_000],
    ['Ben', 'hung-up', 1_000],
  ]);
});

it('keeps a bounded number', () => {
  const recent = openRecentCalls(new FakeStorage());
  for (let call = 0; call < MAX_RECENT_CALLS + 10; call += 1) recent.step(live, ended, call);
  expect(recent.get()).toHaveLength(MAX_RECENT_CALLS);
  expect(recent.get()[0]?.at).toBe(MAX_RECENT_CALLS + 9);
});

it.each(['', 'no JSON', '{}', '[1, null, {"peer": "x"}]', '[{"at":1,"peer":"x","role":"boss"}]'])(
  'takes stored text that is no list of calls for an empty one: %s',
  (value) => {
    const storage = new FakeStorage();
    storage.value = value;
    expect(openRecentCalls(storage).get()).toEqual([]);
  },
);

it('holds the list in memory where nothing can be stored', () => {
  const storage = new FakeStorage();
  storage.refuses = true;
  const recent = openRecentCalls(storage);
  recent.step(live, ended, 1);
  recent.step(live, ended, 2);
  expect(recent.get()).toHaveLength(2);
  recent.clear();
  expect(recent.get()).toEqual([]);
});
