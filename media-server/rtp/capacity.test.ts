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

describe('LegCapacity, raising a limit', () => {
  /** A leg with a limit of some 250 kbit/s whose stream needs less. */
  function limited(): LegCapacity {
    const capacity = new LegCapacity();
    simulate(capacity, 5, 0, 10e6, 1e6);
    simulate(capacity, 6, 5_000, 300_000, 1e6);
    expect(capacity.limit).toBeLessThan(330_000);
    return capacity;
  }
  /** From 20 s on; `answer` may report what a receiver sees. Returns the limits, four a second. */
  function raise(capacity: LegCapacity, sent: (limit: number) => number, answer?: (now: number) => void) {
    const limits: number[] = [];
    capacity.receiverEstimate(230_000, 20_000);
    for (let now = 20_000; now < 60_000; now += 250) {
      answer?.(now);
      capacity.update(now, sent(capacity.limit ?? 1e6), 150_000, true);
      limits.push(capacity.limit ?? Infinity);
    }
    return limits;
  }

  it('does not raise it by what was not sent', () => {
    const capacity = limited();
    const tried: boolean[] = [];
    const limits = raise(
      capacity,
      () => 100_000,
      () => tried.push(capacity.probing),
    );
    expect(Math.max(...limits)).toBeLessThan(400_000);
    // And gives up for a while.
    expect(tried).toContain(true);
    expect(tried.slice(tried.indexOf(true))).toContain(false);
  });

  it('lifts it when each step was used without trouble, and tries no more then', () => {
    const capacity = limited();
    expect(raise(capacity, (limit) => limit * 0.9).at(-1)).toBe(Infinity);
    expect(capacity.probing).toBe(false);
  });

  it.each([
    [
      'the estimate falls a little',
      (capacity: LegCapacity, now: number) => capacity.receiverEstimate(228_000, now),
    ],
    ['packets wait', (capacity: LegCapacity) => capacity.report(0, 120)],
    ['more is lost', (capacity: LegCapacity) => capacity.report(0.3, 20)],
  ])('goes back to what was carried as soon as %s', (_, trouble) => {
    const capacity = limited();
    const before = capacity.limit!;
    let troubled = false;
    const limits = raise(
      capacity,
      (limit) => limit * 0.9,
      (now) => {
        if (now % 1000 !== 0) return;
        if (capacity.probing && capacity.limit! > 350_000) {
          troubled = true;
          trouble(capacity, now);
        } else {
          capacity.receiverEstimate(230_000, now);
          capacity.report(0, 20);
        }
      },
    );
    expect(troubled).toBe(true);
    expect(Math.max(...limits)).toBeLessThan(550_000);
    const peak = limits.findIndex((limit) => limit > 350_000);
    expect(Math.min(...limits.slice(peak, peak + 12))).toBeLessThan(1.2 * before);
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
