/** Links that open the app at a screen: from a second start, from the first one, and hostile ones. */
import { connect, createServer, type AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronObstacle, followLink, launchApp, type RunningApp } from '../support/electron';
import { startStack } from '../support/stack';
import { until } from '../support/until';

const obstacle = electronObstacle();

const hashOf = ({ page }: RunningApp) => page.evaluate(() => decodeURIComponent(location.hash));
const questionOf = ({ page }: RunningApp) => page.getByRole('dialog', { name: 'Open this link?' });

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

  const follow = (link: string) => followLink(folder, link);
  const hash = () => hashOf(app);
  const question = () => questionOf(app);
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
    await followLink(folder, ...hostile);
    await follow('callcast://room/last');
    await question().getByText('the room last').waitFor();
    await question().getByRole('button', { name: 'Not now' }).click();
    expect(await hash()).toBe(before);
  });
});

describe.skipIf(obstacle)(`links to other hubs${obstacle ? ` (${obstacle})` : ''}`, () => {
  it('names another hub, says nothing to it unasked, and uses it once its certificate is trusted', async () => {
    // Without options: one that decides about the hub keeps links from doing so.
    const own = await launchApp({ usualAddress: true });
    const friend = await startStack();
    const hub = async () => {
      const state = await own.page.evaluate(() => window.callcast?.invoke('hub:get'));
      return state?.ok ? state.value : undefined;
    };
    const question = () => questionOf(own);
    let contacts = 0;
    const door = createServer((socket) => {
      contacts += 1;
      const inside = connect(Number(new URL(friend.url).port), 'localhost');
      socket.on('error', () => inside.destroy()).on('close', () => inside.destroy());
      inside.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(inside).pipe(socket);
    });
    try {
      await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
      const place = `localhost:${(door.address() as AddressInfo).port}`;
      await until(async () => {
        const state = await hub();
        return (state?.at !== 'ready' || state.mediaServer !== 'ready') && 'no hub yet';
      });
      const before = await hub();

      await followLink(own.userDataDir, `callcast://watch/news?hub=${place}`);
      await question().getByText(`It is meant for another hub: ${place}.`).waitFor();
      await question().getByRole('button', { name: 'Not now' }).click();
      expect(contacts).toBe(0);
      expect(await hub()).toEqual(before);

      await followLink(own.userDataDir, `callcast://watch/news?hub=${place}`);
      await question().getByRole('button', { name: 'Look at this hub' }).click();
      const trust = question().getByRole('button', { name: 'Trust and use this hub' });
      await trust.waitFor();
      expect(contacts).toBeGreaterThan(0);
      expect(await question().locator('.fingerprint dd').innerText()).toMatch(
        /^(?:[\dA-F]{2}:){31}[\dA-F]{2}$/,
      );
      // Known by now, and still not used.
      expect(await hub()).toEqual(before);
      await trust.click();
      await until(async () => (await hub())?.at !== 'remote' && 'still the own hub');
      expect(await hub()).toMatchObject({ url: `wss://${place}` });
      await until(async () =>
        (await hashOf(own)) === '#/broadcast/watch/news' ? undefined : await hashOf(own),
      );
      await own.page.getByText('Stay here: the picture appears').first().waitFor();

      // Now it is the hub in use: nothing more to ask about it.
      await followLink(own.userDataDir, `callcast://room/garden?hub=${place}`);
      await question().getByRole('button', { name: 'Open', exact: true }).click();
      await until(async () => ((await hashOf(own)) === '#/room/garden' ? undefined : await hashOf(own)));
    } finally {
      door.close();
      await own.close();
      await friend.close();
    }
  });
});
