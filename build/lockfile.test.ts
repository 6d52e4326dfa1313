import { describe, expect, it } from 'vitest';
import { missingEntries, readLockfile } from './lockfile.mjs';

describe('the lockfile', () => {
  it('has an entry for every platform package, so that npm ci works everywhere', () => {
    expect([...missingEntries(readLockfile()).keys()]).toEqual([]);
  });

  it('names no download address, so that any registry serves it', () => {
    expect(Object.values(readLockfile().packages).filter((entry) => 'resolved' in entry)).toEqual([]);
  });
});

describe('missingEntries', () => {
  const parent = {
    version: '1.2.3',
    optionalDependencies: { '@a/b-linux-arm64-musl': '1.2.3', '@a/b-darwin-x64': '1.2.3' },
  };

  it('writes what a parent pins, with the platform that its name tells', () => {
    const missing = missingEntries({ packages: { 'node_modules/@a/b': parent } });
    expect(missing.get('node_modules/@a/b-linux-arm64-musl')).toEqual({
      version: '1.2.3',
      cpu: ['arm64'],
      libc: ['musl'],
      os: ['linux'],
      optional: true,
    });
    expect(missing.size).toBe(2);
  });

  it('leaves alone what is there, beside the parent or inside it', () => {
    const packages = {
      'node_modules/@a/b': parent,
      'node_modules/@a/b-linux-arm64-musl': {},
      'node_modules/@a/b/node_modules/@a/b-darwin-x64': {},
    };
    expect(missingEntries({ packages }).size).toBe(0);
  });
});
