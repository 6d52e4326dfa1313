import { expect, it, vi } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { desktopTextsFor } from './desktop-texts';
import { Notifier, type NotificationText, type SystemNotification } from './notifications';

class FakeNotification implements SystemNotification {
  readonly text: NotificationText;
  readonly listeners = new Map<string, (event: unknown, index: number) => void>();
  showing = false;
  constructor(text: NotificationText) {
    this.text = text;
  }
  on(event: string, listener: (event: unknown, index: number) => void) {
    this.listeners.set(event, listener);
  }
  show() {
    this.showing = true;
  }
  close() {
    this.showing = false;
  }
}

const idle: SessionState = { at: 'idle' };
const ringing = (peer = 'Ana', silent = false): SessionState => ({ at: 'ringing', peer, silent });

function setUp({ wanted = true, seen = false, supported = true } = {}) {
  const opened: FakeNotification[] = [];
  const [flash, onCommand, onShow] = [vi.fn(), vi.fn(), vi.fn()];
  const notifier = new Notifier({
    open: (text) => {
      if (!supported) return null;
      const notification = new FakeNotification(text);
      opened.push(notification);
      return notification;
    },
    texts: () => desktopTextsFor('en').notification,
    wanted: () => wanted,
    seen: () => seen,
    flash,
    onCommand,
    onShow,
  });
  return { notifier, opened, flash, onCommand, onShow };
}

it('tells of a call that nobody sees, with its two answers', () => {
  const { notifier, opened, flash, onCommand, onShow } = setUp();
  notifier.follow(ringing(), idle);
  expect(flash).toHaveBeenCalledWith(true);
  expect(opened[0]?.showing).toBe(true);
  expect(opened[0]?.text).toMatchObject({ title: 'Ana is calling', actions: ['Accept', 'Decline'] });
  opened[0]?.listeners.get('action')?.({}, 1);
  expect(onCommand).toHaveBeenLastCalledWith('decline');
  expect(onShow).not.toHaveBeenCalled();
  opened[0]?.listeners.get('action')?.({}, 0);
  expect(onCommand).toHaveBeenLastCalledWith('accept');
  expect(onShow).toHaveBeenCalledTimes(1);
  opened[0]?.listeners.get('action')?.({}, 7);
  expect(onCommand).toHaveBeenCalledTimes(2);
});

it('goes away with the ringing, and is deaf from then on', () => {
  const { notifier, opened, flash, onCommand } = setUp();
  notifier.follow(ringing(), idle);
  notifier.follow(idle, ringing());
  expect(opened[0]?.showing).toBe(false);
  expect(flash).toHaveBeenLastCalledWith(false);
  opened[0]?.listeners.get('action')?.({}, 0);
  expect(onCommand).not.toHaveBeenCalled();
});

it('tells each call once, and the next caller anew', () => {
  const { notifier, opened } = setUp();
  notifier.follow(ringing(), idle);
  notifier.follow(ringing('Ana', true), ringing());
  expect(opened).toHaveLength(1);
  notifier.follow(ringing('Ben'), ringing());
  expect(opened.map((each) => each.showing)).toEqual([false, true]);
});

it('leaves alone who sees the window, wants no notifications, or does not want to be disturbed', () => {
  const seen = setUp({ seen: true });
  seen.notifier.follow(ringing(), idle);
  expect(seen.opened).toEqual([]);
  expect(seen.flash).not.toHaveBeenCalled();

  const silent = setUp();
  silent.notifier.follow(ringing('Ana', true), idle);
  expect(silent.opened).toEqual([]);
  expect(silent.flash).not.toHaveBeenCalled();

  const unwanted = setUp({ wanted: false });
  unwanted.notifier.follow(ringing(), idle);
  unwanted.notifier.tellItStays();
  expect(unwanted.opened).toEqual([]);
  expect(unwanted.flash).toHaveBeenCalledWith(true);
});

it('flashes where the system has no notifications', () => {
  const { notifier, flash } = setUp({ supported: false });
  notifier.follow(ringing(), idle);
  expect(flash).toHaveBeenCalledWith(true);
});

it('says that a session outlives its window; a click brings it back', () => {
  const { notifier, opened, onShow } = setUp();
  notifier.tellItStays();
  expect(opened[0]?.text.actions).toEqual([]);
  opened[0]?.listeners.get('click')?.({}, 0);
  expect(onShow).toHaveBeenCalledTimes(1);
});
