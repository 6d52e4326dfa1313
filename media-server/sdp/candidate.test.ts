import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCandidate, parseCandidate } from '.';

describe('candidate lines', () => {
  it("reads a browser's, with and without a=", () => {
    const line =
      'candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 192.0.2.1 rport 46154 generation 0 ufrag kffr network-cost 999';
    const expected = {
      foundation: '842163049',
      component: 1,
      protocol: 'udp',
      priority: 1677729535,
      address: '203.0.113.9',
      port: 46154,
      type: 'srflx',
      relatedAddress: '192.0.2.1',
      relatedPort: 46154,
      tcpType: undefined,
      ufrag: 'kffr',
    };
    expect(parseCandidate(line)).toEqual(expected);
    expect(parseCandidate(`a=${line}\r\n`)).toEqual(expected);
  });

  it('reads mDNS names, IPv6 and TCP', () => {
    expect(parseCandidate('candidate:1 1 UDP 1 2f3c-4a.local 9 typ host')?.address).toBe('2f3c-4a.local');
    expect(parseCandidate('candidate:1 1 UDP 1 fe80::1 9 typ host')?.address).toBe('fe80::1');
    expect(parseCandidate('candidate:1 1 TCP 1 192.0.2.1 9 typ host tcptype active')?.tcpType).toBe('active');
  });

  it('finds none in hostile or foreign text', () => {
    for (const text of [
      '',
      'candidate:',
      'candidate:1 1 UDP 1 192.0.2.1 99999 typ host',
      'candidate:1 3 UDP 1 192.0.2.1 9 typ host',
      'candidate:1 1 SCTP 1 192.0.2.1 9 typ host',
      'candidate:1 1 UDP 99999999999 192.0.2.1 9 typ host',
      'candidate:1 1 UDP 1 192.0.2.1;rm 9 typ host',
      'candidate:1 1 UDP 1 192.0.2.1 9 typ alien',
      'candidate:1 1 TCP 1 192.0.2.1 9 typ host',
      `candidate:1 1 UDP 1 ${'a'.repeat(3000)} 9 typ host`,
    ]) {
      expect(parseCandidate(text), text.slice(0, 60)).toBeUndefined();
    }
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(
        fc.record({
          foundation: fc.stringMatching(/^[A-Za-z0-9+/]{1,32}$/),
          component: fc.constantFrom(1 as const, 2 as const),
          protocol: fc.constant('udp' as const),
          priority: fc.nat(0xffffffff),
          address: fc.oneof(fc.ipV4(), fc.ipV6()),
          port: fc.nat(0xffff),
          type: fc.constantFrom('host' as const, 'srflx' as const, 'prflx' as const, 'relay' as const),
          tcpType: fc.constant(undefined),
          ufrag: fc.option(fc.stringMatching(/^[A-Za-z0-9+/]{4,40}$/), { nil: undefined }),
        }),
        fc.option(fc.tuple(fc.ipV4(), fc.nat(0xffff)), { nil: undefined }),
        (base, related) => {
          const candidate = { ...base, relatedAddress: related?.[0], relatedPort: related?.[1] };
          expect(parseCandidate(formatCandidate(candidate))).toEqual(candidate);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => void parseCandidate(`candidate:${text}`)));
  });
});
