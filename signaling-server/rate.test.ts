import { expect, it } from 'vitest';
import { ManualClock } from './clock';
import { RateLimit } from './rate';

it('a rate limit lets a burst pass, then so many per second', () => {
  const clock = new ManualClock();
  const rate = new RateLimit(clock, 10, 20);
  const passed = (attempts: number) =>
    Array.from({ length: attempts }, () => rate.take()).filter(Boolean).length;
  expect(passed(100)).toBe(20);
  clock.advance(500);
  expect(passed(100)).toBe(5);
  clock.advance(60_000);
  expect(passed(100)).toBe(20);
});
