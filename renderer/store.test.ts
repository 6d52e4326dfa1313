import { describe, expect, it, vi } from 'vitest';
import { Cell, Machine } from './store';

describe('Cell', () => {
  it('tells followers of a change, and of nothing else', () => {
    const cell = new Cell(1);
    const heard = vi.fn();
    const unsubscribe = cell.subscribe(heard);
    cell.set(1);
    cell.set(2);
    unsubscribe();
    cell.set(3);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(cell.get()).toBe(3);
  });

  it('goes on past a follower that throws, and reports it', () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const cell = new Cell(1);
    const heard = vi.fn();
    cell.subscribe(() => {
      throw new Error('mine');
    });
    cell.subscribe(heard);
    cell.set(2);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(reported).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  it('lets a follower leave while it is being told', () => {
    const cell = new Cell(1);
    const unsubscribe = cell.subscribe(() => {
      unsubscribe();
    });
    const heard = vi.fn();
    cell.subscribe(heard);
    cell.set(2);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('Machine', () => {
  type State = { at: 'off' } | { at: 'on'; times: number };
  type Event = { type: 'press' } | { type: 'hold' };
  const next = (state: State, event: Event): State | null => {
    if (event.type === 'hold') return null;
    return state.at === 'off' ? { at: 'on', times: 1 } : { at: 'on', times: state.times + 1 };
  };

  it('changes by legal events only, and says which those are', () => {
    const steps: string[] = [];
    const machine = new Machine<State, Event>({ at: 'off' }, next, (from, to, event) => {
      steps.push(`${from.at} → ${to.at} (${event.type})`);
    });
    expect(machine.dispatch({ type: 'hold' })).toBe(false);
    expect(machine.dispatch({ type: 'press' })).toBe(true);
    expect(machine.dispatch({ type: 'press' })).toBe(true);
    expect(machine.get()).toEqual({ at: 'on', times: 2 });
    expect(steps).toEqual(['off → on (press)', 'on → on (press)']);
  });
});
