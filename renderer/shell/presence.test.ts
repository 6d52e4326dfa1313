import { expect, it } from 'vitest';
import type { CallState, RegistrationState } from '../../protocol/call';
import { presenceOf, type Presence } from './presence';

const idle: CallState = { at: 'idle' };
const ended: CallState = { at: 'ended', peer: 'Ben', role: 'caller', why: 'hung-up', seconds: 3 };
const ringing: CallState = { at: 'ringing', peer: 'Ben', callId: undefined, offline: false };
const registered: RegistrationState = { at: 'registered', name: 'Ana' };
const on = { availableForCalls: true, doNotDisturb: false };

it.each<[RegistrationState, CallState, typeof on, Presence]>([
  [registered, idle, on, 'available'],
  [registered, ended, on, 'available'],
  [registered, ringing, on, 'busy'],
  [registered, idle, { ...on, doNotDisturb: true }, 'silent'],
  [registered, idle, { ...on, availableForCalls: false }, 'off'],
  [{ at: 'unregistered' }, idle, on, 'connecting'],
  [{ at: 'offline', name: 'Ana' }, idle, { ...on, doNotDisturb: true }, 'connecting'],
  [{ at: 'refused', name: 'Ana', code: 'name-taken', message: '' }, idle, on, 'taken'],
])('%o with %o and %o is %s', (registration, call, wishes, presence) => {
  expect(presenceOf(registration, call, wishes)).toBe(presence);
});
