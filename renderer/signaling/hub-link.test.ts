import { describe, expect, it } from 'vitest';
import type { HubAddress } from '../platform';
import { Cell } from '../store';
import { FakeSocket } from '../testing/fake-socket';
import { FakeTimers } from '../testing/fake-timers';
import { openHubLink } from './hub-link';

function setUp(address: HubAddress) {
  const hub = new Cell<HubAddress>(address);
  const sockets: FakeSocket[] = [];
  const link = openHubLink({
    platform: { hub },
    timers: new FakeTimers(),
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  return { hub, sockets, link };
}

describe('the link to the hub', () => {
  it('waits for an address before it opens anything', () => {
    const { hub, sockets, link } = setUp({ at: 'starting' });
    expect(link.status.get()).toEqual({ at: 'starting' });
    expect(link.open('/one2one')).toBeNull();
    hub.set({ at: 'known', url: 'wss://localhost:8443' });
    expect(sockets.map((socket) => socket.url)).toEqual(['wss://localhost:8443/helloworld']);
  });

  it('tells how the hub and the media server are', () => {
    const { sockets, link } = setUp({ at: 'known', url: 'wss://localhost:8443' });
    expect(link.status.get()).toEqual({ at: 'connecting' });
    sockets[0]?.welcome({ mediaServer: 'unavailable' });
    expect(link.status.get()).toMatchObject({ at: 'ready', mediaServer: 'unavailable' });
    sockets[0]?.drop();
    expect(link.status.get()).toMatchObject({ at: 'unreachable' });
  });

  it('follows the hub to another address', () => {
    const { hub, sockets, link } = setUp({ at: 'known', url: 'wss://localhost:8443' });
    sockets[0]?.welcome();
    hub.set({ at: 'known', url: 'wss://localhost:9443' });
    expect(link.status.get()).toEqual({ at: 'connecting' });
    expect(sockets.map((socket) => socket.readyState)).toEqual([3, 0]);
    expect(sockets[1]?.url).toBe('wss://localhost:9443/helloworld');
  });

  it('says why a hub did not start', () => {
    const { hub, link } = setUp({ at: 'starting' });
    hub.set({ at: 'failed', message: 'Port 8443 is taken.' });
    expect(link.status.get()).toEqual({ at: 'failed', message: 'Port 8443 is taken.' });
  });
});
