import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import { Refusal } from '../failures';
import { GUESSES_AT_ONCE, PresenterKeys, SECONDS_PER_GUESS } from './presenter-keys';

const KEY = 'open sesame';

function keys() {
  const clock = new ManualClock();
  const keys = new PresenterKeys(clock);
  const outcome = (
    given: string | undefined,
    address = '192.168.0.7',
    expected: string | undefined = KEY,
  ) => {
    try {
      keys.check(given, expected, address);
      return 'admitted';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  };
  const exhaust = (address?: string) => {
    for (let guess = 0; guess < GUESSES_AT_ONCE; guess += 1)
      expect(outcome(`guess ${guess}`, address)).toBe('presenter-key-wrong');
  };
  return { clock, outcome, exhaust };
}

describe('the presenter key', () => {
  it('is asked of nobody where there is none', () => {
    const clock = new ManualClock();
    expect(() => new PresenterKeys(clock).check(undefined, undefined, '192.168.0.7')).not.toThrow();
  });

  it('admits only the whole of it', () => {
    const { outcome } = keys();
    expect(outcome(KEY)).toBe('admitted');
    for (const other of ['open', 'open sesame!', 'Open sesame', ' open sesame'])
      expect(outcome(other)).toBe('presenter-key-wrong');
  });

  it('cannot be guessed quickly: after a few wrong ones even the right one waits', () => {
    const { clock, outcome, exhaust } = keys();
    exhaust();
    expect(outcome('one more')).toBe('too-many-guesses');
    expect(outcome(KEY)).toBe('too-many-guesses');
    clock.advance(SECONDS_PER_GUESS * 1_000);
    expect(outcome('one more')).toBe('presenter-key-wrong');
    expect(outcome(KEY)).toBe('too-many-guesses');
    clock.advance(SECONDS_PER_GUESS * 1_000);
    expect(outcome(KEY)).toBe('admitted');
  });

  it('does not count those who know it, nor those who offer none', () => {
    const { outcome } = keys();
    for (let time = 0; time < 50; time += 1) {
      expect(outcome(KEY)).toBe('admitted');
      expect(outcome(undefined)).toBe('presenter-key-wrong');
      expect(outcome('')).toBe('presenter-key-wrong');
    }
  });

  it('is guessed by one address at the cost of that address only', () => {
    const { outcome, exhaust } = keys();
    exhaust('192.168.0.7');
    expect(outcome(KEY, '192.168.0.8')).toBe('admitted');
    expect(outcome(KEY, '::ffff:192.168.0.7')).toBe('too-many-guesses');
  });

  it('is not guessed faster by a machine with many IPv6 addresses', () => {
    const { outcome, exhaust } = keys();
    exhaust('2001:db8:0:1::17');
    expect(outcome(KEY, '2001:db8:0:1:aaaa:bbbb:cccc:dddd')).toBe('too-many-guesses');
    expect(outcome(KEY, '2001:0db8::1:0:0:0:2')).toBe('too-many-guesses');
    expect(outcome(KEY, '2001:db8:0:2::17')).toBe('admitted');
    expect(outcome(KEY, '::1')).toBe('admitted');
  });

  it('is guarded in bounded memory: beyond a thousand addresses at once, the rest share one count', () => {
    const { clock, outcome } = keys();
    const address = (number: number) => `10.0.${number >> 8}.${number & 255}`;
    for (let number = 0; number < 1_000; number += 1) outcome('wrong', address(number));
    for (let number = 0; number < GUESSES_AT_ONCE; number += 1)
      expect(outcome('wrong', address(2_000 + number))).toBe('presenter-key-wrong');
    expect(outcome('wrong', address(3_000))).toBe('too-many-guesses');
    expect(outcome(KEY, address(1))).toBe('admitted');
    // Whoever has waited long enough is forgotten, and there is room again.
    clock.advance(SECONDS_PER_GUESS * 1_000);
    expect(outcome(KEY, address(4_000))).toBe('admitted');
  });
});
