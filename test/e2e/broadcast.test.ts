/** The broadcast as its presenter and its viewers meet it: real hub, real media server, real browsers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { contentOf, frameSizes, hasFfmpeg } from '../support/ffmpeg';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { decoded, untilMoving } from '../support/pictures';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('a broadcast in Chromium', () => {
  let folder: string;
  let stack: Stack;
  let browser: Browser;
  /** Viewers elsewhere: their own browser, with no camera at all. */
  let otherBrowser: Browser;
  const contexts: BrowserContext[] = [];
  /** What the pages' consoles said. */
  const said: string[] = [];

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-broadcast-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    stack = await startStack();
    await mediaServerReady(stack);
    browser = await launchChromium({ camera, args: ['--auto-select-desktop-capture-source=Entire screen'] });
    otherBrowser = await launchChromium({ devices: false, allow: false });
  });
  afterAll(async () => {
    await browser?.close();
    await otherBrowser?.close();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  async function open(route: string, which = browser, before?: () => void): Promise<Page> {
    const context = await which.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    await watchPeers(page);
    if (before !== undefined) await page.addInitScript(before);
    await page.goto(`${stack.url}#/${route}`);
    return page;
  }

  async function prepare(channel = '', before?: () => void): Promise<Page> {
    const page = await open('broadcast/present', browser, before);
    await untilMoving(page.locator('video').first());
    if (channel !== '') await page.getByLabel('Channel name').fill(channel);
    return page;
  }

  async function present(channel = '', before?: () => void): Promise<Page> {
    const page = await prepare(channel, before);
    await page.getByRole('button', { name: 'Go on air' }).click();
    await page.getByRole('timer').waitFor();
    return page;
  }

  const watch = (channel = '', which = browser) => open(`broadcast/watch/${channel}`, which);
  const pictureOf = (page: Page) => page.locator('.watch__stage video');
  const heading = (page: Page, name: string | RegExp) => page.getByText(name).first();

  it('brings moving pictures to three viewers in two browsers, and tells the presenter how many they are', async () => {
    const presenter = await present();
    const viewers = [await watch(), await watch('', otherBrowser), await watch('', otherBrowser)];
    await Promise.all(viewers.map((viewer) => untilMoving(pictureOf(viewer))));
    await presenter.getByText('3 viewers').waitFor();
    const { width, height } = await decoded(pictureOf(viewers[1] as Page));
    // A busy machine sends fewer points of the same picture.
    expect(width / height).toBeCloseTo(4 / 3, 1);
    const heard = viewers[0] as Page;
    await until(async () => (await samplePeer(heard)).audioEnergy === 0 && 'no sound came');

    await (viewers[2] as Page).getByRole('button', { name: 'Leave' }).click();
    await presenter.getByText('2 viewers').waitFor();

    await presenter.getByRole('button', { name: 'End the broadcast' }).click();
    await presenter.getByText('The broadcast is over').waitFor();
    for (const viewer of viewers.slice(0, 2)) await heading(viewer, 'The broadcast is over').waitFor();
    const live = await presenter.evaluate(
      () => window.watchedPeers?.filter((peer) => peer.signalingState !== 'closed').length,
    );
    expect(live).toBe(0);
  });

  it('starts by itself at a viewer who came before the presenter, and again with the next one', async () => {
    const viewer = await watch('', otherBrowser);
    await heading(viewer, 'Nobody is presenting yet').waitFor();
    const presenter = await present();
    await untilMoving(pictureOf(viewer));
    await presenter.getByRole('button', { name: 'End the broadcast' }).click();
    await heading(viewer, 'The broadcast is over').waitFor();
    await present();
    await untilMoving(pictureOf(viewer));
  });

  it('refuses a second presenter of the same channel with a sentence, and not one of another channel', async () => {
    await present();
    const second = await prepare();
    await second.getByRole('button', { name: 'Go on air' }).click();
    await second.getByText('Somebody else is presenting on this channel').waitFor();
    await second.getByLabel('Channel name').fill('Stage two');
    await second.getByRole('button', { name: 'Go on air again' }).click();
    await second.getByRole('timer').waitFor();

    const lobby = await open('broadcast', otherBrowser);
    await lobby.getByRole('link', { name: /^Main channel/ }).waitFor();
    await lobby.getByRole('link', { name: /^Stage two/ }).click();
    await untilMoving(pictureOf(lobby));
  });

  it('tells the viewers when the presenter crashes', async () => {
    const presenter = await present();
    const viewers = [await watch(), await watch('', otherBrowser)];
    await Promise.all(viewers.map((viewer) => untilMoving(pictureOf(viewer))));
    await presenter.close({ runBeforeUnload: false });
    for (const viewer of viewers) await heading(viewer, 'The broadcast is over').waitFor();
  });

  /** The camera is four to three, whatever its size; the screen is not. */
  async function isCamera(viewer: Page): Promise<boolean> {
    const { width, height } = await decoded(pictureOf(viewer));
    return Math.abs(width / height - 4 / 3) < 0.02;
  }

  it('shows a screen instead of the camera without another offer, and the camera again', async () => {
    const presenter = await present();
    const viewer = await watch('', otherBrowser);
    await untilMoving(pictureOf(viewer));
    await presenter.getByRole('button', { name: 'Share screen' }).click();
    await presenter.getByRole('button', { name: 'Stop sharing' }).waitFor();
    await until(async () => (await isCamera(viewer)) && 'still the camera');
    await presenter.getByRole('button', { name: 'Stop sharing' }).click();
    await until(async () => !(await isCamera(viewer)) && 'still the screen');
    await untilMoving(pictureOf(viewer));
    expect(await viewer.evaluate(() => window.watchedPeers?.length)).toBe(1);
    expect(await presenter.evaluate(() => window.watchedPeers?.length)).toBe(1);
  });

  it.skipIf(!hasFfmpeg())(
    'is recorded with nothing stretched when a screen takes the camera’s place',
    async () => {
      // Without a dialog for files, a recording is downloaded.
      const presenter = await present('', () => {
        Object.defineProperty(window, 'showSaveFilePicker', { value: undefined });
      });
      const stop = presenter.getByRole('button', { name: /^Stop recording/ });
      const elapsed = async (): Promise<number> => {
        const [, minutes, seconds] = /(\d+):(\d\d)/.exec((await stop.getAttribute('aria-label')) ?? '') ?? [];
        return Number(minutes) * 60 + Number(seconds);
      };
      const untilElapsed = (least: number) =>
        until(async () => ((await elapsed()) >= least ? undefined : `${await elapsed()} seconds`));
      await presenter.getByRole('button', { name: 'Record', exact: true }).click();
      await untilElapsed(2);
      await presenter.getByRole('button', { name: 'Share screen' }).click();
      await presenter.getByRole('button', { name: 'Stop sharing' }).waitFor();
      const shape = await presenter
        .locator('.on-air__stage video')
        .evaluate((video: HTMLVideoElement) => video.videoWidth / video.videoHeight);
      await untilElapsed((await elapsed()) + 3);
      const [download] = await Promise.all([presenter.waitForEvent('download'), stop.click()]);
      const file = join(folder, 'recording.webm');
      await download.saveAs(file);

      // The camera’s shape, with points enough for a screen; and the same for every frame.
      expect(await frameSizes(file)).toEqual(['1280x960']);
      const [camera, screen] = [await contentOf(file, 1), await contentOf(file, -1)];
      expect(camera.width / camera.height).toBeCloseTo(4 / 3, 1);
      expect(Math.abs(shape - 4 / 3)).toBeGreaterThan(0.05);
      expect(Math.abs(screen.width / screen.height / shape - 1)).toBeLessThan(0.03);
    },
  );

  it('comes back by itself, at the presenter and at the viewers, after the media server was killed', async () => {
    const presenter = await present();
    const viewer = await watch('', otherBrowser);
    await untilMoving(pictureOf(viewer));
    const pid = stack.hub.mediaServerPid;
    if (pid === undefined) throw new Error('the media server has no process');
    process.kill(pid, 'SIGKILL');
    await presenter.getByText('Your broadcast is interrupted').waitFor();
    await until(
      async () => (await viewer.evaluate(() => window.watchedPeers?.length)) === 1 && 'no new connection',
      20_000,
    );
    await untilMoving(pictureOf(viewer), 20_000);
    await presenter.getByText('Your broadcast is interrupted').waitFor({ state: 'detached' });
    await until(() => stack.hub.mediaServer !== 'ready' && 'the media server is away');
  });

  it('offers a link with a QR code that leads to the broadcast', async () => {
    const presenter = await present('Talk');
    await presenter.getByRole('button', { name: 'Invite viewers' }).click();
    await presenter.getByRole('img', { name: 'QR code of the link' }).waitFor();
    const link = await presenter.getByLabel('Link for viewers').inputValue();
    expect(link).toBe(`${stack.url}#/broadcast/watch/Talk`);
    const viewer = await open('', otherBrowser);
    await viewer.goto(link);
    await untilMoving(pictureOf(viewer));
  });

  it('writes no session description to the console', () => {
    expect(said.filter((text) => /v=0|a=candidate|ice-ufrag|SDP/i.test(text))).toEqual([]);
  });
});

describe.skipIf(chromiumPath() === undefined)('a hub with a presenter key', () => {
  it('lets only those present who know it', async () => {
    const stack = await startStack({ hub: { presenterKey: 'open sesame' } });
    const browser = await launchChromium();
    try {
      await mediaServerReady(stack);
      const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
      const page = await context.newPage();
      await page.goto(`${stack.url}#/broadcast/present`);
      await page.getByLabel('Presenter key').fill('sesame');
      await page.getByRole('button', { name: 'Go on air' }).click();
      await page.getByText('The presenter key is not right').first().waitFor();
      await page.getByLabel('Presenter key').fill('open sesame');
      await page.getByRole('button', { name: 'Go on air again' }).click();
      await page.getByRole('timer').waitFor();
    } finally {
      await browser.close();
      await stack.close();
    }
  });
});
