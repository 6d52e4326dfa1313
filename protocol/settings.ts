/**
 * Everything that a user can decide, as one flat, versioned list: each field has its guard, its default and its place.
 * The app keeps all of it in a file (main/settings); a browser keeps its own part in the page's storage. What is read
 * from either is guarded field by field, so that one bad value costs that value only.
 */
import * as v from 'valibot';
import { MAX_NAME_LENGTH, MAX_SECRET_LENGTH } from './limits';

/** Raised when a field changes its meaning; `migrate` then learns the step. */
export const SETTINGS_VERSION = 1;

/** Browsers gather from each of them; more only make the beginning slow. */
export const MAX_ICE_SERVERS = 8;
/** Media servers to choose from: a list on a screen. */
export const MAX_MEDIA_SERVERS = 16;
/** Addresses and paths are a line of text. */
const MAX_LINE_LENGTH = 1_024;
/** Kilobits per second: below, a face is no longer one; above, no camera gains by it. */
export const MIN_BITRATE = 150;
export const MAX_BITRATE = 8_000;

const HOST = String.raw`(?:[a-z\d](?:[\w.-]*[a-z\d])?|\[[\da-f:.]+\])`;
const PORT = String.raw`(?::\d{1,5})?`;
/** RFC 7064 and RFC 7065: scheme, host (IPv6 in brackets), port, and for TURN the transport. */
const STUN = new RegExp(`^stuns?:${HOST}${PORT}$`, 'i');
const TURN = new RegExp(String.raw`^turns?:${HOST}${PORT}(?:\?transport=(?:udp|tcp))?$`, 'i');
const MEDIA_SERVER = new RegExp(String.raw`^wss?://${HOST}${PORT}(?:/[\w./~%-]*)?$`, 'i');
const HUB = new RegExp(String.raw`^https://${HOST}${PORT}/?$`, 'i');
/** SHA-256 over a certificate, as `AB:CD:…`. */
const FINGERPRINT = /^(?:[\dA-F]{2}:){31}[\dA-F]{2}$/;

const line = v.pipe(v.string(), v.maxLength(MAX_LINE_LENGTH));
const secret = v.pipe(v.string(), v.maxLength(MAX_SECRET_LENGTH));
const deviceId = secret;
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

export const iceServerSchema = v.variant('kind', [
  v.object({ kind: v.literal('stun'), url: v.pipe(secret, v.regex(STUN)) }),
  v.object({ kind: v.literal('turn'), url: v.pipe(secret, v.regex(TURN)), user: secret, password: secret }),
]);
export type IceServer = v.InferOutput<typeof iceServerSchema>;

export const mediaServerUriSchema = v.pipe(line, v.regex(MEDIA_SERVER));
export const hubUrlSchema = v.pipe(line, v.regex(HUB));
const address = v.pipe(line, v.ip());

interface Field<S extends v.GenericSchema> {
  readonly schema: S;
  readonly fallback: v.InferOutput<S>;
}
const field = <S extends v.GenericSchema>(schema: S, fallback: v.InferOutput<S>): Field<S> => ({
  schema,
  fallback,
});

/** What concerns the person at this screen: kept by the app, or by the browser where there is no app. */
const personalFields = {
  theme: field(v.picklist(['system', 'light', 'dark']), 'system'),
  language: field(v.picklist(['system', 'en', 'es']), 'system'),
  /** The name that others call; empty until one was registered. */
  callName: field(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH)), ''),
  /** Empty means: whatever the system prefers. */
  camera: field(deviceId, ''),
  microphone: field(deviceId, ''),
  speaker: field(deviceId, ''),
  /** What rings; empty: the speaker above. */
  ringDevice: field(deviceId, ''),
  echoCancellation: field(v.boolean(), true),
  noiseSuppression: field(v.boolean(), true),
  autoGainControl: field(v.boolean(), true),
  /** Lines of the picture that the camera is asked for. */
  cameraLines: field(v.picklist([360, 480, 720, 1080]), 720),
  /** Kilobits per second that a picture may take; 0: as much as the path allows. */
  maxBitrate: field(
    v.union([
      v.literal(0),
      v.pipe(v.number(), v.integer(), v.minValue(MIN_BITRATE), v.maxValue(MAX_BITRATE)),
    ]),
    0,
  ),
  iceServers: field(v.pipe(v.array(iceServerSchema), v.maxLength(MAX_ICE_SERVERS)), []),
  connectionPanel: field(v.boolean(), false),
  /** 0 to 1, of what is watched. */
  volume: field(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
  doNotDisturb: field(v.boolean(), false),
  /** Whoever chose a name can be called by it, on every screen. */
  availableForCalls: field(v.boolean(), true),
} as const;

/** What concerns the program on this computer: there is none of it in a browser. */
const appFields = {
  /** A Kurento media server's WebSocket address; empty: the embedded one. */
  mediaServer: field(v.union([v.literal(''), mediaServerUriSchema]), ''),
  /** The Kurento media servers to choose from. */
  mediaServers: field(v.pipe(v.array(mediaServerUriSchema), v.maxLength(MAX_MEDIA_SERVERS)), []),
  /** UDP ports of the embedded media server, both ends included; null: any free one. */
  udpPorts: field(
    v.nullable(
      v.pipe(
        v.object({ min: port, max: port }),
        v.check(({ min, max }) => min <= max),
      ),
    ),
    null,
  ),
  /** The embedded media server's address behind a router with a fixed public one; empty: none. */
  announcedAddress: field(v.union([v.literal(''), address]), ''),
  /** Another computer's hub instead of one's own. The fingerprint is empty where the system trusts its certificate. */
  remoteHub: field(
    v.nullable(
      v.object({
        url: hubUrlSchema,
        fingerprint: v.union([v.literal(''), v.pipe(v.string(), v.regex(FINGERPRINT))]),
      }),
    ),
    null,
  ),
  /** What presenters on this computer's hub must know; empty: anybody may present. Trimmed, as what is typed for it. */
  presenterKey: field(
    v.pipe(
      secret,
      v.check((key) => key === key.trim()),
    ),
    '',
  ),
  hubPort: field(port, 8_443),
  /** Another port will do when that one is taken. */
  hubAnyPort: field(v.boolean(), true),
  /** Where the hub listens from its start: this computer only, every address of it, or the one named. */
  hubListen: field(v.union([v.literal('localhost'), address]), 'localhost'),
  /** PEM files; null: a self-made certificate. */
  certificate: field(
    v.nullable(v.object({ certFile: v.pipe(line, v.minLength(1)), keyFile: v.pipe(line, v.minLength(1)) })),
    null,
  ),
  startAtLogin: field(v.boolean(), false),
  closeToTray: field(v.boolean(), false),
  notifications: field(v.boolean(), true),
  updates: field(v.boolean(), true),
} as const;

const fields = { ...personalFields, ...appFields };

type Values<F extends Record<string, Field<v.GenericSchema>>> = {
  readonly [K in keyof F]: v.InferOutput<F[K]['schema']>;
};
export type PersonalSettings = Values<typeof personalFields>;
export type Settings = Values<typeof fields>;
export type SettingName = keyof Settings;

export const SETTING_NAMES = Object.keys(fields) as readonly SettingName[];
export const PERSONAL_NAMES = Object.keys(personalFields) as readonly (keyof PersonalSettings)[];
export const DEFAULT_SETTINGS: Settings = fallbacks();

export interface ReadSettings {
  readonly settings: Settings;
  /** Fields whose kept value made no sense; they have their defaults. */
  readonly bad: readonly SettingName[];
  /** Written by a newer version, whose further fields this one does not know. */
  readonly newer: boolean;
}

/** Of what was kept, whatever it is. Unknown fields are dropped, missing ones have their defaults. */
export function readSettings(raw: unknown): ReadSettings {
  const kept = migrate(isRecord(raw) ? raw : {});
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  const bad: SettingName[] = [];
  for (const name of SETTING_NAMES) {
    if (!Object.hasOwn(kept, name)) continue;
    const result = v.safeParse(fields[name].schema, kept[name]);
    if (result.success) settings[name] = result.output;
    else bad.push(name);
  }
  const version = kept['version'];
  const newer = typeof version === 'number' && version > SETTINGS_VERSION;
  // Field by field, each value is of its schema.
  return { settings: settings as unknown as Settings, bad, newer };
}

/** A change as another process asks for it: known fields with good values, or null. */
export function readPatch(raw: unknown): Partial<Settings> | null {
  if (!isRecord(raw)) return null;
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!Object.hasOwn(fields, name)) return null;
    const result = v.safeParse(fields[name as SettingName].schema, value);
    if (!result.success) return null;
    patch[name] = result.output;
  }
  return patch;
}

/** Names of the fields in which two settings differ. */
export function changedSettings(before: Settings, after: Settings): SettingName[] {
  return SETTING_NAMES.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** What pages of a browser keep. */
export function personalPart(settings: Settings): PersonalSettings {
  // The names are those of PersonalSettings.
  return Object.fromEntries(
    PERSONAL_NAMES.map((name) => [name, settings[name]]),
  ) as unknown as PersonalSettings;
}

type Kept = Readonly<Record<string, unknown>>;

/** Steps from older versions, oldest first; step n makes version n + 1 out of version n. */
const STEPS: readonly ((kept: Kept) => Kept)[] = [
  // Version 0 is what browsers kept before there was a number: the same names and values.
  (kept) => kept,
];

/** Exported for the test of the order of steps. */
export function migrate(kept: Kept, steps = STEPS): Kept {
  const version = typeof kept['version'] === 'number' ? Math.trunc(kept['version']) : 0;
  return steps.slice(Math.max(0, version)).reduce((now, step) => step(now), kept);
}

function fallbacks(): Settings {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [name, fields[name].fallback]),
  ) as unknown as Settings;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// ── what main and renderer say to each other about them ─────────────────────────────────────────────────────────────

/** The option of the command line that decides a setting for this run. */
export type OptionName = '--ws_uri' | '--as_uri' | '--cert' | '--plain' | '--presenter-key';

export interface SettingsSnapshot {
  /** As kept; what an option overrides is in `locked`. */
  readonly settings: Settings;
  readonly locked: Locks;
  /** False where the system keeps no secrets for programs: then passwords lie in the file. Null: there are none. */
  readonly secretsProtected: boolean | null;
  /** Starting at login is for installed apps. */
  readonly canStartAtLogin: boolean;
  /** SHA-256 of this computer's hub as `AB:CD:…`, for others to compare; null without encryption or without a hub. */
  readonly ownFingerprint: string | null;
  /** The last change that could not be applied. */
  readonly trouble: 'cannot-listen' | 'cannot-start-at-login' | null;
  /** Folder of settings and log. */
  readonly folder: string;
}

/** Decided by the command line for this run, with what it decided. */
export type Locks = { readonly [K in SettingName]?: { readonly option: OptionName; readonly value: string } };

/** What happened to the file, told once. */
export interface SettingsNotice {
  readonly why: 'corrupt' | 'newer' | 'bad-values' | 'unwritable';
  /** Where the old file was kept. */
  readonly keptAs?: string;
  readonly fields?: readonly SettingName[];
}

/** A media server as the Test button found it. */
export type MediaServerReport =
  | {
      readonly at: 'reached';
      readonly version: string;
      readonly modules: readonly { readonly name: string; readonly version: string }[];
      /** Number of types that it can create. */
      readonly types: number;
      /** Has what the magic mirror needs. */
      readonly hats: boolean;
      /** Milliseconds, the middle one of several. */
      readonly roundTrip: number;
    }
  | { readonly at: 'failed'; readonly why: MediaServerFailure };
export type MediaServerFailure =
  | 'refused' // nothing listens there
  | 'unknown-host'
  | 'timeout'
  | 'certificate' // wss with a certificate that this system does not trust
  | 'not-kurento' // something listens, but speaks otherwise
  | 'unreachable'; // no way there, or broken off

/** A hub on another computer, as its certificate shows it. */
export type HubCertificateReport =
  | {
      readonly at: 'found';
      /** SHA-256 as `AB:CD:…`. */
      readonly fingerprint: string;
      /** The system's own authorities vouch for it: no fingerprint needs to be compared. */
      readonly trusted: boolean;
    }
  | {
      readonly at: 'failed';
      readonly why: 'refused' | 'unknown-host' | 'timeout' | 'not-a-hub' | 'unreachable';
    };
