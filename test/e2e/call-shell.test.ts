/** A call on every screen: it rings wherever one is, goes on wherever one goes, and nothing ends without a word. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('calls on every screen', () => {
  let folder: string;
  let stack: Stack;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-call-shell-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    stack = await startStack();
    await mediaServerReady(stack);
    browser = await launchChromium({ camera });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) {
      for (const page of context.pages()) {
        page.on('dialog', (dialog) => void dialog.accept());
        // A page that is left says goodbye; one that is only torn down keeps its name for ten seconds.
        await page.goto('about:blank');
      }
      await context.close();
    }
  });

  async function online(name: string): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    contexts.push(context);
    const page = await context.newPage();
    await watchPeers(page);
    await page.goto(`${stack.url}#/call`);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Go online' }).click();
    await page.getByText('Who is here').waitFor();
    return page;
  }
  const go = (page: Page, route: string) =>
    page.evaluate((hash) => {
      window.location.hash = hash;
    }, `#/${route}`);
  const route = (page: Page) => page.evaluate(() => window.location.hash);
  const call = (page: Page, name: string) =>
    page.getByRole('button', { name: `Call ${name}`, exact: true }).click();
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const picture = (page: Page) => page.locator('.live-call__peer video');
  const card = (page: Page) => page.getByRole('alertdialog');
  const bar = (page: Page) => page.getByRole('region', { name: 'Your call' });

  async function talk(a: string, b: string): Promise<[Page, Page]> {
    const [ana, ben] = [await online(a), await online(b)];
    await call(ana, b);
    await press(ben, 'Accept');
    await untilMoving(picture(ana));
    await untilMoving(picture(ben));
    return [ana, ben];
  }
  async function onAir(page: Page): Promise<void> {
    await go(page, 'broadcast/present');
    await untilMoving(page.locator('video').first());
    await press(page, 'Go on air');
    await page.getByRole('timer').waitFor();
  }

  it('rings on another screen, also after a reload there, and answering leads to the call', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await go(ben, 'settings');
    await ben.reload();
    await ben.getByRole('button', { name: 'Calls: Available for calls' }).waitFor();
    await call(ana, 'Ben');
    await card(ben).getByRole('heading', { name: 'Ana is calling' }).waitFor();
    expect(await ben.title()).toContain('Ana is calling');
    expect(await ben.evaluate(() => document.activeElement?.textContent)).toBe('Ana is calling');
    await ben.keyboard.press('Escape');
    await press(ben, 'Accept');
    await untilMoving(picture(ben));
    await untilMoving(picture(ana));
    expect(await route(ben)).toBe('#/call');
  });

  it('leaves what is being typed alone, and tells of a call that was missed', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await go(ben, 'room');
    await ben.getByLabel('Room name').fill('att');
    await call(ana, 'Ben');
    await card(ben).waitFor();
    await ben.keyboard.type('ic');
    expect(await ben.getByLabel('Room name').inputValue()).toBe('attic');
    await press(ana, 'Cancel');
    await ben.getByText('You missed a call from Ana').waitFor();
    await card(ben).waitFor({ state: 'detached' });
  });

  it('goes on while one is on another screen, with a bar to mute, to return and to hang up', async () => {
    const [ana, ben] = await talk('Ana', 'Ben');
    await ana.getByRole('link', { name: /Callcast/ }).click();
    await bar(ana).getByText('In a call with Ben').waitFor();
    await untilMoving(picture(ben));
    await until(async () => {
      const playing = await ana.evaluate(() => {
        const audio = document.querySelector('audio');
        return audio !== null && !audio.paused && audio.currentTime > 0;
      });
      return !playing && 'the bar plays nothing';
    });
    const before = (await samplePeer(ana)).audioEnergy;
    await until(async () => (await samplePeer(ana)).audioEnergy <= before && 'no more sound');
    await bar(ana).getByRole('button', { name: 'Mute' }).click();
    await ben.getByText('Ana has muted the microphone').waitFor();
    await bar(ana).getByRole('link').click();
    await untilMoving(picture(ana));
    expect(await ana.evaluate(() => window.watchedPeers?.length)).toBe(1);
    await go(ana, 'settings');
    await bar(ana).getByRole('button', { name: 'Hang up' }).click();
    await ben.getByText('Ana ended the call').waitFor();
    await ana.getByText('You ended the call with Ben').waitFor();
    await bar(ana).waitFor({ state: 'detached' });
  });

  it('shows the other one’s camera as off instead of the last picture, and back on', async () => {
    const [ana, ben] = await talk('Ana', 'Ben');
    await press(ana, 'Camera off');
    await ben.getByText('Camera is off').waitFor();
    expect(await ben.locator('.live-call__peer').getAttribute('data-has-picture')).toBe('false');
    await press(ana, 'Camera on');
    await ben.getByText('Camera is off').waitFor({ state: 'detached' });
    await untilMoving(picture(ben));
    await press(ana, 'Mute');
    await ben.getByText('Ana has muted the microphone').waitFor();
    await press(ana, 'Unmute');
    await ben.getByText('Ana has muted the microphone').waitFor({ state: 'detached' });
  });

  it('asks before it ends a broadcast: when its screen is left, and when a call is answered', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await onAir(ben);
    await ben.goBack();
    await ben.getByRole('dialog', { name: 'End the broadcast?' }).waitFor();
    expect(await route(ben)).toBe('#/broadcast/present');
    await press(ben, 'Stay');
    await ben.getByRole('timer').waitFor();

    await call(ana, 'Ben');
    await card(ben).getByRole('button', { name: 'Accept', exact: true }).click();
    await card(ben).getByText('You are on air. Answering ends your broadcast.').waitFor();
    await press(ben, 'Not yet');
    await ben.getByRole('timer').waitFor();
    await card(ben).getByRole('button', { name: 'Accept', exact: true }).click();
    await press(ben, 'End and answer');
    await untilMoving(picture(ben));
    await untilMoving(picture(ana));
    await press(ana, 'Hang up');

    await onAir(ben);
    await ben.getByRole('link', { name: /Callcast/ }).click();
    await press(ben, 'Leave and end it');
    await ben.getByRole('heading', { name: 'Face to face' }).waitFor();
  });

  it('asks before something else ends the call, and does not mind somebody who watches', async () => {
    const [ana, ben] = await talk('Ana', 'Ben');
    const question = ana.getByRole('dialog', { name: 'End your call first?' });
    for (const [screen, action, consequence] of [
      ['mirror', 'Start the mirror', 'It ends when the mirror starts.'],
      ['broadcast/present', 'Go on air', 'It ends when you go on air.'],
      ['room/attic', 'Enter the room', 'It ends when you enter the room.'],
    ] as const) {
      await go(ana, screen);
      await press(ana, action);
      await question.getByText(`You are in a call with Ben. ${consequence}`).waitFor();
      await press(ana, 'Stay in the call');
      await question.waitFor({ state: 'detached' });
      await bar(ana).getByText('In a call with Ben').waitFor();
    }
    await go(ana, 'broadcast/watch');
    await ana.getByText('Stay here: the picture appears').first().waitFor();
    await untilMoving(picture(ben));
    expect(await question.count()).toBe(0);

    // A question whose screen is left is no question any more.
    await go(ana, 'room/attic');
    await press(ana, 'Enter the room');
    await question.waitFor();
    await ana.goBack();
    await question.waitFor({ state: 'detached' });
    await bar(ana).getByText('In a call with Ben').waitFor();

    await go(ana, 'mirror');
    await press(ana, 'Start the mirror');
    await press(ana, 'End the call and start');
    await ben.getByText('Ana ended the call').waitFor();
    await bar(ana).waitFor({ state: 'detached' });
    await untilMoving(ana.locator('video[aria-label="You, as it comes back"]'));
    await press(ana, 'Stop');

    // The other one hangs up while the question is open: there is nothing to ask any more, and nothing begins.
    await go(ana, 'call');
    await call(ana, 'Ben');
    await press(ben, 'Accept');
    await untilMoving(picture(ana));
    await go(ana, 'mirror');
    await press(ana, 'Start the mirror');
    await question.waitFor();
    await press(ben, 'Hang up');
    await question.waitFor({ state: 'detached' });
    await ana.getByRole('button', { name: 'Start the mirror' }).waitFor();
  });

  it('asks before the page of a call is closed, and no longer after it', async () => {
    const [ana, ben] = await talk('Ana', 'Ben');
    const asked = ana.waitForEvent('dialog');
    await ana.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await untilMoving(picture(ben));
    await press(ana, 'Hang up');
    await ben.getByText('Ana ended the call').waitFor();
    await Promise.all([ana.waitForEvent('close'), ana.close({ runBeforeUnload: true })]);
  });

  it('stays with the original when its tab is duplicated', async () => {
    const [ana, ben] = await talk('Ana', 'Ben');
    // As browsers duplicate a tab: another page, with a copy of the session's storage.
    const stored = await ana.evaluate(() => ({ ...sessionStorage }));
    const copy = await ana.context().newPage();
    await copy.addInitScript((entries) => {
      if (window.opener === null && sessionStorage.length === 0)
        for (const [key, value] of Object.entries(entries)) sessionStorage.setItem(key, String(value));
    }, stored);
    await copy.goto(`${stack.url}#/call`);
    await copy.getByText('Somebody has this name already').waitFor();
    expect(await copy.evaluate(() => sessionStorage.getItem('callcast.call'))).toBeNull();
    await untilMoving(picture(ana));
    await untilMoving(picture(ben));
    expect(await ana.getByText('connection to the hub is lost').count()).toBe(0);
    await copy.getByLabel('Your name').fill('Anabel');
    await press(copy, 'Go online');
    await copy.getByText('Who is here').waitFor();
    await press(ben, 'Hang up');
    await ana.getByText('Ben ended the call').waitFor();
    // The original is still who it was, also when it is loaded anew.
    await ana.reload();
    await ana.getByText('Online as').waitFor();
    await ben.getByRole('button', { name: 'Call Ana', exact: true }).waitFor();
    await ben.getByRole('button', { name: 'Call Anabel', exact: true }).waitFor();
  });

  it('rings for nobody who does not want to be called, and for those who do again', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await ben.getByRole('button', { name: 'Calls: Available for calls' }).click();
    await ben.getByRole('switch', { name: 'Available for calls' }).uncheck();
    await ana.getByText('Nobody else is here yet').waitFor();
    await ben.getByRole('switch', { name: 'Available for calls' }).check();
    await ana.getByRole('button', { name: 'Call Ben', exact: true }).waitFor();
  });
});
