import { expect, it, vi } from 'vitest';
import type { HubState } from '../protocol/ipc';
import type { MediaServerState } from '../protocol/signaling';
import { HubHost, type RunningHub } from './hub-host';

function fakeHub(url = 'https://localhost:8443/') {
  const listeners = new Set<() => void>();
  let mediaServer: MediaServerState = 'connecting';
  const sharedUrls: string[] = [];
  const close = vi.fn(() => Promise.resolve());
  const listen = vi.fn((host: string) => {
    sharedUrls.splice(0, 1, ...(host === '0.0.0.0' ? ['https://192.168.0.7:8443/'] : []));
    return Promise.resolve();
  });
  const hub: RunningHub = {
    url,
    get mediaServer() {
      return mediaServer;
    },
    mediaServerUrl: undefined,
    sharedUrls,
    listen,
    useMediaServer: () => Promise.resolve(),
    setPresenterKey: () => undefined,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
  };
  const become = (state: MediaServerState) => {
    mediaServer = state;
    for (const listener of listeners) listener();
  };
  return { hub, become, close, listen };
}

it('tells the address and the state of the media server', async () => {
  const { hub, become } = fakeHub();
  const states: HubState[] = [];
  const host = new HubHost((state) => states.push(state));
  host.start(() => Promise.resolve(hub));
  expect(await host.wire()).toBe('wss://localhost:8443');
  become('ready');
  become('ready');
  expect(states).toEqual([
    { at: 'ready', url: 'wss://localhost:8443', mediaServer: 'connecting', sharedUrls: null },
    { at: 'ready', url: 'wss://localhost:8443', mediaServer: 'ready', sharedUrls: null },
  ]);
});

it('makes a hub that cannot start a state, not an exception', async () => {
  const host = new HubHost(() => {});
  host.start(() => Promise.reject(new Error('The certificate file cannot be read.')));
  expect(await host.wire()).toBeNull();
  expect(host.state).toEqual({ at: 'failed', message: 'The certificate file cannot be read.' });
  await host.close();
});

it('speaks ws to a plain hub', async () => {
  const host = new HubHost(() => {});
  host.start(() => Promise.resolve(fakeHub('http://localhost:8080/').hub));
  expect(await host.wire()).toBe('ws://localhost:8080');
});

it('closes a hub that was still starting, once', async () => {
  const { hub, close } = fakeHub();
  let started = (_hub: RunningHub): void => {};
  const host = new HubHost(() => {});
  host.start(() => new Promise((resolve) => (started = resolve)));
  const closing = [host.close(), host.close()];
  started(hub);
  await Promise.all(closing);
  expect(close).toHaveBeenCalledTimes(1);
  expect(host.state).toEqual({ at: 'starting' });
});

it('does not wait for ever for a hub that hangs', async () => {
  vi.useFakeTimers();
  const { hub } = fakeHub();
  const host = new HubHost(() => {});
  host.start(() => Promise.resolve({ ...hub, close: () => new Promise<void>(() => {}) }));
  await host.wire();
  const closing = host.close();
  await vi.advanceTimersByTimeAsync(4_000);
  await closing;
  vi.useRealTimers();
});

it('shares the hub on the network and takes it back', async () => {
  const { hub, listen } = fakeHub();
  const states: HubState[] = [];
  const host = new HubHost((state) => states.push(state));
  host.start(() => Promise.resolve(hub));
  await host.share(true);
  expect(listen).toHaveBeenLastCalledWith('0.0.0.0');
  expect(states.at(-1)).toMatchObject({ sharedUrls: ['https://192.168.0.7:8443/'] });
  await host.share(false);
  expect(listen).toHaveBeenLastCalledWith('localhost');
  expect(states.at(-1)).toMatchObject({ sharedUrls: null });
});

it('refuses to share what could not start', async () => {
  const host = new HubHost(() => undefined);
  host.start(() => Promise.reject(new Error('the port is taken')));
  await expect(host.share(true)).rejects.toThrow('the port is taken');
});
