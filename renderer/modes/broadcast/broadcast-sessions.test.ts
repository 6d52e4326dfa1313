import { describe, expect, it, vi } from 'vitest';
import { EndpointClient } from '../../signaling/endpoint-client';
import { FakePeer } from '../../testing/fake-peer';
import { FakeSocket } from '../../testing/fake-socket';
import { FakeTimers } from '../../testing/fake-timers';
import { PresenterSession } from './presenter-session';
import { WatcherSession } from './watcher-session';

function setUp() {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const peers: FakePeer[] = [];
  const client = new EndpointClient({
    hubUrl: 'wss://localhost:8443',
    path: '/one2many',
    timers,
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  const shared = {
    client,
    timers,
    random: () => 0.5,
    openPeer: (options: ConstructorParameters<typeof FakePeer>[0]) => {
      const peer = new FakePeer(options);
      peers.push(peer);
      return Promise.resolve(peer);
    },
  };
  const socket = (): FakeSocket => sockets.at(-1) as FakeSocket;
  const peer = (): FakePeer => peers.at(-1) as FakePeer;
  const sent = (id: string): Record<string, unknown>[] =>
    (socket().sent as Record<string, unknown>[]).filter((message) => message['id'] === id);
  const until = (id: string, count = 1): Promise<unknown> =>
    vi.waitFor(() => {
      expect(sent(id)).toHaveLength(count);
    });
  return { timers, sockets, peers, client, shared, socket, peer, sent, until };
}

const camera = { kind: 'video' } as MediaStreamTrack;

function setUpPresenter(tracks: MediaStreamTrack[] = [camera]) {
  const base = setUp();
  let tell: (kind: 'audio' | 'video', track: MediaStreamTrack | null) => void = () => undefined;
  const session = new PresenterSession({
    ...base.shared,
    media: {
      tracks,
      ready: () => Promise.resolve(),
      onTrack: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
  });
  async function goOnAir(): Promise<void> {
    base.socket().welcome();
    session.present('Talk');
    await base.until('presenter');
    base.socket().say({ id: 'presenterResponse', response: 'accepted', sdpAnswer: 'v=0' });
    await vi.waitFor(() => {
      expect(base.peer().answers).toHaveLength(1);
    });
    base.peer().become('connected');
  }
  return { ...base, session, goOnAir, tell: () => tell };
}

describe('PresenterSession', () => {
  it('goes on air with its channel and the key that the hub asks for', async () => {
    const { session, socket, sent, until } = setUpPresenter();
    socket().welcome({ presenterKeyRequired: true });
    session.present('Talk', 'sesame');
    await until('presenter');
    expect(sent('presenter')).toEqual([
      { id: 'presenter', sdpOffer: 'v=0 offer', channel: 'Talk', key: 'sesame' },
    ]);
  });

  it('names no channel for the main one', async () => {
    const { session, socket, sent, until } = setUpPresenter();
    socket().welcome();
    session.present('');
    await until('presenter');
    expect(sent('presenter')).toEqual([{ id: 'presenter', sdpOffer: 'v=0 offer' }]);
  });

  it('is on air once media is connected, and says stop', async () => {
    const { session, peer, sent, goOnAir } = setUpPresenter();
    await goOnAir();
    expect(session.state.get()).toMatchObject({ at: 'on-air', channel: 'Talk' });
    session.stop();
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'stopped' });
    expect(sent('stop')).toHaveLength(1);
    expect(peer().closed).toBe(true);
  });

  it('ends with the sentence when somebody else is presenting', async () => {
    const { session, socket, until } = setUpPresenter();
    socket().welcome();
    session.present('');
    await until('presenter');
    socket().say({ id: 'presenterResponse', response: 'rejected', code: 'presenter-busy', ref: 'r1' });
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'presenter-busy' });
    expect(session.reference).toBe('r1');
  });

  it('takes its channel back after a lost link, even while its own old connection still holds it', async () => {
    const { session, timers, socket, until, goOnAir } = setUpPresenter();
    await goOnAir();
    const before = session.state.get();
    socket().drop();
    expect(session.state.get()).toMatchObject({ at: 'interrupted', why: 'socket' });
    timers.advance(1_000);
    socket().welcome();
    timers.advance(0);
    await until('presenter');
    socket().say({ id: 'presenterResponse', response: 'rejected', code: 'presenter-busy' });
    expect(session.state.get().at).toBe('interrupted');
    timers.advance(1_000);
    await until('presenter', 2);
    socket().say({ id: 'presenterResponse', response: 'accepted', sdpAnswer: 'v=0' });
    expect(session.state.get()).toMatchObject({
      at: 'connecting',
      since: 'since' in before ? before.since : 0,
    });
  });

  it('waits for the media server and goes on by itself', async () => {
    const { session, timers, socket, peers, until, goOnAir } = setUpPresenter();
    await goOnAir();
    socket().say({ id: 'mediaServer', state: 'unavailable' });
    expect(session.state.get()).toMatchObject({ at: 'interrupted', why: 'media-server' });
    expect(peers[0]?.closed).toBe(true);
    timers.advance(3_000);
    expect(peers).toHaveLength(1);
    socket().say({ id: 'mediaServer', state: 'ready' });
    timers.advance(0);
    await until('presenter', 2);
  });

  it('makes no storm of offers while the hub refuses for want of a media server', async () => {
    const { session, timers, socket, sent, until } = setUpPresenter();
    socket().welcome();
    session.present('');
    await until('presenter');
    socket().say({
      id: 'presenterResponse',
      response: 'rejected',
      code: 'media-server-unavailable',
      retryable: true,
    });
    timers.advance(100);
    await Promise.resolve();
    expect(session.state.get().at).toBe('interrupted');
    expect(sent('presenter')).toHaveLength(1);
  });

  it('switches what it shows on the running sender', async () => {
    const { peer, peers, goOnAir, tell } = setUpPresenter();
    await goOnAir();
    const screen = { kind: 'video' } as MediaStreamTrack;
    tell()('video', screen);
    expect(peer().replaced).toEqual([['video', screen]]);
    expect(peers).toHaveLength(1);
  });

  it('leaves no timer behind', async () => {
    const { session, client, timers, goOnAir } = setUpPresenter();
    await goOnAir();
    session.close();
    client.close();
    await Promise.resolve();
    expect(timers.pending).toBe(0);
  });
});

describe('WatcherSession', () => {
  function setUpWatcher() {
    const base = setUp();
    const session = new WatcherSession(base.shared);
    return { ...base, session };
  }

  it('shows the picture when it is connected', async () => {
    const { session, socket, peer, sent, until } = setUpWatcher();
    session.watch('Talk');
    socket().welcome();
    await until('viewer');
    expect(sent('viewer')).toEqual([{ id: 'viewer', sdpOffer: 'v=0 offer', channel: 'Talk' }]);
    socket().say({ id: 'viewerResponse', response: 'accepted', sdpAnswer: 'v=0' });
    await vi.waitFor(() => {
      expect(session.picture.get()).toBe(peer().remote);
    });
    peer().become('connected');
    expect(session.state.get().at).toBe('live');
  });

  it('waits for its channel, and for no other, and begins by itself', async () => {
    const { session, socket, peers, until } = setUpWatcher();
    socket().welcome();
    session.watch('Talk');
    await until('viewer');
    socket().say({ id: 'viewerResponse', response: 'rejected', code: 'no-presenter' });
    expect(session.state.get()).toMatchObject({ at: 'waiting', after: 'nothing' });
    expect(peers[0]?.closed).toBe(true);
    socket().say({ id: 'channels', channels: [{ channel: '', viewers: 0, since: 1 }] });
    expect(session.state.get().at).toBe('waiting');
    socket().say({ id: 'channels', channels: [{ channel: 'Talk', viewers: 0, since: 1 }] });
    await until('viewer', 2);
  });

  it('waits for the next broadcast when this one is over', async () => {
    const { session, socket, peer, until } = setUpWatcher();
    socket().welcome();
    session.watch('');
    await until('viewer');
    socket().say({ id: 'viewerResponse', response: 'accepted', sdpAnswer: 'v=0' });
    peer().become('connected');
    socket().say({ id: 'stopCommunication' });
    expect(session.state.get()).toMatchObject({ at: 'waiting', after: 'broadcast' });
    expect(session.picture.get()).toBeNull();
  });

  it('tries again with pauses when media fails, and gives up when nothing helps', async () => {
    const { session, socket, timers, peer, until } = setUpWatcher();
    socket().welcome();
    session.watch('');
    for (let round = 1; round <= 4; round += 1) {
      await until('viewer', round);
      peer().become('failed');
      if (round < 4) {
        expect(session.state.get().at).toBe('interrupted');
        socket().say({ id: 'channels', channels: [] }); // a link that is silent for long counts as dead
        timers.advance(6_000);
      }
    }
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'media-failed' });
  });

  it('asks again over a new link', async () => {
    const { session, socket, timers, until } = setUpWatcher();
    socket().welcome();
    session.watch('');
    await until('viewer');
    socket().drop();
    expect(session.state.get()).toMatchObject({ at: 'interrupted', why: 'socket' });
    timers.advance(1_000);
    socket().welcome();
    timers.advance(0);
    await until('viewer');
  });
});
