/**
 * Cold start of the app: from starting its process to the first painted, operable screen, in milliseconds. Five starts with
 * a folder of data that exists, then five first starts (which make a certificate, too).
 *
 *   xvfb-run -a npx tsx bench/start/run.ts [starts] [--json]
 *
 * Times from a machine that does something else besides say little: the load is printed for that reason.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { build } from '../../build/build.mjs';
import { root } from '../../build/layout.mjs';
import { electronObstacle } from '../../test/support/electron';
import { installedElectron } from '../../build/electron-binary.mjs';
import { until } from '../../test/support/until';

interface Start {
  /** Process start to the page's own beginning. */
  readonly navigation: number;
  /** Process start to the first contentful paint: React renders and listens before anything is painted. */
  readonly interactive: number;
}

async function measure(userDataDir: string): Promise<Start> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const began = Date.now();
  const app = spawn(
    installedElectron() ?? '',
    [
      ...sandbox,
      '--remote-debugging-port=0',
      root,
      '--as_uri=https://localhost:0/',
      `--user-data-dir=${userDataDir}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  app.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const endpoint = () => /DevTools listening on (ws:\S+)/.exec(output)?.[1];
  await until(() => endpoint() === undefined && 'no debugging port', 20_000);
  // Looking at the page while it loads would slow it down: its own clock tells afterwards.
  await until(() => Date.now() - began < 3_000 && 'still starting', 20_000);
  const browser = await chromium.connectOverCDP(endpoint() ?? '');
  try {
    const page = browser.contexts()[0]?.pages()[0];
    if (!page) throw new Error('no window');
    const { origin, paint } = await page.evaluate(() => ({
      origin: performance.timeOrigin,
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
    }));
    return { navigation: origin - began, interactive: origin + paint - began };
  } finally {
    await browser.close();
    app.kill('SIGTERM');
    await once(app, 'exit');
  }
}

const median = (times: number[]) => Math.round(times.sort((a, b) => a - b)[times.length >> 1] ?? NaN);

function report(name: string, starts: readonly Start[]): void {
  console.log(
    `${name.padEnd(12)} page begins ${median(starts.map((each) => each.navigation))} ms, ` +
      `interactive ${median(starts.map((each) => each.interactive))} ms ` +
      `(worst ${Math.round(Math.max(...starts.map((each) => each.interactive)))} ms)`,
  );
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const obstacle = electronObstacle();
if (obstacle !== undefined) {
  console.log(values.json ? JSON.stringify({ obstacle }) : `start: not measured, ${obstacle}`);
} else {
  await build();
  const count = Number(positionals[0] ?? 5);
  const folder = await mkdtemp(path.join(tmpdir(), 'callcast-bench-start-'));
  try {
    const first: Start[] = [];
    for (let run = 0; run < count; run += 1) first.push(await measure(path.join(folder, String(run))));
    const later: Start[] = [];
    for (let run = 0; run < count; run += 1) later.push(await measure(path.join(folder, '0')));
    const interactive = (starts: readonly Start[]) => median(starts.map((each) => each.interactive));
    if (values.json) {
      console.log(JSON.stringify({ firstMs: interactive(first), laterMs: interactive(later) }));
    } else {
      report('first start', first);
      report('later start', later);
      console.log(`load of this machine: ${loadavg()[0]?.toFixed(1)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
