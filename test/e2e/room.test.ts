/** A room in two browsers: who comes first waits, who comes second is seen at once, who comes third is told. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { startStack, type Stack } from '../support/stack';
import { TcpRelay } from '../support/tcp-relay';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('a room in Chromium', () => {
  let folder: string;
  let stack: Stack;
  /** The pages reach the hub through it, so that the link can be cut. */
  let relay: TcpRelay;
  let browsers: Browser[] = [];
  let pages: Page[] = [];

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-room-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    stack = await startStack();
    relay = await TcpRelay.start(Number(new URL(stack.url).port));
    browsers = [await launchChromium({ camera }), await launchChromium({ camera })];
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    await relay?.close();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const page of pages) await page.context().close();
    pages = [];
  });

  async function open(browser: number, room: string): Promise<Page> {
    const context = await (browsers[browser] as Browser).newContext({
      ignoreHTTPSErrors: true,
      locale: 'en-US',
    });
    const page = await context.newPage();
    pages.push(page);
    await watchPeers(page);
    await page.goto(`https://localhost:${relay.port}/#/room/${room}`);
    await untilMoving(page.locator('video').first());
    return page;
  }
  const enter = (page: Page) => page.getByRole('button', { name: 'Enter the room' }).click();
  const other = (page: Page) => page.locator('video[aria-label="The other one"]');
  const waits = (page: Page) => page.getByRole('heading', { name: 'You are the first one here' }).waitFor();

  /** Undefined when a connection has agreed on everything and carries media. */
  const settled = (page: Page) =>
    page.evaluate(() => {
      const peer = window.watchedPeers?.at(-1);
      const state = `${peer?.signalingState} ${peer?.connectionState}`;
      return state === 'stable connected' ? undefined : state;
    });

  async function meet(room: string): Promise<[Page, Page]> {
    const first = await open(0, room);
    await enter(first);
    await waits(first);
    const second = await open(1, room);
    await enter(second);
    await Promise.all([untilMoving(other(first)), untilMoving(other(second))]);
    return [first, second];
  }

  it('lets two meet directly, refuses the third, and shows at once that one has left', async () => {
    const [first, second] = await meet('lobby');
    for (const page of [first, second]) {
      await until(async () => (await samplePeer(page)).audioEnergy === 0 && 'no sound');
    }

    const third = await open(0, 'lobby');
    await enter(third);
    await third.getByText('This room is full').waitFor();

    const left = Date.now();
    await second.getByRole('button', { name: 'Leave' }).click();
    await first.getByRole('heading', { name: 'The other one has left' }).waitFor();
    expect(Date.now() - left).toBeLessThan(1_500);

    // Now there is a place for the third one; and the one who left can come back after that.
    await third.getByRole('button', { name: 'Try again' }).click();
    await Promise.all([untilMoving(other(first)), untilMoving(other(third))]);
    await first.close();
    await third.getByRole('heading', { name: 'The other one has left' }).waitFor();
    await second.getByRole('button', { name: 'Enter again' }).click();
    await Promise.all([untilMoving(other(second)), untilMoving(other(third))]);
  });

  it('carries a chat that shows every text as text, and marks what was not read', async () => {
    const [first, second] = await meet('chat');
    await first.getByRole('button', { name: 'Chat', exact: true }).click();
    await first.getByLabel('Message').fill('Hello <img src=x onerror=alert(1)> & welcome');
    await first.keyboard.press('Enter');
    await second.getByText('1 unread message', { exact: true }).waitFor({ state: 'attached' });
    await second.getByRole('button', { name: 'Chat', exact: true }).click();
    await second.getByText('Hello <img src=x onerror=alert(1)> & welcome').waitFor();
    expect(await second.locator('.chat img').count()).toBe(0);
    await second.getByLabel('Message').fill('x'.repeat(2_001));
    expect(await second.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await second.getByText('1 characters too many').waitFor();
  });

  it('tells the other one of a camera and a microphone that are off', async () => {
    const [first, second] = await meet('quiet');
    await first.getByRole('button', { name: 'Camera off' }).click();
    await second.getByText('Their camera is off').waitFor();
    await first.getByRole('button', { name: 'Mute' }).click();
    await second.getByText('(Muted)').waitFor({ state: 'attached' });
    await first.getByRole('button', { name: 'Camera on' }).click();
    await untilMoving(other(second));
  });

  it('finds a new path when the network changes, with media going on', async () => {
    const [first, second] = await meet('moving');
    const offers = (page: Page) =>
      page.evaluate(() => window.watchedPeers?.at(-1)?.localDescription?.sdp.match(/ice-ufrag:(\S+)/)?.[1]);
    const before = await offers(first);
    await first.evaluate(() => window.dispatchEvent(new Event('online')));
    await until(async () => (await offers(first)) === before && 'still the old credentials');
    await until(
      async () =>
        (await first.evaluate(() => window.watchedPeers?.at(-1)?.connectionState)) !== 'connected' &&
        'not connected again',
    );
    expect(await first.evaluate(() => window.watchedPeers?.length)).toBe(1);
    await Promise.all([untilMoving(other(first)), untilMoving(other(second))]);
  });

  it('looks for a path at both ends at once without losing the meeting', async () => {
    const [first, second] = await meet('glare');
    await Promise.all(
      [first, second].map((page) => page.evaluate(() => window.dispatchEvent(new Event('online')))),
    );
    await until(async () => (await settled(first)) ?? (await settled(second)));
    await Promise.all([untilMoving(other(first)), untilMoving(other(second))]);
    expect(await first.evaluate(() => window.watchedPeers?.length)).toBe(1);
  });

  it('brings both back by itself after the hub was away', async () => {
    const [first, second] = await meet('again');
    relay.cut();
    for (const page of [first, second]) {
      await until(
        async () => (await page.evaluate(() => window.watchedPeers?.length)) === 1 && 'no new connection',
      );
    }
    await Promise.all([untilMoving(other(first)), untilMoving(other(second))]);
  });
});
