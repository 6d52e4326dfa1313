import { describe, expect, it } from 'vitest';
import { parseTurnUrl, TransportSettings } from './transport-settings';

describe('parseTurnUrl', () => {
  it.each([
    [
      'user:secret@127.0.0.1:3478',
      { username: 'user', password: 'secret', host: '127.0.0.1', port: 3478, transport: 'udp' },
    ],
    [
      'u:p:q@turn.example.org?transport=tcp',
      { username: 'u', password: 'p:q', host: 'turn.example.org', port: 3478, transport: 'tcp' },
    ],
    [
      'u:p@[2001:db8::1]:5349?transport=tls',
      { username: 'u', password: 'p', host: '2001:db8::1', port: 5349, transport: 'tls' },
    ],
  ])('reads %s', (url, server) => expect(parseTurnUrl(url)).toEqual(server));

  it.each([
    '',
    'host:3478',
    'u:p@host:0',
    'u:p@host:99999',
    'u:p@host:1?transport=carrier-pigeon',
    'u p:q@host',
  ])('refuses %j', (url) => expect(parseTurnUrl(url)).toBeUndefined());
});

describe('TransportSettings', () => {
  it('turns texts into what a transport needs, and nothing where nothing was set', () => {
    const settings = new TransportSettings();
    expect(settings.toOptions()).toEqual({ stunServers: [], turnServers: [], networkInterfaces: [] });
    settings.stunServerAddress = '192.0.2.1';
    settings.networkInterfaces = 'eth0, wlan0';
    settings.externalIPv4 = '203.0.113.9';
    settings.setTurnUrl('user:secret@192.0.2.2');
    expect(settings.toOptions()).toMatchObject({
      stunServers: [{ host: '192.0.2.1', port: 3478 }],
      turnServers: [{ host: '192.0.2.2' }],
      networkInterfaces: ['eth0', 'wlan0'],
      externalIPv4: '203.0.113.9',
    });
    expect(() => settings.setTurnUrl('nonsense')).toThrow('turnUrl');
  });
});
