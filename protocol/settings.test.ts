import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changedSettings,
  DEFAULT_SETTINGS,
  migrate,
  PERSONAL_NAMES,
  personalPart,
  readPatch,
  readSettings,
  SETTINGS_VERSION,
} from './settings';

describe('settings', () => {
  it('start with their defaults, which are good values themselves', () => {
    expect(readSettings({})).toEqual({ settings: DEFAULT_SETTINGS, bad: [], newer: false });
    expect(readSettings({ version: SETTINGS_VERSION, ...DEFAULT_SETTINGS }).bad).toEqual([]);
    expect(readPatch(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS);
  });

  it('lose one bad value and keep the good ones beside it', () => {
    const { settings, bad } = readSettings({
      version: SETTINGS_VERSION,
      theme: 'dark',
      hubPort: 99_999,
      volume: 'loud',
      mediaServers: ['ws://10.0.0.5:8888/kurento', 'http://10.0.0.5'],
      somethingElse: 7,
    });
    expect(bad).toEqual(['volume', 'mediaServers', 'hubPort']);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
    expect(settings).not.toHaveProperty('somethingElse');
  });

  it('take what browsers kept before there was a version', () => {
    expect(readSettings({ theme: 'dark', callName: 'Ana', volume: 0.5 }).settings).toMatchObject({
      theme: 'dark',
      callName: 'Ana',
      volume: 0.5,
    });
  });

  it('come from older versions step by step, each once and in order', () => {
    const steps = ['a', 'b', 'c'].map((name) => (kept: Readonly<Record<string, unknown>>) => {
      const { path } = kept;
      return { ...kept, path: typeof path === 'string' ? path + name : name };
    });
    expect(migrate({}, steps)['path']).toBe('abc');
    expect(migrate({ version: 1 }, steps)['path']).toBe('bc');
    expect(migrate({ version: 3 }, steps)['path']).toBeUndefined();
    expect(migrate({ version: 99 }, steps)['path']).toBeUndefined();
    expect(migrate({ version: -4 }, steps)['path']).toBe('abc');
    expect(migrate({ version: '2' }, steps)['path']).toBe('abc');
  });

  it('of a newer version are told apart', () => {
    expect(readSettings({ version: SETTINGS_VERSION + 1, theme: 'dark', hologram: true })).toMatchObject({
      newer: true,
      settings: { theme: 'dark' },
    });
  });

  it('are good whatever was kept', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record(Object.fromEntries(Object.keys(DEFAULT_SETTINGS).map((name) => [name, fc.anything()])), {
        requiredKeys: [],
      }),
    );
    fc.assert(
      fc.property(anything, (raw) => {
        expect(readPatch(readSettings(raw).settings)).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ theme: 'pink' }],
    [{ unknown: 1 }],
    [{ __proto__: null, constructor: 1 }],
    [{ mediaServer: 'ws://user:secret@host/kurento' }],
    [{ mediaServer: 'javascript:alert(1)' }],
    [{ mediaServer: `ws://${'x'.repeat(2_000)}/kurento` }],
    [{ remoteHub: { url: 'http://192.168.0.7:8443', fingerprint: '' } }],
    [{ remoteHub: { url: 'https://192.168.0.7:8443/path?x', fingerprint: '' } }],
    [{ remoteHub: { url: 'https://192.168.0.7:8443', fingerprint: 'AB:CD' } }],
    [{ udpPorts: { min: 5, max: 4 } }],
    [{ announcedAddress: '--port=1' }],
    [{ hubListen: 'example.org; rm -rf /' }],
    [{ iceServers: Array.from({ length: 9 }, () => ({ kind: 'stun', url: 'stun:a' })) }],
    [null],
    [[]],
    ['theme'],
  ])('refuse a change such as %j', (patch) => {
    expect(readPatch(patch)).toBeNull();
  });

  it('name what differs', () => {
    expect(changedSettings(DEFAULT_SETTINGS, { ...DEFAULT_SETTINGS, theme: 'dark', iceServers: [] })).toEqual(
      ['theme'],
    );
  });

  it('give a browser its own part only', () => {
    expect(Object.keys(personalPart(DEFAULT_SETTINGS))).toEqual(PERSONAL_NAMES);
    expect(PERSONAL_NAMES).not.toContain('mediaServer');
  });
});
