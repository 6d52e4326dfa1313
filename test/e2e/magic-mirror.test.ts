/** The magic mirror in a browser: what is worn really is in the returned picture, follows the choice and the sliders. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { chromiumPath, launchChromium } from '../support/chromium';
import { untilMoving } from '../support/pictures';
import { LOOKS, writePortraitCamera } from '../support/portrait-camera';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

/** Points of the crown's gold in a small copy of the picture, and the middle of their heights (0 top, 1 bottom). */
function gold(video: Locator): Promise<{ points: number; middle: number }> {
  return video.evaluate((element) => {
    const [width, height] = [160, 120];
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    if (!context) return { points: 0, middle: 0 };
    context.drawImage(element as HTMLVideoElement, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    let [points, sum] = [0, 0];
    for (let index = 0; index < width * height; index++) {
      const [r = 0, g = 0, b = 255] = data.subarray(4 * index, 4 * index + 3);
      if (r < 200 || g < 140 || r - b < 125) continue;
      points += 1;
      sum += Math.floor(index / width) / height;
    }
    return { points, middle: points === 0 ? 0 : sum / points };
  });
}

describe.skipIf(chromiumPath() === undefined)('the magic mirror in Chromium', () => {
  let folder: string;
  let browser: Browser;
  let stack: Stack | undefined;
  let page: Page;

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-magic-'));
    const camera = join(folder, 'portrait.y4m');
    await writePortraitCamera(camera, LOOKS.cleo);
    browser = await launchChromium({ camera });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await page?.context().close();
    await stack?.close();
  });

  async function open(overlays = true): Promise<void> {
    stack = await startStack(overlays ? {} : { hub: { overlaysRoot: undefined } });
    await mediaServerReady(stack);
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    page = await context.newPage();
    await page.goto(`${stack.url}#/magic`);
  }
  const returned = () => page.locator('video[aria-label="You, dressed up"]');
  const wear = (name: string) => page.getByText(name, { exact: true }).last().click();

  it('puts on what is chosen, moves it with the sliders, and takes it off while it runs', async () => {
    await open();
    await page.getByRole('radio', { name: 'Top hat' }).waitFor({ state: 'attached' });
    expect(await page.getByRole('radio').count()).toBeGreaterThanOrEqual(5);
    await untilMoving(page.locator('video').first());
    await page.getByRole('button', { name: 'Start the magic mirror' }).click();
    await untilMoving(returned());
    expect((await gold(returned())).points).toBeLessThan(10);

    await wear('Crown');
    await until(async () => {
      const { points } = await gold(returned());
      return points < 150 && `${points} points of gold`;
    });
    const worn = await gold(returned());

    await page.getByRole('button', { name: 'Adjust' }).click();
    const height = page.getByRole('slider', { name: 'Down or up' });
    for (let press = 0; press < 20; press++) await height.press('ArrowLeft');
    await until(async () => {
      const { points, middle } = await gold(returned());
      return (points < 150 || middle < worn.middle + 0.05) && `gold at ${middle}, was at ${worn.middle}`;
    });
    await page.getByRole('button', { name: 'Put it back' }).click();
    await until(async () => {
      const { middle } = await gold(returned());
      return Math.abs(middle - worn.middle) > 0.04 && `gold at ${middle}, was at ${worn.middle}`;
    });

    await wear('Nothing');
    await until(async () => {
      const { points } = await gold(returned());
      return points > 10 && `${points} points of gold left`;
    });
    await untilMoving(returned());
  });

  it('starts with what was worn last, also with nothing', async () => {
    await open();
    await page.getByRole('radio', { name: 'Crown' }).check({ force: true });
    await page.reload();
    await untilMoving(page.locator('video').first());
    await page.getByRole('button', { name: 'Start the magic mirror' }).click();
    await until(async () => (await gold(returned())).points < 150 && 'no crown');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('radio', { name: 'Nothing' }).check({ force: true });
    await page.getByRole('button', { name: 'Start again' }).click();
    await untilMoving(returned());
    expect((await gold(returned())).points).toBeLessThan(10);
  });

  it('says kindly that there are no hats where the media server has none', async () => {
    await open(false);
    await page.getByRole('heading', { name: 'No hats here today' }).waitFor();
    await page.getByRole('link', { name: 'Open the plain mirror' }).click();
    await page.getByRole('button', { name: 'Start the mirror' }).waitFor();
  });
});
