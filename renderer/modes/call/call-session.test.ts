import { describe, expect, it, vi } from 'vitest';
import { EndpointClient } from '../../signaling/endpoint-client';
import { Cell } from '../../store';
import { FakePeer } from '../../testing/fake-peer';
import { FakeSocket } from '../../testing/fake-socket';
import { FakeTimers } from '../../testing/fake-timers';
import { CallSession } from './call-session';
import { Registrar } from './registrar';

class FakeStorage {
  readonly values = new Map<string, string>();
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.values.set(key, value);
  }
  removeItem(key: string): void {
    this.values.delete(key);
  }
}

function setUp(storage = new FakeStorage()) {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const peers: FakePeer[] = [];
  const client = new EndpointClient({
    hubUrl: 'wss://localhost:8443',
    path: '/one2one',
    timers,
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  const registrar = new Registrar({ client, storage });
  const releaseDevices = vi.fn();
  const presence = new Cell({ camera: true, microphone: true, screen: false });
  let tell: (kind: 'audio' | 'video', track: MediaStreamTrack | null) => void = () => undefined;
  let calls = 0;
  const session = new CallSession({
    client,
    timers,
    media: {
      tracks: [],
      onTrack: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
    presence,
    openDevices: () => Promise.resolve(),
    releaseDevices,
    ownName: () => 'Ana',
    newCallId: () => `call-${(calls += 1)}`,
    openPeer: (options) => {
      const peer = new FakePeer(options);
      peers.push(peer);
      return Promise.resolve(peer);
    },
  });
  const socket = (): FakeSocket => sockets.at(-1) as FakeSocket;
  const peer = (): FakePeer => peers.at(-1) as FakePeer;
  const sent = (id: string): Record<string, unknown>[] =>
    (socket().sent as Record<string, unknown>[]).filter((message) => message['id'] === id);
  const until = (id: string, count = 1): Promise<unknown> =>
    vi.waitFor(() => {
      expect(sent(id)).toHaveLength(count);
    });
  const at = (): string => session.state.get().at;
  function register(): void {
    socket().welcome();
    registrar.register('Ana');
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret' });
  }
  async function goLive(): Promise<void> {
    register();
    session.dial('Ben', true);
    await until('call');
    socket().say({ id: 'callResponse', response: 'accepted', sdpAnswer: 'v=0', callId: 'call-1' });
    await vi.waitFor(() => {
      expect(peer().answers).toHaveLength(1);
    });
    peer().become('connected');
  }
  return {
    timers,
    sockets,
    peers,
    client,
    registrar,
    session,
    storage,
    presence,
    releaseDevices,
    socket,
    peer,
    sent,
    until,
    at,
    register,
    goLive,
    tell: () => tell,
  };
}

describe('Registrar', () => {
  it('registers as soon as there is a link, and keeps the secret for this window', () => {
    const { registrar, socket, sent, storage } = setUp();
    registrar.register('Ana');
    socket().welcome();
    expect(sent('register')).toEqual([{ id: 'register', name: 'Ana' }]);
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret' });
    expect(registrar.state.get()).toMatchObject({ at: 'registered', name: 'Ana' });
    expect([...storage.values.values()]).toEqual(['{"name":"Ana","secret":"s3cret"}']);
  });

  it('takes the name back with the secret after a lost link', () => {
    const { registrar, timers, socket, sent, register } = setUp();
    register();
    socket().drop();
    expect(registrar.state.get()).toMatchObject({ at: 'offline', name: 'Ana' });
    timers.advance(1_000);
    socket().welcome();
    expect(sent('register')).toEqual([{ id: 'register', name: 'Ana', secret: 's3cret' }]);
  });

  it('is the same user after a reload', () => {
    const { storage, register } = setUp();
    register();
    const again = setUp(storage);
    again.socket().welcome();
    expect(again.sent('register')).toEqual([{ id: 'register', name: 'Ana', secret: 's3cret' }]);
  });

  it('forgets the secret of a name that is refused', () => {
    const { storage, registrar, socket, register } = setUp();
    register();
    registrar.register('Zoe');
    socket().say({ id: 'registerResponse', response: 'rejected', code: 'name-taken', message: 'taken' });
    expect(registrar.state.get()).toMatchObject({ at: 'refused', code: 'name-taken' });
    expect(storage.values.size).toBe(0);
  });

  it('tells who else is here, by name', () => {
    const { registrar, socket, register } = setUp();
    register();
    socket().say({
      id: 'users',
      users: [
        { name: 'Zoe', busy: true },
        { name: 'ben', busy: false },
      ],
    });
    expect(registrar.users.get().map(({ name }) => name)).toEqual(['ben', 'Zoe']);
  });
});

describe('CallSession', () => {
  it('sends the call, then the candidates that came with its offer', async () => {
    const { session, socket, until, register } = setUp();
    register();
    session.dial('Ben', true);
    await until('onIceCandidate');
    expect(socket().sent.slice(-3)).toMatchObject([
      { id: 'call', to: 'Ben', from: 'Ana', callId: 'call-1', sdpOffer: 'v=0 offer' },
      { id: 'media', camera: true, microphone: true, screen: false, callId: 'call-1' },
      { id: 'onIceCandidate' },
    ]);
  });

  it('is live when media is connected, and over with the devices released when the other side hangs up', async () => {
    const { session, socket, peer, at, goLive, releaseDevices } = setUp();
    await goLive();
    expect(at()).toBe('live');
    socket().say({ id: 'stopCommunication', callId: 'call-1' });
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'peer-hung-up' });
    expect(peer().closed).toBe(true);
    expect(releaseDevices).toHaveBeenCalledOnce();
  });

  it.each(['user-busy', 'call-declined', 'call-unanswered', 'unknown-user'] as const)(
    'tells a refusal by its code: %s',
    async (code) => {
      const { session, socket, until, register } = setUp();
      register();
      session.dial('Ben', true);
      await until('call');
      socket().say({ id: 'callResponse', response: 'rejected', code, message: '', callId: 'call-1' });
      expect(session.state.get()).toMatchObject({ at: 'ended', why: code });
    },
  );

  it('opens nothing before the user accepts', async () => {
    const { session, socket, peers, until, sent, register } = setUp();
    register();
    socket().say({ id: 'incomingCall', from: 'Ben', callId: 'theirs' });
    await Promise.resolve();
    expect(peers).toHaveLength(0);
    session.accept(false);
    await until('incomingCallResponse');
    expect(sent('incomingCallResponse')).toMatchObject([
      { from: 'Ben', callResponse: 'accept', callId: 'theirs', sdpOffer: 'v=0 offer' },
    ]);
  });

  it('declines with a word, and a second caller as busy', async () => {
    const { session, socket, sent, register, goLive } = setUp();
    register();
    socket().say({ id: 'incomingCall', from: 'Ben', callId: 'a' });
    session.decline();
    expect(sent('incomingCallResponse')).toMatchObject([{ callResponse: 'reject', callId: 'a' }]);
    await goLive();
    socket().say({ id: 'incomingCall', from: 'Carla', callId: 'b' });
    expect(sent('incomingCallResponse').at(-1)).toMatchObject({ message: 'busy', callId: 'b' });
    expect(session.state.get()).toMatchObject({ at: 'live', peer: 'Ben' });
  });

  it('keeps media through a lost link and goes on when the hub still has the call', async () => {
    const { session, timers, socket, peers, goLive } = setUp();
    await goLive();
    socket().drop();
    expect(session.state.get()).toMatchObject({ at: 'interrupted', lost: 'self' });
    expect(peers[0]?.closed).toBe(false);
    timers.advance(1_000);
    socket().welcome();
    const resumed = { peer: 'Ben', callId: 'call-1', since: 1, role: 'caller', at: 'live' };
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret', resumed });
    // What the hub says again changes nothing.
    socket().say({ id: 'callResponse', response: 'accepted', sdpAnswer: 'v=0 again', callId: 'call-1' });
    expect(session.state.get()).toMatchObject({ at: 'live', peer: 'Ben' });
    expect(peers).toHaveLength(1);
    expect(peers[0]?.answers).toEqual(['v=0']);
  });

  it('is over when the hub has no call any more after a lost link', async () => {
    const { session, timers, socket, goLive } = setUp();
    await goLive();
    socket().drop();
    timers.advance(1_000);
    socket().welcome();
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret' });
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'peer-lost' });
  });

  it('gives up when the hub does not come back', async () => {
    const { session, timers, socket, goLive } = setUp();
    await goLive();
    socket().drop();
    timers.advance(20_000);
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'hub-unreachable' });
  });

  it('answers again what the hub did not hear before the link was lost', async () => {
    const { session, timers, socket, until, sent, register } = setUp();
    register();
    socket().say({ id: 'incomingCall', from: 'Ben', callId: 'theirs' });
    session.accept(true);
    await until('incomingCallResponse');
    socket().drop();
    timers.advance(1_000);
    socket().welcome();
    const resumed = { peer: 'Ben', callId: 'theirs', since: 1, role: 'callee', at: 'ringing' };
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret', resumed });
    expect(sent('incomingCallResponse')).toHaveLength(1);
    expect(sent('onIceCandidate')).toHaveLength(1);
  });

  it('ends on the hub a call that was hung up while the link was lost', async () => {
    const { session, timers, socket, sent, goLive } = setUp();
    await goLive();
    socket().drop();
    session.hangUp();
    timers.advance(1_000);
    socket().welcome();
    const resumed = { peer: 'Ben', callId: 'call-1', since: 1, role: 'caller', at: 'live' };
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret', resumed });
    expect(sent('stop')).toEqual([{ id: 'stop', callId: 'call-1' }]);
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'hung-up' });
  });

  it('offers anew when the way of its media is lost, and the call goes on', async () => {
    const { session, goLive, peer, peers, timers, until, socket, at } = setUp();
    await goLive();
    peer().become('failed');
    timers.advance(0);
    await until('renew');
    expect(at()).toBe('live');
    socket().say({ id: 'renewed', sdpAnswer: 'v=0 of another call', callId: 'call-9' });
    socket().say({ id: 'renewed', sdpAnswer: 'v=0 again', callId: 'call-1' });
    await vi.waitFor(() => {
      expect(peer().answers).toEqual(['v=0 again']);
    });
    peer().become('connected');
    expect(session.picture.get()).toBe(peer().remote);
    expect([peers.length, at()]).toEqual([2, 'live']);
  });

  it('offers anew only when the hub can hear it', async () => {
    const { goLive, peer, peers, timers, socket, until, at } = setUp();
    await goLive();
    socket().drop();
    peer().become('failed');
    timers.advance(300);
    expect(peers.length).toBe(1);
    socket().welcome();
    await until('register');
    const resumed = { peer: 'Ben', callId: 'call-1', since: 1, role: 'caller', at: 'live' };
    socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret', resumed });
    await until('renew');
    expect(at()).toBe('live');
  });

  it('restarts ICE with the name of the call, again after a lost link, and never for a connection given up', async () => {
    const { goLive, peer, socket, sent, until, timers } = setUp();
    await goLive();
    const answer = peer().options.restart?.('v=0 moved');
    expect(sent('restart')).toEqual([{ id: 'restart', sdpOffer: 'v=0 moved', callId: 'call-1' }]);
    const comeBack = async (): Promise<void> => {
      socket().drop();
      timers.advance(300);
      socket().welcome();
      await until('register');
      const resumed = { peer: 'Ben', callId: 'call-1', since: 1, role: 'caller', at: 'live' };
      socket().say({ id: 'registerResponse', response: 'accepted', secret: 's3cret', resumed });
    };
    await comeBack();
    expect(sent('restart')).toHaveLength(1);
    socket().say({ id: 'restarted', response: 'accepted', sdpAnswer: 'v=0 other', callId: 'call-9' });
    socket().say({ id: 'restarted', response: 'accepted', sdpAnswer: 'v=0 found', callId: 'call-1' });
    expect(await answer).toBe('v=0 found');

    const given = peer().options.restart?.('v=0 in vain');
    peer().become('failed');
    expect(await given).toBeNull();
    timers.advance(0);
    await until('renew');
    await comeBack();
    // What had been sent may not have arrived; the hub knows it again.
    await until('renew');
    expect(sent('restart')).toEqual([]);
  });

  it('says stop when media fails for good', async () => {
    const { session, goLive, peer, sent, timers, until } = setUp();
    await goLive();
    for (let count = 1; count <= 4; count += 1) {
      peer().become('failed');
      timers.advance(1_000);
      await until('renew', count);
    }
    peer().become('failed');
    expect(session.state.get()).toMatchObject({ at: 'ended', why: 'media-failed' });
    expect(sent('stop')).toEqual([{ id: 'stop', callId: 'call-1' }]);
  });

  it('hands a new track to the running sender', async () => {
    const { peer, goLive, tell } = setUp();
    await goLive();
    tell()('video', null);
    expect(peer().replaced).toEqual([['video', null]]);
  });

  it('leaves no timer behind', async () => {
    const { session, registrar, client, timers, goLive } = setUp();
    await goLive();
    session.close();
    registrar.close();
    client.close();
    await Promise.resolve();
    expect(timers.pending).toBe(0);
  });
});

describe('what can be seen and heard', () => {
  it('is told from the beginning of a call, and after each change until it ends', async () => {
    const { goLive, presence, sent, session, socket } = setUp();
    presence.set({ camera: false, microphone: true, screen: false });
    await goLive();
    expect(sent('media')).toEqual([
      { id: 'media', camera: false, microphone: true, screen: false, callId: 'call-1' },
    ]);
    presence.set({ camera: false, microphone: false, screen: false });
    expect(sent('media').at(-1)).toMatchObject({ microphone: false });
    socket().say({ id: 'stopCommunication', callId: 'call-1' });
    presence.set({ camera: true, microphone: true, screen: false });
    expect(sent('media')).toHaveLength(2);
    session.close();
  });

  it('of the other side is known while the call lasts, and nothing of another call', async () => {
    const { goLive, session, socket } = setUp();
    await goLive();
    expect(session.peerMedia.get()).toBeNull();
    socket().say({ id: 'peerMedia', camera: false, microphone: false, screen: false, callId: 'call-0' });
    expect(session.peerMedia.get()).toBeNull();
    socket().say({ id: 'peerMedia', camera: false, microphone: true, screen: false, callId: 'call-1' });
    expect(session.peerMedia.get()).toEqual({ camera: false, microphone: true, screen: false });
    session.hangUp();
    expect(session.peerMedia.get()).toBeNull();
  });

  it('is told again when a lost connection is back, and an older hub that does not know of it ends nothing', async () => {
    const { goLive, sent, socket, timers, at, session } = setUp();
    await goLive();
    socket().say({ id: 'error', message: 'Invalid message', code: 'unknown-message' });
    expect(at()).toBe('live');
    socket().drop();
    timers.advance(5_000);
    socket().welcome();
    socket().say({
      id: 'registerResponse',
      response: 'accepted',
      secret: 's3cret',
      resumed: { peer: 'Ben', callId: 'call-1', role: 'caller', at: 'live', since: 1 },
    });
    expect(sent('media')).toHaveLength(1);
    session.dismiss();
    const dialing = setUp();
    dialing.register();
    dialing.session.dial('Ben', true);
    await dialing.until('call');
    dialing.socket().say({ id: 'error', message: 'Invalid message', code: 'unknown-message' });
    expect(dialing.at()).toBe('dialing');
  });
});
