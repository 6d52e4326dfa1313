import { describe, expect, it, vi } from 'vitest';
import type { SessionCommand, SessionState } from '../protocol/desktop';
import { parseRoute } from './router';
import { endsAt, openSessions, type RunningState } from './sessions';

const running = (kind: RunningState['kind'], peer: string | null = null): RunningState => ({
  at: 'running',
  kind,
  peer,
  since: 1,
  muted: false,
});

function setUp() {
  const reports: SessionState[] = [];
  let command: (command: SessionCommand) => void = () => undefined;
  const sessions = openSessions({
    report: (state) => void reports.push(state),
    onCommand: (listener) => {
      command = listener;
      return () => undefined;
    },
  });
  return { sessions, reported: () => reports.at(-1), command: (which: SessionCommand) => command(which) };
}

describe('sessions', () => {
  it('tell the desktop of the most urgent one, which is also the one that is commanded', () => {
    const { sessions, reported, command } = setUp();
    const [present, call, ring] = [sessions.open(), sessions.open(), sessions.open()];
    const stopped = vi.fn();
    const hungUp = vi.fn();
    call.set(running('call', 'Ben'), { 'hang-up': hungUp });
    present.set(running('present'), { 'hang-up': stopped });
    expect(reported()).toMatchObject({ kind: 'call' });
    command('hang-up');
    expect([hungUp.mock.calls.length, stopped.mock.calls.length]).toEqual([1, 0]);
    ring.set({ at: 'ringing', peer: 'Cleo', silent: false }, {});
    expect(reported()).toMatchObject({ at: 'ringing' });
    ring.close();
    call.close();
    expect(reported()).toMatchObject({ kind: 'present' });
    present.close();
    present.close();
    expect(reported()).toEqual({ at: 'idle' });
  });

  it('change only when something about them does, and end as their own button ends them', () => {
    const { sessions } = setUp();
    const slot = sessions.open();
    const end = vi.fn();
    const heard = vi.fn();
    sessions.running.subscribe(heard);
    slot.set(running('room', 'attic'), {});
    slot.set(running('room', 'attic'), { 'hang-up': end });
    expect(heard).toHaveBeenCalledTimes(1);
    const [room] = sessions.running.get();
    if (room !== undefined) sessions.end(room);
    expect(end).toHaveBeenCalledTimes(1);
  });
});

describe('beginning something', () => {
  it('needs no word without a call', () => {
    const { sessions } = setUp();
    const start = vi.fn();
    // Somebody who watches goes on air; the one has nothing to do with the other.
    sessions.open().set(running('watch', 'news'), {});
    sessions.open().set({ at: 'ringing', peer: 'Ben', silent: false }, {});
    sessions.begin('present', start);
    expect(start).toHaveBeenCalledTimes(1);
    expect(sessions.beginning.get()).toBeNull();
  });

  it('asks during a call: it ends first, and then the other thing starts', () => {
    const { sessions } = setUp();
    const order: string[] = [];
    const call = sessions.open();
    call.set(running('call', 'Ben'), {
      'hang-up': () => {
        order.push('call over');
        call.close();
      },
    });
    sessions.begin('room', () => order.push('entered'));
    expect(sessions.beginning.get()).toMatchObject({ kind: 'room', peer: 'Ben' });
    expect(order).toEqual([]);
    sessions.decide(true);
    expect(order).toEqual(['call over', 'entered']);
    expect(sessions.beginning.get()).toBeNull();
    // The word counts once.
    sessions.decide(true);
    expect(order).toHaveLength(2);
  });

  it('leaves everything as it is when the user stays in the call', () => {
    const { sessions } = setUp();
    const [hungUp, start] = [vi.fn(), vi.fn()];
    sessions.open().set(running('call', 'Ben'), { 'hang-up': hungUp });
    sessions.begin('mirror', start);
    sessions.decide(false);
    expect(sessions.beginning.get()).toBeNull();
    expect([hungUp.mock.calls.length, start.mock.calls.length]).toEqual([0, 0]);
  });

  it('is asked no more once the call has ended by itself, and goes on asking while it only changes', () => {
    const { sessions } = setUp();
    const start = vi.fn();
    const call = sessions.open();
    call.set(running('call', 'Ben'), {});
    sessions.begin('present', start);
    call.set({ ...running('call', 'Ben'), muted: true }, {});
    expect(sessions.beginning.get()).not.toBeNull();
    call.set({ at: 'idle' }, {});
    expect(sessions.beginning.get()).toBeNull();
    sessions.decide(true);
    expect(start).not.toHaveBeenCalled();
  });
});

it.each([
  [running('mirror'), '#/mirror', false],
  [running('mirror'), '#/magic', true],
  [running('magic'), '#/', true],
  [running('present', 'news'), '#/broadcast/present', false],
  [running('present', 'news'), '#/broadcast', true],
  [running('present', 'news'), '#/broadcast/watch/news', true],
  [running('room', 'attic'), '#/room/attic', false],
  [running('room', 'attic'), '#/room/cellar', true],
  [running('room', 'attic'), '#/settings', true],
  [running('call', 'Ben'), '#/settings', false],
  [running('watch', 'news'), '#/', false],
])('%o left for %s: ends %s', (state, hash, ends) => {
  expect(endsAt(state, parseRoute(hash))).toBe(ends);
});
