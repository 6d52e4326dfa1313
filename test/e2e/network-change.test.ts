/**
 * A computer loses its network and gets it back: a cable pulled, a path cut that nobody tells of, another address. The
 * browser is in a network namespace of its own, the hub outside of it. Five seconds after the network is back, frames
 * are decoded again, in every mode.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { Elsewhere, namespaceObstacle } from '../support/namespace';
import { watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { until } from '../support/until';

/** Figures, for whoever works on them. */
function log(line: string): void {
  if (process.env['CALLCAST_TEST_LOG']) process.stderr.write(`${line}\n`);
}

/** From the network's return to decoded frames. */
const BACK_MS = 5_000;

/** `CALLCAST_TEST_ALL=1`: every mode through every outage, which takes six minutes. */
const all = Boolean(process.env['CALLCAST_TEST_ALL']);

interface Outage {
  readonly name: string;
  /** The modes that go through it in an ordinary run; default: all. */
  readonly modes?: readonly string[];
  readonly ms: number;
  readonly begin: (far: Elsewhere) => void;
  readonly end: (far: Elsewhere) => void;
}
const outages: readonly Outage[] = [
  { name: 'a cable pulled for 3 s', ms: 3_000, begin: (far) => far.unplug(), end: (far) => far.plugIn() },
  {
    name: 'a cable pulled for 12 s',
    modes: [],
    ms: 12_000,
    begin: (far) => far.unplug(),
    end: (far) => far.plugIn(),
  },
  {
    name: 'a path silently cut for 6 s',
    modes: ['mirror'],
    ms: 6_000,
    begin: (far) => far.cut(),
    end: (far) => far.mend(),
  },
  { name: 'another address, at once', ms: 0, begin: (far) => far.leave(), end: (far) => far.arrive() },
  {
    name: 'another address, after 4 s',
    modes: [],
    ms: 4_000,
    begin: (far) => far.leave(),
    end: (far) => far.arrive(),
  },
];

const obstacle = chromiumPath() === undefined ? 'no Chromium' : namespaceObstacle();

describe.skipIf(obstacle)(`the network changes${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let far: Elsewhere;
  let stack: Stack;
  let here: Browser;
  let there: Browser;
  const contexts: BrowserContext[] = [];
  let rooms = 0;

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-network-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    far = Elsewhere.create(0);
    await until(() => !far.isHere && 'no network to the other computer');
    stack = await startStack({ args: ['--as_uri=https://0.0.0.0:0/'] });
    await mediaServerReady(stack);
    here = await launchChromium({ camera });
    there = await launchChromium({
      camera,
      executable: await far.command(chromiumPath() as string, folder),
    });
  });
  afterAll(async () => {
    await here?.close();
    await there?.close();
    await stack?.close();
    far?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  async function open(browser: Browser, route: string): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    contexts.push(context);
    const page = await context.newPage();
    await watchPeers(page);
    const address = `https://${far.here}:${new URL(stack.url).port}/#/${route}`;
    // The browser may still be busy with the change that the test before has made.
    await until(() =>
      page.goto(address).then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
    );
    return page;
  }

  const OTHER = 'video[aria-label="The other one"]';

  /** Opens one mode; answers the videos that must move, each with its page. */
  const modes: Record<string, () => Promise<[Page, string][]>> = {
    async mirror() {
      const page = await open(there, 'mirror');
      await untilMoving(page.locator('video').first());
      await page.getByRole('button', { name: 'Start the mirror' }).click();
      return [[page, 'video[aria-label="You, as it comes back"]']];
    },
    async viewer() {
      const presenter = await open(here, 'broadcast/present');
      await untilMoving(presenter.locator('video').first());
      await presenter.getByRole('button', { name: 'Go on air' }).click();
      await presenter.getByRole('timer').waitFor();
      return [[await open(there, 'broadcast/watch/'), '.watch__stage video']];
    },
    async presenter() {
      const presenter = await open(there, 'broadcast/present');
      await untilMoving(presenter.locator('video').first());
      await presenter.getByRole('button', { name: 'Go on air' }).click();
      await presenter.getByRole('timer').waitFor();
      return [[await open(here, 'broadcast/watch/'), '.watch__stage video']];
    },
    async call() {
      const [ana, ben] = [await open(there, 'call'), await open(here, 'call')];
      for (const [page, name] of [
        [ana, 'Ana'],
        [ben, 'Ben'],
      ] as const) {
        await page.getByLabel('Your name').fill(name);
        await page.getByRole('button', { name: 'Go online' }).click();
        await page.getByText('Who is here').waitFor();
      }
      await ana.getByRole('button', { name: 'Call Ben', exact: true }).click();
      await ben.getByRole('button', { name: 'Accept', exact: true }).click();
      const picture = 'video.live-call__peer, .live-call__peer video';
      return [
        [ana, picture],
        [ben, picture],
      ];
    },
    async room() {
      const name = `room/moving-${++rooms}`;
      const pages = [await open(here, name), await open(there, name)];
      for (const page of pages) {
        await untilMoving(page.locator('video').first());
        await page.getByRole('button', { name: 'Enter the room' }).click();
      }
      return pages.map((page) => [page, OTHER]);
    },
  };

  /** Frames decoded so far, and by which of the page's elements; -1: there is none. */
  const frames = (page: Page, selector: string): Promise<number> =>
    page.evaluate((css) => {
      const video = document.querySelector<HTMLVideoElement>(css);
      return video === null ? -1 : video.getVideoPlaybackQuality().totalVideoFrames;
    }, selector);

  /** Milliseconds until it has decoded five frames more than it had when asked first. */
  async function untilDecoding(page: Page, selector: string, since: number): Promise<number> {
    let last = await frames(page, selector);
    let fresh = 0;
    await until(async () => {
      const now = await frames(page, selector);
      // Another element, or none: what it has decoded is all new.
      if (now < last) last = 0;
      if (now > last) {
        fresh += now - last;
        last = now;
      }
      return fresh < 5 && `${fresh} frames after ${performance.now() - since} ms`;
    }, 25_000);
    return performance.now() - since;
  }

  for (const mode of Object.keys(modes)) {
    for (const outage of outages) {
      if (!all && outage.modes?.includes(mode) === false) continue;
      it(`brings back ${mode === 'room' || mode === 'call' || mode === 'mirror' ? 'a' : 'the'} ${mode} after ${outage.name}`, async () => {
        const videos = await (modes[mode] as () => Promise<[Page, string][]>)();
        for (const [page, selector] of videos) await untilMoving(page.locator(selector));
        // It is a session that has been going on for a while.
        await sleep(3_000);
        outage.begin(far);
        try {
          // The outage itself is what is waited for.
          await sleep(outage.ms);
        } finally {
          outage.end(far);
        }
        const since = performance.now();
        const took = await Promise.all(
          videos.map(([page, selector]) => untilDecoding(page, selector, since)),
        );
        log(`${mode}, ${outage.name}: back after ${took.map(Math.round).join(', ')} ms`);
        for (const ms of took) expect(ms).toBeLessThan(BACK_MS);
      });
    }
  }
});
