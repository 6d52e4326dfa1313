import { describe, expect, it } from 'vitest';
import type { CallState, RegistrationState } from '../../../protocol/call';
import { Cell } from '../../store';
import { FakeTimers } from '../../testing/fake-timers';
import { Reachability } from './reachability';

const live: CallState = { at: 'live', peer: 'Ben', callId: 'c', role: 'caller', since: 1 };

function setUp(name: string, first: RegistrationState = { at: 'unregistered' }) {
  const timers = new FakeTimers();
  const wanted = new Cell(name);
  const call = new Cell<CallState>({ at: 'idle' });
  const state = new Cell<RegistrationState>(first);
  const done: string[] = [];
  const reachability = new Reachability({
    timers,
    call,
    wanted: wanted.get,
    onWantedChange: wanted.subscribe,
    registrar: {
      state,
      register(asked) {
        done.push(`register ${asked}`);
        state.set({ at: 'registering', name: asked });
      },
      leave() {
        done.push('leave');
        state.set({ at: 'unregistered' });
      },
    },
  });
  const registered = (as: string): void => {
    state.set({ at: 'registered', name: as, secret: 's' });
  };
  const refused = (as: string, code: 'name-taken' | 'name-invalid' = 'name-taken'): void => {
    state.set({ at: 'refused', name: as, code, message: '' });
  };
  return { timers, wanted, call, state, done, reachability, registered, refused };
}

describe('Reachability', () => {
  it('registers the chosen name at once, and nobody who has none', () => {
    expect(setUp('Ana').done).toEqual(['register Ana']);
    expect(setUp('').done).toEqual([]);
  });

  it('leaves alone what the Registrar is doing about the same name', () => {
    const { done, state } = setUp('Ana', { at: 'offline', name: 'Ana', secret: 's' });
    state.set({ at: 'registering', name: 'Ana', secret: 's' });
    expect(done).toEqual([]);
  });

  it('follows a change of the name, and of the wish', () => {
    const { done, wanted, registered } = setUp('Ana');
    registered('Ana');
    wanted.set('Bea');
    registered('Bea');
    wanted.set('');
    wanted.set('Bea');
    expect(done).toEqual(['register Ana', 'register Bea', 'leave', 'register Bea']);
  });

  it('changes nothing during a call, and makes up for it afterwards', () => {
    const { done, wanted, call, registered } = setUp('Ana');
    registered('Ana');
    call.set(live);
    wanted.set('');
    expect(done).toEqual(['register Ana']);
    call.set({ at: 'ended', peer: 'Ben', role: 'caller', why: 'hung-up', seconds: 1 });
    expect(done).toEqual(['register Ana', 'leave']);
  });

  it('waits for a name that its own ghost still holds, and not for ever', () => {
    const { done, timers, refused, registered, reachability } = setUp('Ana');
    refused('Ana');
    timers.advance(3_000);
    expect(done).toEqual(['register Ana', 'register Ana']);
    registered('Ana');
    const never = setUp('Ana');
    for (let turn = 0; turn < 50; turn++) {
      never.refused('Ana');
      never.timers.advance(3_000);
    }
    expect(never.done.length).toBeGreaterThan(6);
    expect(never.done.length).toBeLessThan(13);
    expect(never.timers.pending).toBe(0);
    reachability.close();
  });

  it('does not wait for a name that makes no sense, nor when the user has just asked for it', () => {
    const invalid = setUp('Ana');
    invalid.refused('Ana', 'name-invalid');
    invalid.timers.advance(60_000);
    expect(invalid.done).toHaveLength(1);
    const asked = setUp('Ana');
    asked.refused('Ana');
    asked.reachability.tryNow();
    asked.refused('Ana');
    asked.timers.advance(60_000);
    expect(asked.done).toEqual(['register Ana', 'register Ana']);
  });
});
