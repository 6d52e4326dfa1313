/**
 * One build at a time: two would write the same files. The lock is a file with the owner's process id, so that what an
 * interrupted build leaves behind is recognized.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { at } from './layout.mjs';

const lockFile = at('node_modules/.cache/callcast-build.lock');

/**
 * @template T
 * @param {() => Promise<T>} work
 * @param {() => void} onWaiting called once when another build is running
 * @returns {Promise<T>}
 */
export async function withBuildLock(work, onWaiting) {
  let told = false;
  while (!take()) {
    if (!told) onWaiting();
    told = true;
    await delay(200);
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take() {
  try {
    const file = openSync(lockFile, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if (!ownerIsAlive()) rmSync(lockFile, { force: true });
    return false;
  }
}

function ownerIsAlive() {
  try {
    const owner = Number(readFileSync(lockFile, 'utf8'));
    if (!Number.isInteger(owner) || owner <= 0) return false;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
