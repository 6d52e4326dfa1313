/**
 * Every screen as people meet it who do not see it, do not use a mouse, or hold a phone: axe finds nothing in either
 * theme, nothing is wider than the window, and the mirror works by keyboard alone.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { chromiumPath } from '../support/chromium';
import { electronObstacle, followLink, launchApp, type RunningApp } from '../support/electron';
import { untilMoving } from '../support/pictures';
import { startStack, type Stack } from '../support/stack';
import { settled, Tour } from '../support/tour';

const WIDTHS = [360, 1280];
const THEMES = ['light', 'dark'] as const;

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe has to say, one line each; also the page's own width where that is too much. */
async function complaints(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the app's own policy lets in no foreign script.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const results = await page.evaluate<AxeResults>('axe.run()');
  const found = results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? help}: ${html.slice(0, 160)}`),
  );
  const surplus = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  return surplus > 0 ? [...found, `${surplus} pixels wider than the window`] : found;
}

/** The same of a screen in both themes and two widths. `name` tells which one it is. */
async function complaintsOf(name: string, page: Page): Promise<string[]> {
  const wrong: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await page.waitForFunction((wanted) => window.innerWidth === wanted, width);
      await settled(page);
      for (const complaint of await complaints(page)) wrong.push(`${name}, ${theme}, ${width}: ${complaint}`);
    }
  }
  return wrong;
}

describe.skipIf(chromiumPath() === undefined)('every screen', () => {
  let tour: Tour;

  beforeAll(async () => {
    await build();
    tour = await Tour.start();
  });
  afterAll(async () => {
    await tour?.close();
  });

  for (const part of ['home', 'mirror', 'magic', 'room', 'broadcast', 'call', 'others']) {
    it(`of ${part} suits axe in both themes and fits narrow and wide windows`, async () => {
      const wrong: string[] = [];
      for await (const { name, page } of tour.screens([part]))
        wrong.push(...(await complaintsOf(name, page)));
      expect(wrong).toEqual([]);
    });
  }

  it('of the mirror works by keyboard alone', async () => {
    const page = await tour.open('ada', '');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await tabTo(page, /^Mirror/);
    await page.keyboard.press('Enter');
    await untilMoving(page.locator('video').first());
    await tabTo(page, /^Start the mirror$/);
    await page.keyboard.press('Enter');
    await untilMoving(page.locator('video[aria-label="You, as it comes back"]'));
    expect(await focused(page)).toBe('Mirror');
    await tabTo(page, /^Mute/);
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Unmute' }).waitFor();
    await page.keyboard.press('m');
    await page.getByRole('button', { name: 'Mute' }).waitFor();
    await tabTo(page, /^Devices/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused(page)).toMatch(/^Devices/);
    await tabTo(page, /^Stop/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start again' }).waitFor();
    expect(await focused(page)).toBe('Start again');
  });
});

const obstacle =
  electronObstacle() ??
  (process.env['XDG_SESSION_TYPE'] === 'wayland' ? 'the portal asks on Wayland' : undefined);

describe.skipIf(obstacle)(`every question of the app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let app: RunningApp;
  let friend: Stack;

  beforeAll(async () => {
    await build();
    friend = await startStack();
    // Without options: one that decides about the hub keeps links from doing so.
    app = await launchApp({ usualAddress: true, fakeUi: false, args: ['callcast://room/attic'] });
  });
  afterAll(async () => {
    await app?.close();
    await friend?.close();
  });

  it('suits axe in both themes and fits narrow and wide windows: link, certificate, screen', async () => {
    const { page } = app;
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const wrong: string[] = [];
    await page.getByText('It leads to the room attic.').waitFor();
    wrong.push(...(await complaintsOf('link', page)));
    await press('Not now');
    await followLink(app.userDataDir, `callcast://room/garden?hub=localhost:${new URL(friend.url).port}`);
    await page.getByText('It is meant for another hub').waitFor();
    wrong.push(...(await complaintsOf('link to another hub', page)));
    await press('Look at this hub');
    await page.locator('.fingerprint').waitFor();
    wrong.push(...(await complaintsOf('certificate', page)));
    await press('Not now');

    await page.evaluate(() => {
      navigator.mediaDevices.getDisplayMedia({ video: true }).catch(() => undefined);
    });
    await page.getByRole('radio').first().waitFor({ state: 'attached' });
    wrong.push(...(await complaintsOf('screen picker', page)));
    await press('Cancel');
    expect(wrong).toEqual([]);
  });
});

/** The text of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
}

async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (name.test(await focused(page))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(name)} cannot be reached by Tab`);
}
