import { expect, it, vi } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { HANG_UP, MUTE, SessionShortcuts } from './shortcuts';

const call: SessionState = { at: 'running', kind: 'call', peer: 'Ana', since: 1, muted: false };

function setUp(taken: readonly string[] = []) {
  const keys = new Map<string, () => void>();
  const onCommand = vi.fn();
  const shortcuts = new SessionShortcuts(
    {
      register: (key: string, pressed: () => void) => {
        if (taken.includes(key)) return false;
        keys.set(key, pressed);
        return true;
      },
      unregister: (key: string) => void keys.delete(key),
    },
    onCommand,
  );
  return { shortcuts, keys, onCommand };
}

it('holds its keys during a session only', () => {
  const { shortcuts, keys, onCommand } = setUp();
  shortcuts.follow({ at: 'ringing', peer: 'Ana', silent: false });
  expect(keys.size).toBe(0);
  shortcuts.follow(call);
  expect(shortcuts.registered).toEqual({ mute: MUTE, hangUp: HANG_UP });
  keys.get(MUTE)?.();
  keys.get(HANG_UP)?.();
  expect(onCommand.mock.calls).toEqual([['toggle-mute'], ['hang-up']]);
  shortcuts.follow({ at: 'idle' });
  expect(keys.size).toBe(0);
  expect(shortcuts.registered).toEqual({});
});

it('takes no key for a microphone that is not there', () => {
  const { shortcuts } = setUp();
  shortcuts.follow({ ...call, muted: null });
  expect(shortcuts.registered).toEqual({ hangUp: HANG_UP });
});

it('does without a key that another program has', () => {
  const { shortcuts, keys } = setUp([MUTE]);
  shortcuts.follow(call);
  expect(shortcuts.registered).toEqual({ hangUp: HANG_UP });
  shortcuts.close();
  expect(keys.size).toBe(0);
});
