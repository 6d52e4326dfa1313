import { describe, expect, it } from 'vitest';
import type { Failure } from './errors';
import { MIRROR_IDLE, isRunning, next, type MirrorEvent, type MirrorState } from './mirror';

const lasting: Failure = { code: 'sdp-rejected', message: 'no', retryable: false };
const passing: Failure = { code: 'media-server-unavailable', message: 'gone', retryable: true };

const states = {
  idle: { at: 'idle', round: 3 },
  starting: { at: 'starting', round: 3, recovering: false },
  recovering: { at: 'starting', round: 3, recovering: true },
  live: { at: 'live', round: 3, since: 7 },
  interrupted: { at: 'interrupted', round: 3, failure: passing },
  failed: { at: 'failed', round: 3, failure: lasting },
} satisfies Record<string, MirrorState>;

const events = {
  start: { type: 'start' },
  answered: { type: 'answered', round: 3, now: 9 },
  lateAnswer: { type: 'answered', round: 2, now: 9 },
  failed: { type: 'failed', round: 3, failure: lasting },
  failedForNow: { type: 'failed', round: 3, failure: passing },
  lateFailure: { type: 'failed', round: 2, failure: lasting },
  lost: { type: 'lost', failure: passing },
  stop: { type: 'stop' },
} satisfies Record<string, MirrorEvent>;

const started: MirrorState = { at: 'starting', round: 4, recovering: false };
const recovering: MirrorState = { at: 'starting', round: 4, recovering: true };
const live: MirrorState = { at: 'live', round: 3, since: 9 };
const idle: MirrorState = { at: 'idle', round: 3 };
const { interrupted, failed } = states;

/** Every pair, in the order of `events`; null is an illegal step. */
const table: Record<keyof typeof states, Record<keyof typeof events, MirrorState | null>> = {
  // prettier-ignore
  idle: { start: started, answered: null, lateAnswer: null, failed: null, failedForNow: null, lateFailure: null, lost: null, stop: null },
  // prettier-ignore
  starting: { start: started, answered: live, lateAnswer: null, failed, failedForNow: interrupted, lateFailure: null, lost: interrupted, stop: idle },
  // prettier-ignore
  recovering: { start: recovering, answered: live, lateAnswer: null, failed, failedForNow: interrupted, lateFailure: null, lost: interrupted, stop: idle },
  // prettier-ignore
  live: { start: started, answered: null, lateAnswer: null, failed, failedForNow: interrupted, lateFailure: null, lost: interrupted, stop: idle },
  // prettier-ignore
  interrupted: { start: recovering, answered: null, lateAnswer: null, failed: null, failedForNow: null, lateFailure: null, lost: null, stop: idle },
  // prettier-ignore
  failed: { start: started, answered: null, lateAnswer: null, failed: null, failedForNow: null, lateFailure: null, lost: null, stop: idle },
};

describe('a mirror session', () => {
  for (const [from, row] of Object.entries(table) as [keyof typeof states, (typeof table)['idle']][])
    for (const [by, to] of Object.entries(row) as [keyof typeof events, MirrorState | null][])
      it(`goes from ${from} by ${by} to ${to?.at ?? 'nowhere'}`, () => {
        expect(next(states[from], events[by])).toEqual(to);
      });

  it('never uses a round twice, however often it starts, stops and fails', () => {
    const rounds: number[] = [];
    let state: MirrorState = MIRROR_IDLE;
    for (const event of [events.start, events.stop, events.start, events.start, events.lost, events.start]) {
      state = next(state, event) ?? state;
      if (event.type === 'start') rounds.push(state.round);
    }
    expect(rounds).toEqual([1, 2, 3, 4]);
    expect(isRunning(state)).toBe(true);
  });
});
