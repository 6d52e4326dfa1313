import { describe, expect, it, vi } from 'vitest';
import { EndpointClient } from '../../signaling/endpoint-client';
import { FakePeer } from '../../testing/fake-peer';
import { FakeSocket } from '../../testing/fake-socket';
import { FakeTimers } from '../../testing/fake-timers';
import { MirrorSession } from './mirror-session';

const track = { kind: 'video' } as MediaStreamTrack;

function setUp(tracks: MediaStreamTrack[] = [track]) {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const peers: FakePeer[] = [];
  const client = new EndpointClient({
    hubUrl: 'wss://localhost:8443',
    path: '/helloworld',
    timers,
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  let tell: (kind: 'audio' | 'video', track: MediaStreamTrack | null) => void = () => undefined;
  const session = new MirrorSession({
    client,
    timers,
    random: () => 0.5,
    media: {
      tracks,
      ready: () => Promise.resolve(),
      onTrack: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
    openPeer: (options) => {
      const peer = new FakePeer(options);
      peers.push(peer);
      return Promise.resolve(peer);
    },
    start: (sdpOffer) => ({ id: 'start', sdpOffer }),
  });
  const socket = (): FakeSocket => sockets.at(-1) as FakeSocket;
  const peer = (): FakePeer => peers.at(-1) as FakePeer;
  const sentIds = (): unknown[] => socket().sent.map((each) => (each as { id: unknown }).id);
  const offered = (count = 1): Promise<unknown> =>
    vi.waitFor(() => {
      expect(sentIds().filter((id) => id === 'start')).toHaveLength(count);
    });
  async function goLive(): Promise<void> {
    socket().welcome();
    session.start();
    await offered();
    socket().say({ id: 'startResponse', sdpAnswer: 'v=0 answer' });
    await vi.waitFor(() => {
      expect(session.state.get().at).toBe('live');
    });
    peer().become('connected');
  }
  return {
    timers,
    sockets,
    peers,
    client,
    session,
    socket,
    peer,
    sentIds,
    offered,
    goLive,
    tell: () => tell,
  };
}

describe('MirrorSession', () => {
  it('sends the offer, then the candidates that came with it, and is live with the answer', async () => {
    const { session, socket, peer, sentIds, offered } = setUp();
    socket().welcome();
    session.start();
    await offered();
    expect(sentIds()).toEqual(['hello', 'start', 'onIceCandidate']);
    socket().say({ id: 'iceCandidate', candidate: { candidate: 'candidate:theirs', sdpMid: '0' } });
    socket().say({ id: 'startResponse', sdpAnswer: 'v=0 answer' });
    await vi.waitFor(() => {
      expect(session.state.get()).toMatchObject({ at: 'live', round: 1 });
    });
    expect(peer().answers).toEqual(['v=0 answer']);
    expect(peer().candidates).toHaveLength(1);
    expect(session.returned.get()).toBe(peer().remote);
  });

  it('waits for the hub and the media server, and begins by itself', async () => {
    const { session, socket, peers, offered } = setUp();
    session.start();
    expect(session.state.get().at).toBe('starting');
    socket().welcome({ mediaServer: 'connecting' });
    await Promise.resolve();
    expect(peers).toHaveLength(0);
    socket().say({ id: 'mediaServer', state: 'ready' });
    await offered();
    expect(peers).toHaveLength(1);
  });

  it('lets go of the peer and the returned picture when the media server is lost', async () => {
    const { session, socket, peers, goLive } = setUp();
    await goLive();
    socket().say({ id: 'error', code: 'media-server-unavailable', message: 'gone', retryable: true });
    expect(session.state.get()).toMatchObject({
      at: 'interrupted',
      failure: { code: 'media-server-unavailable' },
    });
    expect(peers[0]?.closed).toBe(true);
    expect(session.returned.get()).toBeNull();
  });

  it('restarts as soon as the media server is ready again', async () => {
    const { session, timers, socket, peers, goLive, offered } = setUp();
    await goLive();
    socket().say({ id: 'mediaServer', state: 'unavailable' });
    expect(session.state.get()).toMatchObject({
      at: 'interrupted',
      failure: { code: 'media-server-unavailable' },
    });
    timers.advance(5_000);
    expect(peers).toHaveLength(1);
    socket().say({ id: 'mediaServer', state: 'ready' });
    timers.advance(0);
    await offered(2);
    socket().say({ id: 'startResponse', sdpAnswer: 'v=0 again' });
    await vi.waitFor(() => {
      expect(session.state.get()).toMatchObject({ at: 'live', round: 2 });
    });
  });

  it('restarts over a new link after the hub was away', async () => {
    const { session, timers, sockets, socket, peers, goLive, offered } = setUp();
    await goLive();
    socket().drop();
    expect(session.state.get()).toMatchObject({ at: 'interrupted', failure: { code: 'hub-unreachable' } });
    timers.advance(1_000);
    expect(sockets).toHaveLength(2);
    socket().welcome();
    timers.advance(0);
    await offered();
    expect(peers).toHaveLength(2);
    expect(session.state.get()).toMatchObject({ at: 'starting', recovering: true });
  });

  it('tries again after media failed, with pauses, and gives up when nothing helps', async () => {
    const { session, timers, socket, peer, peers, sentIds } = setUp();
    socket().welcome();
    session.start();
    for (let round = 1; round <= 4; round += 1) {
      await vi.waitFor(() => {
        expect(sentIds().filter((id) => id === 'start')).toHaveLength(round);
      });
      socket().say({ id: 'startResponse', sdpAnswer: 'v=0' });
      await vi.waitFor(() => {
        expect(session.state.get().at).toBe('live');
      });
      peer().become('failed');
      if (round < 4) {
        expect(session.state.get().at).toBe('interrupted');
        timers.advance(6_000);
      }
    }
    expect(session.state.get()).toMatchObject({
      at: 'failed',
      failure: { code: 'media-failed', retryable: false },
    });
    expect(peers.every((each) => each.closed)).toBe(true);
  });

  it('gives a shaky connection three seconds to come back by itself', async () => {
    const { session, timers, peer, goLive } = setUp();
    await goLive();
    peer().become('disconnected');
    timers.advance(2_000);
    peer().become('connected');
    timers.advance(5_000);
    expect(session.state.get().at).toBe('live');
    peer().become('disconnected');
    timers.advance(3_000);
    expect(session.state.get().at).toBe('interrupted');
  });

  it('ends with a sentence when the failure does not heal by itself', async () => {
    const { session, socket, offered } = setUp();
    socket().welcome();
    session.start();
    await offered();
    socket().say({ id: 'error', code: 'sdp-rejected', message: 'no', retryable: false, ref: 'a1b2' });
    expect(session.state.get()).toMatchObject({
      at: 'failed',
      failure: { code: 'sdp-rejected', ref: 'a1b2' },
    });
  });

  it('fails when the browser does not accept the answer', async () => {
    const { session, socket, peer, offered } = setUp();
    socket().welcome();
    session.start();
    await offered();
    peer().refuses = true;
    socket().say({ id: 'startResponse', sdpAnswer: 'nonsense' });
    await vi.waitFor(() => {
      expect(session.state.get()).toMatchObject({ at: 'failed', failure: { code: 'sdp-rejected' } });
    });
  });

  it('does not take the answer to a stopped start for the answer to the next one', async () => {
    const { session, sockets, socket, peer, offered } = setUp();
    socket().welcome();
    session.start();
    await offered();
    const old = socket();
    session.stop();
    expect(sockets).toHaveLength(2);
    session.start();
    socket().welcome();
    await offered();
    old.say({ id: 'startResponse', sdpAnswer: 'v=0 late' });
    expect(peer().answers).toEqual([]);
    expect(session.state.get()).toMatchObject({ at: 'starting', round: 2 });
  });

  it('says stop and lets go of the peer', async () => {
    const { session, socket, peer, sentIds, goLive } = setUp();
    await goLive();
    session.stop();
    expect(sentIds().at(-1)).toBe('stop');
    expect(peer().closed).toBe(true);
    expect(session.state.get().at).toBe('idle');
    expect(socket().readyState).toBe(1);
  });

  it('starts nothing without any track', async () => {
    const { session, socket, peers } = setUp([]);
    socket().welcome();
    session.start();
    await vi.waitFor(() => {
      expect(session.state.get().at).toBe('idle');
    });
    expect(peers).toHaveLength(0);
  });

  it('hands a new track to the running sender', async () => {
    const { peer, goLive, tell } = setUp();
    await goLive();
    tell()('video', null);
    expect(peer().replaced).toEqual([['video', null]]);
  });

  it('gives up on a hub that never answers, over a new link', async () => {
    const { session, timers, sockets, socket, offered } = setUp();
    socket().welcome();
    session.start();
    await offered();
    for (let second = 0; second < 10; second += 1) {
      socket().say({ id: 'mediaServer', state: 'ready' });
      timers.advance(1_000);
    }
    expect(session.state.get()).toMatchObject({
      at: 'interrupted',
      failure: { code: 'media-server-timeout' },
    });
    expect(sockets).toHaveLength(2);
  });

  it('leaves no timer behind', async () => {
    const { session, client, timers, goLive } = setUp();
    await goLive();
    session.close();
    client.close();
    await Promise.resolve();
    expect(timers.pending).toBe(0);
  });
});
