/** `npm start` where there is no window to be had: the browser gets the same app, and Ctrl-C ends everything. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { root } from '../../build/layout.mjs';
import { electronObstacle } from '../support/electron';
import { processFamily, untilGone } from '../support/processes';
import { until } from '../support/until';

describe('npm start', () => {
  let userDataDir: string;
  let child: ChildProcess | undefined;
  let output = '';
  beforeEach(async () => {
    await build();
    userDataDir = await mkdtemp(path.join(tmpdir(), 'callcast-start-'));
    output = '';
  });
  afterEach(async () => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const family = processFamily(child.pid);
      child.kill('SIGTERM');
      await untilGone(family);
    }
    child = undefined;
    await rm(userDataDir, { recursive: true, force: true });
  });

  function start(env: NodeJS.ProcessEnv, ...options: string[]): ChildProcess {
    const args = [
      path.join(root, 'build/start.mjs'),
      '--as_uri=https://localhost:0/',
      `--user-data-dir=${userDataDir}`,
    ];
    const started = spawn(process.execPath, [...args, ...options], {
      cwd: root,
      env: { ...env, CI: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child = started;
    return started;
  }
  const said = (pattern: RegExp): Promise<void> => until(() => !pattern.test(output) && output, 60_000);

  it.skipIf(process.platform !== 'linux')(
    'serves the browser where there is no display, and says why',
    async () => {
      const env = { ...process.env };
      delete env['DISPLAY'];
      delete env['WAYLAND_DISPLAY'];
      const started = start(env);
      await said(/^hub ready at https:\/\/localhost:\d+\//m);
      expect(output).toMatch(
        /^No app window: this computer has no display \(DISPLAY is not set\)\. Serving/m,
      );
      expect(output).toMatch(/^Open https:\/\/localhost:\d+\/ in your browser/m);
      const family = processFamily(started.pid ?? 0);
      expect(family.length).toBeGreaterThan(2);
      started.kill('SIGINT');
      expect((await once(started, 'exit'))[0]).toBe(0);
      await untilGone(family);
    },
  );

  it('serves the browser where Electron cannot run, and says why', async () => {
    const nowhere = {
      ...process.env,
      DISPLAY: ':0',
      ELECTRON_OVERRIDE_DIST_PATH: path.join(userDataDir, 'nothing'),
    };
    start({ ...nowhere, npm_config_offline: 'true', ELECTRON_MIRROR: 'http://127.0.0.1:9/' }, '--no-sandbox');
    await said(/^hub ready at /m);
    expect(output).toMatch(/^No app window: Electron could not be fetched \(.+\)\. Serving/m);
  });

  const obstacle = electronObstacle();
  it.skipIf(obstacle)(
    `opens the app and ends it with Ctrl-C${obstacle ? ` (${obstacle})` : ''}`,
    async () => {
      const started = start(process.env, '--log-level=info');
      await said(/media server ready/);
      if (process.platform === 'linux' && process.getuid?.() === 0) {
        expect(output).toMatch(/^Running as root, where Electron's sandbox cannot work: it is off\.$/m);
      }
      const family = processFamily(started.pid ?? 0);
      expect(family.length).toBeGreaterThan(3);
      started.kill('SIGINT');
      expect((await once(started, 'exit'))[0]).toBe(0);
      await untilGone(family);
    },
  );
});
