/** Answers an offer: what is accepted, in which direction, with which codecs, over which transport. */
import {
  answerDirection,
  commonCodecs,
  commonExtensions,
  groupByTransport,
  receives,
  sends,
  summarise,
  transportOfGroup,
} from './negotiate';
import { TRANSPORT_WIDE_CC } from './extensions';
import type {
  LocalOptions,
  LocalTransport,
  Negotiated,
  NegotiatedData,
  NegotiatedMedia,
  NegotiatedTransport,
  PayloadCodec,
  RemoteDescription,
  RemoteMediaSection,
  RemoteSection,
  Setup,
} from './types';
import { writeDescription, type WrittenSection, type WrittenTransport } from './write';

/** What Chromium accepts by default as well. */
export const DEFAULT_MAX_MESSAGE_SIZE = 262_144;

export interface Answer {
  readonly sdp: string;
  readonly negotiated: Negotiated;
}

interface Agreed {
  readonly transport: NegotiatedTransport;
  readonly local: LocalTransport;
  readonly setup: Setup | undefined;
}

/**
 * Never throws for what a peer wrote: what cannot be had is refused section by section. One audio, one video and one
 * data section are accepted, the first of each that fits.
 */
export function buildAnswer(remote: RemoteDescription, options: LocalOptions): Answer {
  const wanted = acceptable(remote, options);
  const agreed = new Map<RemoteSection, Agreed>();
  const transports: NegotiatedTransport[] = [];
  for (const members of groupByTransport(remote, wanted)) {
    const index = transports.length;
    const local = options.transport(index);
    if (local === undefined) continue;
    const theirs = transportOfGroup(members);
    const setup = answerSetup(theirs.setup);
    const transport: NegotiatedTransport = {
      index,
      mids: members.map((section) => section.mid),
      remote: theirs,
      dtlsRole: setup === 'active' ? 'client' : 'server',
    };
    transports.push(transport);
    for (const section of members) agreed.set(section, { transport, local, setup });
  }

  const media: NegotiatedMedia[] = [];
  const written: WrittenSection[] = [];
  let data: NegotiatedData | undefined;
  for (const section of remote.sections) {
    const over = agreed.get(section);
    const transport = over && { local: over.local, setup: over.setup };
    if (section.kind === 'audio' || section.kind === 'video') {
      const result = answerMedia(section, over, options);
      media.push(result);
      written.push(
        transport && result.local ? writtenMedia(section, result, transport, options) : refusal(section),
      );
    } else if (section.kind === 'data') {
      const answered: NegotiatedData = {
        index: section.index,
        mid: section.mid,
        kind: 'data',
        accepted: over !== undefined,
        sctpPort: section.sctpPort,
        remoteMaxMessageSize: section.maxMessageSize,
        transport: over?.transport.index,
      };
      if (data === undefined || answered.accepted) data = answered;
      written.push(transport ? writtenData(section, transport, options) : refusal(section));
    } else {
      written.push(refusal(section));
    }
  }

  const sdp = writeDescription({
    sessionId: options.sessionId,
    sessionVersion: options.sessionVersion ?? options.sessionId,
    extmapAllowMixed: remote.extmapAllowMixed,
    msidSemantic: remote.msidSemantic,
    bundles: transports.filter(({ mids }) => isBundled(remote, mids)).map(({ mids }) => mids),
    sections: written,
  });
  return { sdp, negotiated: summarise(media, data, transports) };
}

function acceptable(remote: RemoteDescription, options: LocalOptions): readonly RemoteSection[] {
  const taken = new Set<string>();
  return remote.sections.filter((section) => {
    if (section.rejected || section.kind === 'other' || taken.has(section.kind)) return false;
    const fits =
      section.kind === 'data'
        ? options.data === true
        : commonCodecs(section.kind, section.codecs, options).length > 0;
    if (fits) taken.add(section.kind);
    return fits;
  });
}

/** We prefer to be the DTLS server (passive): the server picks the SRTP profile, and AES-GCM is the cheaper one. */
function answerSetup(offered: Setup | undefined): Setup | undefined {
  switch (offered) {
    case undefined:
      return undefined;
    case 'passive':
      return 'active';
    case 'actpass':
    case 'active':
      return 'passive';
    case 'holdconn':
      return 'holdconn';
  }
}

function answerMedia(
  section: RemoteMediaSection,
  over: Agreed | undefined,
  options: LocalOptions,
): NegotiatedMedia {
  const { index, mid, kind } = section;
  const accepted = over !== undefined;
  const direction = accepted
    ? answerDirection(section.direction, options.direction ?? 'sendrecv')
    : 'inactive';
  const rids = (options.simulcast ?? true) && receives(direction) ? section.sendRids : [];
  const extensions = accepted
    ? commonExtensions(kind, section.extensions, rids.length > 0)
    : new Map<string, number>();
  const codecs = accepted
    ? commonCodecs(kind, section.codecs, options).map((entry) => usableFeedback(entry, extensions))
    : [];
  const stream = accepted ? options.stream(kind) : undefined;
  const repairs = sends(direction) && codecs.some(({ rtxPayloadType }) => rtxPayloadType !== undefined);
  return {
    index,
    mid,
    kind,
    accepted,
    direction,
    sends: sends(direction),
    receives: receives(direction),
    codecs,
    preferred: codecs[0],
    extensions,
    rtcpMux: section.rtcpMux,
    rtcpReducedSize: section.rtcpReducedSize,
    local: stream && {
      ssrc: stream.ssrc,
      rtxSsrc: repairs ? stream.rtxSsrc : undefined,
      cname: options.cname,
    },
    remoteSsrcs: section.ssrcs,
    remoteSimulcastSsrcs: section.simulcastSsrcs,
    remoteRids: rids,
    remoteBandwidth: section.bandwidth,
    transport: over?.transport.index,
  };
}

/** Transport-wide feedback means nothing without the header extension that it refers to. */
function usableFeedback(entry: PayloadCodec, extensions: ReadonlyMap<string, number>): PayloadCodec {
  if (!entry.feedback.transportCc || extensions.has(TRANSPORT_WIDE_CC)) return entry;
  return { ...entry, feedback: { ...entry.feedback, transportCc: false } };
}

function writtenMedia(
  section: RemoteMediaSection,
  result: NegotiatedMedia,
  transport: WrittenTransport,
  options: LocalOptions,
): WrittenSection {
  if (result.local === undefined) return refusal(section);
  return {
    kind: section.kind,
    mid: section.mid,
    protocol: section.protocol,
    direction: result.direction,
    codecs: result.codecs,
    extensions: result.extensions,
    stream: result.local,
    receiveRids: result.remoteRids,
    rtcpMux: result.rtcpMux,
    rtcpReducedSize: result.rtcpReducedSize,
    maxReceiveBandwidth: options.maxReceiveBandwidth?.[section.kind],
    startBitrate: section.kind === 'video' && result.receives ? options.startBitrate : undefined,
    transport,
  };
}

function writtenData(
  section: Extract<RemoteSection, { kind: 'data' }>,
  transport: WrittenTransport,
  options: LocalOptions,
): WrittenSection {
  const { mid, protocol, sctpPort, legacySyntax } = section;
  const maxMessageSize = options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
  return { kind: 'data', mid, protocol, sctpPort, maxMessageSize, legacySyntax, transport };
}

function refusal(section: RemoteSection): WrittenSection {
  const { mid, protocol } = section;
  switch (section.kind) {
    case 'audio':
    case 'video': {
      const payloads = [...section.codecs, ...section.otherPayloads].map(({ payloadType }) => payloadType);
      return { kind: 'refused', media: section.kind, mid, protocol, formats: payloads.join(' ') };
    }
    case 'data': {
      const formats = section.legacySyntax ? String(section.sctpPort) : 'webrtc-datachannel';
      return { kind: 'refused', media: 'application', mid, protocol, formats };
    }
    case 'other':
      return { kind: 'refused', media: section.media, mid, protocol, formats: section.formats };
  }
}

function isBundled(remote: RemoteDescription, mids: readonly string[]): boolean {
  const [first] = mids;
  return first !== undefined && remote.bundles.some((bundle) => bundle.includes(first));
}
