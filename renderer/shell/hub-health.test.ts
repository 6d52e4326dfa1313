import type { Welcome } from '../../protocol/signaling';
import { describe, expect, it } from 'vitest';
import type { HubStatus } from '../signaling/hub-link';
import { languages } from '../texts';
import { healthOf } from './hub-health';

const welcome: Welcome = {
  id: 'welcome',
  version: 1,
  mediaServer: 'ready',
  overlays: [],
  presenterKeyRequired: false,
};
const all: [HubStatus, string][] = [
  [{ at: 'starting' }, 'working'],
  [{ at: 'connecting' }, 'working'],
  [{ at: 'unreachable', retryAt: 0 }, 'bad'],
  [{ at: 'failed', message: 'Port 8443 is taken.' }, 'bad'],
  [{ at: 'ready', mediaServer: 'connecting', welcome }, 'working'],
  [{ at: 'ready', mediaServer: 'unavailable', welcome }, 'bad'],
  [{ at: 'ready', mediaServer: 'ready', welcome }, 'good'],
];

describe('healthOf', () => {
  it.each(all)('has words for %o', (status, tone) => {
    for (const { texts } of Object.values(languages)) {
      const health = healthOf(status, texts);
      expect(health.tone).toBe(tone);
      expect(health.short).not.toBe('');
      // Whatever is broken, there is something to do about it.
      if (tone === 'bad') expect(health.advice).not.toBe('');
    }
  });

  it('names the trouble of this computer’s media server, until it runs', () => {
    const { texts } = languages.en;
    const health = (mediaServer: 'ready' | 'connecting' | 'unavailable') =>
      healthOf({ at: 'ready', mediaServer, welcome }, texts, 'udp-ports-taken');
    for (const state of ['connecting', 'unavailable'] as const)
      expect(health(state)).toMatchObject({ tone: 'bad', short: 'The UDP ports are taken' });
    expect(health('ready').tone).toBe('good');
  });

  it('repeats what a hub that did not start said', () => {
    expect(healthOf({ at: 'failed', message: 'Port 8443 is taken.' }, languages.en.texts).advice).toBe(
      'Port 8443 is taken.',
    );
  });
});
