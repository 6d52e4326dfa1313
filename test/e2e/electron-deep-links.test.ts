/** Links that open the app at a screen: from a second start, from the first one, and hostile ones. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedElectron } from '../../build/electron-binary.mjs';
import { root } from '../../build/layout.mjs';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`links into the app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callcast-links-'));
    app = await launchApp({ userDataDir: folder, args: ['callcast://room/first%20room'] });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As the system does when somebody follows a link: a second start with the link as an argument. */
  async function follow(link: string): Promise<void> {
    const second = spawn(
      installedElectron() ?? '',
      [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, `--user-data-dir=${folder}`, link],
      { stdio: 'ignore' },
    );
    expect((await once(second, 'exit'))[0]).toBe(0);
  }
  const hash = () => app.page.evaluate(() => decodeURIComponent(location.hash));
  const question = () => app.page.getByRole('dialog', { name: 'Open this link?' });
  const open = () => question().getByRole('button', { name: 'Open', exact: true });

  it('asks about the link that started the app, and goes where it leads', async () => {
    await question().getByText('It leads to the room first room.').waitFor();
    expect(await hash()).toBe('');
    await open().click();
    await until(async () => ((await hash()) === '#/room/first room' ? undefined : await hash()));
    expect(await app.page.getByLabel('Room name').inputValue()).toBe('first room');
  });

  it('shows the hidden window of the running app, and asks there', async () => {
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    await follow('callcast://call/Ana%20Mar%C3%ADa');
    await question().getByText('ready to call Ana María').waitFor();
    const visible = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.isVisible(),
    );
    expect(visible).toBe(true);
    await question().getByRole('button', { name: 'Not now' }).click();
    expect(await hash()).toBe('#/room/first room');
  });

  it('opens a broadcast, and the pages of its own hub', async () => {
    await follow('callcast://watch/news');
    await open().click();
    await until(async () => ((await hash()) === '#/broadcast/watch/news' ? undefined : await hash()));

    const state = await app.page.evaluate(() => window.callcast?.invoke('hub:get'));
    const url = state?.ok && state.value.at === 'ready' ? state.value.url.replace(/^ws/, 'http') : '';
    await follow(`${url}/#/room/second`);
    await question().getByText('the room second').waitFor();
    await open().click();
    await until(async () => ((await hash()) === '#/room/second' ? undefined : await hash()));
  });

  it('takes nothing else for a link', async () => {
    const hostile = [
      'callcast://quit/now',
      'callcast://call/%00',
      `callcast://call/${'x'.repeat(65)}`,
      'callcast://call/a/b',
      'callcast://user@call/a',
      'callcast://room/a?b=c',
      'callcast://room/%E2%80%AEabc',
      'https://example.org/#/room/other',
      'file:///etc/passwd',
    ];
    const before = await hash();
    // All as arguments of one start: none of them counts.
    const second = spawn(
      installedElectron() ?? '',
      [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, `--user-data-dir=${folder}`, ...hostile],
      { stdio: 'ignore' },
    );
    await once(second, 'exit');
    await follow('callcast://room/last');
    await question().getByText('the room last').waitFor();
    await question().getByRole('button', { name: 'Not now' }).click();
    expect(await hash()).toBe(before);
  });
});
