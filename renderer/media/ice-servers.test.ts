import { describe, expect, it } from 'vitest';
import { asRtcServers, formatIceServers, MAX_ICE_SERVERS, parseIceServers } from './ice-servers';

describe('STUN and TURN servers', () => {
  it('are read as people write them, and written back the same', () => {
    const lines =
      'stun:stun.example.org\nturn:192.0.2.7:3478?transport=tcp ann secret\nturns:[2001:db8::1]:443 u p';
    const parsed = parseIceServers(`\n  ${lines}\n\n`);
    expect(parsed.ok && formatIceServers(parsed.servers)).toBe(lines);
    expect(parsed.ok && asRtcServers(parsed.servers)[1]).toEqual({
      urls: 'turn:192.0.2.7:3478?transport=tcp',
      username: 'ann',
      credential: 'secret',
    });
  });

  it.each([
    ['http://example.org', 1],
    ['stun:ok.example\nturn:example.org', 2],
    ['turn:example.org user', 1],
    ['turn:example.org user password more', 1],
    ['stun:example.org user', 1],
    ['stun:exa mple', 1],
    [`stun:${'x'.repeat(300)}`, 1],
    [
      Array(MAX_ICE_SERVERS + 1)
        .fill('stun:a')
        .join('\n'),
      MAX_ICE_SERVERS + 1,
    ],
  ])('%j is wrong in line %d', (lines, line) => {
    expect(parseIceServers(lines)).toEqual({ ok: false, line });
  });

  it('may be none', () => {
    expect(parseIceServers(' \n ')).toEqual({ ok: true, servers: [] });
  });
});
