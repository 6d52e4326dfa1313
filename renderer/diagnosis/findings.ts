/**
 * What a diagnosis can find: words of fixed lists and numbers, nothing else. That is what makes the report safe to send:
 * a name, an address or a token has no place in it.
 */
import { ERROR_CODES, type ErrorCode } from '../../protocol/errors';
import type { MediaServerTrouble } from '../../protocol/media-server-process';
import type { DeviceFailure } from '../media/device-failure';
import type { IceVerdict } from '../settings/ice-test';

export const CHECKS = [
  'camera',
  'microphone',
  'permissions',
  'hub',
  'media-server',
  'udp',
  'servers',
] as const;
export type CheckId = (typeof CHECKS)[number];

/** `note`: nothing is broken, but something to know. */
export type FindingStatus = 'good' | 'note' | 'bad';

const deviceWords = {
  ok: 'good',
  none: 'note',
  denied: 'bad',
  'denied-by-system': 'bad',
  dismissed: 'note',
  busy: 'bad',
  unplugged: 'bad',
  insecure: 'bad',
  unsupported: 'bad',
  unknown: 'bad',
} as const satisfies Record<DeviceFailure | 'ok', FindingStatus>;

/** The words that each check knows, and what they amount to. */
export const WORDS = {
  camera: deviceWords,
  microphone: deviceWords,
  permissions: { granted: 'good', prompt: 'note', denied: 'bad', unknown: 'note' },
  hub: { ok: 'good', starting: 'bad', connecting: 'bad', unreachable: 'bad', failed: 'bad' },
  'media-server': {
    ok: 'good',
    connecting: 'bad',
    unavailable: 'bad',
    unasked: 'note',
    'udp-ports-taken': 'bad',
  },
  udp: { ok: 'good', unasked: 'note', ...codesAs('bad') },
  servers: {
    none: 'good',
    relay: 'good',
    public: 'good',
    answers: 'good',
    credentials: 'bad',
    unreachable: 'bad',
    noRelay: 'bad',
    unsupported: 'note',
  },
} as const satisfies Record<CheckId, Readonly<Record<string, FindingStatus>>> & {
  readonly 'media-server': Record<MediaServerTrouble, FindingStatus>;
  readonly servers: Record<IceVerdict | 'none', FindingStatus>;
};

/** Milliseconds, pixels, frames, kilobits: each is what its name says. */
export const MEASURES = ['width', 'height', 'roundTrip', 'kilobits', 'framesPerSecond', 'servers'] as const;
export type Measure = (typeof MEASURES)[number];

export type Finding = {
  readonly [K in CheckId]: {
    readonly check: K;
    readonly word: keyof (typeof WORDS)[K] & string;
    readonly measures?: Readonly<Partial<Record<Measure, number>>>;
    /** Of the media server. */
    readonly version?: string;
  };
}[CheckId];

export function statusOf({ check, word }: Finding): FindingStatus {
  const words: Readonly<Record<string, FindingStatus>> = WORDS[check];
  return words[word] ?? 'bad';
}

function codesAs<S extends FindingStatus>(status: S): Record<ErrorCode, S> {
  return Object.fromEntries(ERROR_CODES.map((code) => [code, status])) as Record<ErrorCode, S>;
}
