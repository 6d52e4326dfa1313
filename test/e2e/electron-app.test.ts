/** The app as a program: what it starts, what it remembers, and that nothing of it stays behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedElectron } from '../../build/electron-binary.mjs';
import { root } from '../../build/layout.mjs';
import { startMediaServer } from '../../media-server/index';
import type { HubState } from '../../protocol/ipc';
import { RawClient } from '../contract/raw-client';
import { electronObstacle, launchApp, type AppOptions, type RunningApp } from '../support/electron';
import { isAlive, processFamily, untilGone } from '../support/processes';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`Electron app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let userDataDir: string;
  let apps: RunningApp[] = [];
  beforeEach(async () => {
    userDataDir = await mkdtemp(path.join(tmpdir(), 'callcast-app-'));
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    apps = [];
    await rm(userDataDir, { recursive: true, force: true });
  });

  async function launch(options: AppOptions = {}): Promise<RunningApp> {
    const app = await launchApp({ userDataDir, ...options });
    apps.push(app);
    return app;
  }

  const hubState = async (app: RunningApp): Promise<HubState> => {
    const result = await app.page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!result?.ok) throw new Error(`no answer: ${JSON.stringify(result)}`);
    return result.value;
  };
  const untilMediaServer = (app: RunningApp, wanted: string, limit?: number): Promise<void> =>
    until(async () => {
      const state = await hubState(app);
      return state.at === 'ready' && state.mediaServer === wanted ? undefined : state;
    }, limit);
  /** The embedded media server's process, by the name that it has in Electron. */
  const mediaServerPid = (app: RunningApp): Promise<number | undefined> =>
    app.electron.evaluate(({ app }) => {
      const metric = app.getAppMetrics().find((each) => each.name === 'Callcast media server');
      return metric?.pid;
    });

  it('opens with its hub and its media server running, and leaves no process behind', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    const family = processFamily(app.pid);
    expect(family).toContain(await mediaServerPid(app));
    await app.close();
    apps = [];
    expect(family.filter(isAlive)).toEqual([]);
    // A second start finds everything as the first left it.
    const again = await launch();
    await untilMediaServer(again, 'ready');
  });

  it('leaves no process behind when it is killed', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    const family = processFamily(app.pid);
    process.kill(app.pid, 'SIGKILL');
    await untilGone(family);
    apps = [];
  });

  it('lets its media server write and read files in the app’s own folder only', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    let url: string | undefined;
    await until(async () => {
      const log = await readFile(path.join(userDataDir, 'logs/callcast.log'), 'utf8').catch(() => '');
      url = /"url":"(ws:[^"]+)"[^\n]*connected to the media server/.exec(log)?.[1];
      return url === undefined && log;
    });
    const kurento = await RawClient.open(url ?? '');
    try {
      const mediaPipeline = await kurento.create('MediaPipeline');
      const record = async (uri: string): Promise<string> => {
        const recorder = await kurento.create('RecorderEndpoint', { mediaPipeline, uri });
        await kurento.subscribe(recorder, 'Error');
        await kurento.invoke(recorder, 'record');
        await kurento.invoke(recorder, 'stopAndWait');
        const error = kurento.events('Error').find(({ object }) => object === recorder);
        return error === undefined ? 'written' : String(error.data['type']);
      };
      expect(await record('mine.webm')).toBe('written');
      expect(await record(`file://${userDataDir}/recordings/mine too.webm`)).toBe('written');
      expect(await record(`file://${userDataDir}/settings.json`)).toBe('INVALID_URI');
      expect(await record(`file://${tmpdir()}/callcast-elsewhere.webm`)).toBe('INVALID_URI');
      const written = await readdir(path.join(userDataDir, 'recordings'));
      expect(written.toSorted()).toEqual(['mine too.webm', 'mine.webm']);
    } finally {
      await kurento.terminate();
    }
  });

  it('closes on SIGTERM as on quitting', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    const family = processFamily(app.pid);
    const exited = once(app.electron.process(), 'exit');
    process.kill(app.pid, 'SIGTERM');
    expect((await exited)[0]).toBe(0);
    await untilGone(family);
    apps = [];
  });

  it('brings the media server back when it dies', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    const first = await mediaServerPid(app);
    expect(first).toBeDefined();
    process.kill(first ?? 0, 'SIGKILL');
    await until(async () => {
      const now = await mediaServerPid(app);
      return now !== undefined && now !== first ? undefined : 'no new media server yet';
    });
    await untilMediaServer(app, 'ready');
  });

  it('loads its page anew when that crashes', async () => {
    const app = await launch();
    await untilMediaServer(app, 'ready');
    const crashed = await app.electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      const pid = contents?.getOSProcessId();
      contents?.forcefullyCrashRenderer();
      return pid;
    });
    // Playwright gives up on a crashed page: the main process says whether a new one is alive.
    await until(async () => {
      const page = await app.electron.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        if (!contents || contents.isCrashed() || contents.isLoading()) return null;
        return { pid: contents.getOSProcessId(), title: contents.getTitle(), url: contents.getURL() };
      });
      return page !== null && page.pid !== 0 && page.pid !== crashed && page.url === 'app://callcast/'
        ? undefined
        : page;
    });
  });

  it('opens without its media server elsewhere, says so, and uses it as soon as it is there', async () => {
    const port = await freePort();
    const app = await launch({ args: [`--ws_uri=ws://127.0.0.1:${port}/kurento`] });
    await untilMediaServer(app, 'unavailable');
    expect(await mediaServerPid(app)).toBeUndefined();
    const server = await startMediaServer({ port });
    try {
      await untilMediaServer(app, 'ready', 15_000);
    } finally {
      await server.close();
    }
    await untilMediaServer(app, 'unavailable');
  });

  it('shows the running window when it is started a second time', async () => {
    const app = await launch();
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const second = spawn(installedElectron() ?? '', secondArguments(userDataDir), { stdio: 'ignore' });
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);
    await until(async () =>
      (
        await app.electron.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows().map((each) => each.isVisible()),
        )
      ).join() === 'true'
        ? undefined
        : 'the window is still hidden',
    );
  });

  it('remembers where its window was, and the theme', async () => {
    const first = await launch();
    const theme = first.page.getByRole('button', { name: /^Theme/ });
    for (
      let clicks = 0;
      clicks < 3 && !(await theme.getAttribute('aria-label'))?.includes('Dark');
      clicks += 1
    )
      await theme.click();
    await until(async () =>
      (await first.electron.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors))
        ? undefined
        : 'not dark yet',
    );
    await first.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 60, y: 40, width: 900, height: 640 });
    });
    await first.close();
    apps = [];
    const second = await launch();
    const seen = await second.electron.evaluate(({ BrowserWindow, nativeTheme }) => ({
      bounds: BrowserWindow.getAllWindows()[0]?.getNormalBounds(),
      background: BrowserWindow.getAllWindows()[0]?.getBackgroundColor().toLowerCase(),
      dark: nativeTheme.shouldUseDarkColors,
    }));
    expect(seen.bounds).toMatchObject({ width: 900, height: 640 });
    expect(seen.dark).toBe(true);
    expect(seen.background).toBe('#111413');
  });

  it('chooses another port when the usual one is taken', async () => {
    const blocker = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      blocker.once('error', () => resolve(true));
      blocker.listen(8443, '127.0.0.1', () => resolve(false));
    });
    try {
      const app = await launch({ usualAddress: true });
      await until(async () => ((await hubState(app)).at === 'ready' ? undefined : await hubState(app)));
      const state = await hubState(app);
      expect(state.at === 'ready' && new URL(state.url).port).not.toBe('8443');
    } finally {
      if (!taken) blocker.close();
    }
  });

  it('refuses options that make no sense, in a sentence', async () => {
    const child = spawn(installedElectron() ?? '', [...secondArguments(userDataDir), '--as_uri=nonsense'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(complaint).toContain('--as_uri=nonsense is no address');
    expect(code).toBe(2);
  });
});

function secondArguments(userDataDir: string): string[] {
  return [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, `--user-data-dir=${userDataDir}`];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
