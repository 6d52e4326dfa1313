/**
 * About how many bytes a value takes as a structured clone. Counting stops above the limit, so a huge value costs no more
 * than a large one, and what a guard would not expect anyway (maps, cycles) counts as too large.
 */
const PER_VALUE = 8;

export function weigh(value: unknown, limit: number): number {
  let sum = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0 && sum <= limit) {
    const next = rest.pop();
    sum += PER_VALUE;
    if (typeof next === 'string') sum += next.length * 2;
    else if (next instanceof Uint8Array) sum += next.byteLength;
    else if (Array.isArray(next)) {
      if (next.length * PER_VALUE > limit) return Infinity;
      rest.push(...(next as unknown[]));
    } else if (typeof next === 'object' && next !== null) {
      if (Object.getPrototypeOf(next) !== Object.prototype) return Infinity;
      for (const [key, field] of Object.entries(next)) {
        sum += key.length * 2;
        rest.push(field);
      }
    }
  }
  return sum;
}
