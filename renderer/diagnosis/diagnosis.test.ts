import { expect, it } from 'vitest';
import type { MediaServerTrouble } from '../../protocol/media-server-process';
import type { Welcome } from '../../protocol/signaling';
import { LocalMedia } from '../media/local-media';
import type { Services } from '../services';
import type { HubStatus } from '../signaling/hub-link';
import { Cell } from '../store';
import { FakeMediaDevices } from '../testing/fake-media';
import { FakeTimers } from '../testing/fake-timers';
import { languages } from '../texts';
import { Diagnosis } from './diagnosis';
import { statusOf, type CheckId, type Finding } from './findings';
import { sentencesOf } from './sentences';

function setUp() {
  const timers = new FakeTimers();
  const status = new Cell<HubStatus>({
    at: 'ready',
    mediaServer: 'unavailable',
    welcome: { overlays: [] } as unknown as Welcome,
  });
  const trouble = new Cell<MediaServerTrouble | null>(null);
  const diagnosis = new Diagnosis({
    timers,
    hub: { status } as unknown as Services['hub'],
    platform: { mediaServerTrouble: trouble } as unknown as Services['platform'],
    preferences: { app: null, get: () => ({ iceServers: [] }) } as unknown as Services['preferences'],
    openPeer: () => {
      throw new Error('there is nobody to connect to');
    },
    openLocalMedia: () =>
      new LocalMedia({
        onChange: () => undefined,
        mediaDevices: new FakeMediaDevices(),
        secure: true,
        timers,
        chosen: () => '',
      }),
  });
  const found = (check: CheckId): Finding => {
    const finding = diagnosis.state.get().findings.find((each) => each.check === check);
    if (finding === undefined) throw new Error(`nothing found about ${check}`);
    return finding;
  };
  const untilChecking = async (check: CheckId): Promise<void> => {
    for (let turn = 0; diagnosis.state.get().running !== check; turn += 1) {
      if (turn > 100) throw new Error(`never came to ${check}`);
      await Promise.resolve();
    }
  };
  return { timers, status, trouble, diagnosis, found, untilChecking };
}

it('says that the UDP ports are taken and what to do, without waiting for what cannot come', async () => {
  const { trouble, diagnosis, found } = setUp();
  trouble.set('udp-ports-taken');
  await diagnosis.run();
  const finding = found('media-server');
  expect(finding.word).toBe('udp-ports-taken');
  expect(statusOf(finding)).toBe('bad');
  const { en, es } = languages;
  expect(sentencesOf(finding, en.texts, 'en')).toMatch(
    /^The UDP ports are taken\. .*choose other ports in Settings/,
  );
  expect(sentencesOf(finding, es.texts, 'es')).toMatch(
    /^Los puertos UDP están ocupados\. .*elija otros puertos en Ajustes/,
  );
  expect(found('udp').word).toBe('unasked');
});

it('hears of it while it waits for the media server', async () => {
  const { timers, trouble, diagnosis, found, untilChecking } = setUp();
  const running = diagnosis.run();
  await untilChecking('media-server');
  timers.advance(1_000);
  trouble.set('udp-ports-taken');
  await running;
  expect(found('media-server').word).toBe('udp-ports-taken');
});

it('gives a media server of which nothing is known its time, then says that there is none', async () => {
  const { timers, diagnosis, found, untilChecking } = setUp();
  const running = diagnosis.run();
  await untilChecking('media-server');
  timers.advance(60_000);
  await running;
  expect(found('media-server').word).toBe('unavailable');
  expect(diagnosis.state.get()).toMatchObject({ running: null, done: true });
});
