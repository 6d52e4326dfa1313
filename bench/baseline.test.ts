import { describe, expect, it } from 'vitest';
import { changeOf, meetsTarget, updated } from './baseline';
import { BENCHES } from './metrics';
import type { Measured, Metric } from './metrics';

const metric = (more: Partial<Metric> = {}): Metric => ({
  id: 'x',
  name: 'x',
  unit: 'µs',
  better: 'lower',
  target: 14,
  noise: 0.1,
  least: 0,
  digits: 1,
  ...more,
});
const measured = (value: number, floor?: number, more?: Partial<Metric>): Measured => ({
  metric: metric(more),
  value,
  floor,
});

describe('a figure beside its baseline', () => {
  it('is the same within noise, and better or worse beyond it', () => {
    expect(changeOf(measured(10.5), { value: 10 })).toBe('same');
    expect(changeOf(measured(12), { value: 10 })).toBe('worse');
    expect(changeOf(measured(8), { value: 10 })).toBe('better');
    expect(changeOf(measured(8, undefined, { better: 'higher' }), { value: 10 })).toBe('worse');
    expect(changeOf(measured(12, undefined, { least: 3 }), { value: 10 })).toBe('same');
    expect(changeOf(measured(12), undefined)).toBe('new');
  });

  it('is compared as a multiple of the floor where the processor decides, so that a slower machine is no fault', () => {
    expect(changeOf(measured(20, 18), { value: 10, floor: 9 })).toBe('same');
    expect(changeOf(measured(20, 9), { value: 10, floor: 9 })).toBe('worse');
    expect(changeOf(measured(20, 18, { unit: 'ms' }), { value: 10, floor: 9 })).toBe('worse');
  });

  it('meets its target or not, where it has one', () => {
    expect(meetsTarget(measured(14))).toBe(true);
    expect(meetsTarget(measured(14.1))).toBe(false);
    expect(meetsTarget(measured(25, undefined, { better: 'higher', target: 24 }))).toBe(true);
    expect(meetsTarget(measured(1, undefined, { target: undefined }))).toBeUndefined();
  });
});

describe('an updated baseline', () => {
  it('keeps what was not measured, and leaves out what is no number', () => {
    const old = { machine: 'old', metrics: { kept: { value: 1 }, x: { value: 2 } } };
    const next = updated(old, 'new', [measured(3.14159, 2), measured(Number.NaN, undefined, { id: 'y' })]);
    expect(next).toEqual({
      machine: 'new',
      metrics: { kept: { value: 1 }, x: { value: 3.142, floor: 2 } },
    });
  });
});

it('reads what the fan-out bench prints', () => {
  const fanOut = BENCHES.find(({ name }) => name === 'fanout')!;
  const row = {
    viewers: 50,
    microsecondsPerPacket: 12,
    delivered: 1,
    delayP50: 1,
    delayP99: 9,
    kibPerViewer: 300,
  };
  const read = fanOut.read({ floorMicroseconds: 9.4, rows: [row] });
  expect(read.map(({ metric: { id }, value }) => [id, value])).toEqual([
    ['fanout.50.cpu', 12],
    ['fanout.50.delivered', 100],
    ['fanout.50.p50', 1],
    ['fanout.50.p99', 9],
    ['fanout.50.memory', 300],
  ]);
});
