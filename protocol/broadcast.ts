/**
 * The states of a broadcast, as pure machines: `next…(state, event)` answers the next state, or null where the event is
 * illegal.
 * - `nextPresenter`: a presenter's broadcast as their own client sees it;
 * - `nextWatcher`: a viewer's; it waits for a presenter by itself, and for the next one when this one leaves;
 * - `nextBroadcastSession`: one connection as the hub sees it.
 * Which channel has a presenter is the hub's registry's business; media and messages are the dispatcher's.
 */
import type { ErrorCode } from './errors';
import type { ChannelOnAir } from './signaling';

/** The channel of those who name none, such as the tutorial's pages. */
export const DEFAULT_CHANNEL = '';

// ── the presenter's client ──────────────────────────────────────────────────────────────────────────────────────

/** What a broadcast keeps through its interruptions. */
interface OnAir {
  readonly channel: string;
  /** When it first was on air, in milliseconds of the dispatcher's clock; null before that. */
  readonly since: number | null;
  /** What the hub issued; to be sent with the next `presenter`, which may come before the hub misses the last one. */
  readonly secret?: string | undefined;
}
export type PresenterState =
  | { readonly at: 'idle' }
  /** `presenter` is on its way. */
  | ({ readonly at: 'starting' } & OnAir)
  /** Accepted; the media connection is being made. */
  | ({ readonly at: 'connecting' } & OnAir)
  | ({ readonly at: 'on-air'; readonly since: number } & OnAir)
  /** The hub or the media server is away; `retry` starts anew with the same camera. */
  | ({ readonly at: 'interrupted'; readonly why: 'socket' | 'media-server' } & OnAir)
  | {
      readonly at: 'ended';
      readonly channel: string;
      readonly why: 'stopped' | ErrorCode;
      readonly seconds: number;
    };

/** Times (`now`) are milliseconds of the dispatcher's clock. */
export type PresenterEvent =
  | { readonly type: 'present'; readonly channel: string }
  | { readonly type: 'accepted'; readonly secret?: string | undefined }
  | { readonly type: 'refused'; readonly now: number; readonly code: ErrorCode }
  | { readonly type: 'connected'; readonly now: number }
  | { readonly type: 'stop'; readonly now: number }
  /** The hub ended the broadcast (`stopCommunication` or `error`); own media failed. */
  | { readonly type: 'failed'; readonly now: number; readonly code: ErrorCode }
  | { readonly type: 'socket-lost' }
  | { readonly type: 'media-server-lost' }
  /** Connection and media server are back: send a new offer. */
  | { readonly type: 'retry' }
  | { readonly type: 'dismiss' };

type Presenting = Exclude<PresenterState, { at: 'idle' | 'ended' }>;

function presenterEnded(state: Presenting, why: 'stopped' | ErrorCode, now: number): PresenterState {
  const seconds = state.since === null ? 0 : Math.max(0, Math.round((now - state.since) / 1000));
  return { at: 'ended', channel: state.channel, why, seconds };
}

/** The next state of a presenter's client; null when the event means nothing in this state. */
export function nextPresenter(state: PresenterState, event: PresenterEvent): PresenterState | null {
  if (state.at === 'idle' || state.at === 'ended') {
    switch (event.type) {
      case 'present':
        return { at: 'starting', channel: event.channel, since: null };
      case 'dismiss':
        return state.at === 'ended' ? { at: 'idle' } : null;
      case 'socket-lost':
      case 'media-server-lost':
        return state;
      default:
        return null;
    }
  }
  const { channel, since, secret } = state;
  const kept = { channel, since, secret };
  switch (event.type) {
    case 'accepted':
      return state.at === 'starting' ? { at: 'connecting', ...kept, secret: event.secret } : null;
    case 'connected':
      return state.at === 'connecting' ? { at: 'on-air', ...kept, since: since ?? event.now } : null;
    case 'refused':
      return state.at === 'starting' ? presenterEnded(state, event.code, event.now) : null;
    case 'failed':
      return presenterEnded(state, event.code, event.now);
    case 'stop':
      return presenterEnded(state, 'stopped', event.now);
    case 'socket-lost':
      return { at: 'interrupted', ...kept, why: 'socket' };
    case 'media-server-lost':
      return state.at === 'interrupted' ? state : { at: 'interrupted', ...kept, why: 'media-server' };
    case 'retry':
      return state.at === 'interrupted' ? { at: 'starting', ...kept } : null;
    case 'present':
    case 'dismiss':
      return null;
  }
}

// ── the viewer's client ─────────────────────────────────────────────────────────────────────────────────────────

export type WatcherState =
  | { readonly at: 'idle' }
  /** `viewer` is on its way, or accepted and the media connection is being made. */
  | { readonly at: 'connecting'; readonly channel: string }
  | { readonly at: 'live'; readonly channel: string; readonly since: number }
  /** Nobody presents; starts by itself when somebody does. `after`: what was before, for the sentence on the screen. */
  | { readonly at: 'waiting'; readonly channel: string; readonly after: 'nothing' | 'broadcast' }
  | { readonly at: 'interrupted'; readonly channel: string; readonly why: 'socket' | 'media-server' }
  | { readonly at: 'ended'; readonly channel: string; readonly why: ErrorCode };

/** Times (`now`) are milliseconds of the dispatcher's clock. */
export type WatcherEvent =
  | { readonly type: 'watch'; readonly channel: string }
  | { readonly type: 'accepted' }
  | { readonly type: 'refused'; readonly code: ErrorCode }
  | { readonly type: 'connected'; readonly now: number }
  /** The hub's list of channels on air. */
  | { readonly type: 'channels'; readonly channels: readonly ChannelOnAir[] }
  /** The presenter left (`stopCommunication`). */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly code: ErrorCode }
  | { readonly type: 'socket-lost' }
  | { readonly type: 'media-server-lost' }
  /** Connection and media server are back: send a new offer. */
  | { readonly type: 'retry' }
  | { readonly type: 'leave' };

/** The next state of a viewer's client; entering `connecting` means: send a new offer. Null: means nothing here. */
export function nextWatcher(state: WatcherState, event: WatcherEvent): WatcherState | null {
  if (event.type === 'leave') return state.at === 'idle' ? null : { at: 'idle' };
  if (event.type === 'watch') {
    return state.at === 'idle' || state.at === 'ended' ? { at: 'connecting', channel: event.channel } : null;
  }
  if (state.at === 'idle' || state.at === 'ended') {
    return event.type === 'socket-lost' || event.type === 'media-server-lost' || event.type === 'channels'
      ? state
      : null;
  }
  const { channel } = state;
  switch (event.type) {
    case 'accepted':
      return state.at === 'connecting' ? state : null;
    case 'connected':
      return state.at === 'connecting' ? { at: 'live', channel, since: event.now } : null;
    case 'refused':
      if (state.at !== 'connecting') return null;
      return event.code === 'no-presenter'
        ? { at: 'waiting', channel, after: 'nothing' }
        : { at: 'ended', channel, why: event.code };
    case 'channels':
      return state.at === 'waiting' && event.channels.some((other) => other.channel === channel)
        ? { at: 'connecting', channel }
        : state;
    case 'stopped':
      return state.at === 'connecting' || state.at === 'live'
        ? { at: 'waiting', channel, after: 'broadcast' }
        : null;
    case 'failed':
      return { at: 'ended', channel, why: event.code };
    case 'socket-lost':
      return { at: 'interrupted', channel, why: 'socket' };
    case 'media-server-lost':
      return state.at === 'interrupted' ? state : { at: 'interrupted', channel, why: 'media-server' };
    case 'retry':
      return state.at === 'interrupted' ? { at: 'connecting', channel } : null;
  }
}

// ── one connection on the hub ───────────────────────────────────────────────────────────────────────────────────

export type BroadcastSessionState =
  | { readonly at: 'idle' }
  /** The channel is claimed, the media server works on it; from `on-air` on viewers can be connected. */
  | { readonly at: 'presenting'; readonly channel: string; readonly phase: 'starting' | 'on-air' }
  | { readonly at: 'viewing'; readonly channel: string; readonly phase: 'starting' | 'watching' };

export type BroadcastSessionEvent =
  | { readonly type: 'present'; readonly channel: string }
  | { readonly type: 'view'; readonly channel: string }
  /** The media server's answer went out. */
  | { readonly type: 'answered' }
  /** `stop`, a lost connection, a presenter who left, or a media failure. */
  | { readonly type: 'end' };

/** The next state of a connection; a new role is taken only after the old one has ended. */
export function nextBroadcastSession(
  state: BroadcastSessionState,
  event: BroadcastSessionEvent,
): BroadcastSessionState | null {
  switch (event.type) {
    case 'present':
      return state.at === 'idle' ? { at: 'presenting', channel: event.channel, phase: 'starting' } : null;
    case 'view':
      return state.at === 'idle' ? { at: 'viewing', channel: event.channel, phase: 'starting' } : null;
    case 'answered':
      if (state.at === 'idle' || state.phase !== 'starting') return null;
      return state.at === 'presenting' ? { ...state, phase: 'on-air' } : { ...state, phase: 'watching' };
    case 'end':
      return state.at === 'idle' ? null : { at: 'idle' };
  }
}
