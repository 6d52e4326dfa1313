import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH } from '../protocol/limits';
import { formatRoute, parseRoute } from './router';

describe('routes', () => {
  it.each([
    ['', { mode: '', rest: [] }],
    ['#/', { mode: '', rest: [] }],
    ['#/mirror', { mode: 'mirror', rest: [] }],
    ['#/broadcast/watch/Garden%20party', { mode: 'broadcast', rest: ['watch', 'Garden party'] }],
    ['#/call/Zo%C3%AB', { mode: 'call', rest: ['Zoë'] }],
    ['#/room/a%2Fb', { mode: 'room', rest: ['a/b'] }],
  ])('reads %s', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  it('takes a part that cannot be decoded, or is too long, for absent', () => {
    expect(parseRoute('#/room/%E0%A4%A')).toEqual({ mode: 'room', rest: [] });
    expect(parseRoute(`#/room/${'x'.repeat(MAX_NAME_LENGTH + 1)}`)).toEqual({ mode: 'room', rest: [] });
  });

  it('reads what it wrote, whatever the name', () => {
    const name = fc
      .string({ minLength: 1, maxLength: MAX_NAME_LENGTH, unit: 'grapheme' })
      .filter((text) => text.length <= MAX_NAME_LENGTH);
    fc.assert(
      fc.property(name, (text) => {
        expect(parseRoute(formatRoute('room', text))).toEqual({ mode: 'room', rest: [text] });
      }),
    );
  });

  it('reads any hash without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(parseRoute(hash).rest.length).toBeLessThan(4);
      }),
    );
  });
});
