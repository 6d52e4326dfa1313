/** The mirror as a user of a browser meets it: real hub, real media server in its own process, real Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { LossyRelay } from '../support/lossy-relay';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { decoded, untilMoving } from '../support/pictures';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('the mirror in Chromium', () => {
  let folder: string;
  let stack: Stack;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-mirror-'));
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
    await page?.context().close();
  });

  async function openMirror(prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    page = await context.newPage();
    await watchPeers(page);
    await prepare?.(page);
    await page.goto(`${stack.url}#/mirror`);
    await page.getByRole('button', { name: 'Start the mirror' }).waitFor();
    return page;
  }

  const startButton = () => page.getByRole('button', { name: 'Start the mirror' });
  const returned = () => page.locator('video[aria-label="You, as it comes back"]');

  /** Waits until the preview shows the camera, so that the button finds it open. */
  async function startMirror(): Promise<void> {
    await untilMoving(page.locator('video').first());
    await startButton().click();
    await untilMoving(returned());
  }

  it('returns a moving picture and sound soon after the button, and lets go of everything with Stop', async () => {
    await openMirror();
    await untilMoving(page.locator('video').first());
    const pressed = await page.evaluate(() => performance.now());
    await startButton().click();
    await until(async () => (await decoded(returned())).frames === 0 && 'no frame came back');
    const shown = await page.evaluate(() => performance.now());
    const offered = await page.evaluate(() => window.offeredAt ?? 0);
    expect(shown - pressed).toBeLessThan(1_500);
    expect(shown - offered).toBeLessThan(1_000);
    await untilMoving(returned());
    const { width, height } = await decoded(returned());
    expect([width, height]).toEqual([640, 480]);
    await page.getByRole('button', { name: 'Hear yourself' }).click();
    await until(async () => (await samplePeer(page)).audioEnergy === 0 && 'no sound came back');

    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await startButton()
      .or(page.getByRole('button', { name: 'Start again' }))
      .waitFor();
    await until(async () => {
      const open = await page.evaluate(
        () => window.watchedPeers?.filter((peer) => peer.signalingState !== 'closed').length,
      );
      return open !== 0 && `${open} connections still open`;
    });
    const live = await page.evaluate(
      () =>
        [...document.querySelectorAll('video')]
          .flatMap((video) => (video.srcObject instanceof MediaStream ? video.srcObject.getTracks() : []))
          .filter((track) => track.readyState === 'live').length,
    );
    expect(live).toBe(0);
  });

  it('sends more than 1 Mbit/s five seconds after connecting, without a freeze', async () => {
    await openMirror();
    await startMirror();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const before = await samplePeer(page);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const after = await samplePeer(page);
    const bitrate = ((after.videoBytesSent - before.videoBytesSent) * 8_000) / (after.at - before.at);
    const fps = ((after.framesDecoded - before.framesDecoded) * 1_000) / (after.at - before.at);
    expect(bitrate).toBeGreaterThan(900_000);
    expect(fps).toBeGreaterThan(20);
    expect(after.freezeSeconds - before.freezeSeconds).toBeLessThan(0.5);
  });

  it('goes on through 5 % packet loss', async () => {
    const relay = await LossyRelay.start();
    try {
      await openMirror((each) => relay.intercept(each));
      await startMirror();
      relay.impair({ loss: 0.05, delay: 20 });
      const before = await samplePeer(page);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      const during = await samplePeer(page);
      expect(relay.counts.lost).toBeGreaterThan(50);
      expect(
        ((during.framesDecoded - before.framesDecoded) * 1_000) / (during.at - before.at),
      ).toBeGreaterThan(15);
      expect(during.freezeSeconds - before.freezeSeconds).toBeLessThan(1);
    } finally {
      await relay.close();
    }
  });

  it('comes back by itself, camera still on, after the media server was killed', async () => {
    await openMirror();
    await startMirror();
    const pid = stack.hub.mediaServerPid;
    if (pid === undefined) throw new Error('the media server has no process');
    const killed = performance.now();
    process.kill(pid, 'SIGKILL');
    await page.getByText('Your camera stays on meanwhile.').waitFor({ timeout: 2_000 });
    await until(
      async () => (await page.evaluate(() => window.watchedPeers?.length)) === 1 && 'no new connection',
    );
    await untilMoving(returned(), 5_000);
    expect(performance.now() - killed).toBeLessThan(8_000);
    await untilMoving(page.locator('video').first());
  });

  it('shows what the connection does', async () => {
    await openMirror();
    await startMirror();
    const panel = page.getByRole('region', { name: 'Connection' }).or(page.getByRole('complementary'));
    if (!(await panel.first().isVisible())) await page.getByRole('button', { name: /^Connection$/ }).click();
    const wanted = [/VP8/, /640 ?× ?480/, /Mbit\/s|kbit\/s/, /Round trip/i];
    await until(async () => {
      const text = await panel.first().innerText();
      const missing = wanted.filter((each) => !each.test(text));
      return missing.length > 0 && `${missing.join(', ')} not in: ${text}`;
    });
  });
});
