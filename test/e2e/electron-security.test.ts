/** The security rules, each tried in the running app: from its own page, and from pages that have no business there. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dist } from '../../build/layout.mjs';
import { MAX_IPC_SIZE } from '../../protocol/ipc';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`Electron security${obstacle ? ` (${obstacle})` : ''}`, () => {
  let app: RunningApp;
  let stranger: Server;
  let strangerUrl: string;

  beforeAll(async () => {
    stranger = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<title>stranger</title>');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
    // The real permission handlers decide: no `--use-fake-ui-for-media-stream`.
    app = await launchApp({ fakeUi: false });
    await until(async () => {
      const state = await app.page.evaluate(() => window.callcast?.invoke('hub:get'));
      return state?.ok && state.value.at === 'ready' ? undefined : `the hub is ${JSON.stringify(state)}`;
    });
  });
  afterAll(async () => {
    await app?.close();
    await new Promise((resolve) => stranger?.close(resolve));
  });

  /** Runs a script in a page of another origin, in a window of its own that has our preload. */
  async function asStranger<T>(script: string): Promise<T> {
    return app.electron.evaluate(
      async ({ BrowserWindow }, { url, script, preload }) => {
        const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        try {
          await window.loadURL(url);
          return (await window.webContents.executeJavaScript(script)) as T;
        } finally {
          window.destroy();
        }
      },
      { url: strangerUrl, script, preload: path.join(dist, 'preload/preload.cjs') },
    );
  }

  it('runs the page in a sandbox, isolated, without Node', async () => {
    const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      return (
        contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      ).getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
    });
    const globals = await app.page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'global', 'electron', '__dirname'].filter(
        (name) => name in window,
      ),
    );
    expect(globals).toEqual([]);
  });

  it('gives the page a bridge that can invoke and listen, and nothing else', async () => {
    const seen = await app.page.evaluate(async () => {
      const bridge = window.callcast as unknown as {
        invoke(channel: string, ...args: unknown[]): Promise<unknown>;
        on(channel: string, listener: () => void): unknown;
      };
      let refused = '';
      try {
        bridge.on('anything', () => {});
      } catch (error) {
        refused = String(error);
      }
      return {
        members: Object.keys(bridge).sort(),
        refused,
        invoked: await bridge.invoke('ELECTRON_BROWSER_QUERY').catch((error: unknown) => String(error)),
        writable: Reflect.set(window, 'callcast', null) && window.callcast === null,
      };
    });
    expect(seen.members).toEqual(['invoke', 'on']);
    expect(seen.refused).toContain('not an event');
    expect(seen.invoked).toContain('not a request');
    expect(seen.writable).toBe(false);
  });

  it('serves the page from app:// with a strict content security policy', async () => {
    const { origin, secure, policy } = await app.page.evaluate(async () => ({
      origin: location.origin,
      secure: isSecureContext,
      policy: (await fetch('/')).headers.get('content-security-policy') ?? '',
    }));
    expect(origin).toBe('app://callcast');
    expect(secure).toBe(true);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toMatch(/connect-src 'self' wss:\/\/localhost:\d+ https:\/\/localhost:\d+;/);
    expect(policy).not.toMatch(/unsafe|\*/);
  });

  it('enforces the policy: no inline script, no eval, no frames, no foreign requests', async () => {
    const tried = await app.page.evaluate(async (foreign) => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.head.append(script);
      const frame = document.createElement('iframe');
      frame.src = foreign;
      document.body.append(frame);
      await new Promise((resolve) => (frame.onload = resolve));
      let framed = 'blocked';
      try {
        framed = frame.contentWindow?.location.href ?? 'blocked';
      } catch {
        // A frame that failed to load has an origin of its own, too.
      }
      frame.remove();
      let evaluated = true;
      try {
        (0, eval)('1');
      } catch {
        evaluated = false;
      }
      const fetched = await fetch(foreign).then(
        () => true,
        () => false,
      );
      return { inline: 'inlineRan' in window, evaluated, fetched, framed };
    }, strangerUrl);
    expect(tried).toEqual({ inline: false, evaluated: false, fetched: false, framed: 'blocked' });
  });

  it('serves nothing but the built files', async () => {
    const statuses = await app.page.evaluate(async () => {
      const paths = [
        '/../main/main.cjs',
        '/%2e%2e/main/main.cjs',
        '/..%2fmain%2fmain.cjs',
        '/%00',
        '/package.json',
        '/.built',
      ];
      return Promise.all(paths.map(async (path) => (await fetch(path)).status));
    });
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404]);
  });

  it("grants camera and microphone to the app's own page", async () => {
    const kinds = await app.page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const tracks = stream.getTracks();
      for (const track of tracks) track.stop();
      return tracks.map((track) => track.kind).sort();
    });
    expect(kinds).toEqual(['audio', 'video']);
  });

  it('denies it every permission that a softphone does not need', async () => {
    const states = await app.page.evaluate(async () => {
      const geolocation = await new Promise((resolve) => {
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          (error) => resolve(error.code === error.PERMISSION_DENIED ? 'denied' : error.message),
        );
      });
      const midi = await navigator.requestMIDIAccess().then(
        () => 'granted',
        () => 'denied',
      );
      return { geolocation, midi, notifications: await Notification.requestPermission() };
    });
    expect(states).toEqual({ geolocation: 'denied', midi: 'denied', notifications: 'denied' });
  });

  it('denies pages of other origins camera and microphone', async () => {
    const answer = await asStranger<string>(
      `navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then(() => 'granted', (error) => error.name)`,
    );
    expect(answer).toBe('NotAllowedError');
  });

  it('stays where it is', async () => {
    await app.page.evaluate((url) => {
      const link = document.createElement('a');
      link.href = url;
      document.body.append(link);
      link.click();
      link.remove();
      location.assign(url);
    }, strangerUrl);
    // A navigation would have begun before the next task of the page ends.
    await app.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    expect(new URL(app.page.url()).protocol).toBe('app:');
    expect(await app.page.locator('#root > *').count()).toBeGreaterThan(0);
  });

  it('opens no windows, and https links outside only when the user agrees', async () => {
    await app.electron.evaluate(({ dialog, shell }) => {
      const log = ((globalThis as unknown as { links: unknown }).links = {
        asked: [] as string[],
        opened: [] as string[],
      });
      let answer = 1;
      dialog.showMessageBox = ((options: { detail: string }) => {
        log.asked.push(options.detail);
        answer = 1 - answer; // agrees first, declines then
        return Promise.resolve({ response: answer, checkboxChecked: false });
      }) as never;
      shell.openExternal = (url: string) => {
        log.opened.push(url);
        return Promise.resolve();
      };
    });
    const links = () =>
      app.electron.evaluate(
        () => (globalThis as unknown as { links: { asked: string[]; opened: string[] } }).links,
      );
    const open = (url: string) => app.page.evaluate((url) => window.open(url) === null, url);

    for (const url of [
      'http://example.org/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'smb://host/share',
      'app://callcast/',
    ]) {
      expect(await open(url), url).toBe(true);
    }
    expect(await links()).toEqual({ asked: [], opened: [] });
    expect(await open('https://example.org/yes')).toBe(true);
    await until(async () => ((await links()).opened.length === 1 ? undefined : 'the link was not opened'));
    expect(await open('https://example.org/no')).toBe(true);
    await until(async () => ((await links()).asked.length === 2 ? undefined : 'the user was not asked'));
    expect(await links()).toEqual({
      asked: ['https://example.org/yes', 'https://example.org/no'],
      opened: ['https://example.org/yes'],
    });
    expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  it('attaches no webviews', async () => {
    const attached = await app.page.evaluate(() => {
      const view = document.createElement('webview');
      document.body.append(view);
      const inert = !('getWebContentsId' in view);
      view.remove();
      return !inert;
    });
    expect(attached).toBe(false);
  });

  it('answers no request of a page of another origin, even with our preload', async () => {
    const answer = await asStranger<unknown>(`window.callcast.invoke('window:theme', 'dark')`);
    expect(answer).toMatchObject({ ok: false, failure: { code: 'forbidden-origin' } });
  });

  it('answers no request of the wrong shape or size', async () => {
    const answers = await app.page.evaluate(async (size) => {
      const bridge = window.callcast as unknown as { invoke(...args: unknown[]): Promise<unknown> };
      return [
        await bridge.invoke('window:theme', 'pink'),
        await bridge.invoke('app:info', 1),
        await bridge.invoke('window:theme', 'x'.repeat(size)),
      ];
    }, MAX_IPC_SIZE);
    expect(answers).toMatchObject([
      { failure: { code: 'bad-message' } },
      { failure: { code: 'bad-message' } },
      { failure: { code: 'too-large' } },
    ]);
  });

  it("trusts the hub's own certificate and no other one", async () => {
    const impostor = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const server = createTlsServer({ cert: impostor.cert, key: impostor.private }, (_request, response) =>
      response.end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hub = await app.page.evaluate(async () => {
      const state = await window.callcast?.invoke('hub:get');
      return state?.ok && state.value.at === 'ready' ? state.value.url.replace(/^wss/, 'https') : '';
    });
    const visit = (url: string) =>
      app.electron.evaluate(
        ({ session }, url) =>
          session.defaultSession.fetch(url).then(
            (response) => String(response.status),
            (error: unknown) => String(error),
          ),
        url,
      );
    try {
      expect(await visit(`${hub}/`)).toBe('200');
      // The same certificate under a name that is not the hub's for this app.
      expect(await visit(`${hub.replace('localhost', '127.0.0.1')}/`)).toContain('ERR_CERT');
      // The hub's own name with another certificate: refused by the pin, whoever signed it.
      expect(await visit(`https://localhost:${(server.address() as AddressInfo).port}/`)).toContain(
        'ERR_FAILED',
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
