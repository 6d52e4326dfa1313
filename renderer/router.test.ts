import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH } from '../protocol/limits';
import { formatRoute, openRouter, parseRoute } from './router';

describe('routes', () => {
  it.each([
    ['', { mode: '', rest: [] }],
    ['#/', { mode: '', rest: [] }],
    ['#/mirror', { mode: 'mirror', rest: [] }],
    ['#/broadcast/watch/Garden%20party', { mode: 'broadcast', rest: ['watch', 'Garden party'] }],
    ['#/call/Zo%C3%AB', { mode: 'call', rest: ['Zoë'] }],
    ['#/room/a%2Fb', { mode: 'room', rest: ['a/b'] }],
  ])('reads %s', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  it('takes a part that cannot be decoded, or is too long, for absent', () => {
    expect(parseRoute('#/room/%E0%A4%A')).toEqual({ mode: 'room', rest: [] });
    expect(parseRoute(`#/room/${'x'.repeat(MAX_NAME_LENGTH + 1)}`)).toEqual({ mode: 'room', rest: [] });
  });

  it('reads what it wrote, whatever the name', () => {
    const name = fc
      .string({ minLength: 1, maxLength: MAX_NAME_LENGTH, unit: 'grapheme' })
      .filter((text) => text.length <= MAX_NAME_LENGTH);
    fc.assert(
      fc.property(name, (text) => {
        expect(parseRoute(formatRoute('room', text))).toEqual({ mode: 'room', rest: [text] });
      }),
    );
  });

  it('reads any hash without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(parseRoute(hash).rest.length).toBeLessThan(4);
      }),
    );
  });
});

/** A history as browsers keep it, with steps that are made when the test says so. */
class FakeWindow {
  readonly #entries: { hash: string; state: unknown }[] = [{ hash: '', state: null }];
  readonly #pending: (() => void)[] = [];
  #at = 0;
  #changed: () => void = () => undefined;

  readonly location = ((window: FakeWindow) => ({
    get hash() {
      return window.#entry.hash;
    },
    set hash(hash: string) {
      if (hash === window.#entry.hash) return;
      window.#entries.splice(window.#at + 1);
      window.#entries.push({ hash, state: null });
      window.#at += 1;
      window.#pending.push(() => window.#changed());
    },
  }))(this);

  readonly history = ((window: FakeWindow) => ({
    get state() {
      return window.#entry.state;
    },
    replaceState(state: unknown) {
      window.#entry.state = state;
    },
    go(delta = 0) {
      window.#pending.push(() => {
        window.#at += delta;
        window.#changed();
      });
    },
  }))(this);

  addEventListener(_type: 'hashchange', listener: () => void): void {
    this.#changed = listener;
  }

  /** Everything that the browser has still to do. */
  settle(): void {
    for (let task = this.#pending.shift(); task !== undefined; task = this.#pending.shift()) task();
  }

  get trail(): string[] {
    return this.#entries.map(({ hash }, index) => (index === this.#at ? `[${hash}]` : hash));
  }

  get #entry(): { hash: string; state: unknown } {
    return this.#entries[this.#at] as { hash: string; state: unknown };
  }
}

describe('a guarded router', () => {
  function setUp() {
    const window = new FakeWindow();
    const router = openRouter(window);
    const visit = (...route: [string, ...string[]]): void => {
      router.go(...route);
      window.settle();
    };
    visit('call');
    visit('mirror');
    const held: (() => void)[] = [];
    const end = router.guard((to, go) => {
      if (to.mode === 'mirror') return true;
      held.push(go);
      return false;
    });
    return { window, router, visit, held, end };
  }

  it('stays where it is when a link is followed, and follows it once that is allowed', () => {
    const { window, router, visit, held } = setUp();
    visit('room', 'attic');
    expect(router.get().mode).toBe('mirror');
    expect(window.trail[2]).toBe('[#/mirror]');
    held[0]?.();
    window.settle();
    expect(router.get()).toEqual({ mode: 'room', rest: ['attic'] });
    expect(window.trail).toEqual(['', '#/call', '#/mirror', '[#/room/attic]']);
  });

  it('stays when the browser goes back, keeps the history as it is, and goes back once that is allowed', () => {
    const { window, router, held } = setUp();
    window.history.go(-2);
    window.settle();
    expect(router.get().mode).toBe('mirror');
    expect(window.trail).toEqual(['', '#/call', '[#/mirror]']);
    held[0]?.();
    window.settle();
    expect(router.get().mode).toBe('');
    expect(window.trail).toEqual(['[]', '#/call', '#/mirror']);
  });

  it('asks again the next time, lets pass what is forced, and asks no more once the guard is gone', () => {
    const { router, visit, held, end, window } = setUp();
    visit('room');
    visit('settings');
    expect([router.get().mode, held.length]).toEqual(['mirror', 2]);
    router.force('call');
    window.settle();
    expect(router.get().mode).toBe('call');
    visit('room');
    expect([router.get().mode, held.length]).toEqual(['call', 3]);
    end();
    visit('room');
    expect(router.get().mode).toBe('room');
  });

  it('forced to where it is already, still asks the next time', () => {
    const { router, visit, held, window } = setUp();
    router.force('mirror');
    window.settle();
    visit('room');
    expect([router.get().mode, held.length]).toEqual(['mirror', 1]);
  });
});
