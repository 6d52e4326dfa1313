import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { beforeAll, expect, it } from 'vitest';
import { CertificatePins } from './certificate-pins';

let own: string;
let other: string;
beforeAll(async () => {
  const make = async () =>
    (await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })).cert;
  [own, other] = await Promise.all([make(), make()]);
});

function pinned(hostname: string): CertificatePins {
  const pins = new CertificatePins();
  pins.pin(hostname, new X509Certificate(own).fingerprint256);
  return pins;
}

it('accepts the pinned certificate under its own name only', () => {
  const pins = pinned('localhost');
  expect(pins.matches('localhost', own)).toBe(true);
  expect(pins.matches('LOCALHOST', own)).toBe(true);
  expect(pins.matches('example.org', own)).toBe(false);
});

it('accepts no other certificate under that name', () => {
  const pins = pinned('localhost');
  expect(pins.matches('localhost', other)).toBe(false);
  expect(pins.matches('localhost', 'no certificate')).toBe(false);
  expect(pins.matches('localhost', '')).toBe(false);
});

it('knows an IPv6 address with and without its brackets', () => {
  expect(pinned('[::1]').matches('::1', own)).toBe(true);
});
