/** A room between the app and a browser: directly, through a TURN server of the settings, and over a change of networks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HubState } from '../../protocol/ipc';
import { writeCamera } from '../support/camera';
import { chromiumPath, launchChromium } from '../support/chromium';
import { coturnObstacle, startCoturn, type Coturn } from '../support/coturn';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { ipv4Addresses, networkObstacle } from '../support/network';
import { samplePeer, watchPeers } from '../support/peer-watch';
import { untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle =
  electronObstacle() ??
  networkObstacle() ??
  (chromiumPath() === undefined ? 'no Chromium (CHROMIUM_PATH)' : undefined);
const noTurn = coturnObstacle();
const MOVING_MS = 30_000;

describe.skipIf(obstacle)(`a room with the app in it${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  let browser: Browser;
  let hubUrl: string;
  const pages: Page[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callcast-electron-room-'));
    const camera = path.join(folder, 'camera.y4m');
    await writeCamera(camera);
    app = await launchApp({ camera });
    browser = await launchChromium({ camera });
    await until(async () => {
      const state = await hubState();
      if (state.at !== 'ready') return state;
      hubUrl = state.url.replace('wss', 'https');
      return undefined;
    }, 30_000);
    await watchPeers(app.page);
    await relayOnlyOnDemand(app.page);
    await app.page.reload();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await app.page.evaluate(() => (location.hash = '#/'));
    await app.page.getByRole('heading', { level: 1 }).first().waitFor();
  });

  async function hubState(): Promise<HubState> {
    const result = await app.page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!result?.ok) throw new Error(`no answer: ${JSON.stringify(result)}`);
    return result.value;
  }

  async function openPage(): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
    const page = await context.newPage();
    pages.push(page);
    await watchPeers(page);
    await relayOnlyOnDemand(page);
    await page.goto(`${hubUrl}/#/`);
    return page;
  }

  async function enter(page: Page, room: string): Promise<void> {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/room/${room}`);
    await untilMoving(page.locator('video').first(), MOVING_MS);
    await page.getByRole('button', { name: 'Enter the room' }).click();
  }

  const other = (page: Page) => page.locator('video[aria-label="The other one"]');

  async function meet(page: Page, room: string): Promise<void> {
    await enter(app.page, room);
    await app.page.getByRole('heading', { name: 'You are the first one here' }).waitFor();
    await enter(page, room);
    await seeEachOther(page);
  }

  async function seeEachOther(page: Page): Promise<void> {
    await untilMoving(other(app.page), MOVING_MS);
    await untilMoving(other(page), MOVING_MS);
  }

  const leave = (page: Page) => page.getByRole('button', { name: 'Leave', exact: true }).click();

  async function write(from: Page, to: Page, text: string): Promise<void> {
    for (const page of [from, to])
      if (!(await page.getByLabel('Message').isVisible()))
        await page.getByRole('button', { name: 'Chat', exact: true }).click();
    await from.getByLabel('Message').fill(text);
    await from.keyboard.press('Enter');
    await to.getByText(text, { exact: true }).waitFor();
  }

  it('shows and says to each other what the other one shows and says, and refuses a third one', async () => {
    const page = await openPage();
    await meet(page, 'kitchen');
    for (const each of [app.page, page])
      await until(async () => (await samplePeer(each)).audioEnergy === 0 && 'no sound', MOVING_MS);
    await write(app.page, page, 'Is the soup ready?');
    await write(page, app.page, 'In five minutes.');

    const third = await openPage();
    await enter(third, 'kitchen');
    await third.getByText('This room is full').waitFor();

    // Now the app comes second, and then it is the third one.
    await leave(app.page);
    await page.getByRole('heading', { name: 'The other one has left' }).waitFor();
    await third.getByRole('button', { name: 'Try again' }).click();
    await untilMoving(other(third), MOVING_MS);
    await app.page.getByRole('button', { name: 'Enter again' }).click();
    await app.page.getByText('This room is full').waitFor();
  });

  it('finds a new path when the computer says that its network is another one', async () => {
    const page = await openPage();
    await meet(page, 'train');
    const before = await fragment(app.page);
    await networkChanged();
    await until(async () => (await fragment(app.page)) === before && 'no new search');
    await until(async () => await unsettled(app.page));
    await seeEachOther(page);
    await write(page, app.page, 'Still here');
    expect(await app.page.evaluate(() => window.watchedPeers?.at(-1)?.connectionState)).toBe('connected');
    expect(await page.evaluate(() => window.watchedPeers?.length)).toBe(1);
    await leave(app.page);
  });

  describe.skipIf(noTurn)(`with a TURN server${noTurn ? ` (${noTurn})` : ''}`, () => {
    let turn: Coturn;
    beforeAll(async () => {
      turn = await startCoturn(ipv4Addresses()[0] ?? '127.0.0.1');
    });
    afterAll(() => turn?.close());

    /** As a user does, in the settings. */
    async function addServer(page: Page, password = turn.password): Promise<void> {
      await page.evaluate(() => (location.hash = '#/settings/connection'));
      await page.getByLabel('Address', { exact: true }).fill(turn.url);
      await page.getByLabel('User name').fill(turn.user);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText(turn.url).waitFor();
    }

    it('meets where no direct path is allowed, over the server of the settings alone, also after a restart', async () => {
      const page = await openPage();
      for (const each of [app.page, page]) {
        await each.evaluate(() => (window.relayOnly = true));
        await addServer(each);
      }
      await meet(page, 'far');
      expect(turn.allocations()).toBeGreaterThanOrEqual(2);
      for (const each of [app.page, page]) expect(await pathOf(each)).toBe('relay relay');
      await write(app.page, page, 'Over the relay');

      const before = await fragment(app.page);
      await networkChanged();
      await until(async () => (await fragment(app.page)) === before && 'no new search');
      await until(async () => await unsettled(app.page), MOVING_MS);
      await seeEachOther(page);
      for (const each of [app.page, page]) expect(await pathOf(each)).toBe('relay relay');
      await leave(app.page);
    });

    it('does not meet there with a password that the server does not take', async () => {
      const page = await openPage();
      await page.evaluate(() => (window.relayOnly = true));
      await addServer(page, 'not this one');
      await enter(app.page, 'nowhere');
      await app.page.getByRole('heading', { name: 'You are the first one here' }).waitFor();
      await enter(page, 'nowhere');
      // Whoever has asked the server twice has been refused (RFC 8656, section 5): no candidate is left.
      await until(
        async () =>
          (await page.evaluate(() => window.watchedPeers?.at(-1)?.iceGatheringState)) !== 'complete' &&
          'still gathering',
        MOVING_MS,
      );
      const sdp = await page.evaluate(() => window.watchedPeers?.at(-1)?.localDescription?.sdp ?? '');
      expect(sdp).not.toContain('a=candidate');
      expect(await page.evaluate(() => window.watchedPeers?.at(-1)?.connectionState)).not.toBe('connected');
    });
  });

  /** As the main process tells it when the system's addresses change. */
  async function networkChanged(): Promise<void> {
    await app.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.send('network:changed', null);
    });
  }
});

declare global {
  interface Window {
    /** From now on the page's connections use relays only. */
    relayOnly?: boolean;
  }
}

/** Takes the direct paths away, as a strict firewall does; where the relays are is left to the product. */
async function relayOnlyOnDemand(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(window.relayOnly === true ? { ...configuration, iceTransportPolicy: 'relay' } : configuration);
      }
    };
  });
}

/** The ICE user name fragment (RFC 8839) of one's own end: another one after each restart. */
function fragment(page: Page): Promise<string | undefined> {
  return page.evaluate(
    () => window.watchedPeers?.at(-1)?.localDescription?.sdp.match(/ice-ufrag:(\S+)/)?.[1],
  );
}

/** Undefined when a connection has agreed on everything and carries media. */
function unsettled(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const peer = window.watchedPeers?.at(-1);
    const state = `${peer?.signalingState} ${peer?.connectionState}`;
    return state === 'stable connected' ? undefined : state;
  });
}

/** Kinds of the two candidates between which media flows, such as `relay relay`. */
function pathOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const report = new Map<string, Record<string, unknown>>();
    (await window.watchedPeers?.at(-1)?.getStats())?.forEach((entry, id) =>
      report.set(id, entry as Record<string, unknown>),
    );
    const transport = [...report.values()].find((entry) => entry['type'] === 'transport');
    const pair = report.get(String(transport?.['selectedCandidatePairId']));
    const kind = (side: string) => String(report.get(String(pair?.[side]))?.['candidateType']);
    return `${kind('localCandidateId')} ${kind('remoteCandidateId')}`;
  });
}
