/** Figures that were reached, kept in baseline.json, and what a new run is worth beside them. */
import type { Measured, Metric } from './metrics';

export interface Kept {
  readonly value: number;
  /** Of the same run on the same machine; with it, values are compared as multiples of it. */
  readonly floor?: number;
}
export interface Baseline {
  /** What they were measured on, for people. */
  readonly machine: string;
  readonly metrics: Readonly<Record<string, Kept>>;
}

export type Change = 'new' | 'same' | 'better' | 'worse';

/** Against the baseline; within noise nothing has changed. */
export function changeOf({ metric, value, floor }: Measured, before: Kept | undefined): Change {
  if (before === undefined || !Number.isFinite(value)) return 'new';
  // Only what the processor costs scales with the floor; a rate or a delay does not.
  const scale = isCost(metric) && floor && before.floor ? floor / before.floor : 1;
  const expected = before.value * scale;
  const worseBy = metric.better === 'lower' ? value - expected : expected - value;
  const margin = Math.max(metric.least, Math.abs(expected) * metric.noise);
  if (worseBy > margin) return 'worse';
  return worseBy < -margin ? 'better' : 'same';
}

const isCost = ({ unit }: Metric): boolean => unit === 'µs';

export function meetsTarget({ metric: { better, target }, value }: Measured): boolean | undefined {
  if (target === undefined) return undefined;
  return better === 'lower' ? value <= target : value >= target;
}

/** The old baseline with the new figures in it; what was not measured this time stays. */
export function updated(old: Baseline | undefined, machine: string, measured: readonly Measured[]): Baseline {
  const metrics = new Map(Object.entries(old?.metrics ?? {}));
  for (const { metric, value, floor } of measured) {
    if (!Number.isFinite(value)) continue;
    const rounded = (number: number) => Number(number.toPrecision(4));
    metrics.set(metric.id, { value: rounded(value), ...(floor !== undefined && { floor: rounded(floor) }) });
  }
  return { machine, metrics: Object.fromEntries([...metrics].sort(([a], [b]) => a.localeCompare(b, 'en'))) };
}
