/**
 * Finds Electron's program, or has the `electron` package fetch it (it comes without; the first start downloads some
 * 110 MB). A download that gets nothing for a while is given up: a start must not hang behind a firewall.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** No byte for this long: the line is dead, or something swallows it. */
const STALLED_MS = 20_000;
const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** Electron's program, if it is on this machine. @returns {string | null} */
export function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const program = override ? path.join(override, programName()) : path.join(folder, 'dist', programName());
  if (!existsSync(program)) return null;
  // Half an extraction has no path.txt yet.
  return override || existsSync(path.join(folder, 'path.txt')) ? program : null;
}

function programName() {
  const named = path.join(folder, 'path.txt');
  if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && existsSync(named)) return readFileSync(named, 'utf8');
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

/**
 * @param {(megabytes: number) => void} onProgress
 * @returns {Promise<string>} Electron's program
 * @throws {Error} whose message is one line for the user
 */
export async function downloadElectron(onProgress) {
  // The package downloads into the temporary folder; one of our own shows how far it is.
  const temporary = mkdtempSync(path.join(tmpdir(), 'callcast-electron-'));
  try {
    await install(temporary, onProgress);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const program = installedElectron();
  if (!program) throw new Error('the download brought no program for this computer');
  return program;
}

/** @param {string} temporary @param {(megabytes: number) => void} onProgress @returns {Promise<void>} */
function install(temporary, onProgress) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    const child = spawn(process.execPath, [path.join(folder, 'install.js')], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (complaint.length < 10_000) complaint += text;
    });
    let size = 0;
    let since = Date.now();
    const timer = setInterval(() => {
      const now = bytesIn(temporary) + bytesIn(path.join(folder, 'dist'));
      if (now !== size) {
        size = now;
        since = Date.now();
        onProgress(Math.round(size / 1_000_000));
      } else if (Date.now() - since > STALLED_MS) {
        fail(`nothing arrived for ${STALLED_MS / 1000} s`);
      }
    }, 500);
    const onExit = () => child.kill('SIGKILL');
    process.once('exit', onExit);
    const settle = () => {
      clearInterval(timer);
      process.off('exit', onExit);
    };
    /** @param {string} reason */
    const fail = (reason) => {
      settle();
      child.kill('SIGKILL');
      reject(new Error(reason));
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => {
      if (code !== 0) return fail(firstLine(complaint) ?? `the installer ended with code ${code}`);
      settle();
      resolve();
    });
  });
}

/** @param {string} text */
function firstLine(text) {
  const lines = text.split('\n').map((line) => line.trim());
  return (lines.find((line) => /error/i.test(line)) ?? lines.find(Boolean))?.slice(0, 200);
}

/** @param {string} directory @returns {number} */
function bytesIn(directory) {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
      return entry.isFile() ? sum + statSync(path.join(entry.parentPath, entry.name)).size : sum;
    }, 0);
  } catch {
    return 0;
  }
}
