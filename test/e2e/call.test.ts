/** Calls as the people at both ends meet them: real hub, real media server, real browsers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { RING_TIMEOUT_MS } from '../../protocol/call';
import { systemClock } from '../../signaling-server/clock';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { mediaServerReady, startStack, type Stack } from '../support/stack';
import { TcpRelay } from '../support/tcp-relay';
import { until } from '../support/until';

describe.skipIf(chromiumPath() === undefined)('calls in Chromium', () => {
  let folder: string;
  let stack: Stack;
  let browser: Browser;
  /** Elsewhere, with no camera and no microphone. */
  let bareBrowser: Browser;
  /** How long it rings; the hub's clock is told so. */
  let ringMs = RING_TIMEOUT_MS;
  const contexts: BrowserContext[] = [];
  const said: string[] = [];

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'callcast-call-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    stack = await startStack({
      hub: {
        clock: {
          ...systemClock,
          after: (delay, task) => systemClock.after(delay === RING_TIMEOUT_MS ? ringMs : delay, task),
        },
      },
    });
    await mediaServerReady(stack);
    browser = await launchChromium({ camera });
    bareBrowser = await launchChromium({ devices: false });
  });
  afterAll(async () => {
    await browser?.close();
    await bareBrowser?.close();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    ringMs = RING_TIMEOUT_MS;
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });

  async function open(which = browser): Promise<Page> {
    const context = await which.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    await watchPeers(page);
    return page;
  }

  async function online(name: string, which = browser, url = stack.url): Promise<Page> {
    const page = await open(which);
    await page.goto(`${url}#/call`);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Go online' }).click();
    await page.getByText('Who is here').waitFor();
    return page;
  }

  const callButton = (page: Page, name: string) =>
    page.getByRole('button', { name: `Call ${name}`, exact: true });
  const picture = (page: Page) => page.locator('video.live-call__peer, .live-call__peer video');
  const accept = (page: Page) => page.getByRole('button', { name: 'Accept', exact: true });
  const hangUp = (page: Page) => page.getByRole('button', { name: 'Hang up' });
  const recent = (page: Page) => page.locator('.recent__call').first();

  /** Both in a call with each other, moving pictures at both ends. */
  async function talk(a = 'Ana', b = 'Ben'): Promise<[Page, Page]> {
    const [ana, ben] = [await online(a), await online(b)];
    await callButton(ana, b).click();
    await ben.getByRole('heading', { name: `${a} is calling` }).waitFor();
    await accept(ben).click();
    await untilMoving(picture(ana));
    await untilMoving(picture(ben));
    return [ana, ben];
  }

  it('connects who calls and who accepts, with moving pictures and sound both ways', async () => {
    const [ana, ben] = await talk();
    for (const page of [ana, ben])
      await until(async () => (await samplePeer(page)).audioEnergy === 0 && 'no sound came');
    const carla = await online('Carla');
    await carla.getByText('In a call').first().waitFor();

    await hangUp(ana).click();
    await ana.getByText('You ended the call with Ben').waitFor();
    await ben.getByText('Ana ended the call').waitFor();
    await until(async () => !/Ended · 0:\d\d/.test(await recent(ben).innerText()) && 'no entry of the call');
    const open = await ana.evaluate(
      () => window.watchedPeers?.filter((peer) => peer.signalingState !== 'closed').length,
    );
    expect(open).toBe(0);
  });

  it('ends for the caller when the other side hangs up, and lets go of the camera', async () => {
    const [ana, ben] = await talk();
    await hangUp(ben).click();
    await ana.getByText('Ben ended the call').waitFor();
    const live = await ana.evaluate(
      () =>
        [...document.querySelectorAll('video')]
          .flatMap((video) => (video.srcObject instanceof MediaStream ? video.srcObject.getTracks() : []))
          .filter((track) => track.readyState === 'live').length,
    );
    expect(live).toBe(0);
  });

  it('tells a declined call from a cancelled one', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await callButton(ana, 'Ben').click();
    await ana.getByText('It rings at Ben’s').first().waitFor();
    await ben.getByRole('button', { name: 'Decline' }).click();
    await ana.getByText('Ben declined the call').waitFor();
    await ben.getByText('You declined Ana’s call').waitFor();

    await ana.getByRole('button', { name: 'Call again' }).click();
    await ben.getByRole('heading', { name: 'Ana is calling' }).waitFor();
    await ana.getByRole('button', { name: 'Cancel' }).click();
    await ben.getByText('You missed a call from Ana').waitFor();
    await until(async () => !(await recent(ben).innerText()).includes('Missed') && 'no missed call');
  });

  it('says that somebody is in another call', async () => {
    await talk();
    const carla = await online('Carla');
    await carla.getByLabel('Call by name').fill('Ana');
    await carla.getByRole('button', { name: 'Call', exact: true }).click();
    await carla.getByText('Ana is in another call').waitFor();
  });

  it('says that nobody answers', async () => {
    ringMs = 1_500;
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await callButton(ana, 'Ben').click();
    await ana.getByText('Ben does not answer').waitFor();
    await ben.getByText('You missed a call from Ana').waitFor();
  });

  it('says that nobody has the name that was typed, and that a name is taken', async () => {
    const ana = await online('Ana');
    await ana.getByLabel('Call by name').fill('Zoe');
    await ana.getByRole('button', { name: 'Call', exact: true }).click();
    await ana.getByText('Nobody here is called Zoe').waitFor();

    const other = await open();
    await other.goto(`${stack.url}#/call`);
    await other.getByLabel('Your name').fill('Ana');
    await other.getByRole('button', { name: 'Go online' }).click();
    await other.getByText('Somebody has this name already').waitFor();
  });

  it('carries sound alone, and a call to somebody without any device', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben', bareBrowser)];
    await ana.getByRole('button', { name: 'Call Ben with sound only' }).click();
    // Of the call: where there is no camera, the lobby has an offer of the same words.
    const ringing = ben.getByRole('alertdialog');
    await ringing.getByRole('button', { name: 'Sound only', exact: true }).click();
    // Without any output device nothing is played, so only its arrival can be seen.
    await until(async () => (await samplePeer(ben)).audioBytesReceived < 10_000 && 'no sound came');
    // The camera joins without another offer.
    await ana.getByRole('button', { name: 'Camera on' }).click();
    await untilMoving(picture(ben));
    expect(await ana.evaluate(() => window.watchedPeers?.length)).toBe(1);
  });

  it('goes on through a lost line, says so at both ends, and comes back', async () => {
    const relay = await TcpRelay.start(stack.hub.port);
    try {
      // Names of their own: what was cut off keeps its name for a while, and others could not have it.
      const ana = await online('Ines', browser, `https://localhost:${relay.port}/`);
      const ben = await online('Omar');
      await callButton(ana, 'Omar').click();
      await accept(ben).click();
      await untilMoving(picture(ben));
      await untilMoving(picture(ana));

      // No closing handshake, and no new line for a while: the way a network breaks.
      relay.refusing = true;
      await ana.getByText('Your connection to the hub is lost, trying to come back').waitFor();
      await ben.getByText('Ines’s connection is lost, waiting for them to come back').waitFor();
      await untilMoving(picture(ana));
      await untilMoving(picture(ben));
      relay.refusing = false;
      await ana.getByText('Your connection to the hub is lost').waitFor({ state: 'detached' });
      await ben.getByText('Ines’s connection is lost').waitFor({ state: 'detached' });
      await untilMoving(picture(ben));
      expect(await ana.evaluate(() => window.watchedPeers?.length)).toBe(1);
      await hangUp(ben).click();
      await ana.getByText('Omar ended the call').waitFor();
    } finally {
      await relay.close();
    }
  });

  it('ends at both ends, with a sentence, when the media server dies, and the next call works', async () => {
    const [ana, ben] = await talk('Ida', 'Jon');
    const pid = stack.hub.mediaServerPid;
    if (pid === undefined) throw new Error('the media server has no process');
    process.kill(pid, 'SIGKILL');
    for (const page of [ana, ben])
      await page.getByText('The media server is not reachable').first().waitFor();
    await until(() => stack.hub.mediaServer !== 'ready' && 'the media server is away', 20_000);
    await ana.getByRole('button', { name: 'Call again' }).click();
    await accept(ben).click();
    await untilMoving(picture(ana));
    await untilMoving(picture(ben));
  });

  it('keeps the name through a reload', async () => {
    const [ana, ben] = [await online('Ana'), await online('Ben')];
    await ana.reload();
    await ana.getByText('Online as').waitFor();
    await callButton(ben, 'Ana').waitFor();
  });

  it('writes no session description to the console', () => {
    expect(said.filter((text) => /v=0|a=candidate|ice-ufrag|SDP/i.test(text))).toEqual([]);
  });
});
