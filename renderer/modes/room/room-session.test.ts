import { describe, expect, it } from 'vitest';
import { MAX_CHANNEL_BURST, MAX_CHAT_LENGTH } from '../../../protocol/room-channel';
import { EndpointClient } from '../../signaling/endpoint-client';
import { Cell } from '../../store';
import { FakeDirectPeer } from '../../testing/fake-direct-peer';
import { FakeSocket } from '../../testing/fake-socket';
import { FakeTimers } from '../../testing/fake-timers';
import { RoomSession, type Presence } from './room-session';

const ALL_ON: Presence = { camera: true, microphone: true, screen: false };

function setUp() {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const peers: FakeDirectPeer[] = [];
  const presence = new Cell<Presence>(ALL_ON);
  const client = new EndpointClient({
    hubUrl: 'wss://localhost:8443',
    path: '/room',
    timers,
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  const session = new RoomSession({
    client,
    presence,
    timers,
    iceServers: () => [],
    media: { tracks: [], onTrack: () => () => undefined },
    openPeer: (options) => {
      const peer = new FakeDirectPeer(options);
      peers.push(peer);
      return peer;
    },
  });
  const socket = (): FakeSocket => sockets.at(-1) as FakeSocket;
  const peer = (): FakeDirectPeer => peers.at(-1) as FakeDirectPeer;
  const sent = (id: string): unknown[] => socket().sent.filter((each) => (each as { id: string }).id === id);
  const at = (): string => session.state.get().at;
  function enter(reply: 'room_created' | 'room_joined'): void {
    socket().welcome();
    session.join('lobby');
    socket().say({ id: reply, roomId: 'lobby' });
  }
  function goLive(role: 'impolite' | 'polite'): void {
    if (role === 'polite') enter('room_joined');
    else {
      enter('room_created');
      socket().say({ id: 'start_call' });
    }
    peer().options.onConnection('connected');
  }
  return { timers, peers, presence, session, socket, peer, sent, at, enter, goLive };
}

describe('RoomSession', () => {
  it('waits alone, and offers as the impolite one when somebody comes', () => {
    const { session, socket, peer, peers, at, enter } = setUp();
    enter('room_created');
    expect(at()).toBe('waiting');
    expect(peers).toHaveLength(0);
    socket().say({ id: 'start_call' });
    expect(at()).toBe('connecting');
    expect(peer().options.polite).toBe(false);
    peer().options.onConnection('connected');
    expect(at()).toBe('live');
    session.close();
    expect(peer().closed).toBe(true);
  });

  it('comes second as the polite one and says so to the one who waits', () => {
    const { peer, sent, enter } = setUp();
    enter('room_joined');
    expect(peer().options.polite).toBe(true);
    expect(sent('start_call')).toEqual([{ id: 'start_call', roomId: 'lobby' }]);
  });

  it('relays descriptions and candidates both ways', () => {
    const { socket, peer, sent, enter } = setUp();
    enter('room_joined');
    socket().say({ id: 'webrtc_offer', sdp: 'v=0 offer' });
    socket().say({ id: 'webrtc_ice_candidate', label: 1, candidate: 'candidate:1' });
    socket().say({ id: 'webrtc_ice_candidate', candidate: '' });
    expect(peer().descriptions).toEqual([['offer', 'v=0 offer']]);
    expect(peer().candidates).toEqual([['candidate:1', 1]]);
    peer().options.sendDescription('answer', 'v=0 answer');
    peer().options.sendCandidate('candidate:2', 0);
    expect(sent('webrtc_answer')).toEqual([{ id: 'webrtc_answer', roomId: 'lobby', sdp: 'v=0 answer' }]);
    expect(sent('webrtc_ice_candidate')).toHaveLength(1);
  });

  it('shows at once that the other one has left, and takes in whoever comes next', () => {
    const { session, socket, peers, at, goLive } = setUp();
    goLive('impolite');
    socket().say({ id: 'peer_left' });
    expect(session.state.get()).toEqual({ at: 'waiting', room: 'lobby', after: 'meeting' });
    expect(peers[0]?.closed).toBe(true);
    expect(session.remote.get()).toBeNull();
    socket().say({ id: 'start_call' });
    expect(at()).toBe('connecting');
    expect(peers).toHaveLength(2);
  });

  it('looks for another path when the connection breaks, and keeps the meeting', () => {
    const { timers, peer, peers, at, goLive } = setUp();
    goLive('impolite');
    peer().options.onConnection('disconnected');
    expect(at()).toBe('interrupted');
    timers.advance(1_500);
    expect(peer().restarts).toBe(1);
    peer().options.onConnection('connected');
    expect(at()).toBe('live');
    timers.advance(60_000);
    expect(peer().restarts).toBe(1);
    expect(peers).toHaveLength(1);
  });

  it('asks the other one to offer where it is polite, and offers by itself when nobody answers', () => {
    const { session, timers, socket, peer, sent, goLive } = setUp();
    goLive('polite');
    session.networkChanged();
    expect(sent('start_call')).toHaveLength(2);
    expect(peer().restarts).toBe(0);
    socket().say({ id: 'webrtc_offer', sdp: 'v=0 again' });
    session.networkChanged();
    expect(peer().restarts).toBe(0);
    // What was asked a moment ago may still be answered.
    session.networkChanged();
    expect(peer().restarts).toBe(0);
    timers.advance(1_500);
    peer().options.onConnection('failed');
    expect(peer().restarts).toBe(1);
    timers.advance(4_000);
    expect(sent('start_call').length).toBeGreaterThan(3);
  });

  it('offers anew when the polite one asks during the meeting', () => {
    const { socket, peer, peers, goLive } = setUp();
    goLive('impolite');
    socket().say({ id: 'start_call' });
    expect(peer().restarts).toBe(1);
    expect(peers).toHaveLength(1);
  });

  it('enters again after the link was lost, waiting for its own old place to be freed', () => {
    const { timers, socket, peers, at, sent, goLive } = setUp();
    goLive('polite');
    socket().drop();
    expect(at()).toBe('offline');
    // Media goes on meanwhile.
    expect(peers[0]?.closed).toBe(false);
    timers.advance(1_000);
    socket().welcome();
    expect(at()).toBe('joining');
    socket().say({ id: 'full_room', roomId: 'lobby', message: 'full', code: 'room-full' });
    expect(at()).toBe('joining');
    timers.advance(1_000);
    expect(sent('join')).toHaveLength(2);
    socket().say({ id: 'room_joined', roomId: 'lobby' });
    expect(at()).toBe('connecting');
    expect(peers[0]?.closed).toBe(true);
    expect(peers).toHaveLength(2);
  });

  it('is told that a room is full, or that its name is none', () => {
    const { session, socket, at } = setUp();
    socket().welcome();
    session.join('lobby');
    socket().say({ id: 'full_room', roomId: 'lobby', message: 'full', code: 'room-full' });
    expect(at()).toBe('full');
    session.join('other');
    socket().say({ id: 'error', message: 'no', code: 'name-invalid', retryable: false });
    expect(session.state.get()).toEqual({ at: 'ended', room: 'other', why: 'name-invalid' });
  });

  it('leaves with word to the hub, and forgets what was written', () => {
    const { session, peer, sent, goLive } = setUp();
    goLive('impolite');
    peer().openChannel();
    session.say('bye');
    session.leave();
    expect(sent('leave')).toHaveLength(1);
    expect(session.chat.get().entries).toEqual([]);
    expect(peer().closed).toBe(true);
  });

  it('tells what of oneself can be seen when the channel opens and whenever that changes', () => {
    const { presence, session, peer, goLive } = setUp();
    goLive('impolite');
    peer().openChannel();
    presence.set({ ...ALL_ON, camera: false });
    expect(peer().texts).toEqual([
      { type: 'media', ...ALL_ON },
      { type: 'media', ...ALL_ON, camera: false },
    ]);
    peer().say({ type: 'media', camera: false, microphone: true, screen: false });
    expect(session.otherPresence.get()?.camera).toBe(false);
  });
});

describe('the chat of a room', () => {
  it('keeps what both write and counts what was not read', () => {
    const { session, peer, goLive } = setUp();
    goLive('impolite');
    expect(session.say('too early')).toBe(false);
    peer().openChannel();
    expect(session.say('  hello  ')).toBe(true);
    peer().say({ type: 'text', text: 'hi' });
    const { entries, unread } = session.chat.get();
    expect(entries.map(({ from, text }) => [from, text])).toEqual([
      ['me', 'hello'],
      ['other', 'hi'],
    ]);
    expect(unread).toBe(1);
    session.chat.read();
    expect(session.chat.get().unread).toBe(0);
  });

  it('drops what is no message, is too long, or comes too fast', () => {
    const { session, timers, peer, goLive } = setUp();
    goLive('impolite');
    peer().openChannel();
    for (const junk of ['{', '[]', '{"type":"text"}', '{"type":"text","text":" "}', '{"type":"x"}'])
      peer().say(junk);
    peer().say({ type: 'text', text: 'x'.repeat(MAX_CHAT_LENGTH + 1) });
    expect(session.chat.get().entries).toHaveLength(0);
    expect(session.say('x'.repeat(MAX_CHAT_LENGTH + 1))).toBe(false);
    for (let index = 0; index < 200; index++) peer().say({ type: 'text', text: String(index) });
    expect(session.chat.get().entries).toHaveLength(MAX_CHANNEL_BURST);
    timers.advance(1_000);
    peer().say({ type: 'text', text: 'later' });
    expect(session.chat.get().entries.at(-1)?.text).toBe('later');
  });
});
