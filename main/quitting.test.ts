import { describe, expect, it, vi } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { Quitting } from './quitting';

const running = (kind: 'call' | 'present' | 'room' | 'mirror' | 'watch'): SessionState => ({
  at: 'running',
  kind,
  peer: null,
  since: 1,
  muted: null,
});

function setUp(state: SessionState) {
  const now = { state };
  const answers: ((yes: boolean) => void)[] = [];
  const ask = vi.fn(() => new Promise<boolean>((resolve) => answers.push(resolve)));
  const onQuitting = vi.fn();
  /** What Electron does: a quit that is not prevented ends the app. */
  let ended = false;
  const quit = (): void => {
    let prevented = false;
    quitting.beforeQuit({ preventDefault: () => (prevented = true) });
    ended ||= !prevented;
  };
  const quitting = new Quitting({ state: () => now.state, ask, quit, onQuitting });
  const answer = async (yes: boolean): Promise<void> => {
    answers.shift()?.(yes);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { now, quitting, quit, ask, answer, onQuitting, ended: () => ended };
}

describe('quitting', () => {
  it.each<SessionState>([
    { at: 'idle' },
    { at: 'ringing', peer: 'Ana', silent: false },
    running('mirror'),
    running('watch'),
  ])('happens at once while nobody is cut off: %o', (state) => {
    const { quit, ask, ended, onQuitting } = setUp(state);
    quit();
    expect([ended(), ask.mock.calls.length, onQuitting.mock.calls.length]).toEqual([true, 0, 1]);
  });

  it.each(['call', 'present', 'room'] as const)('asks during a %s, and stays when told so', async (kind) => {
    const { quit, ask, answer, ended, onQuitting } = setUp(running(kind));
    quit();
    quit();
    expect(ask).toHaveBeenCalledTimes(1);
    await answer(false);
    expect([ended(), onQuitting.mock.calls.length]).toEqual([false, 0]);
    quit();
    expect(ask).toHaveBeenCalledTimes(2);
    await answer(true);
    expect([ended(), ask.mock.calls.length, onQuitting.mock.calls.length]).toEqual([true, 2, 1]);
  });

  it('does not ask when it is decided already', () => {
    const { quitting, quit, ask, ended } = setUp(running('call'));
    quitting.decide();
    quit();
    expect([ended(), ask.mock.calls.length]).toEqual([true, 0]);
  });
});
