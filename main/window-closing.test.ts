import { expect, it, vi } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { WindowClosing, type ClosableWindow } from './window-closing';

const call: SessionState = { at: 'running', kind: 'call', peer: 'Ana', since: 1, muted: false };
const mirror: SessionState = { at: 'running', kind: 'mirror', peer: null, since: 1, muted: false };

class FakeWindow implements ClosableWindow {
  visible = true;
  closed = false;
  #onClose: (event: { preventDefault(): void }) => void = () => undefined;
  on(_event: 'close', listener: (event: { preventDefault(): void }) => void): void {
    this.#onClose = listener;
  }
  hide(): void {
    this.visible = false;
  }
  close(): void {
    let prevented = false;
    this.#onClose({ preventDefault: () => (prevented = true) });
    this.closed = !prevented;
  }
  isVisible(): boolean {
    return this.visible;
  }
  isDestroyed(): boolean {
    return this.closed;
  }
}

function setUp(state: SessionState, closeToTray = false) {
  const now = { state, closeToTray };
  let due: (() => void) | null = null;
  const [endSession, onStays] = [vi.fn(), vi.fn()];
  const closing = new WindowClosing({
    state: () => now.state,
    closeToTray: () => now.closeToTray,
    after: (_ms, task) => {
      due = task;
      return () => {
        due = null;
      };
    },
    endSession,
    onStays,
  });
  const window = new FakeWindow();
  closing.guard(window);
  const become = (next: SessionState): void => {
    now.state = next;
    closing.follow(next);
  };
  const pass = (): void => due?.();
  return { closing, window, become, pass, endSession, onStays };
}

it('closes when nothing runs', () => {
  const { window } = setUp({ at: 'idle' });
  window.close();
  expect(window.closed).toBe(true);
});

it('hides instead while a call rings or runs, and closes when it is over', () => {
  const { window, become, pass, onStays, endSession } = setUp({ at: 'ringing', peer: 'Ana', silent: false });
  window.close();
  expect([window.closed, window.visible]).toEqual([false, false]);
  expect(onStays).toHaveBeenCalledTimes(1);
  expect(endSession).not.toHaveBeenCalled();
  become({ at: 'idle' });
  become(call);
  pass();
  expect(window.closed).toBe(false);
  become({ at: 'idle' });
  pass();
  expect(window.closed).toBe(true);
});

it('stays when the user has brought it back', () => {
  const { window, become, pass } = setUp(call);
  window.close();
  window.visible = true;
  become({ at: 'idle' });
  pass();
  expect(window.closed).toBe(false);
});

it('lets a mirror end with its window', () => {
  const plain = setUp(mirror);
  plain.window.close();
  expect(plain.window.closed).toBe(true);

  const toTray = setUp(mirror, true);
  toTray.window.close();
  expect([toTray.window.closed, toTray.window.visible]).toEqual([false, false]);
  expect(toTray.endSession).toHaveBeenCalledTimes(1);
  expect(toTray.onStays).not.toHaveBeenCalled();
  toTray.become({ at: 'idle' });
  toTray.pass();
  expect(toTray.window.closed).toBe(false);
});

it('never keeps who wants to quit', () => {
  const { closing, window } = setUp(call, true);
  closing.quitting();
  window.close();
  expect(window.closed).toBe(true);
});
