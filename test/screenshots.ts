/**
 * `npm run screenshots [-- MODE …]`: every screen in both themes and two widths, from the built product with a real hub,
 * as PNG files in out/screenshots; with `--readme`, also the three of the README, into docs/images.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from '../build/build.mjs';
import { settled, Tour } from './support/tour';

const ROOT = resolve(import.meta.dirname, '..');
const WIDTHS = [360, 1280];
const HEIGHTS = new Map([
  [360, 780],
  [1280, 800],
]);
/** Screens of the README, by the image's name. */
const README = new Map([
  ['mirror-live', 'mirror.png'],
  ['broadcast-on-air', 'broadcast.png'],
  ['call-live', 'call.png'],
]);

const { positionals, readme } = {
  positionals: process.argv.slice(2).filter((word) => !word.startsWith('-')),
  readme: process.argv.includes('--readme'),
};

await build();
const folder = join(ROOT, 'out/screenshots');
const images = join(ROOT, 'docs/images');
if (positionals.length === 0) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
if (readme) await mkdir(images, { recursive: true });

const tour = await Tour.start();
try {
  for await (const { name, page } of tour.screens(positionals)) {
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: HEIGHTS.get(width) ?? 800 });
        await settled(page);
        // As tall as what there is, so that what sticks to the window's edge covers nothing.
        const tall = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ width, height: Math.min(4_000, tall) });
        await settled(page);
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
      }
    }
    const image = README.get(name);
    if (readme && image !== undefined) {
      await page.emulateMedia({ colorScheme: name.startsWith('call') ? 'dark' : 'light' });
      await page.setViewportSize({ width: 1280, height: 800 });
      await settled(page);
      await page.screenshot({ path: join(images, image) });
    }
    process.stderr.write(`${name}\n`);
  }
} finally {
  await tour.close();
}
