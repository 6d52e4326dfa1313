import { expect, it } from 'vitest';
import { Cell } from '../store';
import type { DeviceList } from './devices';
import { followSpeaker, speakerInUse } from './speaker';

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
