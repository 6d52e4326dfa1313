import { describe, expect, it } from 'vitest';
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from '../protocol/limits';
import { Gate, hostName } from './gate';

function gate({ shared = false, names = ['studio', 'studio.local'] } = {}): Gate {
  return new Gate({
    scheme: 'https',
    names: () => names,
    shared: () => shared,
    allowedOrigins: ['https://dev.example'],
  });
}
const local = { remoteAddress: '127.0.0.1' };

describe('the gate', () => {
  it('reads names out of Host headers, and nothing out of malformed ones', () => {
    expect(hostName('LOCALHOST:8443')).toBe('localhost');
    expect(hostName('studio.local.')).toBe('studio.local');
    expect(hostName('[::1]:8443')).toBe('::1');
    expect(hostName('192.0.2.1')).toBe('192.0.2.1');
    for (const wrong of [
      undefined,
      '',
      ':8443',
      'a b',
      'a/b',
      'user@localhost',
      '[::1',
      'x:y',
      'x'.repeat(400),
    ])
      expect(hostName(wrong), String(wrong)).toBeUndefined();
  });

  it('knows its own names and loopback; foreign names never, addresses only while shared', () => {
    for (const host of [
      'localhost:8443',
      '127.0.0.1',
      '127.8.8.8:1',
      '[::1]:8443',
      'studio',
      'STUDIO.local:8443',
    ])
      expect(gate().knowsHost(host), host).toBe(true);
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'studio.evil.example',
      '192.0.2.1:8443',
      undefined,
    ])
      expect(gate().knowsHost(host), host ?? 'none').toBe(false);
    expect(gate({ shared: true }).knowsHost('192.0.2.1:8443')).toBe(true);
    expect(gate({ shared: true }).knowsHost('evil.example')).toBe(false);
  });

  it("lets in its own pages, the app, what is no browser, and pages that were allowed; never another site's", () => {
    const host = 'localhost:8443';
    for (const origin of [undefined, 'https://localhost:8443', 'app://callcast', 'https://dev.example'])
      expect(gate().admits({ host, origin, ...local }), String(origin)).toEqual({ ok: true });
    for (const origin of [
      'http://localhost:8443',
      'https://localhost',
      'null',
      '',
      'app://callcastx',
      'https://evil.example',
    ])
      expect(gate().admits({ host, origin, ...local }), origin).toMatchObject({
        ok: false,
        code: 'forbidden-origin',
      });
  });

  it('counts connections, in all and by address beyond loopback, and takes each off once', () => {
    const full = gate({ shared: true });
    const neighbour = { host: '192.0.2.1:8443', origin: undefined, remoteAddress: '192.0.2.9' };
    const leave = Array.from({ length: MAX_CONNECTIONS_PER_ADDRESS }, () => full.enter('192.0.2.9'));
    expect(full.admits(neighbour)).toMatchObject({ ok: false, code: 'too-many-connections' });
    expect(full.admits({ ...neighbour, remoteAddress: '192.0.2.8' })).toEqual({ ok: true });
    leave[0]?.();
    leave[0]?.();
    expect(full.connections).toBe(MAX_CONNECTIONS_PER_ADDRESS - 1);
    expect(full.admits(neighbour)).toEqual({ ok: true });
    while (full.connections < MAX_CONNECTIONS) full.enter('127.0.0.1');
    expect(full.admits({ host: 'localhost', origin: undefined, ...local })).toMatchObject({
      ok: false,
      status: 503,
    });
  });
});
