import { expect, it } from 'vitest';
import { formatPorts, parsePorts } from './ports';

it.each([
  ['', null],
  ['50000', { min: 50_000, max: 50_000 }],
  ['50000-50100', { min: 50_000, max: 50_100 }],
  ['50000 – 50100', { min: 50_000, max: 50_100 }],
] as const)('UDP ports are written as %j', (text, ports) => {
  expect(parsePorts(text)).toEqual(ports);
  expect(parsePorts(formatPorts(ports))).toEqual(ports);
});

it.each(['0', '65536', '50100-50000', '-5', '1-2-3', 'any', '5e3'])('but not as %j', (text) => {
  expect(parsePorts(text)).toBeUndefined();
});
