/** Our own offers (generateOffer) and what an answer to one of them agreed on. */
import { codecNamed, sameCodec } from './codecs';
import { SdpError } from './error';
import { ABS_SEND_TIME, MID, TRANSPORT_WIDE_CC } from './extensions';
import {
  answerDirection,
  commonFeedback,
  receives,
  sends,
  summarise,
  transportOfGroup,
  wantedCodecs,
} from './negotiate';
import { DEFAULT_MAX_MESSAGE_SIZE } from './answer';
import { parseRemote } from './parse';
import type {
  Feedback,
  LocalTransport,
  Negotiated,
  NegotiatedData,
  NegotiatedMedia,
  OfferOptions,
  PayloadCodec,
  RemoteDescription,
  RemoteMediaSection,
  RemoteSection,
} from './types';
import type { CodecName, MediaKind } from '../flow';
import { writeDescription, type WrittenData, type WrittenMedia } from './write';

/** KMS's ids; any others would do. */
const EXTENSION_IDS = { [ABS_SEND_TIME]: 3, [MID]: 4, [TRANSPORT_WIDE_CC]: 5 } as const;
const FIRST_AUDIO_PAYLOAD = 96;
const FIRST_VIDEO_PAYLOAD = 100;
const STATIC_PAYLOADS: ReadonlyMap<CodecName, number> = new Map([
  ['PCMU', 0],
  ['PCMA', 8],
  ['G722', 9],
]);
const FMTP: Partial<Record<CodecName, readonly (readonly [string, string])[]>> = {
  opus: [
    ['minptime', '10'],
    ['useinbandfec', '1'],
  ],
  H264: [
    ['level-asymmetry-allowed', '1'],
    ['packetization-mode', '1'],
    ['profile-level-id', '42e01f'],
  ],
  VP9: [['profile-id', '0']],
};
const VIDEO_FEEDBACK: Feedback = {
  nack: true,
  nackPli: true,
  ccmFir: true,
  googRemb: true,
  transportCc: true,
};
const AUDIO_FEEDBACK: Feedback = {
  nack: false,
  nackPli: false,
  ccmFir: false,
  googRemb: false,
  transportCc: true,
};

export interface LocalOffer {
  readonly sdp: string;
  readonly media: readonly WrittenMedia[];
  readonly data: WrittenData | undefined;
}

/**
 * Audio, video and, when asked for, data, all bundled on transport 0, with the mids `audio0`, `video0`, `data0`.
 * Throws RangeError when options.transport has no transport 0.
 */
export function buildOffer(options: OfferOptions): LocalOffer {
  const local = options.transport(0);
  if (local === undefined) throw new RangeError('an offer needs a transport');
  const media: WrittenMedia[] = [];
  if (options.audio ?? true) media.push(offeredMedia('audio', local, options));
  if (options.video ?? true) media.push(offeredMedia('video', local, options));
  const data: WrittenData | undefined = options.data
    ? {
        kind: 'data',
        mid: 'data0',
        protocol: 'UDP/DTLS/SCTP',
        sctpPort: 5000,
        maxMessageSize: options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE,
        legacySyntax: false,
        transport: { local, setup: 'actpass' },
      }
    : undefined;
  const sections = data ? [...media, data] : media;
  const sdp = writeDescription({
    sessionId: options.sessionId,
    sessionVersion: options.sessionVersion ?? options.sessionId,
    extmapAllowMixed: false,
    msidSemantic: false,
    bundles: sections.length > 0 ? [sections.map(({ mid }) => mid)] : [],
    sections,
  });
  return { sdp, media, data };
}

function offeredMedia(kind: MediaKind, local: LocalTransport, options: OfferOptions): WrittenMedia {
  const codecs = offeredCodecs(kind, options);
  const stream = options.stream(kind);
  const direction = options.direction ?? 'sendrecv';
  const repairs = sends(direction) && codecs.some(({ rtxPayloadType }) => rtxPayloadType !== undefined);
  return {
    kind,
    mid: `${kind}0`,
    protocol: 'RTP/SAVPF',
    direction,
    codecs,
    extensions: new Map(Object.entries(EXTENSION_IDS)),
    stream: { ssrc: stream.ssrc, rtxSsrc: repairs ? stream.rtxSsrc : undefined, cname: options.cname },
    receiveRids: [],
    rtcpMux: true,
    rtcpReducedSize: true,
    maxReceiveBandwidth: options.maxReceiveBandwidth?.[kind],
    startBitrate: kind === 'video' && receives(direction) ? options.startBitrate : undefined,
    transport: { local, setup: 'actpass' },
  };
}

function offeredCodecs(kind: MediaKind, options: OfferOptions): readonly PayloadCodec[] {
  let next = kind === 'audio' ? FIRST_AUDIO_PAYLOAD : FIRST_VIDEO_PAYLOAD;
  return wantedCodecs(kind, options).map((name) => ({
    payloadType: STATIC_PAYLOADS.get(name) ?? next++,
    codec: codecNamed(name, FMTP[name]),
    feedback: kind === 'video' ? VIDEO_FEEDBACK : AUDIO_FEEDBACK,
    rtxPayloadType: kind === 'video' && options.rtx ? next++ : undefined,
  }));
}

/**
 * Throws SdpError for text that is no description. An answer with fewer sections refuses the missing ones; a section is
 * recognised by its mid, else by its place and kind.
 */
export function acceptAnswer(offer: LocalOffer, answerSdp: string): Negotiated {
  const remote = parseAnswer(answerSdp);
  const pairs = offer.media.map((own, index) => ({ own, index, theirs: counterpart(remote, own, index) }));
  const dataIndex = offer.media.length;
  const theirData = offer.data && counterpart(remote, offer.data, dataIndex);

  // We offered one transport. A section that the peer did not bundle has credentials of its own: it cannot be reached.
  const answered = [...pairs.map(({ theirs }) => theirs), theirData].filter(
    (section): section is RemoteSection => section !== undefined && !section.rejected,
  );
  const tagged = answered[0]?.transport.iceUfrag;
  const onTransport = answered.filter(
    ({ transport }) => transport.iceUfrag === undefined || transport.iceUfrag === tagged,
  );
  const reached = (section: RemoteSection | undefined) =>
    section !== undefined && onTransport.includes(section);

  const media = pairs.map(({ own, index, theirs }) =>
    acceptMedia(own, index, theirs?.kind === own.kind && reached(theirs) ? theirs : undefined),
  );
  const data: NegotiatedData | undefined = offer.data && {
    index: dataIndex,
    mid: offer.data.mid,
    kind: 'data',
    accepted: theirData?.kind === 'data' && reached(theirData),
    sctpPort: theirData?.kind === 'data' ? theirData.sctpPort : offer.data.sctpPort,
    remoteMaxMessageSize: theirData?.kind === 'data' ? theirData.maxMessageSize : 0,
    transport: theirData?.kind === 'data' && reached(theirData) ? 0 : undefined,
  };
  const mids = [...media, ...(data ? [data] : [])].filter(({ accepted }) => accepted).map(({ mid }) => mid);
  if (mids.length === 0) return summarise(media, data, []);
  const theirs = transportOfGroup(onTransport);
  const dtlsRole = theirs.setup === 'passive' ? 'client' : 'server';
  return summarise(media, data, [{ index: 0, mids, remote: theirs, dtlsRole }]);
}

/** KMS words it for offers; an empty answer is as invalid as any other garbage. */
function parseAnswer(sdp: string): RemoteDescription {
  if (typeof sdp === 'string' && sdp.trim() === '') throw new SdpError('Empty answer not valid', 'empty');
  return parseRemote(sdp);
}

function counterpart(
  remote: RemoteDescription,
  own: WrittenMedia | WrittenData,
  index: number,
): RemoteSection | undefined {
  const atPlace = remote.sections[index];
  return (
    remote.sections.find((section) => section.mid === own.mid) ??
    (atPlace?.kind === own.kind ? atPlace : undefined)
  );
}

function acceptMedia(
  own: WrittenMedia,
  index: number,
  theirs: RemoteMediaSection | undefined,
): NegotiatedMedia {
  const { kind, mid } = own;
  const codecs = theirs ? answeredCodecs(own, theirs) : [];
  const usable = codecs.length > 0 ? theirs : undefined;
  const direction = usable ? answerDirection(usable.direction, own.direction) : 'inactive';
  const extensions = [...own.extensions].filter(([uri, id]) => usable?.extensions.get(uri) === id);
  return {
    index,
    mid,
    kind,
    accepted: usable !== undefined,
    direction,
    sends: sends(direction),
    receives: receives(direction),
    codecs,
    preferred: codecs[0],
    extensions: new Map(extensions),
    rtcpMux: usable?.rtcpMux ?? false,
    rtcpReducedSize: usable?.rtcpReducedSize ?? false,
    local: usable && own.stream,
    remoteSsrcs: usable?.ssrcs ?? [],
    remoteSimulcastSsrcs: usable?.simulcastSsrcs ?? [],
    remoteRids: [],
    remoteBandwidth: usable?.bandwidth ?? { as: undefined, tias: undefined },
    transport: usable && 0,
  };
}

/** Codecs of the answer in its order, as far as we offered them; an answer may renumber payload types (RFC 3264). */
function answeredCodecs(own: WrittenMedia, theirs: RemoteMediaSection): readonly PayloadCodec[] {
  return theirs.codecs.flatMap((entry) => {
    const offered = own.codecs.find(({ codec }) => sameCodec(codec, entry.codec));
    if (offered === undefined) return [];
    const rtxPayloadType = offered.rtxPayloadType === undefined ? undefined : entry.rtxPayloadType;
    return [{ ...entry, feedback: commonFeedback(offered.feedback, entry.feedback), rtxPayloadType }];
  });
}
