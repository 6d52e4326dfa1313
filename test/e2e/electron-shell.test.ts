/** The app as a softphone: what it does around its window while a call rings and runs. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HANG_UP, MUTE } from '../../main/shortcuts';
import { CallPartner } from '../support/call-partner';
import { watchDesktop, type DesktopWatch } from '../support/desktop-watch';
import { electronObstacle, hubUrl, launchApp, type RunningApp } from '../support/electron';
import { decoded, untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`around the window${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  let desktop: DesktopWatch;
  let hub: string;
  const partners: CallPartner[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callcast-shell-'));
    app = await launchApp({ userDataDir: folder });
    desktop = await watchDesktop(app);
    hub = await hubUrl(app);
    await app.page.evaluate(() => (location.hash = '#/call'));
    await app.page.getByLabel('Your name').fill('Ana');
    await app.page.getByRole('button', { name: 'Go online' }).click();
    await app.page.getByText('Who is here').waitFor();
  });
  afterEach(async () => {
    for (const partner of partners.splice(0)) await partner.close();
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show());
    await app.page.getByText('Who is here').waitFor();
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ring(name = 'Ben'): Promise<CallPartner> {
    const partner = await CallPartner.register(hub, name);
    partners.push(partner);
    partner.call('Ana');
    return partner;
  }
  const hide = () => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  const visible = () =>
    app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((each) => each.isVisible()),
    );
  const untilVisible = (wanted: boolean) =>
    until(async () => ((await visible()).join() === String(wanted) ? undefined : `not ${wanted}`));
  const closeWindow = () =>
    app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  const untilTray = (label: string) =>
    until(async () => {
      const items = await desktop.tray();
      return items.includes(label) ? undefined : items;
    });
  const registered = () =>
    app.electron.evaluate(
      ({ globalShortcut }, keys) => keys.map((key) => globalShortcut.isRegistered(key)),
      [MUTE, HANG_UP],
    );
  const awake = () =>
    app.electron.evaluate(({ powerSaveBlocker }) =>
      Array.from({ length: 50 }, (_, id) => id).some((id) => powerSaveBlocker.isStarted(id)),
    );

  it('tells of a call with the window hidden, and Accept brings it to the front', async () => {
    await hide();
    await ring();
    await until(async () => ((await desktop.notifications()).length === 0 ? 'no notification' : undefined));
    expect((await desktop.notifications()).at(-1)).toEqual({
      title: 'Ben is calling',
      body: 'Open Callcast to answer.',
      actions: ['Accept', 'Decline'],
    });
    expect(await desktop.tray()).toEqual(
      expect.arrayContaining(['Ben is calling', 'Accept', 'Decline', 'Do not disturb', 'Quit Callcast']),
    );
    await desktop.press(0);
    await untilVisible(true);
    await untilTray('In a call with Ben');
    await desktop.choose('Hang up');
    await app.page.getByText('You ended the call with Ben').waitFor();
  });

  it('declines from the notification without showing the window', async () => {
    await hide();
    const ben = await ring();
    await untilTray('Ben is calling');
    await desktop.press(1);
    expect(await ben.client.next('callResponse')).toMatchObject({ response: 'rejected' });
    expect(await visible()).toEqual([false]);
  });

  it('keeps a call whose window is closed, mutes and ends it from the tray, and closes then', async () => {
    const ben = await ring();
    await app.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await untilTray('In a call with Ben');
    // The one for muting comes with the microphone.
    await until(async () => ((await registered()).includes(false) ? 'not registered' : undefined));
    expect(await awake()).toBe(true);

    await closeWindow();
    await untilVisible(false);
    await desktop.choose('Mute microphone');
    await untilTray('In a call with Ben · muted');
    await desktop.choose('Unmute microphone');
    await untilTray('In a call with Ben');
    // The call goes on: the other side hears nothing of all this.
    expect(ben.client.all('stopCommunication')).toEqual([]);

    await desktop.choose('Hang up');
    await ben.client.next('stopCommunication');
    await untilTray('Ready');
    expect(await registered()).toEqual([false, false]);
    expect(await awake()).toBe(false);
    // Shown before it closes by itself, it stays.
    await desktop.choose('Show Callcast');
    await untilVisible(true);
  });

  it('rings for nobody who does not want to be disturbed', async () => {
    const before = (await desktop.notifications()).length;
    await app.page.evaluate(() => window.callcast?.invoke('settings:change', { doNotDisturb: true }));
    await hide();
    const ben = await ring();
    await untilTray('Ben is calling');
    expect((await desktop.notifications()).length).toBe(before);
    ben.hangUp();
    await untilTray('Ready');
    await desktop.choose('Do not disturb');
    await until(async () => {
      const answer = await app.page.evaluate(() => window.callcast?.invoke('settings:get'));
      return answer?.ok && !answer.value.settings.doNotDisturb ? undefined : 'still on';
    });
  });

  it('goes to the call screen from the tray, and stays in it when it is told to', async () => {
    await app.page.evaluate(() => window.callcast?.invoke('settings:change', { closeToTray: true }));
    await closeWindow();
    await untilVisible(false);
    await desktop.choose('Call somebody …');
    await untilVisible(true);
    expect(await app.page.evaluate(() => location.hash)).toBe('#/call');
    await app.page.evaluate(() => window.callcast?.invoke('settings:change', { closeToTray: false }));
  });

  it('believes no page of another shape of session', async () => {
    for (const state of [
      { at: 'ringing', peer: '', silent: false },
      { at: 'ringing', peer: 'x'.repeat(65), silent: false },
      { at: 'running', kind: 'party', peer: null, since: null, muted: null },
      { at: 'idle', more: true },
    ]) {
      const answer = await app.page.evaluate(
        (value) => window.callcast?.invoke('session:state', value as never),
        state,
      );
      expect(answer).toMatchObject({ ok: false, failure: { code: 'bad-message' } });
    }
  });

  it('brings a session back within five seconds after another network cut it off', async () => {
    const other = await launchApp();
    try {
      await hubUrl(other);
      await other.page.evaluate(() => (location.hash = '#/mirror'));
      await other.page.getByRole('button', { name: 'Start the mirror' }).click();
      const picture = other.page.locator('video[aria-label="You, as it comes back"]');
      await untilMoving(picture);
      const [mediaServer, change] = [
        await other.electron.evaluate(
          ({ app }) => app.getAppMetrics().find((each) => each.name === 'Callcast media server')?.pid ?? 0,
        ),
        () =>
          other.electron.evaluate(({ BrowserWindow }) =>
            BrowserWindow.getAllWindows()[0]?.webContents.send('network:changed', null),
          ),
      ];
      // A change that cuts nothing off disturbs nothing.
      const before = await decoded(picture);
      await change();
      await until(async () => (await decoded(picture)).frames < before.frames + 60 && 'too few frames');

      // Nothing comes through as long as the media server stands still.
      process.kill(mediaServer, 'SIGSTOP');
      try {
        await change();
        await other.page.getByText('Bringing your picture back …').first().waitFor();
      } finally {
        process.kill(mediaServer, 'SIGCONT');
      }
      const back = performance.now();
      await change();
      await untilMoving(picture);
      expect(performance.now() - back).toBeLessThan(5_000);
    } finally {
      await other.close();
    }
  });

  it('ends after a call whose window was closed', async () => {
    const last = await launchApp();
    const exited = once(last.electron.process(), 'exit');
    const own = await hubUrl(last);
    await last.page.evaluate(() => (location.hash = '#/call'));
    await last.page.getByLabel('Your name').fill('Ana');
    await last.page.getByRole('button', { name: 'Go online' }).click();
    await last.page.getByText('Who is here').waitFor();
    const ben = await CallPartner.register(own, 'Ben');
    ben.call('Ana');
    await last.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await ben.client.next('callResponse');
    await last.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    ben.hangUp();
    expect((await exited)[0]).toBe(0);
    await last.close();
  });
});
