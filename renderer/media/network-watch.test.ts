import { expect, it } from 'vitest';
import { FakePeer } from '../testing/fake-peer';
import { FakeTimers } from '../testing/fake-timers';
import { watchingNetwork } from './network-watch';
import type { Peer, PeerOptions } from './peer';

async function setUp(state: RTCPeerConnectionState, restart?: PeerOptions['restart']) {
  const timers = new FakeTimers();
  const listeners = new Set<() => void>();
  const now = { bytes: 100, state };
  const seen: RTCPeerConnectionState[] = [];
  const doubts: number[] = [];
  const fake: { peer: FakePeer | null } = { peer: null };
  const open = watchingNetwork({
    openPeer: (options: PeerOptions) => {
      const peer = new FakePeer(options);
      fake.peer = peer;
      const connection = {
        signalingState: 'stable',
        get connectionState() {
          return now.state;
        },
        getStats: () =>
          Promise.resolve(
            new Map<string, object>([
              ['T', { type: 'transport', bytesReceived: now.bytes }],
              ['P', { type: 'candidate-pair', responsesReceived: 1 }],
            ]),
          ),
      };
      return Promise.resolve({
        connection,
        remote: peer.remote,
        createRestart: () => peer.createRestart(),
        acceptAnswer: (sdp: string) => peer.acceptAnswer(sdp),
        close: () => {
          peer.close();
        },
      } as unknown as Peer);
    },
    onNetworkChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onDoubt: () => doubts.push(timers.now()),
    timers,
  });
  const peer = await open({
    direction: 'sendrecv',
    onCandidate: () => undefined,
    onConnection: (next) => seen.push(next),
    ...(restart && { restart }),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const move = async (): Promise<void> => {
    for (const listener of [...listeners]) listener();
    await settle();
  };
  /** In steps, as statistics take their time. `bytes`: what comes in during each. */
  const pass = async (ms: number, bytes = 0): Promise<void> => {
    for (let left = ms; left > 0; left -= 200) {
      now.bytes += bytes;
      timers.advance(Math.min(200, left));
      await settle();
    }
  };
  const become = async (next: RTCPeerConnectionState): Promise<void> => {
    now.state = next;
    fake.peer?.options.onConnection(next);
    await settle();
  };
  return { peer, fake, now, seen, doubts, move, pass, become, listeners, timers };
}
const answering = (answer: string | null) => {
  const offers: string[] = [];
  return { offers, restart: (offer: string) => (offers.push(offer), Promise.resolve(answer)) };
};

it('leaves a connection alone that goes on', async () => {
  const { seen, doubts, move, pass } = await setUp('connected');
  await move();
  await pass(20_000, 1);
  expect([seen, doubts]).toEqual([[], []]);
});

it('gives up one through which nothing comes any more', async () => {
  const { seen, move, pass } = await setUp('connected');
  await move();
  await pass(1_000);
  expect(seen).toEqual(['failed']);
});

it('is not misled by what was under way when the path died', async () => {
  const { now, seen, move, pass } = await setUp('connected');
  await move();
  now.bytes += 1_200;
  await pass(1_000);
  expect(seen).toEqual(['failed']);
});

it('gives up at once what is disconnected already, and what is still connecting a moment later', async () => {
  const lost = await setUp('disconnected');
  await lost.move();
  expect(lost.seen).toEqual(['failed']);
  const connecting = await setUp('connecting');
  await connecting.move();
  expect(connecting.seen).toEqual([]);
  await connecting.pass(1_000);
  expect(connecting.seen).toEqual(['failed']);
});

it('notices by itself when a lively path falls silent, and doubts everything else first', async () => {
  const { seen, doubts, pass } = await setUp('connected');
  await pass(3_000, 1);
  await pass(1_400);
  expect([seen, doubts.length]).toEqual([[], 1]);
  await pass(1_600);
  expect([seen, doubts.length]).toEqual([['failed'], 1]);
});

it('expects nothing of a path that has been quiet all along', async () => {
  const { seen, doubts, pass } = await setUp('connected');
  await pass(30_000);
  expect([seen, doubts]).toEqual([[], []]);
});

it('restarts ICE where the other side can, and keeps the connection', async () => {
  const { offers, restart } = answering('v=0 answer');
  const { seen, fake, move, pass } = await setUp('connected', restart);
  await move();
  await pass(1_000);
  expect(offers).toEqual(['v=0 restart']);
  expect(fake.peer?.answers).toEqual(['v=0 answer']);
  await pass(3_000, 1);
  expect(seen).toEqual([]);
});

it('gives up when the restart is refused, unanswered, or leads nowhere', async () => {
  const refused = await setUp('disconnected', answering(null).restart);
  await refused.move();
  expect(refused.seen).toEqual(['failed']);
  const unanswered = await setUp('disconnected', () => new Promise(() => undefined));
  await unanswered.move();
  await unanswered.pass(2_400);
  expect(unanswered.seen).toEqual([]);
  await unanswered.pass(200);
  expect(unanswered.seen).toEqual(['failed']);
  const nowhere = await setUp('disconnected', answering('v=0 answer').restart);
  await nowhere.move();
  await nowhere.pass(1_400);
  expect(nowhere.seen).toEqual(['failed']);
});

it('waits a moment for a disconnected path, and then mends it', async () => {
  const { offers, restart } = answering('v=0 answer');
  const { doubts, become, pass } = await setUp('connected', restart);
  await become('disconnected');
  expect([doubts.length, offers.length]).toEqual([1, 0]);
  await pass(1_000);
  expect(offers).toHaveLength(1);
});

it('ends with its peer', async () => {
  const { peer, seen, move, pass, listeners, timers } = await setUp('connected');
  await move();
  peer.close();
  await pass(2_000);
  expect(seen).toEqual([]);
  expect(listeners.size).toBe(0);
  expect(timers.pending).toBe(0);
});
