/**
 * What an offer and its answer have in common, the same for both roles: directions, codecs and their order, feedback,
 * header extensions, and which sections share a transport. No text.
 */
import type { CodecName, MediaKind } from '../flow';
import { DEFAULT_AUDIO_CODECS, DEFAULT_VIDEO_CODECS } from './codecs';
import { ABS_SEND_TIME, MID, REPAIRED_RTP_STREAM_ID, RTP_STREAM_ID, TRANSPORT_WIDE_CC } from './extensions';
import type {
  Direction,
  Feedback,
  LocalOptions,
  Negotiated,
  NegotiatedData,
  NegotiatedMedia,
  PayloadCodec,
  RemoteDescription,
  RemoteSection,
  RemoteTransport,
} from './types';

export const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
export const receives = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

function directionOf(sending: boolean, receiving: boolean): Direction {
  if (sending) return receiving ? 'sendrecv' : 'sendonly';
  return receiving ? 'recvonly' : 'inactive';
}

/** Our direction towards a peer that wrote `remote`, when we may do `allowed` at most. */
export function answerDirection(remote: Direction, allowed: Direction): Direction {
  return directionOf(sends(allowed) && receives(remote), receives(allowed) && sends(remote));
}

/** Those of the peer's codecs that we take, in the order in which we want them. */
export function commonCodecs(
  kind: MediaKind,
  offered: readonly PayloadCodec[],
  options: LocalOptions,
): readonly PayloadCodec[] {
  const listed = wantedCodecs(kind, options);
  const own = kind === 'video' ? options.videoCodecs : options.audioCodecs;
  const common = offered
    .filter(({ codec }) => listed.includes(codec.name))
    .map((entry) => (options.rtx ? entry : { ...entry, rtxPayloadType: undefined }));
  if (own === undefined || options.keepPeerOrder) return common;
  // Array sort is stable: profiles of one codec stay in the peer's order.
  return [...common].sort((a, b) => listed.indexOf(a.codec.name) - listed.indexOf(b.codec.name));
}

export function wantedCodecs(kind: MediaKind, options: LocalOptions): readonly CodecName[] {
  return kind === 'video'
    ? (options.videoCodecs ?? DEFAULT_VIDEO_CODECS)
    : (options.audioCodecs ?? DEFAULT_AUDIO_CODECS);
}

/** Header extensions that we read or write ourselves; everything else would have to be translated per viewer. */
export function commonExtensions(
  kind: MediaKind,
  offered: ReadonlyMap<string, number>,
  simulcast: boolean,
): ReadonlyMap<string, number> {
  const wanted = [ABS_SEND_TIME, TRANSPORT_WIDE_CC, MID];
  if (kind === 'video' && simulcast) wanted.push(RTP_STREAM_ID, REPAIRED_RTP_STREAM_ID);
  // Ids above 14 need two-byte headers, which nobody needs for these.
  return new Map([...offered].filter(([uri, id]) => wanted.includes(uri) && id <= 14));
}

export function commonFeedback(a: Feedback, b: Feedback): Feedback {
  return {
    nack: a.nack && b.nack,
    nackPli: a.nackPli && b.nackPli,
    ccmFir: a.ccmFir && b.ccmFir,
    googRemb: a.googRemb && b.googRemb,
    transportCc: a.transportCc && b.transportCc,
  };
}

/** Sections that share a transport: a BUNDLE group, or one section of its own. Accepted sections only, in order. */
export function groupByTransport(
  remote: RemoteDescription,
  accepted: readonly RemoteSection[],
): readonly (readonly RemoteSection[])[] {
  const groups = new Map<readonly string[] | RemoteSection, RemoteSection[]>();
  for (const section of accepted) {
    const bundle = section.mid === '' ? undefined : remote.bundles.find((mids) => mids.includes(section.mid));
    const key = bundle ?? section;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [section]);
    else members.push(section);
  }
  return [...groups.values()];
}

/**
 * The transport of a group is that of its first member which describes one (RFC 9143 section 7.2): a bundle-only
 * section says nothing about its own. Candidates may be written below any member.
 */
export function transportOfGroup(members: readonly RemoteSection[]): RemoteTransport {
  const transports = members.map((section) => section.transport);
  const described = transports.find((transport) => transport.iceUfrag !== undefined) ?? transports[0];
  if (described === undefined) throw new RangeError('a group has at least one member');
  const seen = new Set<string>();
  const candidates = transports
    .flatMap((transport) => transport.candidates)
    .filter((candidate) => {
      const key = `${candidate.component} ${candidate.protocol} ${candidate.address} ${candidate.port}`;
      return seen.has(key) ? false : seen.add(key);
    });
  return {
    ...described,
    candidates,
    endOfCandidates: transports.every((transport) => transport.endOfCandidates),
  };
}

export function summarise(
  media: readonly NegotiatedMedia[],
  data: NegotiatedData | undefined,
  transports: Negotiated['transports'],
): Negotiated {
  return {
    media,
    audio: media.find((section) => section.kind === 'audio' && section.accepted),
    video: media.find((section) => section.kind === 'video' && section.accepted),
    data,
    transports,
  };
}
