/** Sessions in the app beside everything else that goes on in it: other screens, links, sleep, quitting. */
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { CallPartner } from '../support/call-partner';
import { watchDesktop, type DesktopWatch } from '../support/desktop-watch';
import { electronObstacle, followLink, hubUrl, launchApp, type RunningApp } from '../support/electron';
import type { ClientOptions } from '../support/hub-client';
import { watchPeers } from '../support/peer-watch';
import { decoded, untilMoving } from '../support/pictures';
import { processFamily, untilGone } from '../support/processes';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`calls and the rest of the app${obstacle ? ` (${obstacle})` : ''}`, () => {
  const apps: RunningApp[] = [];
  const partners: CallPartner[] = [];
  afterEach(async () => {
    for (const partner of partners.splice(0)) await partner.close();
    for (const app of apps.splice(0)) await app.close();
  });

  interface Started {
    readonly app: RunningApp;
    readonly desktop: DesktopWatch;
    readonly hub: string;
  }
  async function start(): Promise<Started> {
    const app = await launchApp();
    apps.push(app);
    const desktop = await watchDesktop(app);
    return { app, desktop, hub: await hubUrl(app) };
  }
  /** Ana, who can be called. */
  async function online(): Promise<Started> {
    const started = await start();
    const { page } = started.app;
    await show(started, 'call');
    await page.getByLabel('Your name').fill('Ana');
    await page.getByRole('button', { name: 'Go online' }).click();
    await page.getByText('Who is here').waitFor();
    return started;
  }
  async function ring({ hub }: Started, options: ClientOptions = {}): Promise<CallPartner> {
    const partner = await CallPartner.register(hub, 'Ben', options);
    partners.push(partner);
    partner.call('Ana');
    return partner;
  }
  async function talk(started: Started, options: ClientOptions = {}): Promise<CallPartner> {
    const ben = await ring(started, options);
    await started.app.page.getByRole('button', { name: 'Accept', exact: true }).click();
    expect(await ben.client.next('callResponse')).toMatchObject({ response: 'accepted' });
    await untilTray(started, 'In a call with Ben');
    return ben;
  }
  const show = ({ app }: Started, route: string) =>
    app.page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${route}`);
  const route = ({ app }: Started) => app.page.evaluate(() => decodeURIComponent(location.hash));
  const untilRoute = (started: Started, wanted: string) =>
    until(async () => {
      const now = await route(started);
      return now === wanted ? undefined : now;
    });
  const untilTray = ({ desktop }: Started, label: string) =>
    until(async () => {
      const items = await desktop.tray();
      return items.includes(label) ? undefined : items;
    });
  const quitFromMenu = ({ app }: Started) =>
    app.electron.evaluate(({ Menu }) => {
      const items = (Menu.getApplicationMenu()?.items ?? []).flatMap((item) => item.submenu?.items ?? []);
      const quit = items.find((item) => item.role === 'quit');
      if (quit === undefined) throw new Error('there is no such item');
      (quit.click as () => void)();
    });
  /** Whoever asks a question gets no answer before `answer` gives it. */
  const catchQuestions = ({ app }: Started) =>
    app.electron.evaluate(({ dialog }) => {
      globalThis.questions = { asked: [], answer: () => undefined };
      dialog.showMessageBox = (...args: unknown[]) => {
        const box = args.at(-1) as { message: string; detail: string; buttons: string[] };
        globalThis.questions.asked.push([box.message, box.detail, ...box.buttons]);
        return new Promise((resolve) => {
          globalThis.questions.answer = (response) => {
            resolve({ response, checkboxChecked: false });
          };
        });
      };
    });
  const questions = ({ app }: Started) => app.electron.evaluate(() => globalThis.questions.asked);
  const answer = ({ app }: Started, button: number) =>
    app.electron.evaluate((_electron, response) => {
      // After this call has come back: the app may be gone at once.
      setTimeout(() => {
        globalThis.questions.answer(response);
      });
    }, button);

  it('asks once before quitting ends a call: who stays keeps the call, who quits ends everything', async () => {
    const started = await online();
    const { app, desktop } = started;
    const ben = await talk(started);
    await catchQuestions(started);

    await desktop.choose('Quit Callcast');
    await until(async () => (await questions(started)).length === 0 && 'no question');
    await quitFromMenu(started);
    await desktop.choose('Quit Callcast');
    expect(await questions(started)).toEqual([
      ['Quit Callcast?', 'You are in a call. It ends when Callcast quits.', 'Quit', 'Stay'],
    ]);
    await answer(started, 1);
    await app.page.getByRole('button', { name: 'Hang up' }).waitFor();
    expect(await desktop.tray()).toContain('In a call with Ben');
    expect(ben.client.all('stopCommunication')).toEqual([]);

    const family = processFamily(app.pid);
    const exited = once(app.electron.process(), 'exit');
    await quitFromMenu(started);
    await until(async () => (await questions(started)).length < 2 && 'no second question');
    await answer(started, 0);
    expect((await exited)[0]).toBe(0);
    await ben.client.next('stopCommunication');
    await untilGone(family);
  });

  it('asks nobody when somebody outside ends it during a call', async () => {
    const started = await online();
    const ben = await talk(started);
    // A question would never be answered, and the app never end.
    await catchQuestions(started);
    const family = processFamily(started.app.pid);
    const exited = once(started.app.electron.process(), 'exit');
    process.kill(started.app.pid, 'SIGTERM');
    expect((await exited)[0]).toBe(0);
    await ben.client.next('stopCommunication');
    await untilGone(family);
  });

  it('rings while another screen is shown, and is answered from the card and from the notification', async () => {
    const started = await online();
    const { app, desktop } = started;
    await show(started, 'settings');
    const first = await ring(started);
    const card = app.page.getByRole('alertdialog', { name: 'Ben is calling' });
    await card.waitFor();
    expect(await route(started)).toBe('#/settings');
    await card.getByRole('button', { name: 'Accept', exact: true }).click();
    expect(await first.client.next('callResponse')).toMatchObject({ response: 'accepted' });
    await untilRoute(started, '#/call');
    await untilTray(started, 'In a call with Ben');
    first.hangUp();
    await app.page.getByText('Ben ended the call').waitFor();
    await first.close();

    await show(started, 'settings');
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const second = await ring(started);
    await until(async () => (await desktop.notifications()).length === 0 && 'no notification');
    await desktop.press(0);
    expect(await second.client.next('callResponse')).toMatchObject({ response: 'accepted' });
    await untilRoute(started, '#/call');
    await until(
      async () =>
        !(await app.electron.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows()[0]?.isVisible(),
        )) && 'the window is hidden',
    );
  });

  it('waits for somebody whose network is gone, says so on every screen, and ends the call when nobody comes', async () => {
    const started = await online();
    const { page } = started.app;
    // A network that is gone answers nothing, and says no goodbye.
    await talk(started, { autoPong: false });
    await show(started, 'settings');
    const bar = page.getByRole('region', { name: 'Your call' });
    await bar.getByText('Connection interrupted').waitFor();
    expect(await started.desktop.tray()).toContain('In a call with Ben');
    await page.getByText('The connection with Ben was lost').waitFor();
    await bar.waitFor({ state: 'detached' });
    await untilTray(started, 'Ready');

    const other = await CallPartner.register(started.hub, 'Cleo');
    partners.push(other);
    other.call('Ana');
    await page.getByRole('alertdialog', { name: 'Cleo is calling' }).waitFor();
  });

  it('mends a mirror when the computer wakes up, over the same connection', async () => {
    const started = await start();
    const { electron, page } = started.app;
    await watchPeers(page);
    await page.reload();
    await show(started, 'mirror');
    await page.getByRole('button', { name: 'Start the mirror' }).click();
    const picture = page.locator('video[aria-label="You, as it comes back"]');
    await untilMoving(picture);
    const wakeUp = () => electron.evaluate(({ powerMonitor }) => powerMonitor.emit('resume'));
    const offeredAt = () => page.evaluate(() => window.offeredAt ?? 0);
    /** Of the media server's side, one for each connection that the page has made: a restart brings another. */
    const ufrags = () =>
      page.evaluate(() =>
        window.watchedPeers?.map(
          (peer) => /^a=ice-ufrag:(.*)$/m.exec(peer.remoteDescription?.sdp ?? '')?.[1],
        ),
      );
    const [before, first] = [await offeredAt(), await ufrags()];

    // A short sleep: the way is still there, and is left alone.
    await wakeUp();
    const { frames } = await decoded(picture);
    await until(async () => (await decoded(picture)).frames < frames + 45 && 'too few frames');
    expect(await offeredAt()).toBe(before);

    // A long one: nothing comes through any more.
    const mediaServer = await electron.evaluate(
      ({ app }) => app.getAppMetrics().find((each) => each.name === 'Callcast media server')?.pid ?? 0,
    );
    process.kill(mediaServer, 'SIGSTOP');
    try {
      await wakeUp();
      await until(async () => (await offeredAt()) === before && 'no new offer');
    } finally {
      process.kill(mediaServer, 'SIGCONT');
    }
    await untilMoving(picture);
    expect(await ufrags()).not.toEqual(first);
    expect(await ufrags()).toHaveLength(1);
  });

  it('asks before a link ends a broadcast', async () => {
    const started = await start();
    const { page, userDataDir } = started.app;
    await show(started, 'broadcast/present');
    await untilMoving(page.locator('video').first());
    await page.getByRole('button', { name: 'Go on air' }).click();
    await page.getByRole('timer').waitFor();
    await untilTray(started, 'On air');
    const question = page.getByRole('dialog', { name: 'Open this link?' });

    await followLink(userDataDir, 'callcast://room/attic');
    await question.getByText('What runs now ends with it.').waitFor();
    await question.getByRole('button', { name: 'Not now' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await route(started)).toBe('#/broadcast/present');
    expect(await started.desktop.tray()).toContain('On air');

    await followLink(userDataDir, 'callcast://room/attic');
    await question.getByRole('button', { name: 'Open', exact: true }).click();
    await untilRoute(started, '#/room/attic');
    await untilTray(started, 'Ready');
  });
});

declare global {
  // A property of the main process's global object.
  var questions: { asked: string[][]; answer: (response: number) => void };
}
