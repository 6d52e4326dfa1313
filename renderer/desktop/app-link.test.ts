import { expect, it } from 'vitest';
import { appLinkTo } from './app-link';

it.each([
  [
    { mode: 'call', name: 'Ana María' },
    'https://192.168.0.7:8443',
    'callcast://call/Ana%20Mar%C3%ADa?hub=192.168.0.7:8443',
  ],
  [{ mode: 'watch', name: '' }, 'https://hub.example/', 'callcast://watch?hub=hub.example:443'],
  [{ mode: 'room', name: 'a/b' }, 'https://[fd00::7]:9000', 'callcast://room/a%2Fb?hub=[fd00::7]:9000'],
] as const)('%o at %s is %s', (target, base, link) => {
  expect(appLinkTo(target, base)).toBe(link);
});

it('is none for a hub without a certificate', () => {
  expect(appLinkTo({ mode: 'room', name: 'attic' }, 'http://localhost:8080')).toBeNull();
  expect(appLinkTo({ mode: 'room', name: 'attic' }, '')).toBeNull();
});
