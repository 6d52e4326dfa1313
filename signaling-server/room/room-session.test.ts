import { describe, expect, it } from 'vitest';
import { FakeClient, fakeServices } from '../../test/fakes/fake-connection';
import { createRoomMode } from './index';

function hub() {
  const mode = createRoomMode(fakeServices());
  return () => new FakeClient(mode);
}
const roomId = 'lobby';

describe('a room', () => {
  it('is created by the first, joined by the second, and full for the third', () => {
    const client = hub();
    const [ann, bob, eve] = [client(), client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    eve.says({ id: 'join', roomId });
    expect(ann.hears()).toEqual([{ id: 'room_created', roomId }]);
    expect(bob.hears()).toEqual([{ id: 'room_joined', roomId }]);
    expect(eve.hears()).toEqual([
      {
        id: 'full_room',
        roomId,
        code: 'room-full',
        message: expect.stringContaining('two people') as string,
        retryable: true,
      },
    ]);
  });

  it('knows one who comes back by their secret, before it has noticed that they were gone', () => {
    const mode = createRoomMode(fakeServices());
    const [ann, bob, back, eve] = [1, 2, 3, 4].map(() => new FakeClient(mode, true)) as [
      FakeClient<'/room'>,
      FakeClient<'/room'>,
      FakeClient<'/room'>,
      FakeClient<'/room'>,
    ];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    const [created] = ann.hears();
    const secret = created?.id === 'room_created' ? created.secret : undefined;
    expect(secret).toEqual(expect.any(String));
    bob.hears();
    eve.says({ id: 'join', roomId, secret: 'a guess' });
    expect(eve.hears()).toMatchObject([{ id: 'full_room' }]);
    back.says({ id: 'join', roomId, ...(secret !== undefined && { secret }) });
    expect(bob.hears()).toEqual([{ id: 'peer_left' }]);
    expect(back.hears()).toMatchObject([{ id: 'room_joined', roomId }]);
    // The old connection has nothing to say any more, and its end concerns nobody.
    ann.says({ id: 'start_call', roomId });
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    ann.closes('silent');
    expect(bob.hears()).toEqual([]);
  });

  it('relays what its members say to the other one only, without the room id', () => {
    const client = hub();
    const [ann, bob, eve] = [client(), client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    eve.says({ id: 'join', roomId: 'elsewhere' });
    for (const one of [ann, bob, eve]) one.hears();
    bob.says({ id: 'start_call', roomId });
    ann.says({ id: 'webrtc_offer', roomId, sdp: 'v=0 offer' });
    bob.says({ id: 'webrtc_answer', roomId, sdp: 'v=0 answer' });
    ann.says({ id: 'webrtc_ice_candidate', roomId, label: 1, candidate: 'candidate:1' });
    expect(ann.hears()).toEqual([{ id: 'start_call' }, { id: 'webrtc_answer', sdp: 'v=0 answer' }]);
    expect(bob.hears()).toEqual([
      { id: 'webrtc_offer', sdp: 'v=0 offer' },
      { id: 'webrtc_ice_candidate', label: 1, candidate: 'candidate:1' },
    ]);
    expect(eve.hears()).toEqual([]);
  });

  it('is closed to those who name it without having entered', () => {
    const client = hub();
    const [ann, bob, eve, joe] = [client(), client(), client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    eve.says({ id: 'join', roomId: 'elsewhere' });
    for (const one of [ann, bob, eve]) one.hears();
    eve.says({ id: 'webrtc_offer', roomId, sdp: 'v=0' });
    joe.says({ id: 'webrtc_offer', roomId, sdp: 'v=0' });
    expect(ann.hears()).toEqual([]);
    expect(bob.hears()).toEqual([]);
    expect(eve.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    expect(joe.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
  });

  it('tells at once who is left alone, by message or by a dead connection, and takes the next one in', () => {
    const client = hub();
    const [ann, bob, eve] = [client(), client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    ann.hears();
    bob.says({ id: 'leave' });
    expect(ann.hears()).toEqual([{ id: 'peer_left' }]);
    eve.says({ id: 'join', roomId });
    expect(eve.hears()).toEqual([{ id: 'room_joined', roomId }]);
    ann.closes('broken');
    expect(eve.hears()).toEqual([{ id: 'peer_left' }]);
    bob.hears();
    bob.says({ id: 'join', roomId });
    expect(bob.hears()).toEqual([{ id: 'room_joined', roomId }]);
  });

  it('vanishes with the last one who leaves', () => {
    const client = hub();
    const [ann, bob] = [client(), client()];
    ann.says({ id: 'join', roomId });
    ann.says({ id: 'leave' });
    ann.says({ id: 'leave' });
    bob.says({ id: 'join', roomId });
    expect(bob.hears()).toEqual([{ id: 'room_created', roomId }]);
  });

  it('lets one change rooms, and keeps one who finds the other room full', () => {
    const client = hub();
    const [ann, bob, eve, joe] = [client(), client(), client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    eve.says({ id: 'join', roomId: 'attic' });
    joe.says({ id: 'join', roomId: 'attic' });
    for (const one of [ann, bob, eve, joe]) one.hears();
    bob.says({ id: 'join', roomId: 'attic' });
    expect(bob.hears()).toMatchObject([{ id: 'full_room' }]);
    ann.says({ id: 'webrtc_offer', roomId, sdp: 'v=0' });
    expect(bob.hears()).toEqual([{ id: 'webrtc_offer', sdp: 'v=0' }]);
    joe.says({ id: 'leave' });
    bob.says({ id: 'join', roomId: 'attic' });
    expect(bob.hears()).toEqual([{ id: 'room_joined', roomId: 'attic' }]);
    expect(ann.hears()).toEqual([{ id: 'peer_left' }]);
  });

  it('lets a reloaded page enter its own room again', () => {
    const client = hub();
    const [ann, bob] = [client(), client()];
    ann.says({ id: 'join', roomId });
    bob.says({ id: 'join', roomId });
    for (const one of [ann, bob]) one.hears();
    bob.says({ id: 'join', roomId });
    expect(ann.hears()).toEqual([{ id: 'peer_left' }]);
    expect(bob.hears()).toEqual([{ id: 'room_joined', roomId }]);
  });

  it('may be called as an object calls its own members, and refuses names that are none', () => {
    const client = hub();
    for (const name of ['constructor', '__proto__', 'toString']) {
      const ann = client();
      ann.says({ id: 'join', roomId: name });
      expect(ann.hears()).toEqual([{ id: 'room_created', roomId: name }]);
    }
    const bob = client();
    for (const name of ['', '  ', 'a\nb', 'x'.repeat(65)]) {
      bob.says({ id: 'join', roomId: name });
      expect(bob.hears()).toMatchObject([{ id: 'error', code: 'name-invalid' }]);
    }
  });
});
