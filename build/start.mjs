/**
 * `npm start`: builds, then opens the app. Where Electron cannot run, says why in one line and serves the same app to the
 * browser instead. Options after `--` go to whichever of the two it becomes (`npm start -- --as_uri=https://0.0.0.0:8443/`);
 * `--dev` builds for development and again on every change.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build, BuildFailed, watch } from './build.mjs';
import { downloadElectron, installedElectron } from './electron-binary.mjs';
import { dist, root } from './layout.mjs';
import { exitCode, run } from './processes.mjs';

/** An Electron that ends with an error within this time did not get as far as a window. */
const EARLY_MS = 10_000;

/** Why there can be no window; the message continues "No app window: …". */
class NoWindow extends Error {}

const development = process.argv.includes('--dev');
const options = process.argv.slice(2).filter((option) => option !== '--dev');
/** Linux has no sandbox for root: it is this or no window, and the user is told. */
const withoutSandbox =
  process.platform === 'linux' && process.getuid?.() === 0 && !options.includes('--no-sandbox');

/** @returns {Promise<number>} the exit code */
async function start() {
  const obstacle = windowObstacle();
  // The first start fetches Electron while webpack works.
  const electron = obstacle ? Promise.reject(new NoWindow(obstacle)) : findElectron();
  electron.catch(() => {});
  try {
    if (development) await watch({ onBuilt: restart });
    else await build();
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    return 1;
  }
  try {
    return await openApp(await electron);
  } catch (error) {
    if (!(error instanceof NoWindow)) throw error;
    process.stderr.write(`No app window: ${error.message}. Serving Callcast to your browser instead.\n`);
    return serveBrowser();
  }
}

/** What is known to keep a window from opening, before trying. @returns {string | null} */
function windowObstacle() {
  if (process.platform !== 'linux') return null;
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'this computer has no display (DISPLAY is not set)';
  return null;
}

/** @returns {Promise<string>} */
async function findElectron() {
  const installed = installedElectron();
  if (installed) return installed;
  process.stderr.write('Fetching Electron (about 110 MB, only the first time) …\n');
  let shown = 0;
  return downloadElectron((megabytes) => {
    if (megabytes < shown + 20) return;
    shown = megabytes;
    process.stderr.write(`Fetching Electron: ${megabytes} MB\n`);
  }).catch((error) => {
    throw new NoWindow(`Electron could not be fetched (${error.message})`);
  });
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let app;
let restarting = false;

/** @param {string[]} changed */
function restart(changed) {
  if (!app || !changed.some((name) => name !== 'renderer' && name !== 'web')) return;
  restarting = true;
  app.kill('SIGTERM');
}

/** @param {string} electron */
async function openApp(electron) {
  const env = { ...process.env };
  // Would turn Electron into a plain Node, and some editors' terminals set it.
  delete env.ELECTRON_RUN_AS_NODE;
  if (development) env.CALLCAST_DEVELOPMENT = '1';
  if (withoutSandbox)
    process.stderr.write("Running as root, where Electron's sandbox cannot work: it is off.\n");
  for (;;) {
    const since = performance.now();
    let complaint = '';
    restarting = false;
    const result = await run(electron, [root, ...(withoutSandbox ? ['--no-sandbox'] : []), ...options], {
      env,
      stdio: ['ignore', 'inherit', 'pipe'],
      started: (child) => {
        app = child;
        child.stderr?.setEncoding('utf8').on('data', (text) => {
          process.stderr.write(text);
          complaint = (complaint + text).slice(-4_000);
        });
      },
    }).catch((error) => {
      throw new NoWindow(`Electron's program could not be started (${error.message})`);
    });
    if (restarting) continue;
    // 2 is the app's own answer to options that it cannot accept; it has said what is wrong with them.
    const early = performance.now() - since < EARLY_MS;
    if (early && !result.stopped && result.code !== 0 && result.code !== 2)
      throw new NoWindow(reasonOf(complaint, result));
    return exitCode(result);
  }
}

/** @param {string} complaint @param {{ code: number | null, signal: string | null }} result */
function reasonOf(complaint, { code, signal }) {
  const library = /error while loading shared libraries: (\S+)/.exec(complaint)?.[1]?.replace(/:$/, '');
  if (library) return `Electron needs the system library ${library}`;
  if (/SUID sandbox|No usable sandbox/.test(complaint)) {
    return 'this system does not let Electron use its sandbox (npm start -- --no-sandbox turns it off)';
  }
  if (/Missing X server|cannot open display|ozone_platform/i.test(complaint))
    return 'Electron found no display';
  return `Electron ended at once (${signal ?? `code ${code}`})`;
}

async function serveBrowser() {
  const chromiumOnly = new Set(['--no-sandbox']);
  const result = await run(
    process.execPath,
    [path.join(dist, 'hub/cli.cjs'), ...options.filter((o) => !chromiumOnly.has(o))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      started: (child) => {
        let output = '';
        let opened = false;
        child.stdout?.setEncoding('utf8').on('data', (text) => {
          process.stdout.write(text);
          if (opened) return;
          output = (output + text).slice(-4_000);
          const url = /^hub ready at (\S+)/m.exec(output)?.[1];
          if (!url) return;
          opened = true;
          process.stdout.write(
            `Open ${url} in your browser (it warns about the certificate that this computer made for itself).\n`,
          );
          openBrowser(url);
        });
      },
    },
  );
  return exitCode(result);
}

/** Only where there is a desktop. @param {string} url */
function openBrowser(url) {
  if (process.env.CI) return;
  /** @type {[string, string[]]} */
  let command = ['xdg-open', [url]];
  if (process.platform === 'darwin') command = ['open', [url]];
  else if (process.platform === 'win32') command = ['explorer.exe', [url]];
  else if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn(command[0], command[1], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

// Not left to an empty event loop: with --dev, webpack goes on watching.
process.exit(await start());
