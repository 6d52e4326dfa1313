/**
 * Reads a peer's description (offer or answer, browsers of all kinds, KMS, Plan B) into a RemoteDescription. What is
 * malformed inside a line is left out; only text that is no description at all raises SdpError.
 */
import type { MediaKind } from '../flow';
import { parseCandidate } from './candidate';
import { codecFromRtpmap, codecFromStaticPayload, NO_FEEDBACK, parseParameters } from './codecs';
import { SdpError } from './error';
import { readLines, type MediaLine, type SectionLines } from './lines';
import type {
  Bandwidth,
  Candidate,
  Direction,
  Feedback,
  Fingerprint,
  OtherPayload,
  PayloadCodec,
  RemoteDescription,
  RemoteRid,
  RemoteSection,
  RemoteSsrc,
  RemoteTransport,
  Setup,
} from './types';

/** There are 128 payload types. */
const MAX_PAYLOADS = 128;
/** Plan B put every stream of a meeting into one section. */
const MAX_SSRCS = 256;
const MAX_EXTENSIONS = 64;
const MAX_RIDS = 16;
const MAX_FINGERPRINTS = 8;
const MAX_CANDIDATES = 256;
const MAX_TOKEN_LENGTH = 256;
const DEFAULT_SCTP_PORT = 5000;
/** RFC 8841 section 6.1. */
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const SETUPS: readonly Setup[] = ['actpass', 'active', 'passive', 'holdconn'];
const ENCRYPTED_EXTENSION = 'urn:ietf:params:rtp-hdrext:encrypt';

/** Throws SdpError and nothing else. */
export function parseRemote(sdp: string): RemoteDescription {
  const { session, media } = readLines(sdp);
  const mids = new Set<string>();
  const sections = media.map(({ line, lines }, index): RemoteSection => {
    const mid = token(lines.first('mid'))?.split(/\s/, 1)[0] ?? '';
    if (mid !== '' && mids.has(mid)) throw new SdpError('Invalid SDP', 'a mid appears twice');
    mids.add(mid);
    return readSection(index, mid, line, lines, session);
  });
  return {
    sections,
    bundles: session.all('group').flatMap((group) => {
      const [semantics, ...members] = group.trim().split(/ +/);
      return semantics === 'BUNDLE' && members.length > 0 ? [[...new Set(members)]] : [];
    }),
    extmapAllowMixed: session.has('extmap-allow-mixed'),
    msidSemantic: session.has('msid-semantic'),
  };
}

function readSection(
  index: number,
  mid: string,
  line: MediaLine,
  lines: SectionLines,
  session: SectionLines,
): RemoteSection {
  const base = {
    index,
    mid,
    protocol: line.protocol,
    rejected: line.port === 0 && !lines.has('bundle-only'),
    transport: readTransport(lines, session),
  };
  const { media, protocol, formats } = line;
  if ((media === 'audio' || media === 'video') && /(^|\/)RTP\/SAVPF?$/.test(protocol)) {
    const { sendRids } = readRids(lines);
    return {
      ...base,
      ...readPayloads(media, formats, lines),
      ...readSsrcs(lines),
      kind: media,
      direction: readDirection(lines) ?? readDirection(session) ?? 'sendrecv',
      rtcpMux: lines.has('rtcp-mux'),
      rtcpReducedSize: lines.has('rtcp-rsize'),
      extensions: readExtensions(lines, session),
      sendRids,
      msid: token(lines.first('msid')),
      bandwidth: readBandwidth(lines),
    };
  }
  if (media === 'application' && /DTLS\/SCTP$/.test(protocol)) {
    const legacySyntax = /^\d+$/.test(formats.trim());
    if (legacySyntax || formats.trim() === 'webrtc-datachannel') {
      const port = legacySyntax ? formats.trim() : lines.first('sctp-port');
      return {
        ...base,
        kind: 'data',
        sctpPort: integer(port, 0xffff) ?? DEFAULT_SCTP_PORT,
        maxMessageSize:
          integer(lines.first('max-message-size'), Number.MAX_SAFE_INTEGER) ?? DEFAULT_MAX_MESSAGE_SIZE,
        legacySyntax,
      };
    }
  }
  return { ...base, kind: 'other', media, formats: formats.slice(0, MAX_TOKEN_LENGTH) };
}

function readTransport(lines: SectionLines, session: SectionLines): RemoteTransport {
  const inherited = (name: string) => lines.first(name) ?? session.first(name);
  const fingerprints = lines.has('fingerprint') ? lines.all('fingerprint') : session.all('fingerprint');
  return {
    iceUfrag: iceText(inherited('ice-ufrag')),
    icePwd: iceText(inherited('ice-pwd')),
    iceOptions: (inherited('ice-options') ?? '').split(/ +/, 16).filter((option) => option !== ''),
    iceLite: session.has('ice-lite'),
    fingerprints: fingerprints.slice(0, MAX_FINGERPRINTS).flatMap(readFingerprint),
    setup: SETUPS.find((setup) => setup === inherited('setup')),
    candidates: lines
      .all('candidate')
      .slice(0, MAX_CANDIDATES)
      .map((value) => parseCandidate(`candidate:${value}`))
      .filter((candidate): candidate is Candidate => candidate !== undefined),
    endOfCandidates: lines.has('end-of-candidates') || session.has('end-of-candidates'),
  };
}

function readFingerprint(text: string): Fingerprint[] {
  const match = /^([A-Za-z0-9-]{1,16}) +([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63})$/.exec(text.trim());
  return match ? [{ algorithm: (match[1] ?? '').toLowerCase(), value: (match[2] ?? '').toUpperCase() }] : [];
}

function readDirection(lines: SectionLines): Direction | undefined {
  return DIRECTIONS.find((direction) => lines.has(direction));
}

function readPayloads(
  kind: MediaKind,
  formats: string,
  lines: SectionLines,
): { codecs: readonly PayloadCodec[]; otherPayloads: readonly OtherPayload[] } {
  const rtpmaps = byPayload(lines.all('rtpmap'));
  const fmtps = byPayload(lines.all('fmtp'));
  const payloadTypes = new Set<number>();
  for (const format of formats.split(/ +/, MAX_PAYLOADS)) {
    const payloadType = integer(format, 127);
    if (payloadType !== undefined) payloadTypes.add(payloadType);
  }

  const rtxOf = new Map<number, number>();
  const codecs: Omit<PayloadCodec, 'rtxPayloadType'>[] = [];
  const otherPayloads: OtherPayload[] = [];
  for (const payloadType of payloadTypes) {
    const encoding = rtpmaps.get(payloadType);
    const parameters = parseParameters(fmtps.get(payloadType) ?? '');
    const codec =
      encoding === undefined
        ? codecFromStaticPayload(kind, payloadType)
        : codecFromRtpmap(kind, encoding, parameters);
    if (codec) {
      codecs.push({ payloadType, codec, feedback: readFeedback(payloadType, lines) });
      continue;
    }
    const name = (encoding?.split('/')[0] ?? '').slice(0, MAX_TOKEN_LENGTH).toLowerCase();
    otherPayloads.push({ payloadType, name });
    const repaired = integer(parameters.get('apt'), 127);
    if (name === 'rtx' && repaired !== undefined && !rtxOf.has(repaired)) rtxOf.set(repaired, payloadType);
  }
  return {
    codecs: codecs.map((entry) => ({ ...entry, rtxPayloadType: rtxOf.get(entry.payloadType) })),
    otherPayloads,
  };
}

/** `111 opus/48000/2` lines by their payload type; the first of a payload type counts. */
function byPayload(values: readonly string[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const value of values) {
    const match = /^(\d{1,3}) +(.+)$/.exec(value.trim());
    const payloadType = integer(match?.[1], 127);
    if (match && payloadType !== undefined && !found.has(payloadType)) found.set(payloadType, match[2] ?? '');
  }
  return found;
}

function readFeedback(payloadType: number, lines: SectionLines): Feedback {
  const asked = new Set<string>();
  for (const value of lines.all('rtcp-fb')) {
    const [target, ...what] = value.trim().toLowerCase().split(/ +/);
    if (target === '*' || target === String(payloadType)) asked.add(what.join(' '));
  }
  if (asked.size === 0) return NO_FEEDBACK;
  return {
    nack: asked.has('nack'),
    nackPli: asked.has('nack pli'),
    ccmFir: asked.has('ccm fir'),
    googRemb: asked.has('goog-remb'),
    transportCc: asked.has('transport-cc'),
  };
}

function readExtensions(lines: SectionLines, session: SectionLines): ReadonlyMap<string, number> {
  const extensions = new Map<string, number>();
  const taken = new Set<number>();
  for (const value of [...lines.all('extmap'), ...session.all('extmap')].slice(0, MAX_EXTENSIONS)) {
    const match = /^(\d{1,3})(?:\/(sendrecv|sendonly|recvonly|inactive))? +(\S+)/.exec(value.trim());
    const id = integer(match?.[1], 255);
    const uri = match?.[3] ?? '';
    if (id === undefined || id === 0 || id === 15 || uri === '' || uri.length > MAX_TOKEN_LENGTH) continue;
    if (uri === ENCRYPTED_EXTENSION || match?.[2] === 'inactive' || taken.has(id) || extensions.has(uri))
      continue;
    extensions.set(uri, id);
    taken.add(id);
  }
  return extensions;
}

function readSsrcs(lines: SectionLines): { ssrcs: readonly RemoteSsrc[]; simulcastSsrcs: readonly number[] } {
  const rtxOf = new Map<number, number>();
  const secondary = new Set<number>();
  let simulcastSsrcs: readonly number[] = [];
  for (const group of lines.all('ssrc-group').slice(0, MAX_SSRCS)) {
    const [semantics, ...members] = group.trim().split(/ +/, MAX_SSRCS);
    const ssrcs = members.flatMap((member) => integer(member, 0xffffffff) ?? []);
    const [primary, repair] = ssrcs;
    if (semantics === 'SIM') simulcastSsrcs = ssrcs;
    if ((semantics === 'FID' || semantics === 'FEC-FR') && primary !== undefined && repair !== undefined) {
      secondary.add(repair);
      if (semantics === 'FID') rtxOf.set(primary, repair);
    }
  }
  const found = new Map<number, { cname: string | undefined; msid: string | undefined }>();
  for (const value of lines.all('ssrc')) {
    const match = /^(\d{1,10})(?: +([a-z-]+)(?::(.*))?)?$/.exec(value.trim());
    const ssrc = integer(match?.[1], 0xffffffff);
    if (ssrc === undefined) continue;
    const entry = found.get(ssrc) ?? { cname: undefined, msid: undefined };
    if (match?.[2] === 'cname') entry.cname = token(match[3]);
    if (match?.[2] === 'msid') entry.msid = token(match[3]);
    if (found.size < MAX_SSRCS) found.set(ssrc, entry);
  }
  // A SIM or FID group names its streams even where a=ssrc lines are missing.
  for (const ssrc of [...simulcastSsrcs, ...rtxOf.keys()]) {
    if (!found.has(ssrc) && found.size < MAX_SSRCS) found.set(ssrc, { cname: undefined, msid: undefined });
  }
  return {
    ssrcs: [...found]
      .filter(([ssrc]) => !secondary.has(ssrc))
      .map(([ssrc, entry]) => ({ ssrc, rtxSsrc: rtxOf.get(ssrc), ...entry })),
    simulcastSsrcs,
  };
}

/** RFC 8853: the list of `a=simulcast:send` gives order and pauses, each layer needs its `a=rid:… send`. */
function readRids(lines: SectionLines): { sendRids: readonly RemoteRid[] } {
  const declared = new Set<string>();
  for (const value of lines.all('rid')) {
    const match = /^([A-Za-z0-9_-]{1,64}) +send\b/.exec(value.trim());
    if (match && declared.size < MAX_RIDS) declared.add(match[1] ?? '');
  }
  const list = /(?:^|\s)send +(\S+)/.exec(lines.first('simulcast') ?? '')?.[1] ?? '';
  const sendRids: RemoteRid[] = [];
  for (const alternatives of list.split(';', MAX_RIDS)) {
    // Alternatives are codecs of one layer: the first is as good as any to a forwarder.
    const first = alternatives.split(',', 1)[0] ?? '';
    const rid = first.replace(/^~/, '');
    if (declared.has(rid)) sendRids.push({ rid, paused: first.startsWith('~') });
  }
  return { sendRids };
}

function readBandwidth(lines: SectionLines): Bandwidth {
  let as: number | undefined;
  let tias: number | undefined;
  for (const value of lines.bandwidths) {
    const match = /^(AS|TIAS):(\d{1,12})$/.exec(value.trim());
    if (match?.[1] === 'AS') as = Number(match[2]);
    if (match?.[1] === 'TIAS') tias = Number(match[2]) / 1000;
  }
  return { as, tias };
}

function token(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === undefined || trimmed === '' || trimmed.length > MAX_TOKEN_LENGTH ? undefined : trimmed;
}

/** ice-char (RFC 8839); lengths are the agent's business, except that they end somewhere. */
function iceText(value: string | undefined): string | undefined {
  return value !== undefined && /^[A-Za-z0-9+/]{1,256}$/.test(value) ? value : undefined;
}

function integer(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text.trim())) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
