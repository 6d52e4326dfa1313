/**
 * What the page and the desktop around it tell each other: the session that runs, so that tray, notifications, shortcuts
 * and power follow it; what the user asks for outside of the window; links that open a screen; screens to share; and the
 * recording of a session into a file.
 */
import * as v from 'valibot';
import { MAX_NAME_LENGTH } from './limits';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH));

// ── the session ─────────────────────────────────────────────────────────────────────────────────────────────────────

export const sessionStateSchema = v.variant('at', [
  v.strictObject({ at: v.literal('idle') }),
  /** Somebody calls. `silent`: the user does not want to be disturbed. */
  v.strictObject({ at: v.literal('ringing'), peer: name, silent: v.boolean() }),
  v.strictObject({
    at: v.literal('running'),
    kind: v.picklist(['mirror', 'magic', 'present', 'watch', 'call', 'room']),
    /** Whom or what it is with: a person, a channel, a room; null where there is nothing to name. */
    peer: v.nullable(name),
    /** Milliseconds since 1970; null until media flows. */
    since: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))),
    /** Null where there is no microphone to mute. */
    muted: v.nullable(v.boolean()),
  }),
]);
/** What the page does now, as the desktop needs to know it. */
export type SessionState = v.InferOutput<typeof sessionStateSchema>;
export type SessionKind = Extract<SessionState, { at: 'running' }>['kind'];

/** What the user asked for outside of the window; a page in another state than theirs ignores it. */
export type SessionCommand = 'accept' | 'decline' | 'toggle-mute' | 'hang-up';

// ── links ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of links that open the app: `callcast://call/NAME`. */
export const LINK_SCHEME = 'callcast';

/** Where a link leads: the screen of a mode, with a name that was judged by `cleanName`. Empty: the main channel. */
export interface LinkTarget {
  readonly mode: 'call' | 'watch' | 'room';
  readonly name: string;
  /** Where another hub than the app's own is, as `https://HOST:PORT/`. Absent: it is the one in use. */
  readonly hub?: string;
}

// ── screens to share ────────────────────────────────────────────────────────────────────────────────────────────────

/** More windows than this nobody looks through. */
export const MAX_SCREEN_SOURCES = 60;

export interface ScreenSource {
  readonly id: string;
  readonly kind: 'screen' | 'window';
  readonly name: string;
  /** Data URLs; null where the system gave no picture. */
  readonly thumbnail: string | null;
  readonly icon: string | null;
}

export interface ScreenQuestion {
  /** Answers name it: a later question makes an earlier one void. */
  readonly question: number;
  readonly sources: readonly ScreenSource[];
  /** Whether the computer's sound can go along. */
  readonly sound: boolean;
}

export const screenChoiceSchema = v.nullable(
  v.strictObject({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(128)), sound: v.boolean() }),
);
/** Null: the user changed their mind. */
export type ScreenChoice = v.InferOutput<typeof screenChoiceSchema>;

// ── recording ───────────────────────────────────────────────────────────────────────────────────────────────────────

export type RecordingFailure =
  | 'disk-full'
  | 'not-writable' // the folder cannot be made or written
  | 'too-many'
  | 'gone'; // the file is not being written (any more)

export type RecordingStart =
  | { readonly at: 'started'; readonly id: number; readonly name: string }
  | { readonly at: 'failed'; readonly why: RecordingFailure };
export type RecordingWritten =
  | { readonly at: 'written'; readonly size: number }
  | { readonly at: 'failed'; readonly why: RecordingFailure };
