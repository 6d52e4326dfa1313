/**
 * From whatever was thrown to what a peer is told: the one table between Kurento's errors and the hub's codes, and the
 * two classes with which sessions refuse. docs/errors.md explains the codes to people.
 */
import type { ErrorCode, Failure } from '../protocol/errors';
import { KURENTO_ERRORS } from '../protocol/kurento';
import {
  KurentoError,
  KurentoProtocolFault,
  MediaServerLost,
  RequestCancelled,
  RequestTimeout,
} from './kurento-client/errors';
import { QueueFull } from './serial-queue';

/** The user can act on it: the message is a sentence that says what happened and what to do. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { readonly retryable?: boolean } = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The peer's message was wrong; it is told so and the conversation goes on. */
export class ProtocolFault extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'ProtocolFault';
    this.code = code;
  }
}

/** How loud the log is about it: our own faults are errors, what peers and media servers do are warnings. */
export type Severity = 'warn' | 'error';

export type Classified = Omit<Failure, 'ref'> & { readonly severity: Severity };

/** Undefined for a cancellation: the one who asked has gone, so there is nobody to tell. */
export function classify(error: unknown): Classified | undefined {
  if (error instanceof RequestCancelled) return undefined;
  if (error instanceof Refusal)
    return { code: error.code, message: error.message, retryable: error.retryable, severity: 'warn' };
  if (error instanceof ProtocolFault)
    return { code: error.code, message: error.message, retryable: false, severity: 'warn' };
  if (error instanceof MediaServerLost) return { ...UNAVAILABLE, severity: 'warn' };
  if (error instanceof RequestTimeout) return { ...TIMED_OUT, severity: 'warn' };
  if (error instanceof KurentoError) return { ...fromKurento(error), severity: 'warn' };
  if (error instanceof KurentoProtocolFault) return { ...REFUSED, severity: 'error' };
  if (error instanceof QueueFull) return { ...FLOODED, severity: 'warn' };
  return { ...INTERNAL, severity: 'error' };
}

const UNAVAILABLE = {
  code: 'media-server-unavailable',
  message: 'The media server cannot be reached at the moment. Callcast keeps trying; it goes on by itself.',
  retryable: true,
} as const;
const TIMED_OUT = {
  code: 'media-server-timeout',
  message: 'The media server did not answer in time. It may be busy: try again in a moment.',
  retryable: true,
} as const;
const SDP_REJECTED = {
  code: 'sdp-rejected',
  message: 'The media server could not make sense of this offer. Reload the page, or try another browser.',
  retryable: false,
} as const;
const NO_FILTER = {
  code: 'filter-unavailable',
  message: 'This media server has no FaceOverlayFilter. Use the plain mirror, or a media server that has it.',
  retryable: false,
} as const;
const REFUSED = {
  code: 'media-failed',
  message:
    'The media server refused this operation. Try again; if it happens again, restart the media server.',
  retryable: false,
} as const;
const FULL = {
  code: 'media-failed',
  message: 'The media server has no room for another session. Try again when others have left.',
  retryable: true,
} as const;
const FLOODED = {
  code: 'too-many-messages',
  message: 'More messages came than this session can work off. Slow down and try again.',
  retryable: true,
} as const;
const INTERNAL = {
  code: 'internal',
  message:
    'Something went wrong inside Callcast. Try again; if it happens again, report it with the reference.',
  retryable: false,
} as const;

/** The table, by Kurento's code. What is not in it is a refused operation. */
const BY_CODE = new Map<number, Omit<Failure, 'ref'>>([
  [KURENTO_ERRORS.NOT_ENOUGH_RESOURCES.code, FULL],
  // The only type that the hub asks for and a media server may lack.
  [KURENTO_ERRORS.MEDIA_OBJECT_NOT_AVAILABLE.code, NO_FILTER],
  // The hub never asks for an object that it has not created: the media server has forgotten it.
  [KURENTO_ERRORS.MEDIA_OBJECT_NOT_FOUND.code, UNAVAILABLE],
  [KURENTO_ERRORS.INVALID_SESSION.code, UNAVAILABLE],
  [KURENTO_ERRORS.SDP_PARSE_ERROR.code, SDP_REJECTED],
  [KURENTO_ERRORS.SDP_END_POINT_ALREADY_NEGOTIATED.code, SDP_REJECTED],
  [KURENTO_ERRORS.SDP_END_POINT_NO_LOCAL_SDP_ERROR.code, SDP_REJECTED],
  [KURENTO_ERRORS.SDP_END_POINT_NO_REMOTE_SDP_ERROR.code, SDP_REJECTED],
]);

function fromKurento(error: KurentoError): Omit<Failure, 'ref'> {
  return BY_CODE.get(error.code) ?? REFUSED;
}
