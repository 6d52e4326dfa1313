/**
 * The app as it is installed: packaged, started as a user's desktop would, driven through Chromium's own debugging port
 * (Electron's is closed by the fuses). The mirror has to run with the native modules outside the archive.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../build/layout.mjs';
import { electronObstacle } from '../support/electron';
import { processFamily, untilGone } from '../support/processes';
import { untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle = process.platform === 'linux' ? electronObstacle() : 'tried on Linux only';
/** What came out of an installer, to be tried in place of a fresh package: the folder with the program in it. */
const unpacked = process.env['CALLCAST_PACKAGED'];
const folder = unpacked ?? path.join(root, 'out/linux-unpacked');
const executable = path.join(folder, 'callcast');

describe.skipIf(obstacle)(`the packaged app${obstacle ? ` (${obstacle})` : ''}`, () => {
  let userDataDir: string;
  let app: ChildProcess;
  let output = '';
  let browser: Browser;
  let page: Page;

  async function makePackage(): Promise<void> {
    const packaging = spawn(process.execPath, [path.join(root, 'build/package.mjs'), '--dir'], {
      cwd: root,
      stdio: 'pipe',
    });
    let said = '';
    for (const stream of [packaging.stdout, packaging.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    const [code] = (await once(packaging, 'close')) as [number | null];
    if (code !== 0) throw new Error(`packaging failed: ${said}`);
  }

  beforeAll(async () => {
    if (unpacked === undefined) await makePackage();

    userDataDir = await mkdtemp(path.join(tmpdir(), 'callcast-packaged-'));
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    app = spawn(
      executable,
      [
        ...sandbox,
        '--remote-debugging-port=0',
        '--use-fake-device-for-media-stream=fps=30',
        '--use-fake-ui-for-media-stream',
        '--as_uri=https://localhost:0/',
        `--user-data-dir=${userDataDir}`,
      ],
      // Switched off by the fuses: must not turn the app into a Node, nor load a script into it.
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--require /nowhere' },
      },
    );
    for (const stream of [app.stdout, app.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
    }
    const endpoint = () => /DevTools listening on (ws:\S+)/.exec(output)?.[1];
    await until(
      () => (endpoint() === undefined ? `no debugging port; the app said: ${output}` : undefined),
      30_000,
    );
    browser = await chromium.connectOverCDP(endpoint() ?? '');
    await until(() => (browser.contexts()[0]?.pages().length ? undefined : 'no window'));
    page = browser.contexts()[0]?.pages()[0] as Page;
    await page.waitForLoadState();
  });
  afterAll(async () => {
    const family = app?.pid === undefined ? [] : processFamily(app.pid);
    await browser?.close();
    app?.kill('SIGTERM');
    await untilGone(family);
    if (userDataDir) await rm(userDataDir, { recursive: true, force: true });
  });

  it('has every fuse set', async () => {
    const wire = await getCurrentFuseWire(executable);
    const expected: Record<FuseV1Options, boolean> = {
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: false,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    };
    for (const [fuse, on] of Object.entries(expected)) {
      // In the program a fuse is the character 0 or 1.
      expect(wire[Number(fuse) as FuseV1Options], FuseV1Options[Number(fuse)]).toBe(
        (on ? '1' : '0').charCodeAt(0),
      );
    }
  });

  it('carries its bundles and its native modules, and nothing else of node_modules', () => {
    const outside = path.join(folder, 'resources/app.asar.unpacked');
    expect(existsSync(path.join(outside, 'dist/media-server/cli.cjs'))).toBe(true);
    expect(readdirSync(path.join(outside, 'node_modules'))).toEqual(['@koromix', '@napi-rs', 'koffi']);
    const natives = readdirSync(path.join(outside, 'node_modules'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => file.endsWith('.node'));
    // Those of this system and no other's.
    expect(natives).toHaveLength(3);
    for (const file of natives) expect(file).toContain(`-${process.platform}-${process.arch}`);
    expect(existsSync(path.join(folder, 'resources/default_app.asar'))).toBe(false);
  });

  it('opens its window from app://, without Node', async () => {
    expect(new URL(page.url()).host).toBe('callcast');
    expect(await page.evaluate(() => ['require', 'process'].filter((name) => name in window))).toEqual([]);
  });

  it('runs the mirror on the embedded media server', async () => {
    await page.evaluate(() => (location.hash = '#/mirror'));
    const start = page.getByRole('button', { name: 'Start the mirror' });
    await start.waitFor();
    await untilMoving(page.locator('video').first());
    await start.click();
    await untilMoving(page.locator('video[aria-label="You, as it comes back"]'));
  });
});
