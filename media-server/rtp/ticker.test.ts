import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import { TICK_MS, Ticker } from './ticker';

describe('the ticker', () => {
  it('calls its members at every tick, and who rests only afterwards, or when it was woken', () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock);
    const calls: string[] = [];
    const busy = { tick: () => (calls.push('busy'), 0) };
    const resting = { tick: () => (calls.push('resting'), 4 * TICK_MS) };
    ticker.add(busy);
    ticker.add(resting);
    clock.advance(5 * TICK_MS);
    expect(calls.filter((call) => call === 'busy')).toHaveLength(5);
    expect(calls.filter((call) => call === 'resting')).toHaveLength(2);
    ticker.wake(resting);
    clock.advance(TICK_MS);
    expect(calls.slice(-2)).toEqual(['busy', 'resting']);
  });

  it('forgets who leaves, also in the middle of a tick, and stops its timer after the last', () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock);
    let calls = 0;
    const member = {
      tick: () => {
        calls++;
        ticker.remove(member);
        return 4 * TICK_MS;
      },
    };
    ticker.add(member);
    clock.advance(10 * TICK_MS);
    ticker.wake(member);
    clock.advance(10 * TICK_MS);
    expect([calls, clock.timers]).toEqual([1, 0]);
  });
});
