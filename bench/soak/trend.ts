/** Whether a row of samples is flat: least squares, and what the slope would make of an hour. */
export interface Sample {
  readonly minute: number;
  readonly value: number;
}

/** Units per hour; 0 for fewer than two samples. */
export function slopePerHour(samples: readonly Sample[]): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanX = samples.reduce((sum, { minute }) => sum + minute, 0) / count;
  const meanY = samples.reduce((sum, { value }) => sum + value, 0) / count;
  let above = 0;
  let below = 0;
  for (const { minute, value } of samples) {
    above += (minute - meanX) * (value - meanY);
    below += (minute - meanX) ** 2;
  }
  return below === 0 ? 0 : (above / below) * 60;
}

/** Growth from the first to the last third, of their medians: a burst that the machine's other work caused is no leak. */
export function growth(samples: readonly Sample[]): number {
  const third = Math.max(1, Math.floor(samples.length / 3));
  return samples.length < 2 ? 0 : median(samples.slice(-third)) - median(samples.slice(0, third));
}

function median(samples: readonly Sample[]): number {
  const sorted = samples.map(({ value }) => value).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
