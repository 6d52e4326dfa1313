import { expect, it } from 'vitest';
import { Cell } from '../store';
import type { DeviceList } from './devices';
import { followedSpeaker, followSpeaker, playOn, speakerInUse } from './speaker';

const list = (...ids: string[]): DeviceList => ({
  cameras: [],
  microphones: [],
  speakers: ids.map((id) => ({ id, label: id })),
});

it('is the chosen one while it is there, or while nobody knows', () => {
  expect(speakerInUse(list('a', 'b').speakers, 'b')).toBe('b');
  expect(speakerInUse(list('a').speakers, 'b')).toBe('');
  expect(speakerInUse([], 'b')).toBe('b');
});

it('tells when it goes away and when it comes back, and nothing else', () => {
  const devices = new Cell<DeviceList>(list());
  const now = { chosen: 'phones' };
  const told: string[] = [];
  const end = followSpeaker(
    devices,
    () => now.chosen,
    (change) => told.push(change),
  );
  // Not there at the start: it was not taken away.
  devices.set(list('desk'));
  devices.set(list('desk', 'phones'));
  expect(told).toEqual([]);
  devices.set(list('desk', 'phones', 'other'));
  devices.set(list('desk'));
  devices.set(list('desk', 'other'));
  expect(told).toEqual(['replaced']);
  devices.set(list('desk', 'phones'));
  expect(told).toEqual(['replaced', 'returned']);
  // Chosen since: the one that was chosen before is nobody's loss.
  now.chosen = 'desk';
  devices.set(list('desk'));
  now.chosen = '';
  devices.set(list('other'));
  devices.set(list());
  expect(told).toHaveLength(2);
  devices.set(list('desk', 'other'));
  now.chosen = 'other';
  devices.set(list('desk'));
  expect(told).toEqual(['replaced', 'returned', 'replaced']);
  end();
  devices.set(list('desk', 'other'));
  expect(told).toHaveLength(3);
});

it('is followed by what sounds for long: away at once when it is unplugged, back when it is there again', () => {
  const devices = new Cell<DeviceList>(list());
  const wishes = new Cell(['kitchen', 'phones']);
  const speaker = followedSpeaker(devices, wishes, wishes.get);
  const moves: string[] = [];
  const end = playOn({ setSinkId: (id) => Promise.resolve(moves.push(id)) }, speaker);
  // Nobody knows yet which ones there are.
  expect(moves).toEqual(['kitchen']);
  devices.set(list('desk', 'phones', 'kitchen'));
  devices.set(list('desk', 'phones'));
  expect(moves).toEqual(['kitchen', 'phones']);
  devices.set(list('desk'));
  expect(moves.at(-1)).toBe('');
  devices.set(list('desk', 'kitchen'));
  expect(moves.at(-1)).toBe('kitchen');
  wishes.set(['desk']);
  expect(moves.at(-1)).toBe('desk');
  wishes.set(['']);
  expect(moves).toEqual(['kitchen', 'phones', '', 'kitchen', 'desk', '']);
  end();
  wishes.set(['desk']);
  expect(moves).toHaveLength(6);
});

it('says when it has moved, and leaves what cannot be moved where it is', async () => {
  const speaker = new Cell('phones');
  let moved = 0;
  const end = playOn(
    { setSinkId: (id) => (id === 'bad' ? Promise.reject(new Error(id)) : Promise.resolve()) },
    speaker,
    () => {
      moved += 1;
    },
  );
  await Promise.resolve();
  expect(moved).toBe(1);
  speaker.set('bad');
  await Promise.resolve();
  expect(moved).toBe(1);
  end();
  expect(() => playOn({}, speaker)()).not.toThrow();
});
