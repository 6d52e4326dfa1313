import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { configuration } from './electron-builder.mjs';

/** electron-builder's own check of a configuration, for every system at once. */
const require = createRequire(import.meta.url);
const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
  readonly validateConfiguration: (configuration: unknown, logger: unknown) => Promise<void>;
};
const { DebugLogger } = require('builder-util') as { DebugLogger: new (enabled: boolean) => unknown };
const validate = (given: unknown) => validateConfiguration(given, new DebugLogger(false));

it('is a configuration that electron-builder understands, for Linux, macOS and Windows', async () => {
  await validate(configuration);
  const misspelt = { ...configuration, mac: { ...configuration.mac, hardendRuntime: true } };
  await expect(validate(misspelt)).rejects.toThrow('Invalid configuration');
});

it('names files that there are, of the kinds that they should be', () => {
  const { mac, win, linux } = configuration;
  const start = (file: unknown) => readFileSync(String(file)).subarray(0, 4);
  expect(start(mac?.icon).toString()).toBe('icns');
  expect([...start(win?.icon)]).toEqual([0, 0, 1, 0]);
  expect(existsSync(String(linux?.icon))).toBe(true);
  expect(readFileSync(String(mac?.entitlements), 'utf8')).toContain('com.apple.security.device.camera');
});

it('says what a Mac asks the user, and decides every fuse', () => {
  const { mac, electronFuses } = configuration;
  expect(mac?.hardenedRuntime).toBe(true);
  const asked = mac?.extendInfo as Record<string, string>;
  for (const key of ['NSCameraUsageDescription', 'NSMicrophoneUsageDescription'])
    expect(asked[key]).toMatch(/\w+/);
  const { definitions } = JSON.parse(
    readFileSync(require.resolve('app-builder-lib/scheme.json'), 'utf8'),
  ) as { definitions: Record<string, { properties: Record<string, unknown> }> };
  const known = Object.keys(definitions['FuseOptionsV1']?.properties ?? {});
  // Of all that there are; only the signature's own option may be left out.
  expect(known.length).toBeGreaterThan(7);
  for (const fuse of known) expect(Object.keys(electronFuses ?? {}), fuse).toContain(fuse);
});
