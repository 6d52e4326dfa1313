/** The magic mirror in the app: each overlay really is in the returned picture, in its own colours, while it runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { untilMoving } from '../support/pictures';
import { LOOKS, writePortraitCamera } from '../support/portrait-camera';
import { until } from '../support/until';

const obstacle = electronObstacle();
const MOVING_MS = 30_000;

interface Colours {
  /** Of the crown. */
  readonly gold: number;
  /** Of the party hat. */
  readonly green: number;
  /** Of the top hat. */
  readonly black: number;
}

/** How many of the 19,200 points of a small copy of the picture have a colour that this person has nowhere. */
function coloursOf(video: Locator): Promise<Colours> {
  return video.evaluate((element) => {
    const counts = { gold: 0, green: 0, black: 0 };
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = 120;
    const context = canvas.getContext('2d');
    if (!context) return counts;
    context.drawImage(element as HTMLVideoElement, 0, 0, 160, 120);
    const { data } = context.getImageData(0, 0, 160, 120);
    for (let at = 0; at < data.length; at += 4) {
      const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
      if (r > 200 && g > 140 && r - b > 125) counts.gold += 1;
      if (g - r > 50 && g > b) counts.green += 1;
      if (Math.max(r, g, b) < 64) counts.black += 1;
    }
    return counts;
  });
}

describe.skipIf(obstacle)(`the magic mirror in Electron${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-electron-magic-'));
    const camera = path.join(folder, 'portrait.y4m');
    await writePortraitCamera(camera, LOOKS.cleo);
    app = await launchApp({ camera });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('puts on one overlay after the other while it runs, and takes them off', async () => {
    const { page } = app;
    const returned = page.locator('video[aria-label="You, dressed up"]');
    await page.evaluate(() => (location.hash = '#/magic'));
    await page.getByRole('radio', { name: 'Top hat' }).waitFor({ state: 'attached' });
    await untilMoving(page.locator('video').first(), MOVING_MS);
    await page.getByRole('radio', { name: 'Nothing' }).check({ force: true });
    await page.getByRole('button', { name: 'Start the magic mirror' }).click();
    await untilMoving(returned, MOVING_MS);
    const bare = await coloursOf(returned);

    const wear = async (name: string, colour: keyof Colours | null): Promise<void> => {
      await page.getByText(name, { exact: true }).last().click();
      await until(async () => {
        const now = await coloursOf(returned);
        const added = (['gold', 'green', 'black'] as const).map((each) => now[each] - bare[each]);
        const most = Math.max(...added);
        // The party hat has a golden band, which is less than the crown's.
        const right = colour === null ? most < 100 : most > 150 && most === now[colour] - bare[colour];
        return !right && { name, now, bare };
      }, MOVING_MS);
      await untilMoving(returned, MOVING_MS);
    };
    await wear('Crown', 'gold');
    await wear('Top hat', 'black');
    await wear('Party hat', 'green');
    await wear('Crown', 'gold');
    await wear('Nothing', null);
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).isVisible()).toBe(true);
  });
});
