/**
 * Every failure that a user or a peer can meet, by a stable code. Codes stay, wording may change; docs/errors.md
 * explains each. The renderer keeps a complete Record<ErrorCode, text>, so a code without a sentence does not compile.
 */
export const ERROR_CODES = [
  // The peer's message was wrong (protocol faults).
  'bad-message', // no JSON, binary, or a message without the fields its id needs
  'unknown-message', // an id this endpoint does not know
  'too-large', // a frame or a field above its limit
  'too-many-messages', // more messages per second than a client needs
  'too-many-candidates', // more queued candidates than a session may keep
  'too-many-connections', // more connections than the hub accepts
  'wrong-state', // a legal message at an illegal moment
  'forbidden-origin', // a web page of another site tried to connect
  // The user can act (refusals).
  'presenter-busy',
  'no-presenter',
  'presenter-key-wrong',
  'too-many-guesses', // of the presenter key, from one address
  'name-invalid',
  'name-taken',
  'not-registered',
  'unknown-user',
  'self-call',
  'user-busy',
  'call-declined',
  'call-unanswered',
  'room-full',
  'peer-lost', // the other side's connection broke and did not come back
  'filter-unavailable', // the media server has no FaceOverlayFilter
  // Media.
  'sdp-rejected', // the media server could not make sense of the offer
  'media-server-unavailable', // not reachable, or lost
  'media-server-timeout', // reachable, but does not answer in time
  'media-failed', // the media server refused an operation
  // Found by the client itself.
  'hub-unreachable', // no connection to the hub
  // Ours.
  'shutting-down',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What travels to the user: `message` is a sentence that says what happened and what to do. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** True when the same request may succeed later without the user changing anything. */
  readonly retryable: boolean;
  /** Finds the log line of this failure in every process. */
  readonly ref?: string;
}

/** A result that can cross a process boundary; handlers answer it instead of throwing. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };
