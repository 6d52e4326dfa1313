import { describe, expect, it } from 'vitest';
import { part, Prefixes } from './views';

describe('views', () => {
  it('show the part that was asked for, whatever was asked for before', () => {
    const [a, b] = [Buffer.from('0123456789'), Buffer.from('abcdefghij')];
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    expect(text(part(a, 2, 5))).toBe('234');
    expect(part(a, 2, 5)).toBe(part(a, 2, 5));
    expect(text(part(b, 2, 5))).toBe('cde');
    expect(text(part(b, 3, 5))).toBe('de');
    expect(text(part(b, 3, 6))).toBe('def');
    expect(part(a, 0, 10)).toBe(a);
    a.write('x', 2);
    expect(text(part(a, 2, 5))).toBe('x34');
  });

  it('are made once for each length, and follow what is written', () => {
    const bytes = Buffer.from('0123456789');
    const prefixes = Prefixes.of(bytes);
    expect(Prefixes.of(bytes)).toBe(prefixes);
    expect(prefixes.first(3).toString()).toBe('012');
    expect(prefixes.first(10).toString()).toBe('0123456789');
    expect(prefixes.first(0)).toHaveLength(0);
    bytes.write('x');
    expect(prefixes.first(3)).toBe(prefixes.first(3));
    expect(prefixes.first(3).toString()).toBe('x12');
    expect(Prefixes.of(Buffer.from('abc')).first(2).toString()).toBe('ab');
  });
});
