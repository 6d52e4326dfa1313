import { describe, expect, it, vi } from 'vitest';
import type { Bridge, HubState } from '../protocol/ipc';
import type { Result } from '../protocol/errors';
import { openPlatform } from './platform';

function inApp(answer: Promise<Result<HubState>>) {
  let tell: (state: HubState) => void = () => undefined;
  const bridge = {
    invoke: vi.fn(() => answer),
    on: (_channel: string, listener: (state: HubState) => void) => {
      tell = listener;
      return () => undefined;
    },
  };
  const platform = openPlatform({
    callcast: bridge as unknown as Bridge,
    navigator: { language: 'es' },
  } as unknown as Window);
  return { platform, tell: (state: HubState) => tell(state) };
}

describe('the platform', () => {
  it('in a browser finds the hub where the page came from', () => {
    const at = (protocol: string) =>
      openPlatform({
        location: { protocol, host: 'studio.local:8443', origin: `${protocol}//studio.local:8443` },
        navigator: { language: 'en' },
      } as unknown as Window);
    expect(at('https:').hub.get()).toEqual({ at: 'known', url: 'wss://studio.local:8443' });
    expect(at('http:').hub.get()).toEqual({ at: 'known', url: 'ws://studio.local:8443' });
    expect(at('https:').pageUrl()).toBe('https://studio.local:8443');
  });

  it('in the app follows what the main process tells', async () => {
    const { platform, tell } = inApp(Promise.resolve({ ok: true, value: { at: 'starting' } }));
    expect(platform.hub.get()).toEqual({ at: 'starting' });
    await Promise.resolve();
    tell({ at: 'ready', url: 'wss://localhost:8443/', mediaServer: 'connecting', sharedUrls: null });
    const address = platform.hub.get();
    expect(address).toEqual({ at: 'known', url: 'wss://localhost:8443' });
    tell({ at: 'ready', url: 'wss://localhost:8443', mediaServer: 'ready', sharedUrls: null });
    expect(platform.hub.get()).toBe(address);
    expect(platform.pageUrl()).toBe('https://localhost:8443');
  });

  it('in the app does not let a late answer undo a newer event', async () => {
    const { platform, tell } = inApp(Promise.resolve({ ok: true, value: { at: 'starting' } }));
    tell({ at: 'ready', url: 'wss://localhost:8443', mediaServer: 'ready', sharedUrls: null });
    await Promise.resolve();
    await Promise.resolve();
    expect(platform.hub.get().at).toBe('known');
  });

  it('in the app says why the hub did not start', async () => {
    const { platform } = inApp(
      Promise.resolve({ ok: false, failure: { code: 'internal', message: 'Port taken.', retryable: false } }),
    );
    await vi.waitFor(() => {
      expect(platform.hub.get()).toEqual({ at: 'failed', message: 'Port taken.' });
    });
  });
});
