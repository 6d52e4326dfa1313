import { expect, it, vi } from 'vitest';
import { silentLogger } from '../protocol/log';
import { followUpdates, type Updater, type UpdatesOptions } from './updates';

function setUp(overrides: Partial<UpdatesOptions> = {}) {
  const listeners = new Map<string, (value: never) => void>();
  const checkForUpdates = vi.fn(() => Promise.resolve());
  const quitAndInstall = vi.fn();
  const updater: Updater = {
    autoDownload: false,
    autoInstallOnAppQuit: false,
    allowDowngrade: true,
    logger: console,
    on: (event: string, listener: (value: never) => void) => listeners.set(event, listener),
    checkForUpdates,
    quitAndInstall,
  };
  const load = vi.fn(() => Promise.resolve(updater));
  let tick: (() => void) | null = null;
  const warn = vi.fn();
  const told: string[] = [];
  const updates = followUpdates({
    load,
    configured: true,
    wanted: () => true,
    busy: () => false,
    every: (_ms, task) => {
      tick = task;
      return () => (tick = null);
    },
    onReady: (version) => told.push(`ready ${version}`),
    onInstall: () => told.push('install'),
    logger: { ...silentLogger, warn },
    ...overrides,
  });
  const pass = async (minutes = 1): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) tick?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    updater,
    quitAndInstall,
    load,
    checkForUpdates,
    listeners,
    warn,
    pass,
    updates,
    told,
    ticking: () => tick !== null,
  };
}

it('is nothing at all without an update server', async () => {
  const { load, pass, ticking, updates } = setUp({ configured: false });
  expect(ticking()).toBe(false);
  await pass(10);
  expect([updates.ready(), updates.install()]).toEqual([null, false]);
  expect(load).not.toHaveBeenCalled();
});

it('looks after the start and twice a day', async () => {
  const { checkForUpdates, updater, pass, updates, ticking } = setUp();
  await pass();
  expect(checkForUpdates).toHaveBeenCalledTimes(1);
  expect(updater).toMatchObject({ autoDownload: true, autoInstallOnAppQuit: true, allowDowngrade: false });
  await pass(719);
  expect(checkForUpdates).toHaveBeenCalledTimes(1);
  await pass();
  expect(checkForUpdates).toHaveBeenCalledTimes(2);
  updates.end();
  expect(ticking()).toBe(false);
});

it('waits for the end of a session, and for the user to want it', async () => {
  const now = { wanted: false, busy: true };
  const { load, pass } = setUp({ wanted: () => now.wanted, busy: () => now.busy });
  await pass(30);
  now.wanted = true;
  await pass();
  expect(load).not.toHaveBeenCalled();
  now.busy = false;
  await pass();
  expect(load).toHaveBeenCalledTimes(1);
});

it('writes what went wrong into the log, in a line', async () => {
  const { checkForUpdates, listeners, warn, pass } = setUp();
  checkForUpdates.mockRejectedValueOnce(new Error(`no server\n${'x'.repeat(10_000)}`));
  await pass();
  expect(warn).toHaveBeenCalledWith({ reason: 'no server' }, expect.any(String));
  listeners.get('error')?.(new Error('bad signature') as never);
  expect(warn).toHaveBeenCalledWith({ reason: 'bad signature' }, expect.any(String));
});

it('tells of what was fetched, and puts it in place when asked, but never in a session', async () => {
  const now = { busy: false };
  const { listeners, quitAndInstall, updates, told, pass } = setUp({ busy: () => now.busy });
  await pass();
  expect([updates.ready(), updates.install()]).toEqual([null, false]);
  listeners.get('update-downloaded')?.({ version: '2.0.0' } as never);
  expect(updates.ready()).toBe('2.0.0');
  now.busy = true;
  expect(updates.install()).toBe(false);
  expect(quitAndInstall).not.toHaveBeenCalled();
  now.busy = false;
  expect(updates.install()).toBe(true);
  expect(quitAndInstall).toHaveBeenCalledWith(false, true);
  expect(told).toEqual(['ready 2.0.0', 'install']);
});
