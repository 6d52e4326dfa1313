/**
 * The real app in a real Electron, driven by Playwright. Where there is no Electron (or no display), `electronObstacle()`
 * says why, and the tests that need it count as skipped under that name.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { installedElectron } from '../../build/electron-binary.mjs';
import { build } from '../../build/build.mjs';
import { root } from '../../build/layout.mjs';
import { isAlive, processFamily, untilGone } from './processes';
import { until } from './until';

export function electronObstacle(): string | undefined {
  if (installedElectron() === null)
    return "Electron's program is not on this machine (ELECTRON_OVERRIDE_DIST_PATH)";
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return 'no display (run under xvfb-run)';
  }
  return undefined;
}

export interface AppOptions {
  /** Callcast's own options, such as `--ws_uri=…`. */
  readonly args?: readonly string[];
  /** True: the hub listens where it does for users. Any free port otherwise, so that tests do not meet. */
  readonly usualAddress?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Kept by the caller, to start twice with the same; a temporary folder of its own otherwise. */
  readonly userDataDir?: string;
  /** Y4M or MJPEG file shown by the fake camera instead of Chromium's test pattern. */
  readonly camera?: string;
  /** False: no camera and no microphone at all. */
  readonly devices?: boolean;
  /** False: permission prompts reach the app's own handler, as in a real run. True grants the fake devices at once. */
  readonly fakeUi?: boolean;
  /** An installed app instead of the sources. */
  readonly executable?: string;
}

export interface RunningApp {
  readonly electron: ElectronApplication;
  readonly page: Page;
  readonly pid: number;
  readonly userDataDir: string;
  /** What the main process wrote. */
  output(): string;
  /** Quits as a user does, and waits until nothing of it is left. */
  close(): Promise<void>;
}

export async function launchApp(options: AppOptions = {}): Promise<RunningApp> {
  const { devices = true, fakeUi = true, args = [] } = options;
  if (!options.executable) await build();
  const own = options.userDataDir === undefined;
  const userDataDir = options.userDataDir ?? (await mkdtemp(path.join(tmpdir(), 'callcast-app-')));
  const callcast =
    options.usualAddress === true || args.some((arg) => arg.startsWith('--as_uri'))
      ? args
      : ['--as_uri=https://localhost:0/', ...args];
  const executablePath = options.executable ?? installedElectron();
  if (executablePath === null) throw new Error('no Electron');
  const electron = await _electron.launch({
    executablePath,
    cwd: root,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...(devices ? ['--use-fake-device-for-media-stream=fps=30'] : []),
      ...(options.camera ? [`--use-file-for-fake-video-capture=${options.camera}`] : []),
      ...(fakeUi ? ['--use-fake-ui-for-media-stream'] : []),
      ...(options.executable ? [] : [root]),
      ...callcast,
      `--user-data-dir=${userDataDir}`,
    ],
    env: { ...environment(), ...options.env },
  });
  const child = electron.process();
  const pid = child.pid ?? 0;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-100_000);
    });
  }
  const page = await electron.firstWindow();
  await page.waitForLoadState();
  return {
    electron,
    page,
    pid,
    userDataDir,
    output: () => output,
    async close() {
      const family = processFamily(pid);
      try {
        // Where it asks whether to quit during a session, the answer is yes.
        await electron
          .evaluate(({ dialog }) => {
            dialog.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false });
          })
          .catch(() => undefined);
        await electron.close();
        await untilGone(family);
      } finally {
        for (const left of family.filter(isAlive)) process.kill(left, 'SIGKILL');
      }
      if (own) await rm(userDataDir, { recursive: true, force: true });
    },
  };
}

/** The address of the app's own hub with a slash at its end, once its media server answers. */
export async function hubUrl({ page }: RunningApp): Promise<string> {
  let url = '';
  await until(async () => {
    const state = await page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!state?.ok || state.value.at !== 'ready' || state.value.mediaServer !== 'ready') return state;
    url = state.value.url.replace(/^ws/, 'http');
    return undefined;
  });
  return `${url}/`;
}

/** As the system does when somebody follows a link: a second start with the link as an argument. */
export async function followLink(userDataDir: string, ...links: readonly string[]): Promise<void> {
  const second = spawn(
    installedElectron() ?? '',
    [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, `--user-data-dir=${userDataDir}`, ...links],
    { stdio: 'ignore' },
  );
  const [code] = (await once(second, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the second start ended with ${code}`);
}

/** What is known to disturb Electron stays out. */
function environment(): Record<string, string> {
  const env = { ...process.env };
  delete env['ELECTRON_RUN_AS_NODE'];
  delete env['NODE_OPTIONS'];
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
