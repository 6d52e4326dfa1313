/**
 * Cameras, microphones and speakers that change while a session runs: what the other end sees and hears changes, and
 * nothing is negotiated anew.
 */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { chromiumPath, launchChromium } from '../support/chromium';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { decoded, untilMoving } from '../support/pictures';
import { CAMERAS, makePluggable, MICROPHONES, SPEAKERS, TWO_DEVICES } from '../support/pluggable-devices';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('devices in Chromium', () => {
  let stack: Stack;
  let browser: Browser;
  let bareBrowser: Browser;
  const contexts: BrowserContext[] = [];
  /** Names stay taken for a while after their page is gone. */
  let calls = 0;

  beforeAll(async () => {
    await build();
    stack = await startStack();
    await mediaServerReady(stack);
    // The last of two options holds.
    browser = await launchChromium({ args: [TWO_DEVICES] });
    bareBrowser = await launchChromium({ devices: false });
  });
  afterAll(async () => {
    await browser?.close();
    await bareBrowser?.close();
    await stack?.close();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  async function open(route: string, which = browser): Promise<Page> {
    const context = await which.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    contexts.push(context);
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    await watchPeers(page);
    await makePluggable(page);
    await page.goto(`${stack.url}#/${route}`);
    return page;
  }

  async function mirror(): Promise<{ page: Page; picture: Locator }> {
    const page = await open('mirror');
    await untilMoving(page.locator('video').first());
    await page.getByRole('button', { name: 'Start the mirror' }).click();
    const picture = page.locator('video[aria-label="You, as it comes back"]');
    await untilMoving(picture);
    return { page, picture };
  }

  async function call(calleeBrowser = browser): Promise<{ ana: Page; ben: Page }> {
    const [ana, ben] = [await open('call'), await open('call', calleeBrowser)];
    calls += 1;
    for (const [page, name] of [
      [ana, `Ana ${calls}`],
      [ben, `Ben ${calls}`],
    ] as const) {
      await page.getByLabel('Your name').fill(name);
      await page.getByRole('button', { name: 'Go online' }).click();
      await page.getByText('Who is here').waitFor();
    }
    return { ana, ben };
  }
  async function talk(): Promise<{ ana: Page; ben: Page; picture: Locator }> {
    const { ana, ben } = await call();
    await ana.getByRole('button', { name: `Call Ben ${calls}`, exact: true }).click();
    await ben.getByRole('button', { name: 'Accept', exact: true }).click();
    const picture = ben.locator('.live-call__peer video');
    await untilMoving(picture);
    return { ana, ben, picture };
  }

  /** Told by the corners of the decoded picture: green at the first camera, brown to yellow at the second one. */
  const seen = (picture: Locator): Promise<string> =>
    picture.evaluate((element) => {
      const video = element as HTMLVideoElement;
      const { videoWidth: width, videoHeight: height } = video;
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 2;
      const context = canvas.getContext('2d');
      if (context === null || width === 0) return 'nothing';
      const size = height / 20;
      for (const [x, y] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const)
        context.drawImage(video, x * (width - size), y * (height - size), size, size, x, y, 1, 1);
      const { data } = context.getImageData(0, 0, 2, 2);
      const red = Math.max(...[0, 4, 8, 12].map((at) => data[at] ?? 0));
      return red < 60 ? 'the first camera' : 'the second camera';
    });
  /** It goes on: a picture that stands still has its colours, too. */
  const untilGoing = async (picture: Locator): Promise<void> => {
    const { frames } = await decoded(picture);
    await until(async () => (await decoded(picture)).frames < frames + 10 && 'no new frames');
  };
  const untilSeen = async (picture: Locator, camera: string): Promise<void> => {
    await until(async () => (await seen(picture)) !== camera && `${await seen(picture)} is seen`, 15_000);
    await untilGoing(picture);
  };
  const sent = (page: Page, kind: string): Promise<string> =>
    page.evaluate((wanted) => {
      const senders = window.watchedPeers?.at(-1)?.getSenders() ?? [];
      return senders.find(({ track }) => track?.kind === wanted)?.track?.label ?? 'nothing';
    }, kind);
  const untilSent = (page: Page, kind: string, label: string): Promise<void> =>
    until(async () => (await sent(page, kind)) !== label && `${await sent(page, kind)} is sent`);
  /** Connections that were made, and when the newest of them was offered. */
  const negotiations = (page: Page): Promise<unknown> =>
    page.evaluate(() => [window.watchedPeers?.length, window.offeredAt]);
  const choose = async (page: Page, field: string, label: string): Promise<void> => {
    await page
      .getByRole('button', { name: /^Devices|^Camera and sound/ })
      .first()
      .click();
    await page.getByRole('dialog').getByLabel(field, { exact: true }).selectOption({ label });
    await page.keyboard.press('Escape');
  };
  const plug = (page: Page, label: string, there: boolean): Promise<void> =>
    page.evaluate(([name, on]) => window.plug?.(name, on), [label, there] as const);
  const untilHeard = async (page: Page): Promise<void> => {
    const { audioEnergy } = await samplePeer(page);
    await until(async () => (await samplePeer(page)).audioEnergy <= audioEnergy && 'nothing more is heard');
  };

  it('change during a mirror, without negotiating anew', async () => {
    const { page, picture } = await mirror();
    await page.getByRole('button', { name: 'Hear yourself' }).click();
    // Left alone, browsers take the one that is nearest to what is asked for.
    await choose(page, 'Camera', CAMERAS[0]);
    await untilSeen(picture, 'the first camera');
    const before = await negotiations(page);
    await choose(page, 'Camera', CAMERAS[1]);
    await untilSeen(picture, 'the second camera');
    await choose(page, 'Microphone', MICROPHONES[1]);
    await untilSent(page, 'audio', MICROPHONES[1]);
    await untilHeard(page);
    await choose(page, 'Camera', CAMERAS[0]);
    await untilSeen(picture, 'the first camera');
    expect(await negotiations(page)).toEqual(before);
  });

  it('change during a call: the other end sees and hears the new ones', async () => {
    const { ana, ben, picture } = await talk();
    await choose(ana, 'Camera', CAMERAS[0]);
    await untilSeen(picture, 'the first camera');
    const before = [await negotiations(ana), await negotiations(ben)];
    await choose(ana, 'Camera', CAMERAS[1]);
    await untilSeen(picture, 'the second camera');
    await choose(ana, 'Microphone', MICROPHONES[1]);
    await untilSent(ana, 'audio', MICROPHONES[1]);
    await untilHeard(ben);
    expect([await negotiations(ana), await negotiations(ben)]).toEqual(before);
  });

  it('that are unplugged in a call are replaced, with a word about it, and returned to', async () => {
    const { ana, ben, picture } = await talk();
    await choose(ana, 'Camera', CAMERAS[0]);
    await choose(ana, 'Microphone', MICROPHONES[0]);
    await untilSent(ana, 'audio', MICROPHONES[0]);
    const before = [await negotiations(ana), await negotiations(ben)];
    await plug(ana, CAMERAS[0], false);
    await ana.getByText('The camera was disconnected. Another one has stepped in.').waitFor();
    await untilSeen(picture, 'the second camera');
    await plug(ana, CAMERAS[0], true);
    await ana.getByText('Your camera is back.').waitFor();
    await untilSeen(picture, 'the first camera');

    await plug(ana, MICROPHONES[0], false);
    await ana.getByText('The microphone was disconnected. Another one has stepped in.').waitFor();
    await untilSent(ana, 'audio', MICROPHONES[1]);
    await untilHeard(ben);
    await plug(ana, MICROPHONES[0], true);
    await ana.getByText('Your microphone is back.').waitFor();
    await untilSent(ana, 'audio', MICROPHONES[0]);
    await untilHeard(ben);
    expect([await negotiations(ana), await negotiations(ben)]).toEqual(before);
  });

  it('that are all unplugged leave the call going, and the first one that comes is taken', async () => {
    const { ana, ben, picture } = await talk();
    await plug(ana, CAMERAS[1], false);
    await plug(ana, CAMERAS[0], false);
    await ana.getByText('The camera was disconnected. You go on without a picture.').waitFor();
    await untilHeard(ben);
    await plug(ana, CAMERAS[1], true);
    await untilSeen(picture, 'the second camera');
  });

  it('let sound go to the chosen speaker, to another one while that is unplugged, and back', async () => {
    const { ana, ben } = await talk();
    const sink = (): Promise<string> =>
      ben.evaluate(async () => {
        const video = document.querySelector<HTMLVideoElement>('.live-call__peer video');
        const speakers = await navigator.mediaDevices.enumerateDevices();
        const id = video?.sinkId ?? 'no video';
        if (id === '') return 'the system’s choice';
        return speakers.find((each) => each.kind === 'audiooutput' && each.deviceId === id)?.label ?? id;
      });
    const untilSink = (wanted: string) =>
      until(async () => (await sink()) !== wanted && `plays on ${await sink()}`);
    await untilSink('the system’s choice');
    await choose(ben, 'Speaker', SPEAKERS[1]);
    await untilSink(SPEAKERS[1]);
    await plug(ben, SPEAKERS[1], false);
    await ben.getByText('The speaker was disconnected. The system’s choice plays.').waitFor();
    await untilSink('the system’s choice');
    await plug(ben, SPEAKERS[1], true);
    await ben.getByText('Your speaker is back.').waitFor();
    await untilSink(SPEAKERS[1]);
    await untilHeard(ben);
    await ana.close();
  });

  it('are not needed to watch, nor to take a call', async () => {
    const { ana, ben } = await call(bareBrowser);
    await ana.getByRole('button', { name: `Call Ben ${calls}`, exact: true }).click();
    await ben.getByRole('button', { name: 'Accept', exact: true }).click();
    const picture = ben.locator('.live-call__peer video');
    await untilMoving(picture);
    await untilHeard(ben);
  });

  it('are asked for as the settings say, at once', async () => {
    const page = await open('settings/devices');
    const asked = (): Promise<MediaStreamConstraints> => page.evaluate(() => window.asked?.at(-1) ?? {});
    const untilAsked = (wanted: MediaStreamConstraints): Promise<void> =>
      until(async () => {
        const now = await asked();
        const fits = Object.entries(wanted).every(([kind, constraints]) =>
          Object.entries(constraints as object).every(
            ([name, value]) =>
              JSON.stringify((now as Record<string, Record<string, unknown>>)[kind]?.[name]) ===
              JSON.stringify(value),
          ),
        );
        return !fits && now;
      });
    await page.getByRole('button', { name: 'Try camera and microphone' }).click();
    await untilAsked({
      video: { height: { ideal: 720 }, width: { ideal: 1_280 } },
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    await untilMoving(page.locator('video').first());
    await page.getByLabel('Resolution').selectOption('360');
    await untilAsked({ video: { height: { ideal: 360 }, width: { ideal: 640 } } });
    for (const [label, name] of [
      [/echo/i, 'echoCancellation'],
      [/noise/i, 'noiseSuppression'],
      [/volume|gain|level/i, 'autoGainControl'],
    ] as const) {
      await page.getByRole('switch', { name: label }).click();
      await untilAsked({ audio: { [name]: false } });
    }
    await page.getByLabel(/^Bitrate|bitrate/).selectOption('500');
    await page.evaluate(() => (location.hash = '#/mirror'));
    await untilMoving(page.locator('video').first());
    await page.getByRole('button', { name: 'Start the mirror' }).click();
    await untilMoving(page.locator('video[aria-label="You, as it comes back"]'));
    const limits = await page.evaluate(() =>
      window.watchedPeers
        ?.at(-1)
        ?.getSenders()
        .filter(({ track }) => track?.kind === 'video')
        .flatMap((sender) => sender.getParameters().encodings.map(({ maxBitrate }) => maxBitrate)),
    );
    expect(limits).toEqual([500_000]);
    expect(
      await page.evaluate(
        () =>
          window.watchedPeers
            ?.at(-1)
            ?.getSenders()
            .find(({ track }) => track?.kind === 'audio')
            ?.track?.getSettings().echoCancellation,
      ),
    ).toBe(false);
  });

  it('ring where the user wants it to ring, and test the speaker that is chosen', async () => {
    const { ana, ben } = await call();
    const labelOf = (page: Page): Promise<string> =>
      page.evaluate(async () => {
        const found = await navigator.mediaDevices.enumerateDevices();
        const id = window.toneSinks?.at(-1);
        return found.find((each) => each.kind === 'audiooutput' && each.deviceId === id)?.label ?? 'none';
      });
    await ben.evaluate(() => (location.hash = '#/settings/devices'));
    // Browsers name their speakers once a microphone was allowed.
    await ben.getByRole('button', { name: 'Try camera and microphone' }).click();
    await ben.getByLabel('Ring on').selectOption({ label: SPEAKERS[1] });
    await ben.getByLabel('Speaker', { exact: true }).selectOption({ label: SPEAKERS[0] });
    await ben.getByRole('button', { name: 'Play a test sound' }).click();
    await until(async () => (await labelOf(ben)) !== SPEAKERS[0] && (await labelOf(ben)));
    await ben.evaluate(() => (location.hash = '#/call'));
    await ana.getByRole('button', { name: `Call Ben ${calls}`, exact: true }).click();
    await until(async () => (await labelOf(ben)) !== SPEAKERS[1] && (await labelOf(ben)));
    // It rings on, wherever it can.
    await plug(ben, SPEAKERS[1], false);
    await ben.getByText('The ring device was disconnected. Calls ring on the speaker.').waitFor();
    await until(async () => (await labelOf(ben)) !== SPEAKERS[0] && (await labelOf(ben)));
    await plug(ben, SPEAKERS[1], true);
    await ben.getByText('Calls ring on your ring device again.').waitFor();
    await until(async () => (await labelOf(ben)) !== SPEAKERS[1] && (await labelOf(ben)));
    await ben.getByRole('heading', { name: `Ana ${calls} is calling` }).waitFor();
  });
});
