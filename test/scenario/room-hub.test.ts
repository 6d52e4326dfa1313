/** Rooms over real sockets; no media server takes part, so there is none here. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Hub } from '../../signaling-server/index';
import { HubClient } from '../support/hub-client';
import { startPlainHub } from '../support/hub';

let hub: Hub;
beforeAll(async () => {
  hub = await startPlainHub('ws://127.0.0.1:9/kurento');
});
afterAll(() => hub.close());

const connect = () => HubClient.open(hub.url, '/room');

it('two meet as in the rooms article, a third one is told that it is full, and all without a media server', async () => {
  const [ann, bob, eve] = await Promise.all([connect(), connect(), connect()]);
  const roomId = 'lobby';
  ann.send({ id: 'join', roomId });
  expect(await ann.next('room_created')).toEqual({ id: 'room_created', roomId });
  bob.send({ id: 'join', roomId });
  expect(await bob.next('room_joined')).toEqual({ id: 'room_joined', roomId });
  eve.send({ id: 'join', roomId });
  expect(await eve.next('full_room')).toMatchObject({ roomId, code: 'room-full' });

  bob.send({ id: 'start_call', roomId });
  await ann.next('start_call');
  ann.send({ id: 'webrtc_offer', roomId, sdp: 'v=0 offer' });
  expect(await bob.next('webrtc_offer')).toEqual({ id: 'webrtc_offer', sdp: 'v=0 offer' });
  bob.send({ id: 'webrtc_answer', roomId, sdp: 'v=0 answer' });
  expect(await ann.next('webrtc_answer')).toEqual({ id: 'webrtc_answer', sdp: 'v=0 answer' });
  for (const label of [0, 1, 2])
    ann.send({ id: 'webrtc_ice_candidate', roomId, label, candidate: `candidate:${label}` });
  await bob.next('webrtc_ice_candidate', 3);
  expect(bob.all('webrtc_ice_candidate').map(({ candidate }) => candidate)).toEqual([
    'candidate:0',
    'candidate:1',
    'candidate:2',
  ]);

  // A crash is told at once, and makes a place.
  ann.drop();
  await bob.next('peer_left');
  eve.send({ id: 'join', roomId });
  await eve.next('room_joined');
  eve.send({ id: 'start_call', roomId });
  await bob.next('start_call');
  expect(eve.messages.map(({ id }) => id)).toEqual(['full_room', 'room_joined']);
  await bob.close();
  await eve.next('peer_left');
  await eve.close();
});
