import { describe, expect, it } from 'vitest';
import { addressesFor, isLoopbackHost, lanAddresses, machineNames, urlOf } from './addresses';

const LAN = ['192.168.1.20', '2001:db8::20'];

describe('addresses to listen on', () => {
  it('are loopback only for localhost', () => {
    for (const host of ['localhost', '127.0.0.1', '::1', '[::1]'])
      expect(addressesFor(host, LAN), host).toEqual(['127.0.0.1', '::1']);
  });

  it('are those of the network for the wildcards, with loopback', () => {
    expect(addressesFor('0.0.0.0', LAN)).toEqual(['127.0.0.1', '::1', '192.168.1.20']);
    expect(addressesFor('::', LAN)).toEqual(['127.0.0.1', '::1', ...LAN]);
  });

  it('are the one that was named, with loopback', () => {
    expect(addressesFor('192.168.1.20', LAN)).toEqual(['127.0.0.1', '::1', '192.168.1.20']);
  });

  it('leave out what nobody else can reach', () => {
    const entry = (address: string, internal = false) => ({ address, internal }) as never;
    const interfaces = {
      lo: [entry('127.0.0.1', true)],
      eth0: [entry('192.168.1.20'), entry('fe80::1')],
      none: undefined,
    };
    expect(lanAddresses(interfaces)).toEqual(['192.168.1.20']);
  });

  it('tell this machine from the rest', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', '::ffff:127.0.0.1'])
      expect(isLoopbackHost(host), host).toBe(true);
    for (const host of ['0.0.0.0', '::', '192.168.1.20', 'studio.local', '127.evil.example', '1270.0.0.1'])
      expect(isLoopbackHost(host), host).toBe(false);
  });

  it('are written as people write them', () => {
    expect(urlOf('https', '2001:db8::20', 8443)).toBe('https://[2001:db8::20]:8443/');
    expect(machineNames('Studio.example.org')).toEqual(['studio.example.org', 'studio', 'studio.local']);
  });
});
