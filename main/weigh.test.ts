import { expect, it } from 'vitest';
import { weigh } from './weigh';

const LIMIT = 1_000;

it('counts texts, keys and values', () => {
  expect(weigh(['dark'], LIMIT)).toBe(8 + 8 + 8);
  expect(weigh([{ theme: 'dark' }], LIMIT)).toBe(8 + 8 + 10 + 8 + 8);
});

it('stops soon after the limit', () => {
  expect(weigh('x'.repeat(1_000_000), LIMIT)).toBeGreaterThan(LIMIT);
  expect(weigh(Array.from({ length: 10_000_000 }), LIMIT)).toBe(Infinity);
});

it('refuses what no request consists of', () => {
  for (const value of [new Map(), new ArrayBuffer(1), new Date(), /x/])
    expect(weigh([value], LIMIT)).toBe(Infinity);
});

it('comes to an end with cycles', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(weigh([loop], LIMIT)).toBeGreaterThan(LIMIT);
});
