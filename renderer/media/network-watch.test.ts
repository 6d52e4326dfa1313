import { expect, it } from 'vitest';
import { FakePeer } from '../testing/fake-peer';
import { FakeTimers } from '../testing/fake-timers';
import { watchingNetwork } from './network-watch';
import type { Peer, PeerOptions } from './peer';

async function setUp(state: RTCPeerConnectionState) {
  const timers = new FakeTimers();
  const listeners = new Set<() => void>();
  const now = { bytes: 100, state };
  const seen: RTCPeerConnectionState[] = [];
  const open = watchingNetwork({
    openPeer: (options: PeerOptions) => {
      const peer = new FakePeer(options);
      const connection = {
        get connectionState() {
          return now.state;
        },
        getStats: () => Promise.resolve(new Map([['T', { type: 'transport', bytesReceived: now.bytes }]])),
      };
      return Promise.resolve({
        connection,
        remote: peer.remote,
        close: () => {
          peer.close();
        },
      } as unknown as Peer);
    },
    onNetworkChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    timers,
  });
  const peer = await open({
    direction: 'sendrecv',
    onCandidate: () => undefined,
    onConnection: (next) => seen.push(next),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const move = async (): Promise<void> => {
    for (const listener of [...listeners]) listener();
    await settle();
  };
  const pass = async (ms: number): Promise<void> => {
    timers.advance(ms);
    await settle();
  };
  return { peer, now, seen, move, pass, listeners };
}

it('leaves a connection alone that goes on', async () => {
  const { now, seen, move, pass } = await setUp('connected');
  await move();
  now.bytes += 1;
  await pass(2_000);
  expect(seen).toEqual([]);
});

it('gives up one through which nothing comes any more', async () => {
  const { seen, move, pass } = await setUp('connected');
  await move();
  await pass(2_000);
  expect(seen).toEqual(['failed']);
});

it('gives up at once what is disconnected already, and what is still connecting a moment later', async () => {
  const lost = await setUp('disconnected');
  await lost.move();
  expect(lost.seen).toEqual(['failed']);
  const connecting = await setUp('connecting');
  await connecting.move();
  expect(connecting.seen).toEqual([]);
  await connecting.pass(2_000);
  expect(connecting.seen).toEqual(['failed']);
});

it('ends with its peer', async () => {
  const { peer, seen, move, pass, listeners } = await setUp('connected');
  await move();
  peer.close();
  await pass(2_000);
  expect(seen).toEqual([]);
  expect(listeners.size).toBe(0);
});
