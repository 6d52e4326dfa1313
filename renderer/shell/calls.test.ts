import { expect, it, vi } from 'vitest';
import type { HubAddress } from '../platform';
import { Cell } from '../store';
import { openCalls } from './calls';

function setUp(needed = true) {
  const address = new Cell<HubAddress>({ at: 'starting' });
  const wish = new Cell(needed);
  const desks: { readonly close: ReturnType<typeof vi.fn> }[] = [];
  const waiting: (() => void)[] = [];
  const calls = openCalls({
    address,
    needed: wish.get,
    onChange: (listener) => void wish.subscribe(listener),
    openDesk: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      const desk = { close: vi.fn() };
      desks.push(desk);
      return desk;
    },
  });
  const opened = async (): Promise<void> => {
    for (const go of waiting.splice(0)) go();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { address, wish, calls, desks, opened, waiting };
}
const hub = (url: string): HubAddress => ({ at: 'known', url });

it('opens a desk once the page has begun, there is a hub, and somebody needs it', async () => {
  const { address, wish, calls, desks, opened, waiting } = setUp(false);
  address.set(hub('wss://a'));
  calls.start();
  expect(waiting).toHaveLength(0);
  wish.set(true);
  await opened();
  expect(calls.desk.get()).toBe(desks[0]);
  // From then on it stays, on every screen.
  wish.set(false);
  expect(desks[0]?.close).not.toHaveBeenCalled();
});

it('begins with the page, not before', async () => {
  const { address, calls, waiting, opened, desks } = setUp();
  address.set(hub('wss://a'));
  expect(waiting).toHaveLength(0);
  calls.start();
  await opened();
  expect(calls.desk.get()).toBe(desks[0]);
});

it('moves to another hub, and lets go of what was still being opened for the first one', async () => {
  const { address, calls, desks, opened } = setUp();
  calls.start();
  address.set(hub('wss://a'));
  address.set(hub('wss://b'));
  await opened();
  expect(desks).toHaveLength(2);
  expect(desks[0]?.close).toHaveBeenCalledTimes(1);
  expect(calls.desk.get()).toBe(desks[1]);
  address.set({ at: 'failed', message: '' });
  expect(desks[1]?.close).toHaveBeenCalledTimes(1);
  expect(calls.desk.get()).toBeNull();
});
