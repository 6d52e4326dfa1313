/**
 * Two apps that meet at one hub, as on two computers: the first one shares its own, the second one takes it by its
 * certificate. And a browser that opens the first one's page. Pictures and sound are checked at every receiver.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HubState } from '../../protocol/ipc';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { electronObstacle, followLink, launchApp, type RunningApp } from '../support/electron';
import { networkObstacle } from '../support/network';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle =
  electronObstacle() ??
  networkObstacle() ??
  (chromiumPath() === undefined ? 'no Chromium (CHROMIUM_PATH)' : undefined);
/** Two apps and their media server share this machine. */
const MOVING_MS = 40_000;

describe.skipIf(obstacle)(`two apps at one hub${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let first: RunningApp;
  let second: RunningApp;
  let browser: Browser;
  /** Of the first app's hub, beyond loopback: `https://192.168.0.7:40001`. */
  let sharedUrl: string;
  const pages: Page[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-calls-'));
    const camera = path.join(folder, 'camera.y4m');
    await writeCamera(camera);
    first = await launchApp({ camera });
    second = await launchApp({ camera, usualAddress: true });
    browser = await launchChromium({ camera });
    await until(async () => {
      const state = await hubState(first);
      return (state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 30_000);
    await first.page.evaluate(() => window.callcast?.invoke('hub:share', true));
    const state = await hubState(first);
    sharedUrl = (state.at === 'ready' ? (state.sharedUrls?.[0] ?? '') : '').replace(/\/$/, '');
    await watchPeers(first.page);
    await watchPeers(second.page);
    await first.page.reload();
  });
  afterAll(async () => {
    await browser?.close();
    await second?.close();
    await first?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
  });

  async function hubState({ page }: RunningApp): Promise<HubState> {
    const result = await page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!result?.ok) throw new Error(`no answer: ${JSON.stringify(result)}`);
    return result.value;
  }

  async function openPage(): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    const page = await context.newPage();
    pages.push(page);
    await watchPeers(page);
    return page;
  }

  const visit = (page: Page, route: string): Promise<void> =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${route}`);

  async function goOnline(page: Page, name: string): Promise<void> {
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Go online' }).click();
    await page.getByText('Who is here').waitFor();
  }

  const peerPicture = (page: Page) => page.locator('video.live-call__peer, .live-call__peer video');
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const call = (page: Page, name: string) => button(page, `Call ${name}`).click();
  const ringing = (page: Page, name: string) =>
    page.getByRole('heading', { name: `${name} is calling` }).waitFor();
  const hangUp = (page: Page) => page.getByRole('button', { name: 'Hang up' }).click();

  /** Rings, is answered, and both see and hear each other. */
  async function talk(caller: [Page, string], callee: [Page, string]): Promise<void> {
    await call(caller[0], callee[1]);
    await ringing(...([callee[0], caller[1]] as const));
    await button(callee[0], 'Accept').click();
    for (const [page] of [caller, callee]) {
      await untilMoving(peerPicture(page), MOVING_MS);
      await until(async () => (await samplePeer(page)).audioEnergy === 0 && 'no sound came', MOVING_MS);
    }
  }

  /** No connection of the page is left when its call is over. */
  const untilClosed = (page: Page): Promise<void> =>
    until(async () => {
      const left = await page.evaluate(
        () => window.watchedPeers?.filter((peer) => peer.signalingState !== 'closed').length,
      );
      return left !== 0 && `${left} connections are open`;
    });

  it('the second one takes the first one’s hub by the certificate that the first one shows', async () => {
    const { page } = second;
    await visit(page, 'settings/hub');
    await page.getByRole('radio', { name: 'Another computer' }).check();
    await page.getByLabel('Address of the hub').fill(sharedUrl);
    await page.getByRole('button', { name: 'Look at its certificate' }).click();
    const shown = await first.page.evaluate(() => window.callcast?.invoke('settings:get'));
    const fingerprint = shown?.ok ? shown.value.ownFingerprint : null;
    expect(fingerprint).toMatch(/^([\dA-F]{2}:){31}[\dA-F]{2}$/);
    await page.getByText(fingerprint ?? '').waitFor();
    await page.getByRole('button', { name: 'Trust it and connect' }).click();
    await until(async () => {
      // The page is loaded anew meanwhile.
      const state = await hubState(second).catch(() => ({ at: 'reloading' as const }));
      return state.at !== 'remote' && state;
    }, 20_000);
    await page.getByRole('button', { name: 'Connection state: Ready' }).waitFor();
    expect(await hubState(second)).toEqual({ at: 'remote', url: sharedUrl.replace('https', 'wss') });
  });

  it('they ring, answer, decline and hang up, each one at the other', async () => {
    const [ana, ben] = [first.page, second.page];
    await visit(ana, 'call');
    await visit(ben, 'call');
    await goOnline(ana, 'Ana');
    await goOnline(ben, 'Ben');

    await talk([ana, 'Ana'], [ben, 'Ben']);
    await hangUp(ben);
    await ana.getByText('Ben ended the call').waitFor();
    await ben.getByText('You ended the call with Ana').waitFor();
    await untilClosed(ana);
    await untilClosed(ben);

    await call(ben, 'Ana');
    await ringing(ana, 'Ben');
    await button(ana, 'Decline').click();
    await ben.getByText('Ana declined the call').waitFor();

    await call(ana, 'Ben');
    await ringing(ben, 'Ana');
    await button(ben, 'Decline').click();
    await ana.getByText('Ben declined the call').waitFor();

    await talk([ben, 'Ben'], [ana, 'Ana']);
    await hangUp(ben);
    await ana.getByText('Ben ended the call').waitFor();
  });

  it('the link for the app leads another app to whoever invites', async () => {
    const [ana, ben] = [first.page, second.page];
    await button(ana, 'Invite others').click();
    await button(ana, 'Copy link for the app').click();
    await button(ana, 'Copied').waitFor();
    await ana.keyboard.press('Escape');
    const link = await first.electron.evaluate(({ clipboard }) => clipboard.readText());
    expect(link).toBe(`callcast://call/Ana?hub=${new URL(sharedUrl).host}`);
    await followLink(second.userDataDir, link);
    const question = ben.getByRole('dialog', { name: 'Open this link?' });
    await question.getByText('It leads to the call screen, ready to call Ana.').waitFor();
    // It is the hub in use.
    expect(await question.getByText('another hub').count()).toBe(0);
    await button(ben, 'Open').click();
    // Where the call screen is shown already, too.
    const field = ben.getByLabel('Call by name');
    await until(async () => (await field.inputValue()) !== 'Ana' && 'not filled in');
  });

  it('an app calls a browser, and a browser calls an app', async () => {
    const [ana, carla] = [first.page, await openPage()];
    await carla.goto(`${sharedUrl}/#/call`);
    await goOnline(carla, 'Carla');

    await talk([ana, 'Ana'], [carla, 'Carla']);
    await hangUp(ana);
    await carla.getByText('Ana ended the call').waitFor();

    await talk([carla, 'Carla'], [ana, 'Ana']);
    await hangUp(ana);
    await carla.getByText('Ana ended the call').waitFor();

    await call(ana, 'Carla');
    await ringing(carla, 'Ana');
    await button(carla, 'Decline').click();
    await ana.getByText('Carla declined the call').waitFor();

    await call(carla, 'Ana');
    await ringing(ana, 'Carla');
    await button(ana, 'Decline').click();
    await carla.getByText('Ana declined the call').waitFor();
  });

  it('a browser talks to the app that is elsewhere, and closing its page is the end of the call', async () => {
    const [ben, carla] = [second.page, await openPage()];
    await carla.goto(`${sharedUrl}/#/call`);
    await goOnline(carla, 'Carla');
    await talk([carla, 'Carla'], [ben, 'Ben']);
    await until(async () => (await button(first.page, 'Call Ben').isEnabled()) && 'Ben can be called');
    await carla.close();
    await ben.getByText('Carla ended the call').waitFor();
    await untilClosed(ben);
  });

  it('two apps meet in a room, and write to each other', async () => {
    const [ana, ben] = [first.page, second.page];
    for (const page of [ana, ben]) {
      await visit(page, 'room/office');
      await untilMoving(page.locator('video').first(), MOVING_MS);
      await page.getByRole('button', { name: 'Enter the room' }).click();
    }
    const other = (page: Page) => page.locator('video[aria-label="The other one"]');
    await untilMoving(other(ana), MOVING_MS);
    await untilMoving(other(ben), MOVING_MS);
    for (const [from, to, text] of [
      [ana, ben, 'Good morning, Ben'],
      [ben, ana, 'Good morning, Ana'],
    ] as const) {
      if (!(await from.getByLabel('Message').isVisible())) await button(from, 'Chat').click();
      await from.getByLabel('Message').fill(text);
      await from.keyboard.press('Enter');
      if (!(await to.getByLabel('Message').isVisible())) await button(to, 'Chat').click();
      await to.getByText(text).waitFor();
    }
    await ben.getByRole('button', { name: 'Leave', exact: true }).click();
    await ana.getByRole('heading', { name: 'The other one has left' }).waitFor();
  });
});
