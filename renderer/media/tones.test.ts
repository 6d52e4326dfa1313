import { describe, expect, it } from 'vitest';
import { FakeTimers } from '../testing/fake-timers';
import { playTone, SCORES, type Note, type ToneName, type ToneOutput } from './tones';

function setUp() {
  const timers = new FakeTimers();
  const begin = timers.now();
  const sounded: { readonly note: Note; readonly at: number }[] = [];
  let silenced = 0;
  let closed = 0;
  const output: ToneOutput = {
    now: () => (timers.now() - begin) / 1000,
    sound(note, at) {
      sounded.push({ note, at });
      return () => {
        silenced += 1;
      };
    },
    close() {
      closed += 1;
    },
  };
  return { timers, output, sounded, silenced: () => silenced, closed: () => closed };
}

describe('playTone', () => {
  it('repeats a ringing tone every period until it is stopped', () => {
    const { timers, output, sounded, closed } = setUp();
    const stop = playTone('ringback', output, timers);
    expect(sounded).toHaveLength(1);
    timers.advance(8_000);
    expect(sounded.map(({ at }) => at.toFixed(2))).toEqual(['0.05', '4.05', '8.05']);
    stop();
    timers.advance(8_000);
    expect(sounded).toHaveLength(3);
    expect(closed()).toBe(1);
    expect(timers.pending).toBe(0);
  });

  it('silences what sounds at the moment it is stopped, once', () => {
    const { timers, output, silenced, closed } = setUp();
    const stop = playTone('ringtone', output, timers);
    stop();
    stop();
    expect(silenced()).toBe(SCORES.ringtone.notes.length);
    expect(closed()).toBe(1);
  });

  it('gives the device back by itself after a tone that sounds once', () => {
    const { timers, output, sounded, closed } = setUp();
    playTone('refused', output, timers);
    expect(closed()).toBe(0);
    timers.advance(2_000);
    expect(sounded).toHaveLength(3);
    expect(closed()).toBe(1);
  });

  it('has no note that outlasts its period, and none that is loud', () => {
    for (const name of Object.keys(SCORES) as ToneName[]) {
      const { notes, period } = SCORES[name];
      for (const { at, length, volume } of notes) {
        expect(at + length).toBeLessThanOrEqual(period ?? Infinity);
        expect(volume).toBeLessThan(0.2);
      }
    }
  });
});
