import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { endTidily } from './ending';

function setUp() {
  let becomeReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  let closeNow = (): void => undefined;
  const closed = new Promise<void>((resolve) => (closeNow = resolve));
  const app = Object.assign(new EventEmitter(), { whenReady: () => ready, exit: vi.fn() });
  const signals = new EventEmitter();
  const quitNow = vi.fn();
  endTidily(app, signals, { close: () => closed, quitNow });
  return { app, signals, quitNow, ready, becomeReady, closed, closeNow };
}

it('listens to signals once the app is ready: what listens earlier is replaced by Electron', async () => {
  const { signals, quitNow, ready, becomeReady } = setUp();
  expect(signals.eventNames()).toEqual([]);
  becomeReady();
  await ready;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) signals.emit(signal);
  expect(quitNow).toHaveBeenCalledTimes(3);
});

it('exits when everything is closed, not before', async () => {
  const { app, closed, closeNow } = setUp();
  const preventDefault = vi.fn();
  app.emit('will-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledTimes(1);
  await Promise.resolve();
  expect(app.exit).not.toHaveBeenCalled();
  closeNow();
  await closed;
  await vi.waitFor(() => {
    expect(app.exit).toHaveBeenCalledTimes(1);
  });
});
