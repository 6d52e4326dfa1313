import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HUB_CALL_START,
  IDLE,
  afterResuming,
  callEventOf,
  nextCall,
  nextHubCall,
  nextRegistration,
  otherRole,
  type CallEvent,
  type CallState,
  type HubCallEvent,
  type HubCallState,
  type RegistrationEvent,
  type RegistrationState,
} from './call';
import type { Replies } from './signaling';

type Row<Event extends string, State> = Record<Event, State | null>;

describe('the call as its client sees it', () => {
  const ended: CallState = {
    at: 'ended',
    peer: 'bob',
    over: 'c0',
    role: 'caller',
    why: 'hung-up',
    seconds: 3,
  };
  const callId = 'c1';
  const standing = { peer: 'bob', callId, role: 'caller', since: 1_000 } as const;
  const states = {
    idle: IDLE,
    dialing: { at: 'dialing', peer: 'bob', callId, offline: false, ringing: false },
    ringing: { at: 'ringing', peer: 'bob', callId, offline: false },
    connecting: { at: 'connecting', peer: 'bob', callId, offline: false, role: 'caller' },
    live: { at: 'live', ...standing },
    interrupted: { at: 'interrupted', ...standing, lost: 'self' },
    ended,
  } satisfies Record<CallState['at'], CallState>;
  const now = 61_000;
  const events = {
    dial: { type: 'dial', peer: 'eve', callId: 'c2' },
    'peer-ringing': { type: 'peer-ringing' },
    incoming: { type: 'incoming', peer: 'bob', callId },
    accept: { type: 'accept' },
    decline: { type: 'decline' },
    accepted: { type: 'accepted' },
    refused: { type: 'refused', code: 'user-busy' },
    connected: { type: 'connected', now },
    'hang-up': { type: 'hang-up', now },
    stopped: { type: 'stopped', now },
    failed: { type: 'failed', now, code: 'media-failed' },
    'socket-lost': { type: 'socket-lost' },
    resumed: { type: 'resumed', now },
    'not-resumed': { type: 'not-resumed', now },
    'peer-lost': { type: 'peer-lost' },
    'peer-back': { type: 'peer-back' },
    dismiss: { type: 'dismiss' },
  } satisfies { [T in CallEvent['type']]: Extract<CallEvent, { type: T }> };

  const over = (
    role: 'caller' | 'callee',
    why: Extract<CallState, { at: 'ended' }>['why'],
    seconds = 0,
  ): CallState => ({
    at: 'ended',
    peer: 'bob',
    over: callId,
    role,
    why,
    seconds,
  });
  const none = null;
  const dialEve: CallState = { at: 'dialing', peer: 'eve', callId: 'c2', offline: false, ringing: false };
  const table: Record<CallState['at'], Row<CallEvent['type'], CallState>> = {
    idle: {
      dial: dialEve,
      'peer-ringing': none,
      incoming: states.ringing,
      accept: none,
      decline: none,
      accepted: none,
      refused: none,
      connected: none,
      'hang-up': none,
      stopped: none,
      failed: none,
      'socket-lost': states.idle,
      resumed: none,
      'not-resumed': states.idle,
      'peer-lost': none,
      'peer-back': none,
      dismiss: none,
    },
    dialing: {
      dial: none,
      'peer-ringing': { ...states.dialing, ringing: true },
      incoming: none,
      accept: none,
      decline: none,
      accepted: states.connecting,
      refused: over('caller', 'user-busy'),
      connected: none,
      'hang-up': over('caller', 'cancelled'),
      stopped: over('caller', 'peer-hung-up'),
      failed: over('caller', 'media-failed'),
      'socket-lost': { ...states.dialing, offline: true },
      resumed: states.dialing,
      'not-resumed': none,
      'peer-lost': states.dialing,
      'peer-back': states.dialing,
      dismiss: none,
    },
    ringing: {
      dial: none,
      'peer-ringing': none,
      incoming: states.ringing,
      accept: { at: 'connecting', peer: 'bob', callId, offline: false, role: 'callee' },
      decline: over('callee', 'declined'),
      accepted: none,
      refused: none,
      connected: none,
      'hang-up': over('callee', 'declined'),
      stopped: over('callee', 'missed'),
      failed: over('callee', 'media-failed'),
      'socket-lost': { ...states.ringing, offline: true },
      resumed: states.ringing,
      'not-resumed': none,
      'peer-lost': states.ringing,
      'peer-back': states.ringing,
      dismiss: none,
    },
    connecting: {
      dial: none,
      'peer-ringing': none,
      incoming: none,
      accept: none,
      decline: none,
      accepted: states.connecting,
      refused: over('caller', 'user-busy'),
      connected: { at: 'live', peer: 'bob', callId, role: 'caller', since: now },
      'hang-up': over('caller', 'hung-up'),
      stopped: over('caller', 'peer-hung-up'),
      failed: over('caller', 'media-failed'),
      'socket-lost': { ...states.connecting, offline: true },
      resumed: states.connecting,
      'not-resumed': none,
      'peer-lost': states.connecting,
      'peer-back': states.connecting,
      dismiss: none,
    },
    live: {
      dial: none,
      'peer-ringing': none,
      incoming: none,
      accept: none,
      decline: none,
      accepted: states.live,
      refused: none,
      connected: none,
      'hang-up': over('caller', 'hung-up', 60),
      stopped: over('caller', 'peer-hung-up', 60),
      failed: over('caller', 'media-failed', 60),
      'socket-lost': states.interrupted,
      resumed: states.live,
      'not-resumed': none,
      'peer-lost': { at: 'interrupted', ...standing, lost: 'peer' },
      'peer-back': states.live,
      dismiss: none,
    },
    interrupted: {
      dial: none,
      'peer-ringing': none,
      incoming: none,
      accept: none,
      decline: none,
      accepted: states.interrupted,
      refused: none,
      connected: none,
      'hang-up': over('caller', 'hung-up', 60),
      stopped: over('caller', 'peer-hung-up', 60),
      failed: over('caller', 'media-failed', 60),
      'socket-lost': states.interrupted,
      resumed: states.live,
      'not-resumed': over('caller', 'peer-lost', 60),
      'peer-lost': { at: 'interrupted', ...standing, lost: 'both' },
      'peer-back': states.interrupted,
      dismiss: none,
    },
    ended: {
      dial: dialEve,
      'peer-ringing': none,
      incoming: states.ringing,
      accept: none,
      decline: none,
      accepted: none,
      refused: none,
      connected: none,
      'hang-up': none,
      stopped: none,
      failed: none,
      'socket-lost': ended,
      resumed: none,
      'not-resumed': ended,
      'peer-lost': none,
      'peer-back': none,
      dismiss: { at: 'idle', over: 'c0' },
    },
  };

  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextCall(states[at as CallState['at']], events[type as CallEvent['type']]);
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }

  it('keeps who is lost apart: self, peer, both, and back', () => {
    const walk = (...types: ('socket-lost' | 'peer-lost' | 'peer-back' | 'resumed')[]) => {
      let state: CallState = states.live;
      for (const type of types) state = nextCall(state, events[type]) ?? state;
      return state.at === 'interrupted' ? state.lost : state.at;
    };
    expect(walk('peer-lost', 'socket-lost')).toBe('both');
    expect(walk('socket-lost', 'peer-lost', 'peer-back')).toBe('self');
    expect(walk('peer-lost', 'peer-back')).toBe('live');
    // The hub tells a lost peer anew after `resumed`, so nothing of before is believed.
    expect(walk('peer-lost', 'socket-lost', 'resumed')).toBe('live');
    expect(walk('peer-lost', 'socket-lost', 'resumed', 'peer-lost')).toBe('peer');
  });

  it('that is not live yet waits for its lost connection, and ends when the hub knows nothing of it', () => {
    const whys = { dialing: 'peer-lost', ringing: 'missed', connecting: 'peer-lost' } as const;
    for (const [at, why] of Object.entries(whys)) {
      const offline = nextCall(states[at as keyof typeof whys], { type: 'socket-lost' });
      expect(offline).toMatchObject({ at, offline: true });
      if (!offline) continue;
      expect(nextCall(offline, events.resumed)).toMatchObject({ at, offline: false });
      expect(nextCall(offline, events['not-resumed'])).toMatchObject({ at: 'ended', why });
    }
    const offline = { ...states.connecting, offline: true };
    expect(nextCall(offline, events.connected)).toMatchObject({
      at: 'interrupted',
      lost: 'self',
      since: now,
    });
  });

  it('that was ended here does not ring again', () => {
    const declined = nextCall(states.ringing, { type: 'decline' });
    const dismissed = declined && nextCall(declined, { type: 'dismiss' });
    for (const state of [declined, dismissed]) {
      expect(state && nextCall(state, events.incoming)).toBeNull();
      expect(state && nextCall(state, { ...events.incoming, callId: 'c2' })).toMatchObject({ at: 'ringing' });
    }
  });

  it('is not moved by what is about an earlier call', () => {
    const late = { callId: 'c0' };
    for (const state of [
      states.dialing,
      states.ringing,
      states.connecting,
      states.live,
      states.interrupted,
    ]) {
      for (const type of ['peer-ringing', 'accepted', 'refused', 'stopped'] as const) {
        expect(nextCall(state, { ...events[type], ...late })).toBeNull();
        // The same event of this call, or of a hub that names none, is judged as always.
        expect(nextCall(state, { ...events[type], callId })).toEqual(nextCall(state, events[type]));
      }
    }
  });

  it('is over when the hub resumes another call', () => {
    expect(nextCall(states.interrupted, { type: 'resumed', now, callId: 'c9' })).toMatchObject({
      at: 'ended',
      why: 'peer-lost',
    });
    expect(nextCall(states.interrupted, { type: 'resumed', now, callId })).toEqual(states.live);
  });

  it('tells a refusal without a code, as the tutorial sends it, as a decline', () => {
    expect(nextCall(states.dialing, { type: 'refused' })).toMatchObject({ why: 'call-declined' });
  });

  it('never gets stuck: from wherever events lead, hanging up or dismissing ends in idle', () => {
    const event = fc.constantFrom(...Object.values(events)) as fc.Arbitrary<CallEvent>;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (sequence) => {
        let state: CallState = IDLE;
        for (const one of sequence) state = nextCall(state, one) ?? state;
        state = nextCall(state, { type: 'hang-up', now }) ?? state;
        state = nextCall(state, { type: 'dismiss' }) ?? state;
        expect(state.at).toBe('idle');
      }),
    );
  });

  it('knows what to send again after a lost connection', () => {
    const resumed = { peer: 'bob', callId, since: 1 } as const;
    const rings = { ...resumed, at: 'ringing', role: 'callee' } as const;
    const live = { ...resumed, at: 'live', role: 'callee' } as const;
    const offline = { ...states.connecting, offline: true };
    expect(afterResuming(offline, rings)).toBe('answer-again');
    expect(afterResuming(offline, live)).toBe('nothing');
    expect(afterResuming({ ...states.ringing, offline: true }, rings)).toBe('nothing');
    expect(
      afterResuming({ ...states.dialing, offline: true }, { ...resumed, at: 'ringing', role: 'caller' }),
    ).toBe('nothing');
    // Another call than the one this client had: let it ring, or end it.
    expect(afterResuming(offline, { ...rings, callId: 'c9' })).toBe('nothing');
    expect(afterResuming(offline, { ...live, callId: 'c9' })).toBe('stop');
    // None here: a page that was loaded anew, or a hang-up that was lost.
    expect(afterResuming(IDLE, rings)).toBe('nothing');
    expect(afterResuming({ ...ended, over: callId }, rings)).toBe('stop');
    expect(afterResuming(IDLE, live)).toBe('stop');
  });

  it('understands the messages of the hub, and of a tutorial server', () => {
    const understood: [Replies['/one2one'], CallEvent | null][] = [
      [
        { id: 'incomingCall', from: 'bob', callId },
        { type: 'incoming', peer: 'bob', callId },
      ],
      [
        { id: 'incomingCall', from: 'bob' },
        { type: 'incoming', peer: 'bob' },
      ],
      [{ id: 'ringing', to: 'bob' }, { type: 'peer-ringing' }],
      [
        { id: 'callResponse', response: 'accepted', sdpAnswer: 'v=0', callId },
        { type: 'accepted', callId },
      ],
      [{ id: 'callResponse', response: 'rejected' }, { type: 'refused' }],
      [{ id: 'startCommunication', sdpAnswer: 'v=0' }, { type: 'accepted' }],
      [
        { id: 'stopCommunication', code: 'peer-lost' },
        { type: 'stopped', now, code: 'peer-lost' },
      ],
      [{ id: 'peerConnection', state: 'lost' }, { type: 'peer-lost' }],
      [{ id: 'peerConnection', state: 'back' }, { type: 'peer-back' }],
      [
        { id: 'registerResponse', response: 'accepted' },
        { type: 'not-resumed', now },
      ],
      [
        { id: 'registerResponse', response: 'rejected' },
        { type: 'not-resumed', now },
      ],
      [
        {
          id: 'registerResponse',
          response: 'accepted',
          resumed: { peer: 'bob', callId, since: 1, role: 'caller', at: 'live' },
        },
        { type: 'resumed', now, callId },
      ],
      [{ id: 'users', users: [] }, null],
    ];
    for (const [reply, event] of understood) expect(callEventOf(reply, now)).toEqual(event);
  });
});

describe('the registration as its client sees it', () => {
  const states = {
    unregistered: { at: 'unregistered' },
    registering: { at: 'registering', name: 'ann', secret: 's' },
    registered: { at: 'registered', name: 'ann', secret: 's' },
    offline: { at: 'offline', name: 'ann', secret: 's' },
    refused: { at: 'refused', name: 'ann', code: 'name-taken', message: 'taken' },
  } satisfies Record<RegistrationState['at'], RegistrationState>;
  const events = {
    register: { type: 'register', name: 'bea' },
    accepted: { type: 'accepted', secret: 't' },
    refused: { type: 'refused', code: 'name-taken', message: 'taken' },
    'socket-lost': { type: 'socket-lost' },
    'socket-back': { type: 'socket-back' },
    leave: { type: 'leave' },
  } satisfies { [T in RegistrationEvent['type']]: Extract<RegistrationEvent, { type: T }> };
  const asBea: RegistrationState = { at: 'registering', name: 'bea' };
  const table: Record<RegistrationState['at'], Row<RegistrationEvent['type'], RegistrationState>> = {
    unregistered: {
      register: asBea,
      accepted: null,
      refused: null,
      'socket-lost': states.unregistered,
      'socket-back': states.unregistered,
      leave: states.unregistered,
    },
    registering: {
      register: null,
      accepted: { at: 'registered', name: 'ann', secret: 't' },
      refused: states.refused,
      'socket-lost': states.offline,
      'socket-back': null,
      leave: states.unregistered,
    },
    registered: {
      register: asBea,
      accepted: null,
      refused: null,
      'socket-lost': states.offline,
      'socket-back': null,
      leave: states.unregistered,
    },
    offline: {
      register: null,
      accepted: null,
      refused: null,
      'socket-lost': states.offline,
      'socket-back': states.registering,
      leave: states.unregistered,
    },
    refused: {
      register: asBea,
      accepted: null,
      refused: null,
      'socket-lost': states.refused,
      'socket-back': states.refused,
      leave: states.unregistered,
    },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextRegistration(
          states[at as RegistrationState['at']],
          events[type as RegistrationEvent['type']],
        );
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }
});

describe('one call as the hub sees it', () => {
  const lost = HUB_CALL_START.at === 'ended' ? { caller: false, callee: false } : HUB_CALL_START.lost;
  const states = {
    ringing: HUB_CALL_START,
    connecting: { at: 'connecting', lost },
    live: { at: 'live', since: 1, lost },
    ended: { at: 'ended', end: { why: 'declined' } },
  } satisfies Record<HubCallState['at'], HubCallState>;

  /** What each side's event leads to: a state, the reason of an end, or null. */
  const outcome = (state: HubCallState, event: HubCallEvent): string | null => {
    const next = nextHubCall(state, event);
    return next?.at === 'ended' ? `ended: ${next.end.why}` : (next?.at ?? null);
  };
  const both = <E extends object>(make: (by: 'caller' | 'callee') => E) =>
    [make('caller'), make('callee')] as const;
  const table: [
    string,
    readonly [HubCallEvent, HubCallEvent],
    Record<HubCallState['at'], [string | null, string | null]>,
  ][] = [
    [
      'accept',
      both((by) => ({ type: 'accept', by })),
      { ringing: [null, 'connecting'], connecting: [null, null], live: [null, null], ended: [null, null] },
    ],
    [
      'decline',
      both((by) => ({ type: 'decline', by, busy: false })),
      {
        ringing: [null, 'ended: declined'],
        connecting: [null, null],
        live: [null, null],
        ended: [null, null],
      },
    ],
    [
      'decline as busy',
      both((by) => ({ type: 'decline', by, busy: true })),
      { ringing: [null, 'ended: busy'], connecting: [null, null], live: [null, null], ended: [null, null] },
    ],
    [
      'stop',
      both((by) => ({ type: 'stop', by })),
      {
        ringing: ['ended: cancelled', 'ended: declined'],
        connecting: ['ended: hung-up', 'ended: hung-up'],
        live: ['ended: hung-up', 'ended: hung-up'],
        ended: [null, null],
      },
    ],
    [
      'ring-timeout',
      both(() => ({ type: 'ring-timeout' })),
      {
        ringing: ['ended: unanswered', 'ended: unanswered'],
        connecting: [null, null],
        live: [null, null],
        ended: [null, null],
      },
    ],
    [
      'answered',
      both(() => ({ type: 'answered', now: 2 })),
      { ringing: [null, null], connecting: ['live', 'live'], live: [null, null], ended: [null, null] },
    ],
    [
      'media-failed',
      both(() => ({ type: 'media-failed', code: 'media-failed' })),
      {
        ringing: [null, null],
        connecting: ['ended: media-failed', 'ended: media-failed'],
        live: ['ended: media-failed', 'ended: media-failed'],
        ended: [null, null],
      },
    ],
    [
      'lost',
      both((by) => ({ type: 'lost', by })),
      {
        ringing: ['ringing', 'ringing'],
        connecting: ['connecting', 'connecting'],
        live: ['live', 'live'],
        ended: [null, null],
      },
    ],
    [
      'back',
      both((by) => ({ type: 'back', by })),
      { ringing: [null, null], connecting: [null, null], live: [null, null], ended: [null, null] },
    ],
    [
      'gone',
      both((by) => ({ type: 'gone', by, lost: true })),
      {
        ringing: ['ended: gone', 'ended: gone'],
        connecting: ['ended: gone', 'ended: gone'],
        live: ['ended: gone', 'ended: gone'],
        ended: [null, null],
      },
    ],
  ];
  for (const [name, [caller, callee], row] of table) {
    it(`${name}: does in each state what the table says, for either side`, () => {
      for (const [at, [byCaller, byCallee]] of Object.entries(row)) {
        const state = states[at as HubCallState['at']];
        expect({ at, got: outcome(state, caller) }).toEqual({ at, got: byCaller });
        expect({ at, got: outcome(state, callee) }).toEqual({ at, got: byCallee });
      }
    });
  }

  it('remembers which side is lost through every other step', () => {
    const away = nextHubCall(HUB_CALL_START, { type: 'lost', by: 'caller' });
    expect(away).toEqual({ at: 'ringing', lost: { caller: true, callee: false } });
    if (!away) return;
    expect(nextHubCall(away, { type: 'lost', by: 'caller' })).toBeNull();
    const accepted = nextHubCall(away, { type: 'accept', by: 'callee' });
    expect(accepted).toEqual({ at: 'connecting', lost: { caller: true, callee: false } });
    if (!accepted) return;
    expect(nextHubCall(accepted, { type: 'back', by: 'caller' })).toEqual({ at: 'connecting', lost });
  });

  it('has two sides', () => {
    expect(otherRole('caller')).toBe('callee');
    expect(otherRole('callee')).toBe('caller');
  });
});
