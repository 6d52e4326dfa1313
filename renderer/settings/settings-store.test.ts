import { describe, expect, it } from 'vitest';
import { openPreferences } from './preferences';

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

describe('preferences', () => {
  it('start with the system’s choices', () => {
    expect(openPreferences(storage(null)).get()).toMatchObject({
      theme: 'system',
      language: 'system',
      camera: '',
    });
  });

  it('are remembered', () => {
    const place = storage(null);
    openPreferences(place).change({ theme: 'dark', camera: 'cam-1' });
    expect(openPreferences(place).get()).toMatchObject({ theme: 'dark', camera: 'cam-1' });
  });

  it.each(['', 'null', '[]', '{ broken', '7', '"text"'])('survive stored text such as %s', (text) => {
    expect(openPreferences(storage(text)).get().theme).toBe('system');
  });

  it('keep what is right of what is partly wrong', () => {
    const mixed = JSON.stringify({ theme: 'pink', language: 'es', camera: 'x'.repeat(10_000) });
    expect(openPreferences(storage(mixed)).get()).toMatchObject({
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
    const preferences = openPreferences(refusing);
    preferences.change({ theme: 'light' });
    expect(preferences.get().theme).toBe('light');
  });
});
