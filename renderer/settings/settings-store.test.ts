import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../protocol/ipc';
import { DEFAULT_SETTINGS, type Settings, type SettingsSnapshot } from '../../protocol/settings';
import { appSettings, browserSettings } from './settings-store';

function storage(text: string | null) {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_key: string, value: string) => {
      kept = value;
    },
    kept: () => kept,
  };
}

describe('the settings of a browser', () => {
  it('start with the system’s choices', () => {
    expect(browserSettings(storage(null)).get()).toMatchObject({
      theme: 'system',
      language: 'system',
      camera: '',
    });
  });

  it('are remembered', () => {
    const place = storage(null);
    browserSettings(place).change({ theme: 'dark', camera: 'cam-1' });
    expect(browserSettings(place).get()).toMatchObject({ theme: 'dark', camera: 'cam-1' });
  });

  it.each(['', 'null', '[]', '{ broken', '7', '"text"'])('survive stored text such as %s', (text) => {
    expect(browserSettings(storage(text)).get().theme).toBe('system');
  });

  it('keep what is right of what is partly wrong', () => {
    const mixed = JSON.stringify({ theme: 'pink', language: 'es', camera: 'x'.repeat(10_000) });
    expect(browserSettings(storage(mixed)).get()).toMatchObject({
      theme: 'system',
      language: 'es',
      camera: '',
    });
  });

  it('last as long as the page where nothing can be stored', () => {
    const refusing = {
      getItem: () => {
        throw new Error('blocked');
      },
      setItem: () => {
        throw new Error('full');
      },
    };
    const preferences = browserSettings(refusing);
    preferences.change({ theme: 'light' });
    expect(preferences.get().theme).toBe('light');
  });
});

describe('the settings of the app', () => {
  function bridge(first: Partial<Settings> = {}) {
    let kept = { ...DEFAULT_SETTINGS, ...first };
    let tell: (snapshot: SettingsSnapshot) => void = () => undefined;
    const answers: (() => void)[] = [];
    const snapshot = (): SettingsSnapshot => ({
      settings: kept,
      locked: {},
      secretsProtected: null,
      canStartAtLogin: false,
      ownFingerprint: null,
      trouble: null,
      folder: '/home/ana',
    });
    const fake = {
      invoke: (channel: string, patch?: Partial<Settings>) => {
        if (channel === 'settings:get') return Promise.resolve({ ok: true, value: snapshot() });
        kept = { ...kept, ...patch };
        const value = snapshot();
        tell(value);
        return new Promise((resolve) => answers.push(() => resolve({ ok: true, value })));
      },
      on: (_channel: string, listener: typeof tell) => {
        tell = listener;
        return () => undefined;
      },
    } as unknown as Bridge;
    return {
      fake,
      answerNext: async () => {
        answers.shift()?.();
        await Promise.resolve();
        await new Promise((resolve) => setImmediate(resolve));
      },
      changeElsewhere: (patch: Partial<Settings>) => {
        kept = { ...kept, ...patch };
        tell(snapshot());
      },
    };
  }

  it('are those of the main process from the first moment', async () => {
    const store = await appSettings(bridge({ theme: 'dark' }).fake);
    expect(store.get().theme).toBe('dark');
    expect(store.app?.get().folder).toBe('/home/ana');
  });

  it('follow what is changed elsewhere, such as in the tray', async () => {
    const { fake, changeElsewhere } = bridge();
    const store = await appSettings(fake);
    changeElsewhere({ doNotDisturb: true });
    expect(store.get().doNotDisturb).toBe(true);
  });

  it('show a change at once, and never an older one after a newer one', async () => {
    const { fake, answerNext } = bridge();
    const store = await appSettings(fake);
    const shown: number[] = [];
    store.subscribe(() => shown.push(store.get().volume));
    store.change({ volume: 0.5 });
    store.change({ volume: 0.25 });
    await answerNext();
    await answerNext();
    expect(shown.filter((volume, index) => volume !== shown[index - 1])).toEqual([0.5, 0.25]);
  });
});
