/**
 * Starting other programs so that they never outlive this one: each gets a process group of its own, is told to end when
 * this process is, and is ended with all its children when it does not go in time.
 */
import { spawn, spawnSync } from 'node:child_process';

/** How long a program may take to close sockets and release what it holds on a media server. */
const GRACE_MS = 5_000;
const windows = process.platform === 'win32';
const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program until it ends.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {import('node:child_process').StdioOptions} [options.stdio]
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.started]
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, stopped: boolean }>} `stopped`: we were told to end
 */
export function run(command, args, { env = process.env, stdio = 'inherit', started } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio, detached: !windows, windowsHide: false });
    let stopped = false;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    /** @param {NodeJS.Signals} signal */
    const stop = (signal) => {
      // A second Ctrl-C means: now.
      if (stopped) return endTree(child);
      stopped = true;
      // On Windows the console tells every program in it; elsewhere the child's group hears it from here only.
      if (!windows) signalGroup(child, signal === 'SIGHUP' ? 'SIGTERM' : signal);
      timer = setTimeout(() => endTree(child), GRACE_MS);
    };
    const onExit = () => endTree(child);
    for (const signal of signals) process.on(signal, stop);
    process.on('exit', onExit);
    const settle = () => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, stop);
      process.off('exit', onExit);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      // What the program started and left behind belongs to its group.
      if (!windows) signalGroup(child, 'SIGKILL');
      settle();
      resolve({ code, signal, stopped });
    });
    started?.(child);
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function endTree(child) {
  if (child.pid === undefined) return;
  if (windows) spawnSync('taskkill', ['/PID', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
  else signalGroup(child, 'SIGKILL');
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** The exit code a shell would report. @param {{ code: number | null, stopped: boolean }} result */
export function exitCode({ code, stopped }) {
  return stopped ? 0 : (code ?? 1);
}
