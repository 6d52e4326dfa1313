import { describe, expect, it } from 'vitest';
import { FakeTimers } from './testing/fake-timers';
import { openToasts } from './toasts';

describe('toasts', () => {
  it('leave by themselves', () => {
    const timers = new FakeTimers();
    const toasts = openToasts(timers);
    toasts.show('Copied', 'good');
    expect(toasts.get()).toMatchObject([{ text: 'Copied', tone: 'good' }]);
    timers.advance(6_000);
    expect(toasts.get()).toEqual([]);
  });

  it('keep the newest three', () => {
    const toasts = openToasts(new FakeTimers());
    for (const text of ['a', 'b', 'c', 'd']) toasts.show(text);
    expect(toasts.get().map((toast) => toast.text)).toEqual(['b', 'c', 'd']);
  });

  it('stay when they ask something, whatever comes after them', () => {
    const timers = new FakeTimers();
    const toasts = openToasts(timers);
    toasts.ask('Restart?', { label: 'Now', run: () => undefined }, 'Later');
    for (const text of ['a', 'b', 'c']) toasts.show(text);
    expect(toasts.get().map((toast) => toast.text)).toEqual(['Restart?', 'b', 'c']);
    timers.advance(60_000);
    expect(toasts.get()).toMatchObject([{ text: 'Restart?', later: 'Later' }]);
  });

  it('go when they are dismissed', () => {
    const toasts = openToasts(new FakeTimers());
    toasts.show('a');
    toasts.dismiss(toasts.get()[0]?.key ?? -1);
    expect(toasts.get()).toEqual([]);
  });
});
