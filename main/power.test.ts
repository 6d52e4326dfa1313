import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it, vi } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { PowerKeeper } from './power';
import { NetworkWatch } from './power-network';

const call: SessionState = { at: 'running', kind: 'call', peer: 'Ana', since: 1, muted: false };

it('keeps the computer awake while a session runs, and its screen while it is looked at', () => {
  const held = new Map<number, string>();
  let last = 0;
  const power = new PowerKeeper({
    start: (type) => {
      last += 1;
      held.set(last, type);
      return last;
    },
    stop: (id) => held.delete(id),
  });
  power.follow({ at: 'idle' }, true);
  expect(held.size).toBe(0);
  power.follow(call, true);
  power.follow({ ...call, muted: true }, true);
  expect([...held.values()]).toEqual(['prevent-display-sleep']);
  power.follow(call, false);
  expect([...held.values()]).toEqual(['prevent-app-suspension']);
  power.close();
  expect(held.size).toBe(0);
});

function address(ip: string, internal = false): NetworkInterfaceInfo {
  return { address: ip, internal, family: 'IPv4', netmask: '', mac: '', cidr: null };
}

it('notices other addresses as soon as there are some', () => {
  let now: NodeJS.Dict<NetworkInterfaceInfo[]> = {
    lo: [address('127.0.0.1', true)],
    a: [address('10.0.0.2')],
  };
  let look = (): void => undefined;
  const onChange = vi.fn();
  const watch = new NetworkWatch({
    interfaces: () => now,
    every: (_ms, task) => {
      look = task;
      return () => (look = () => undefined);
    },
    onChange,
  });
  watch.start();
  watch.start();
  look();
  expect(onChange).not.toHaveBeenCalled();
  now = { lo: [address('127.0.0.1', true)] };
  look();
  expect(onChange).not.toHaveBeenCalled();
  now = { lo: [address('127.0.0.1', true)], b: [address('192.168.1.7'), address('fe80::1')] };
  look();
  look();
  expect(onChange).toHaveBeenCalledTimes(1);
  now = { ...now, b: [address('192.168.1.7'), address('fe80::2')] };
  look();
  expect(onChange).toHaveBeenCalledTimes(1);
  watch.stop();
  now = {};
  look();
  expect(onChange).toHaveBeenCalledTimes(1);
});
