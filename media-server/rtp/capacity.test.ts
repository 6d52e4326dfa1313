import { describe, expect, it } from 'vitest';
import { LegCapacity, RateMeter } from './capacity';

/** A viewer's link: what it reports when `offered` bit/s are sent through `width` bit/s. */
function simulate(
  capacity: LegCapacity,
  seconds: number,
  from: number,
  width: number,
  offered: number,
  loss = 0,
): number[] {
  const limits: number[] = [];
  let estimate = capacity.estimate ?? offered;
  for (let now = from; now < from + seconds * 1000; now += 250) {
    const sent = Math.min(offered, capacity.limit ?? Infinity);
    const through = Math.min(sent, width);
    // As receivers do: down to 85 % of what came when packets queue, else up by 8 % a second, to one and a half times.
    if (sent > width) estimate = Math.min(estimate, 0.85 * through);
    else estimate = Math.max(estimate, Math.min(estimate * 1.02, 1.5 * through + 10_000));
    capacity.receiverEstimate(estimate, now);
    if (now % 1000 === 0)
      capacity.report(Math.max(loss, sent > width ? 1 - width / sent : 0), sent > width ? 250 : 20);
    capacity.update(now, sent, offered);
    limits.push(capacity.limit ?? Infinity);
  }
  return limits;
}

describe('LegCapacity', () => {
  it('finds no limit where there is none, also when the estimate lags behind a new scene', () => {
    const capacity = new LegCapacity();
    simulate(capacity, 10, 0, 10e6, 200_000);
    const limits = simulate(capacity, 2.5, 10_000, 10e6, 1_500_000);
    expect(limits.every((limit) => limit === Infinity)).toBe(true);
  });

  it('takes no random loss for a narrow link', () => {
    const capacity = new LegCapacity();
    simulate(capacity, 5, 0, 10e6, 1e6);
    expect(simulate(capacity, 10, 5_000, 10e6, 1e6, 0.2).every((limit) => limit === Infinity)).toBe(true);
  });

  it('finds a narrow link within three seconds and stays about its width', () => {
    const capacity = new LegCapacity();
    simulate(capacity, 5, 0, 10e6, 1e6);
    const limits = simulate(capacity, 20, 5_000, 300_000, 1e6);
    expect(limits[12]).toBeLessThan(330_000);
    const later = limits.slice(12);
    expect(Math.min(...later)).toBeGreaterThan(150_000);
    expect(later.filter((limit) => limit < 400_000).length / later.length).toBeGreaterThan(0.8);
  });

  it('lifts the limit when the link is wide again', () => {
    const capacity = new LegCapacity();
    simulate(capacity, 5, 0, 10e6, 1e6);
    simulate(capacity, 6, 5_000, 300_000, 1e6);
    expect(simulate(capacity, 30, 11_000, 10e6, 1e6).at(-1)).toBe(Infinity);
  });
});

describe('RateMeter', () => {
  it('tells bits per second', () => {
    const meter = new RateMeter();
    for (let now = 0; now < 5_000; now += 100) {
      meter.update(now);
      meter.add(12_500);
    }
    expect(meter.rate).toBeGreaterThan(950_000);
    expect(meter.rate).toBeLessThan(1_050_000);
  });
});
