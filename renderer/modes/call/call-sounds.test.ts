import { expect, it } from 'vitest';
import type { CallState } from '../../../protocol/call';
import type { ToneName } from '../../media/tones';
import { lastingTone, openCallSounds, passingTone } from './call-sounds';

const party = { peer: 'Ben', callId: '1' };
const dialing: CallState = { at: 'dialing', ringing: false, offline: false, ...party };
const ringsThere: CallState = { ...dialing, ringing: true };
const ringsHere: CallState = { at: 'ringing', offline: false, ...party };
const connecting: CallState = { at: 'connecting', role: 'caller', offline: false, ...party };
const live: CallState = { at: 'live', role: 'caller', since: 1, ...party };
const ended = (why: Extract<CallState, { at: 'ended' }>['why']): CallState => ({
  at: 'ended',
  peer: 'Ben',
  role: 'caller',
  why,
  seconds: 0,
});

it('rings here while somebody calls, and back while it rings there', () => {
  expect(lastingTone(ringsHere)).toBe('ringtone');
  expect(lastingTone(dialing)).toBeNull();
  expect(lastingTone(ringsThere)).toBe('ringback');
  expect(lastingTone(live)).toBeNull();
});

it('tells connected, hung up and refused apart, and is silent about what the user did', () => {
  expect(passingTone(connecting, live)).toBe('connected');
  expect(passingTone(live, ended('peer-hung-up'))).toBe('ended');
  expect(passingTone(dialing, ended('user-busy'))).toBe('refused');
  expect(passingTone(dialing, ended('call-declined'))).toBe('refused');
  expect(passingTone(live, ended('hung-up'))).toBeNull();
  expect(passingTone(ringsHere, ended('missed'))).toBeNull();
});

it('plays one lasting tone at a time, and none after a call', () => {
  const playing = new Set<ToneName>();
  const played: ToneName[] = [];
  const sounds = openCallSounds((tone) => {
    played.push(tone);
    playing.add(tone);
    return () => playing.delete(tone);
  });
  sounds.step(dialing, ringsThere);
  sounds.step(ringsThere, { ...ringsThere, offline: true });
  expect(played).toEqual(['ringback']);
  sounds.step(ringsThere, connecting);
  expect([...playing]).toEqual([]);
  sounds.step(ended('missed'), ringsHere);
  sounds.close();
  expect([...playing]).toEqual([]);
});
