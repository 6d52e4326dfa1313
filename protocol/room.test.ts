import { describe, expect, it } from 'vitest';
import {
  meetingEventOf,
  nextMeeting,
  nextMember,
  type MeetingEvent,
  type MeetingState,
  type MemberEvent,
  type MemberState,
} from './room';

type Row<Event extends string, State> = Record<Event, State | null>;
const none = null;
const now = 61_000;

describe('the meeting as its client sees it', () => {
  const room = 'lobby';
  const states = {
    idle: { at: 'idle' },
    joining: { at: 'joining', room },
    waiting: { at: 'waiting', room, after: 'nothing' },
    connecting: { at: 'connecting', room, role: 'polite' },
    live: { at: 'live', room, role: 'polite', since: 1_000 },
    interrupted: { at: 'interrupted', room, role: 'polite', since: 1_000 },
    offline: { at: 'offline', room },
    full: { at: 'full', room },
    ended: { at: 'ended', room, why: 'internal' },
  } satisfies Record<MeetingState['at'], MeetingState>;
  const events = {
    join: { type: 'join', room: 'attic' },
    created: { type: 'created' },
    joined: { type: 'joined' },
    full: { type: 'full' },
    'peer-came': { type: 'peer-came' },
    'peer-left': { type: 'peer-left' },
    connected: { type: 'connected', now },
    disconnected: { type: 'disconnected' },
    failed: { type: 'failed', code: 'internal' },
    'socket-lost': { type: 'socket-lost' },
    retry: { type: 'retry' },
    leave: { type: 'leave' },
  } satisfies { [T in MeetingEvent['type']]: Extract<MeetingEvent, { type: T }> };
  const attic: MeetingState = { at: 'joining', room: 'attic' };
  const alone: MeetingState = { at: 'waiting', room, after: 'meeting' };
  const nothing = {
    join: none,
    created: none,
    joined: none,
    full: none,
    'peer-came': none,
    'peer-left': none,
    connected: none,
    disconnected: none,
    retry: none,
  };
  const inside = { ...nothing, failed: states.ended, 'socket-lost': states.offline, leave: states.idle };
  const table: Record<MeetingState['at'], Row<MeetingEvent['type'], MeetingState>> = {
    idle: { ...nothing, join: attic, failed: none, 'socket-lost': states.idle, leave: none },
    joining: { ...inside, created: states.waiting, joined: states.connecting, full: states.full },
    waiting: { ...inside, 'peer-came': { at: 'connecting', room, role: 'impolite' } },
    connecting: {
      ...inside,
      'peer-left': alone,
      connected: { at: 'live', room, role: 'polite', since: now },
    },
    live: { ...inside, 'peer-left': alone, disconnected: states.interrupted },
    interrupted: { ...inside, 'peer-left': alone, connected: states.live },
    offline: { ...inside, retry: states.joining },
    full: { ...nothing, join: attic, failed: none, 'socket-lost': states.full, leave: states.idle },
    ended: { ...nothing, join: attic, failed: none, 'socket-lost': states.ended, leave: states.idle },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextMeeting(states[at as MeetingState['at']], events[type as MeetingEvent['type']]);
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }

  it('makes whoever was there first impolite, also one who had joined later before', () => {
    let state: MeetingState = states.connecting;
    for (const event of [events['peer-left'], events['peer-came']])
      state = nextMeeting(state, event) ?? state;
    expect(state).toEqual({ at: 'connecting', room, role: 'impolite' });
  });

  it('understands the messages of the hub', () => {
    expect(meetingEventOf({ id: 'room_created', roomId: room })).toEqual({ type: 'created' });
    expect(meetingEventOf({ id: 'room_joined', roomId: room })).toEqual({ type: 'joined' });
    expect(meetingEventOf({ id: 'full_room', roomId: room })).toEqual({ type: 'full' });
    expect(meetingEventOf({ id: 'start_call' })).toEqual({ type: 'peer-came' });
    expect(meetingEventOf({ id: 'peer_left' })).toEqual({ type: 'peer-left' });
    expect(meetingEventOf({ id: 'webrtc_offer', sdp: 'v=0' })).toBeNull();
  });
});

describe('one connection in a room as the hub sees it', () => {
  const room = 'lobby';
  const states = {
    outside: { at: 'outside' },
    alone: { at: 'alone', room },
    paired: { at: 'paired', room },
  } satisfies Record<MemberState['at'], MemberState>;
  const events = {
    created: { type: 'created', room },
    joined: { type: 'joined', room },
    'peer-came': { type: 'peer-came' },
    'peer-left': { type: 'peer-left' },
    left: { type: 'left' },
  } satisfies { [T in MemberEvent['type']]: Extract<MemberEvent, { type: T }> };
  const table: Record<MemberState['at'], Row<MemberEvent['type'], MemberState>> = {
    outside: {
      created: states.alone,
      joined: states.paired,
      'peer-came': none,
      'peer-left': none,
      left: none,
    },
    alone: {
      created: none,
      joined: none,
      'peer-came': states.paired,
      'peer-left': none,
      left: states.outside,
    },
    paired: {
      created: none,
      joined: none,
      'peer-came': none,
      'peer-left': states.alone,
      left: states.outside,
    },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextMember(states[at as MemberState['at']], events[type as MemberEvent['type']]);
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }
});
