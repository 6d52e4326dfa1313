/**
 * `npm test [-- vitest's options]`: builds what the end-to-end tests run, then runs all tests. On a Linux without a display
 * it borrows a virtual one (xvfb-run), so that the app's tests run in a terminal and in CI alike.
 */
import { spawnSync } from 'node:child_process';
import { build, BuildFailed } from './build.mjs';
import { at } from './layout.mjs';
import { exitCode, run } from './processes.mjs';

try {
  await build();
} catch (error) {
  // The tests that need the build try again, fail and say why; the others still have something to tell.
  if (!(error instanceof BuildFailed)) throw error;
}
const vitest = [
  process.execPath,
  at('node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  `--reporter=${at('test/report/summary.ts')}`,
  ...process.argv.slice(2),
];
const [command = '', ...args] = [...virtualDisplay(), ...vitest];
process.exitCode = exitCode(await run(command, args));

/** @returns {string[]} what to put in front of a command that opens windows */
function virtualDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return [];
  if (spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).error) return [];
  return ['xvfb-run', '-a', '-s', '-screen 0 1920x1200x24'];
}
