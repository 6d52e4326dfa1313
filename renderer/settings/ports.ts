/** UDP ports as people write them: nothing, one, or two with a hyphen between. */
import type { Settings } from '../../protocol/settings';

const HIGHEST = 65_535;

/** Undefined when it is none of these. */
export function parsePorts(text: string): Settings['udpPorts'] | undefined {
  if (text === '') return null;
  const [, first, last = first] = /^(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?$/.exec(text) ?? [];
  const [min, max] = [Number(first), Number(last)];
  return min >= 1 && max <= HIGHEST && min <= max ? { min, max } : undefined;
}

export function formatPorts(ports: Settings['udpPorts']): string {
  if (ports === null) return '';
  return ports.min === ports.max ? String(ports.min) : `${ports.min}-${ports.max}`;
}
