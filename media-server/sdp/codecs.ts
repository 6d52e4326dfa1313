/**
 * The codecs this server can forward: their names in an rtpmap, their order, and which payload type of a peer suits a
 * source's codec.
 */
import type { Codec, CodecName, MediaKind } from '../flow';
import { h264Receives, sameH264 } from './h264';
import type { Feedback, PayloadCodec } from './types';

interface CodecForm {
  readonly kind: MediaKind;
  readonly name: CodecName;
  readonly clockRate: number;
  /** Channels as the rtpmap has them; undefined for video. */
  readonly channels?: number;
  /** RFC 3551 payload type that needs no rtpmap. */
  readonly staticPayloadType?: number;
}

/** G.722's clock rate is 8000 by a historic mistake (RFC 3551 section 4.5.2). */
const FORMS: readonly CodecForm[] = [
  { kind: 'audio', name: 'opus', clockRate: 48_000, channels: 2 },
  { kind: 'audio', name: 'PCMU', clockRate: 8_000, channels: 1, staticPayloadType: 0 },
  { kind: 'audio', name: 'PCMA', clockRate: 8_000, channels: 1, staticPayloadType: 8 },
  { kind: 'audio', name: 'G722', clockRate: 8_000, channels: 1, staticPayloadType: 9 },
  { kind: 'video', name: 'VP8', clockRate: 90_000 },
  { kind: 'video', name: 'H264', clockRate: 90_000 },
  { kind: 'video', name: 'VP9', clockRate: 90_000 },
  { kind: 'video', name: 'AV1', clockRate: 90_000 },
];

/** What an endpoint takes unless it is told otherwise; everything in it can be recognised, forwarded and repaired. */
export const DEFAULT_VIDEO_CODECS: readonly CodecName[] = ['VP8', 'H264'];
export const DEFAULT_AUDIO_CODECS: readonly CodecName[] = ['opus', 'PCMU', 'PCMA'];

export const NO_FEEDBACK: Feedback = {
  nack: false,
  nackPli: false,
  ccmFir: false,
  googRemb: false,
  transportCc: false,
};

/** From an rtpmap's `name/rate/channels`; undefined for what is not forwarded. */
export function codecFromRtpmap(
  kind: MediaKind,
  encoding: string,
  parameters: ReadonlyMap<string, string>,
): Codec | undefined {
  const [name = '', rate, channels] = encoding.split('/');
  const form = FORMS.find(
    (known) =>
      known.kind === kind &&
      known.name.toLowerCase() === name.toLowerCase() &&
      known.clockRate === Number(rate) &&
      (known.channels ?? 1) === Number(channels ?? 1),
  );
  return form && makeCodec(form, parameters);
}

/** A payload type without rtpmap (RFC 3551). */
export function codecFromStaticPayload(kind: MediaKind, payloadType: number): Codec | undefined {
  const form = FORMS.find((known) => known.kind === kind && known.staticPayloadType === payloadType);
  return form && makeCodec(form, new Map());
}

/** A codec with the given fmtp entries, for descriptions that start here. */
export function codecNamed(name: CodecName, parameters: Iterable<readonly [string, string]> = []): Codec {
  const form = FORMS.find((known) => known.name === name);
  if (form === undefined) throw new RangeError(`unknown codec ${name}`);
  return makeCodec(form, new Map(parameters));
}

function makeCodec(form: CodecForm, parameters: ReadonlyMap<string, string>): Codec {
  const { kind, name, clockRate, channels } = form;
  return { kind, name, clockRate, ...(channels !== undefined && { channels }), parameters };
}

export function rtpmapOf(codec: Codec): string {
  const channels = codec.channels ?? 1;
  return `${codec.name}/${codec.clockRate}${channels > 1 ? `/${channels}` : ''}`;
}

/** `key=value;flag` as in an fmtp line; keys in lower case, a flag's value is ''. At most 32 entries are read. */
export function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const entry of text.split(';', 32)) {
    const equals = entry.indexOf('=');
    const key = (equals < 0 ? entry : entry.slice(0, equals)).trim().toLowerCase();
    if (key !== '' && !parameters.has(key))
      parameters.set(key, equals < 0 ? '' : entry.slice(equals + 1).trim());
  }
  return parameters;
}

export function formatParameters(parameters: ReadonlyMap<string, string>): string {
  return [...parameters].map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join(';');
}

/** One stream serves both: same codec and, where it has profiles, the same profile. */
export function sameCodec(a: Codec, b: Codec): boolean {
  if (a.name !== b.name || a.clockRate !== b.clockRate || (a.channels ?? 1) !== (b.channels ?? 1))
    return false;
  switch (a.name) {
    case 'H264':
      return sameH264(a, b);
    case 'VP9':
      return (a.parameters.get('profile-id') ?? '0') === (b.parameters.get('profile-id') ?? '0');
    case 'AV1':
      return (a.parameters.get('profile') ?? '0') === (b.parameters.get('profile') ?? '0');
    case 'VP8':
    case 'opus':
    case 'PCMU':
    case 'PCMA':
    case 'G722':
      return true;
  }
}

/**
 * The payload type under which a peer can take a source's packets: the same codec, else a profile that includes it.
 * Undefined when the peer cannot decode the source: it gets nothing rather than garbage.
 */
export function codecForSource(codecs: readonly PayloadCodec[], source: Codec): PayloadCodec | undefined {
  return (
    codecs.find((own) => sameCodec(own.codec, source)) ??
    (source.name === 'H264'
      ? codecs.find((own) => own.codec.name === 'H264' && h264Receives(own.codec, source))
      : undefined)
  );
}
