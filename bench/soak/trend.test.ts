import { describe, expect, it } from 'vitest';
import { growth, slopePerHour } from './trend';

const samples = (value: (minute: number) => number) =>
  Array.from({ length: 30 }, (_, index) => ({ minute: index / 2, value: value(index / 2) }));

describe('a row of samples', () => {
  it('that rises by two a minute rises by 120 an hour', () => {
    expect(slopePerHour(samples((minute) => 7 + 2 * minute))).toBeCloseTo(120);
    expect(growth(samples((minute) => 7 + 2 * minute))).toBeCloseTo(20);
  });
  it('that only swings is flat', () => {
    const swinging = samples((minute) => 100 + ((minute * 2) % 2 === 0 ? 1 : -1));
    expect(Math.abs(slopePerHour(swinging))).toBeLessThan(2);
    expect(growth(swinging)).toBeCloseTo(0);
    const burst = samples((minute) => (minute === 14 ? 9_000 : 100));
    expect(growth(burst)).toBe(0);
  });
  it('of one or none has no slope', () => {
    expect([slopePerHour([]), slopePerHour([{ minute: 1, value: 5 }]), growth([])]).toEqual([0, 0, 0]);
  });
});
