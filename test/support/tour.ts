/**
 * Every screen of the product, one after the other, in a browser with a real hub behind it: what the accessibility test
 * judges and what the screenshots show. Three drawn people sit before their cameras.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium';
import { untilMoving } from './pictures';
import { LOOKS, writePortraitCamera } from './portrait-camera';
import { mediaServerReady, startStack, type Stack } from './stack';

type Person = keyof typeof LOOKS;
/** `nobody` has neither camera nor microphone. */
type Visitor = Person | 'nobody';

export interface Screen {
  /** Such as `mirror-live`. */
  readonly name: string;
  readonly page: Page;
}

export class Tour {
  readonly #folder: string;
  readonly #stack: Stack;
  readonly #browsers = new Map<Visitor, Browser>();
  readonly #pages = new Set<Page>();

  static async start(): Promise<Tour> {
    const folder = await mkdtemp(join(tmpdir(), 'callcast-tour-'));
    const stack = await startStack();
    await mediaServerReady(stack);
    return new Tour(folder, stack);
  }

  private constructor(folder: string, stack: Stack) {
    this.#folder = folder;
    this.#stack = stack;
  }

  /** Each screen stays as it is until the next one is asked for. `only`: modes to be shown, all without it. */
  async *screens(only: readonly string[] = []): AsyncGenerator<Screen> {
    const parts = { home, mirror, magic, room, broadcast, call, others };
    for (const [name, part] of Object.entries(parts)) {
      if (only.length > 0 && !only.includes(name)) continue;
      yield* part(this);
      for (const page of [...this.#pages]) await page.context().close();
      this.#pages.clear();
    }
  }

  async open(person: Visitor, route: string): Promise<Page> {
    const context = await (
      await this.#browser(person)
    ).newContext({
      ignoreHTTPSErrors: true,
      locale: 'en-US',
      timezoneId: 'UTC',
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    this.#pages.add(page);
    // Without a dialog for files, a recording is downloaded.
    await page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }));
    await page.goto(`${this.#stack.url}#/${route}`);
    return page;
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers.values()) await browser.close();
    await this.#stack.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #browser(person: Visitor): Promise<Browser> {
    let browser = this.#browsers.get(person);
    if (browser === undefined) {
      if (person === 'nobody') {
        browser = await launchChromium({ devices: false });
      } else {
        const camera = join(this.#folder, `${person}.y4m`);
        await writePortraitCamera(camera, LOOKS[person]);
        browser = await launchChromium({ camera });
      }
      this.#browsers.set(person, browser);
    }
    return browser;
  }
}

/** Waits until nothing on the page changes its colour or place any more. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // Two frames: the first one lays out, the second one begins what moves.
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    await new Promise(requestAnimationFrame);
  });
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const show = (page: Page, route: string) =>
  page.evaluate((hash) => {
    window.location.hash = hash;
  }, `#/${route}`);
const preview = (page: Page) => untilMoving(page.locator('video').first());

async function* home(tour: Tour): AsyncGenerator<Screen> {
  const page = await tour.open('ada', '');
  await page.getByRole('heading', { level: 1 }).waitFor();
  yield { name: 'home', page };
}

async function* mirror(tour: Tour): AsyncGenerator<Screen> {
  const bare = await tour.open('nobody', 'mirror');
  await bare.getByText('No camera found').first().waitFor();
  yield { name: 'mirror-no-devices', page: bare };
  const page = await tour.open('ada', 'mirror');
  await preview(page);
  yield { name: 'mirror-setup', page };
  await press(page, 'Start the mirror');
  await untilMoving(page.locator('video[aria-label="You, as it comes back"]'));
  yield { name: 'mirror-live', page };
  await press(page, 'Connection');
  await page.getByText('VP8').first().waitFor();
  yield { name: 'mirror-connection', page };
  await press(page, 'Devices');
  await page.getByRole('dialog').waitFor();
  yield { name: 'mirror-devices', page };
  await page.keyboard.press('Escape');
  await press(page, 'Connection');
  await press(page, 'Record');
  const stop = page.getByRole('button', { name: /^Stop recording: 0:0[1-9]/ });
  await stop.waitFor();
  yield { name: 'mirror-recording', page };
  await stop.click();
  await page.getByText(/^Recorded: /).waitFor();
  // As a browser tells that the camera was unplugged, and plugged in again.
  await page
    .locator('video')
    .first()
    .evaluate((video: HTMLVideoElement) => {
      const [track] = (video.srcObject as MediaStream).getVideoTracks();
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
    });
  await page.getByText('Another one has stepped in.').waitFor();
  await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')));
  await page.getByText('Your camera is back.').waitFor();
  yield { name: 'mirror-notices', page };
  await show(page, 'call');
  await page.getByRole('dialog').waitFor();
  yield { name: 'mirror-leaving', page };
}

async function* magic(tour: Tour): AsyncGenerator<Screen> {
  const page = await tour.open('cleo', 'magic');
  await preview(page);
  yield { name: 'magic-setup', page };
  await press(page, 'Start the magic mirror');
  await untilMoving(page.locator('video[aria-label="You, dressed up"]'));
  yield { name: 'magic-live', page };
  await press(page, 'Adjust');
  yield { name: 'magic-adjust', page };
}

async function* room(tour: Tour): AsyncGenerator<Screen> {
  const ada = await tour.open('ada', 'room');
  await preview(ada);
  await ada.getByLabel('Room name').fill('maple-otter-comet');
  yield { name: 'room-setup', page: ada };
  await press(ada, 'Enter the room');
  await ada.getByRole('heading', { name: 'You are the first one here' }).waitFor();
  yield { name: 'room-waiting', page: ada };
  const ben = await tour.open('ben', 'room/maple-otter-comet');
  await preview(ben);
  await press(ben, 'Enter the room');
  const other = (page: Page) => page.locator('video[aria-label="The other one"]');
  await Promise.all([untilMoving(other(ada)), untilMoving(other(ben))]);
  yield { name: 'room-live', page: ada };
  await press(ada, 'Chat');
  await ada.getByLabel('Message').fill('Good morning! Can you hear me?');
  await ada.keyboard.press('Enter');
  await press(ben, 'Chat');
  await ben.getByLabel('Message').fill('Perfectly. And I see your books!');
  await ben.keyboard.press('Enter');
  await ada.getByText('And I see your books!').waitFor();
  yield { name: 'room-chat', page: ada };
  const cleo = await tour.open('cleo', 'room/maple-otter-comet');
  await preview(cleo);
  await press(cleo, 'Enter the room');
  await cleo.getByText('This room is full').waitFor();
  yield { name: 'room-full', page: cleo };
  await press(ben, 'Leave');
  await ada.getByRole('heading', { name: 'The other one has left' }).waitFor();
  yield { name: 'room-left', page: ada };
}

async function* broadcast(tour: Tour): AsyncGenerator<Screen> {
  const viewer = await tour.open('nobody', 'broadcast/watch/');
  await viewer.getByText('Nobody is presenting yet').first().waitFor();
  yield { name: 'broadcast-nobody', page: viewer };
  const presenter = await tour.open('ben', 'broadcast/present');
  await preview(presenter);
  yield { name: 'broadcast-setup', page: presenter };
  await press(presenter, 'Go on air');
  await presenter.getByRole('timer').waitFor();
  await untilMoving(viewer.locator('.watch__stage video'));
  await presenter.getByText('1 viewer').first().waitFor();
  yield { name: 'broadcast-on-air', page: presenter };
  yield { name: 'broadcast-watch', page: viewer };
  const lobby = await tour.open('nobody', 'broadcast');
  await lobby.getByRole('link', { name: /^Main channel/ }).waitFor();
  yield { name: 'broadcast-lobby', page: lobby };
  await press(presenter, 'Invite viewers');
  await presenter.getByRole('img', { name: 'QR code of the link' }).waitFor();
  yield { name: 'broadcast-invite', page: presenter };
}

async function* call(tour: Tour): AsyncGenerator<Screen> {
  const register = async (page: Page, name: string): Promise<void> => {
    await page.getByLabel('Your name').fill(name);
    await press(page, 'Go online');
    await page.getByText('Who is here').waitFor();
  };
  const ada = await tour.open('ada', 'call');
  await ada.getByLabel('Your name').waitFor();
  yield { name: 'call-name', page: ada };
  await register(ada, 'Ada');
  const ben = await tour.open('ben', 'call');
  await register(ben, 'Ben');
  const cleo = await tour.open('cleo', 'call');
  await register(cleo, 'Cleo');
  await ada.getByRole('button', { name: 'Call Cleo', exact: true }).waitFor();
  yield { name: 'call-people', page: ada };
  await ada.getByRole('button', { name: 'Call Ben', exact: true }).click();
  await ben.getByRole('heading', { name: 'Ada is calling' }).waitFor();
  yield { name: 'call-dialing', page: ada };
  yield { name: 'call-ringing', page: ben };
  await press(ben, 'Accept');
  await Promise.all([ada, ben].map((page) => untilMoving(page.locator('.live-call__peer video'))));
  yield { name: 'call-live', page: ada };
  await press(ben, 'Camera off');
  await ada.getByText('Camera is off').waitFor();
  yield { name: 'call-camera-off', page: ada };
  await show(ada, 'settings');
  const bar = ada.getByRole('region', { name: 'Your call' });
  await bar.waitFor();
  // The bar is there before the screen is, which is loaded when it is first shown.
  await ada.getByRole('heading', { level: 1 }).waitFor();
  yield { name: 'call-bar', page: ada };
  await bar.getByRole('link').click();
  await press(ben, 'Hang up');
  await ada.getByText('Ben ended the call').waitFor();
  yield { name: 'call-ended', page: ada };
  await show(cleo, '');
  await ada.getByRole('button', { name: 'Call Cleo', exact: true }).click();
  await cleo.getByRole('alertdialog').waitFor();
  yield { name: 'call-ring-card', page: cleo };
  await press(ada, 'Cancel');
  await cleo.getByRole('button', { name: 'Calls: Available for calls' }).click();
  yield { name: 'call-presence', page: cleo };
}

async function* others(tour: Tour): AsyncGenerator<Screen> {
  const settings = await tour.open('nobody', 'settings');
  await settings.getByRole('heading', { level: 1 }).waitFor();
  yield { name: 'settings', page: settings };
  const page = await tour.open('nobody', 'nowhere');
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  yield { name: 'not-found', page };
}
