/**
 * One mirror or magic mirror session, as both sides see it: what the hub's session and the renderer's screen have in
 * common. Owns which step may follow which; leaves sockets, media and pictures to whoever dispatches the events.
 *
 * A session runs in rounds: each `start` opens the next one, and whatever still belongs to an earlier round when it
 * arrives is late. `next` answers null for it, and the caller releases the late thing instead of applying it.
 */
import type { Failure } from './errors';

export type MirrorState =
  /** Nothing runs. `round` is the last one that did, so that numbers never repeat; 0 before the first. */
  | { readonly at: 'idle'; readonly round: number }
  /** An offer is on its way. `recovering` when the same user's round before was interrupted, not stopped. */
  | { readonly at: 'starting'; readonly round: number; readonly recovering: boolean }
  /** The answer is there. `since` in milliseconds since 1970. */
  | { readonly at: 'live'; readonly round: number; readonly since: number }
  /** The media server or the connection was lost; the camera stays on and the next `start` recovers. */
  | { readonly at: 'interrupted'; readonly round: number; readonly failure: Failure }
  /** Ended by a failure that does not heal by itself; the user may start again. */
  | { readonly at: 'failed'; readonly round: number; readonly failure: Failure };

export type MirrorEvent =
  | { readonly type: 'start' }
  | { readonly type: 'answered'; readonly round: number; readonly now: number }
  | { readonly type: 'failed'; readonly round: number; readonly failure: Failure }
  /** The media server or the connection is gone; concerns whatever round is running. */
  | { readonly type: 'lost'; readonly failure: Failure }
  | { readonly type: 'stop' };

export const MIRROR_IDLE: MirrorState = { at: 'idle', round: 0 };

/** The state after the event, or null when the event is not legal (late, or out of order) in this state. */
export function next(state: MirrorState, event: MirrorEvent): MirrorState | null {
  switch (event.type) {
    case 'start':
      // Legal everywhere: a start while one runs replaces it.
      return { at: 'starting', round: state.round + 1, recovering: recovers(state) };
    case 'answered':
      if (state.at !== 'starting' || event.round !== state.round) return null;
      return { at: 'live', round: state.round, since: event.now };
    case 'failed':
      if (!isRunning(state) || event.round !== state.round) return null;
      return event.failure.retryable
        ? { at: 'interrupted', round: state.round, failure: event.failure }
        : { at: 'failed', round: state.round, failure: event.failure };
    case 'lost':
      return isRunning(state) ? { at: 'interrupted', round: state.round, failure: event.failure } : null;
    case 'stop':
      return state.at === 'idle' ? null : { at: 'idle', round: state.round };
  }
}

/** Whether something exists on the media server, or is about to. */
export function isRunning(state: MirrorState): state is Extract<MirrorState, { at: 'starting' | 'live' }> {
  return state.at === 'starting' || state.at === 'live';
}

function recovers(state: MirrorState): boolean {
  return state.at === 'interrupted' || (state.at === 'starting' && state.recovering);
}
