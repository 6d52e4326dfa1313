/**
 * A broadcast that is presented in the app and watched in a browser through the link that the app shows. The screen that
 * is shared has a colour of its own, so that it is seen whose frames arrive.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HubState } from '../../protocol/ipc';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { accepts, ipv4Addresses, networkObstacle } from '../support/network';
import { watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle =
  electronObstacle() ??
  networkObstacle() ??
  (chromiumPath() === undefined ? 'no Chromium (CHROMIUM_PATH)' : undefined) ??
  (process.env['XDG_SESSION_TYPE'] === 'wayland' ? 'the portal asks on Wayland' : undefined);
const MOVING_MS = 30_000;

describe.skipIf(obstacle)(`a broadcast from the app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  let browser: Browser;
  const viewers: Page[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-electron-broadcast-'));
    const camera = path.join(folder, 'camera.y4m');
    await writeCamera(camera);
    // The app's own handlers answer for camera and screen, as they do for users.
    app = await launchApp({ camera, fakeUi: false });
    browser = await launchChromium({ devices: false, allow: false });
    await watchPeers(app.page);
    await app.page.reload();
    await until(async () => {
      const state = await hubState();
      return (state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 30_000);
    // The app fills the screen, so that what it shows is what a shared screen shows.
    await app.electron.evaluate(({ BrowserWindow, screen }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(screen.getPrimaryDisplay().bounds);
    });
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const viewer of viewers.splice(0)) await viewer.context().close();
  });

  async function hubState(): Promise<HubState> {
    const result = await app.page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!result?.ok) throw new Error(`no answer: ${JSON.stringify(result)}`);
    return result.value;
  }

  async function port(): Promise<number> {
    const state = await hubState();
    return state.at === 'ready' ? Number(new URL(state.url).port) : 0;
  }

  async function watch(link: string): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    const page = await context.newPage();
    viewers.push(page);
    await watchPeers(page);
    await page.goto(link);
    return page;
  }

  const button = (name: string) => app.page.getByRole('button', { name, exact: true });
  const pictureOf = (page: Page) => page.locator('.watch__stage video');
  const link = () => app.page.getByLabel('Link for viewers').inputValue();

  async function openSetup(): Promise<void> {
    await app.page.evaluate(() => {
      location.hash = '#/broadcast';
    });
    await app.page.getByRole('heading', { name: 'Present', exact: true }).waitFor();
    await app.page.evaluate(() => {
      location.hash = '#/broadcast/present';
    });
    await untilMoving(app.page.locator('video').first(), MOVING_MS);
  }

  /** The app's window in one colour, over everything; what lies under it still takes the clicks. */
  const paint = (colour: string): Promise<void> =>
    app.page.evaluate((background) => {
      const id = 'colour-of-the-test';
      const sheet = document.getElementById(id) ?? document.createElement('div');
      sheet.id = id;
      sheet.style.cssText = `position:fixed;inset:0;z-index:2147483647;pointer-events:none;background:${background}`;
      document.body.append(sheet);
    }, colour);
  const unpaint = (): Promise<void> =>
    app.page.evaluate(() => document.getElementById('colour-of-the-test')?.remove());

  async function chooseScreen(): Promise<void> {
    const picker = app.page.getByRole('dialog', { name: 'What do you want to share?' });
    // The radio button itself is for the keyboard; a pointer takes the picture.
    await picker.getByRole('radio').first().locator('..').click();
    await picker.getByRole('button', { name: 'Share', exact: true }).click();
  }

  const untilShows = (picture: Locator, [red, green, blue]: readonly [number, number, number]) =>
    until(async () => {
      const [r, g, b] = await middleOf(picture);
      // Video has less of a colour than a screen.
      const near = [r - red, g - green, b - blue].every((difference) => Math.abs(difference) < 60);
      return !near && `the middle is ${r} ${g} ${b}`;
    }, MOVING_MS);

  const MAGENTA = [255, 0, 255] as const;
  const GREEN = [0, 200, 0] as const;

  it('is closed to the network until it is shared, says its addresses, and closes again', async () => {
    const addresses = ipv4Addresses();
    const reachable = async () => Promise.all(addresses.map(async (each) => accepts(each, await port())));
    expect(await reachable()).toEqual(addresses.map(() => false));
    expect(await accepts('127.0.0.1', await port())).toBe(true);

    await openSetup();
    await button('Go on air').click();
    await app.page.getByRole('timer').waitFor();
    await button('Invite viewers').click();
    await app.page.getByText('Only this computer can watch so far').waitFor();
    await button('Share on this network').click();
    await app.page.getByText('Shared on your network').waitFor();
    const state = await hubState();
    const urls = state.at === 'ready' ? (state.sharedUrls ?? []) : [];
    expect(urls.map((url) => new URL(url).hostname)).toContain(addresses[0]);
    for (const url of urls) expect(await accepts(new URL(url).hostname, await port())).toBe(true);
    expect(urls.map((url) => `${url}#/broadcast/watch`)).toContain(await link());
    await app.page.getByRole('img', { name: 'QR code of the link' }).waitFor();

    const viewer = await watch(await link());
    await untilMoving(pictureOf(viewer), MOVING_MS);
    await app.page.getByText('1 viewer', { exact: true }).waitFor({ state: 'attached' });

    await button('Stop sharing').click();
    await app.page.getByText('Only this computer can watch so far').waitFor();
    await until(async () => (await reachable()).includes(true) && 'it still listens to the network');
    await app.page.keyboard.press('Escape');
    await button('End the broadcast').click();
    await app.page.getByText('The broadcast is over').waitFor();
  });

  it('shows the screen from its beginning, then the camera, then the screen, without another offer', async () => {
    await openSetup();
    await button('Screen or window').click();
    await chooseScreen();
    await button('Show another screen').waitFor();
    await button('Go on air').click();
    await app.page.getByRole('timer').waitFor();
    await button('Invite viewers').click();
    await button('Share on this network').click();
    const viewer = await watch(await link());
    await app.page.keyboard.press('Escape');
    const picture = pictureOf(viewer);

    await paint('rgb(255, 0, 255)');
    await untilShows(picture, MAGENTA);
    await paint('rgb(0, 200, 0)');
    await untilShows(picture, GREEN);
    await unpaint();

    const presenter = () =>
      app.page.evaluate(() => ({ peers: window.watchedPeers?.length, offeredAt: window.offeredAt }));
    const before = await presenter();
    await button('Stop sharing').click();
    // The camera wanders; a screen that nobody touches stands still.
    await until(async () => (await aspect(picture)) !== '4:3' && 'still the screen', MOVING_MS);
    await untilMoving(picture, MOVING_MS);

    await button('Share screen').click();
    await chooseScreen();
    await button('Stop sharing').waitFor();
    await paint('rgb(255, 0, 255)');
    await untilShows(picture, MAGENTA);
    await unpaint();
    expect(await presenter()).toEqual(before);
    expect(await viewer.evaluate(() => window.watchedPeers?.length)).toBe(1);
    await button('End the broadcast').click();
    await viewer.getByText('The broadcast is over').first().waitFor();
  });

  it('is presented only by who knows the key, from the moment that the user sets one', async () => {
    const devices = await launchChromium();
    try {
      const context = await devices.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
      const guest = await context.newPage();
      await guest.goto(`https://localhost:${await port()}/#/broadcast/present`);
      await untilMoving(guest.locator('video').first(), MOVING_MS);
      expect(await guest.getByLabel('Presenter key').count()).toBe(0);

      await app.page.evaluate(() => {
        location.hash = '#/settings/hub';
      });
      await app.page.getByLabel('Presenter key').fill('  open sesame ');
      await app.page.getByLabel('Presenter key').press('Enter');
      await app.page.getByText('Asked of everybody who goes on air from now on').waitFor();

      // The guest was there before: the refusal tells.
      await guest.getByRole('button', { name: 'Go on air' }).click();
      await guest.getByText('Presenting here needs a key').waitFor();
      await guest.getByLabel('Presenter key').fill('open barley');
      await guest.getByRole('button', { name: 'Go on air again' }).click();
      await guest.getByText('The presenter key is not right').first().waitFor();
      await guest.getByLabel('Presenter key').fill('open sesame');
      await guest.getByRole('button', { name: 'Go on air again' }).click();
      await guest.getByRole('timer').waitFor();
      await guest.getByRole('button', { name: 'End the broadcast' }).click();

      // Whoever set it need not type it.
      await openSetup();
      await button('Go on air').click();
      await app.page.getByRole('timer').waitFor();
      await button('End the broadcast').click();

      await app.page.evaluate(() => {
        location.hash = '#/settings/hub';
      });
      await app.page.getByLabel('Presenter key').fill('');
      await app.page.getByLabel('Presenter key').press('Enter');
      await app.page.getByText('Without one, everybody who reaches this hub can go on air').waitFor();
      await guest.reload();
      await guest.getByRole('button', { name: 'Go on air' }).click();
      await guest.getByRole('timer').waitFor();
      expect(await guest.getByLabel('Presenter key').count()).toBe(0);
    } finally {
      await devices.close();
    }
  });
});

/** Red, green and blue in the middle of what a video shows. */
function middleOf(video: Locator): Promise<[number, number, number]> {
  return video.evaluate((element) => {
    const source = element as HTMLVideoElement;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d');
    const { videoWidth: width, videoHeight: height } = source;
    if (context === null || width === 0) return [-1, -1, -1];
    context.drawImage(source, width / 2 - 8, height / 2 - 8, 16, 16, 0, 0, 1, 1);
    const { data } = context.getImageData(0, 0, 1, 1);
    return [data[0] ?? -1, data[1] ?? -1, data[2] ?? -1];
  });
}

async function aspect(video: Locator): Promise<string> {
  const ratio = await video.evaluate(
    (element) => (element as HTMLVideoElement).videoWidth / (element as HTMLVideoElement).videoHeight,
  );
  return Math.abs(ratio - 4 / 3) < 0.02 ? '4:3' : ratio.toFixed(2);
}
