import { describe, expect, it } from 'vitest';
import {
  nextBroadcastSession,
  nextPresenter,
  nextWatcher,
  type BroadcastSessionEvent,
  type BroadcastSessionState,
  type PresenterEvent,
  type PresenterState,
  type WatcherEvent,
  type WatcherState,
} from './broadcast';

type Row<Event extends string, State> = Record<Event, State | null>;
const none = null;
const now = 61_000;

describe("the broadcast as its presenter's client sees it", () => {
  const channel = 'news';
  const states = {
    idle: { at: 'idle' },
    starting: { at: 'starting', channel, since: null },
    connecting: { at: 'connecting', channel, since: null },
    'on-air': { at: 'on-air', channel, since: 1_000 },
    interrupted: { at: 'interrupted', channel, since: 1_000, why: 'socket' },
    ended: { at: 'ended', channel, why: 'stopped', seconds: 5 },
  } satisfies Record<PresenterState['at'], PresenterState>;
  const events = {
    present: { type: 'present', channel: 'sport' },
    accepted: { type: 'accepted' },
    refused: { type: 'refused', now, code: 'presenter-busy' },
    connected: { type: 'connected', now },
    stop: { type: 'stop', now },
    failed: { type: 'failed', now, code: 'media-failed' },
    'socket-lost': { type: 'socket-lost' },
    'media-server-lost': { type: 'media-server-lost' },
    retry: { type: 'retry' },
    dismiss: { type: 'dismiss' },
  } satisfies { [T in PresenterEvent['type']]: Extract<PresenterEvent, { type: T }> };
  const over = (why: Extract<PresenterState, { at: 'ended' }>['why'], seconds = 0): PresenterState => ({
    at: 'ended',
    channel,
    why,
    seconds,
  });
  const broken = (why: 'socket' | 'media-server', since: number | null = null): PresenterState => ({
    at: 'interrupted',
    channel,
    since,
    why,
  });
  const sport: PresenterState = { at: 'starting', channel: 'sport', since: null };
  const table: Record<PresenterState['at'], Row<PresenterEvent['type'], PresenterState>> = {
    idle: {
      present: sport,
      accepted: none,
      refused: none,
      connected: none,
      stop: none,
      failed: none,
      'socket-lost': states.idle,
      'media-server-lost': states.idle,
      retry: none,
      dismiss: none,
    },
    starting: {
      present: none,
      accepted: states.connecting,
      refused: over('presenter-busy'),
      connected: none,
      stop: over('stopped'),
      failed: over('media-failed'),
      'socket-lost': broken('socket'),
      'media-server-lost': broken('media-server'),
      retry: none,
      dismiss: none,
    },
    connecting: {
      present: none,
      accepted: none,
      refused: none,
      connected: { at: 'on-air', channel, since: now },
      stop: over('stopped'),
      failed: over('media-failed'),
      'socket-lost': broken('socket'),
      'media-server-lost': broken('media-server'),
      retry: none,
      dismiss: none,
    },
    'on-air': {
      present: none,
      accepted: none,
      refused: none,
      connected: none,
      stop: over('stopped', 60),
      failed: over('media-failed', 60),
      'socket-lost': broken('socket', 1_000),
      'media-server-lost': broken('media-server', 1_000),
      retry: none,
      dismiss: none,
    },
    interrupted: {
      present: none,
      accepted: none,
      refused: none,
      connected: none,
      stop: over('stopped', 60),
      failed: over('media-failed', 60),
      'socket-lost': states.interrupted,
      'media-server-lost': states.interrupted,
      retry: { at: 'starting', channel, since: 1_000 },
      dismiss: none,
    },
    ended: {
      present: sport,
      accepted: none,
      refused: none,
      connected: none,
      stop: none,
      failed: none,
      'socket-lost': states.ended,
      'media-server-lost': states.ended,
      retry: none,
      dismiss: states.idle,
    },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextPresenter(states[at as PresenterState['at']], events[type as PresenterEvent['type']]);
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }

  it('goes on counting its time on air after an interruption', () => {
    let state: PresenterState = states['on-air'];
    for (const event of [events['media-server-lost'], events.retry, events.accepted, events.connected]) {
      state = nextPresenter(state, event) ?? state;
    }
    expect(state).toEqual(states['on-air']);
  });

  it('keeps the secret of its channel until the hub issues another one', () => {
    let state: PresenterState = states.starting;
    const steps: PresenterEvent[] = [
      { type: 'accepted', secret: 's1' },
      events.connected,
      events['socket-lost'],
      events.retry,
    ];
    for (const event of steps) {
      state = nextPresenter(state, event) ?? state;
      expect(state).toMatchObject({ secret: 's1' });
    }
    expect(nextPresenter(state, { type: 'accepted', secret: 's2' })).toMatchObject({
      at: 'connecting',
      secret: 's2',
    });
  });
});

describe("the broadcast as a viewer's client sees it", () => {
  const channel = 'news';
  const states = {
    idle: { at: 'idle' },
    connecting: { at: 'connecting', channel },
    live: { at: 'live', channel, since: 1_000 },
    waiting: { at: 'waiting', channel, after: 'nothing' },
    interrupted: { at: 'interrupted', channel, why: 'socket' },
    ended: { at: 'ended', channel, why: 'media-failed' },
  } satisfies Record<WatcherState['at'], WatcherState>;
  const events = {
    watch: { type: 'watch', channel: 'sport' },
    accepted: { type: 'accepted' },
    refused: { type: 'refused', code: 'no-presenter' },
    connected: { type: 'connected', now },
    channels: { type: 'channels', channels: [{ channel, viewers: 0, since: 1 }] },
    stopped: { type: 'stopped' },
    failed: { type: 'failed', code: 'media-failed' },
    'socket-lost': { type: 'socket-lost' },
    'media-server-lost': { type: 'media-server-lost' },
    retry: { type: 'retry' },
    leave: { type: 'leave' },
  } satisfies { [T in WatcherEvent['type']]: Extract<WatcherEvent, { type: T }> };
  const sport: WatcherState = { at: 'connecting', channel: 'sport' };
  const failed: WatcherState = { at: 'ended', channel, why: 'media-failed' };
  const after: WatcherState = { at: 'waiting', channel, after: 'broadcast' };
  const noServer: WatcherState = { at: 'interrupted', channel, why: 'media-server' };
  const table: Record<WatcherState['at'], Row<WatcherEvent['type'], WatcherState>> = {
    idle: {
      watch: sport,
      accepted: none,
      refused: none,
      connected: none,
      channels: states.idle,
      stopped: none,
      failed: none,
      'socket-lost': states.idle,
      'media-server-lost': states.idle,
      retry: none,
      leave: none,
    },
    connecting: {
      watch: none,
      accepted: states.connecting,
      refused: states.waiting,
      connected: { at: 'live', channel, since: now },
      channels: states.connecting,
      stopped: after,
      failed,
      'socket-lost': states.interrupted,
      'media-server-lost': noServer,
      retry: none,
      leave: states.idle,
    },
    live: {
      watch: none,
      accepted: none,
      refused: none,
      connected: none,
      channels: states.live,
      stopped: after,
      failed,
      'socket-lost': states.interrupted,
      'media-server-lost': noServer,
      retry: none,
      leave: states.idle,
    },
    waiting: {
      watch: none,
      accepted: none,
      refused: none,
      connected: none,
      channels: states.connecting,
      stopped: none,
      failed,
      'socket-lost': states.interrupted,
      'media-server-lost': noServer,
      retry: none,
      leave: states.idle,
    },
    interrupted: {
      watch: none,
      accepted: none,
      refused: none,
      connected: none,
      channels: states.interrupted,
      stopped: none,
      failed,
      'socket-lost': states.interrupted,
      'media-server-lost': states.interrupted,
      retry: states.connecting,
      leave: states.idle,
    },
    ended: {
      watch: sport,
      accepted: none,
      refused: none,
      connected: none,
      channels: states.ended,
      stopped: none,
      failed: none,
      'socket-lost': states.ended,
      'media-server-lost': states.ended,
      retry: none,
      leave: states.idle,
    },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextWatcher(states[at as WatcherState['at']], events[type as WatcherEvent['type']]);
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }

  it('goes on waiting while only other channels are on air', () => {
    const others = { type: 'channels', channels: [{ channel: 'sport', viewers: 3, since: 1 }] } as const;
    expect(nextWatcher(states.waiting, others)).toEqual(states.waiting);
  });

  it('ends when it is refused for another reason than a missing presenter', () => {
    expect(nextWatcher(states.connecting, { type: 'refused', code: 'sdp-rejected' })).toMatchObject({
      at: 'ended',
      why: 'sdp-rejected',
    });
  });
});

describe('one connection of a broadcast as the hub sees it', () => {
  const states = {
    idle: { at: 'idle' },
    claimed: { at: 'presenting', channel: '', phase: 'starting' },
    'on air': { at: 'presenting', channel: '', phase: 'on-air' },
    joining: { at: 'viewing', channel: '', phase: 'starting' },
    watching: { at: 'viewing', channel: '', phase: 'watching' },
  } satisfies Record<string, BroadcastSessionState>;
  const events = {
    present: { type: 'present', channel: '' },
    view: { type: 'view', channel: '' },
    answered: { type: 'answered' },
    end: { type: 'end' },
  } satisfies { [T in BroadcastSessionEvent['type']]: Extract<BroadcastSessionEvent, { type: T }> };
  const table: Record<keyof typeof states, Row<BroadcastSessionEvent['type'], BroadcastSessionState>> = {
    idle: { present: states.claimed, view: states.joining, answered: none, end: none },
    claimed: { present: none, view: none, answered: states['on air'], end: states.idle },
    'on air': { present: none, view: none, answered: none, end: states.idle },
    joining: { present: none, view: none, answered: states.watching, end: states.idle },
    watching: { present: none, view: none, answered: none, end: states.idle },
  };
  for (const [at, row] of Object.entries(table)) {
    it(`${at}: answers every event as the table says`, () => {
      for (const [type, expected] of Object.entries(row)) {
        const got = nextBroadcastSession(
          states[at as keyof typeof states],
          events[type as BroadcastSessionEvent['type']],
        );
        expect({ type, got }).toEqual({ type, got: expected });
      }
    });
  }
});
