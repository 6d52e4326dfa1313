/**
 * Writes our descriptions. Order and first lines as Kurento Media Server has them, so that people who compare see what
 * they know; the attributes follow JSEP (RFC 9429).
 */
import { formatCandidate } from './candidate';
import { formatParameters, rtpmapOf } from './codecs';
import { sends } from './negotiate';
import type {
  Direction,
  Feedback,
  LocalStream,
  LocalTransport,
  PayloadCodec,
  RemoteRid,
  Setup,
} from './types';

/** KMS writes 1: not 0, which means refused, and not 9 as browsers do. ICE decides the real one. */
const ANY_PORT = 1;

export interface WrittenTransport {
  readonly local: LocalTransport;
  /** Undefined: the peer said nothing about DTLS roles, neither do we. */
  readonly setup: Setup | undefined;
}

export interface WrittenMedia {
  readonly kind: 'audio' | 'video';
  readonly mid: string;
  readonly protocol: string;
  readonly direction: Direction;
  readonly codecs: readonly PayloadCodec[];
  readonly extensions: ReadonlyMap<string, number>;
  readonly stream: LocalStream;
  readonly receiveRids: readonly RemoteRid[];
  readonly rtcpMux: boolean;
  readonly rtcpReducedSize: boolean;
  /** `b=AS`, kbit/s. */
  readonly maxReceiveBandwidth: number | undefined;
  /** kbit/s; see LocalOptions. */
  readonly startBitrate: number | undefined;
  readonly transport: WrittenTransport;
}

export interface WrittenData {
  readonly kind: 'data';
  readonly mid: string;
  readonly protocol: string;
  readonly sctpPort: number;
  readonly maxMessageSize: number;
  readonly legacySyntax: boolean;
  readonly transport: WrittenTransport;
}

/** A refused section: port 0, in its place, so that the other sections keep theirs. */
export interface WrittenRefusal {
  readonly kind: 'refused';
  readonly media: string;
  readonly mid: string;
  readonly protocol: string;
  readonly formats: string;
}

export type WrittenSection = WrittenMedia | WrittenData | WrittenRefusal;

export interface WrittenSession {
  readonly sessionId: number;
  readonly sessionVersion: number;
  readonly extmapAllowMixed: boolean;
  readonly msidSemantic: boolean;
  readonly bundles: readonly (readonly string[])[];
  readonly sections: readonly WrittenSection[];
}

export function writeDescription(session: WrittenSession): string {
  const lines = [
    'v=0',
    `o=- ${session.sessionId} ${session.sessionVersion} IN IP4 0.0.0.0`,
    's=Kurento Media Server',
    'c=IN IP4 0.0.0.0',
    't=0 0',
  ];
  if (session.extmapAllowMixed) lines.push('a=extmap-allow-mixed');
  if (session.msidSemantic) lines.push('a=msid-semantic: WMS *');
  for (const mids of session.bundles) lines.push(`a=group:BUNDLE ${mids.join(' ')}`);
  for (const section of session.sections) {
    switch (section.kind) {
      case 'audio':
      case 'video':
        writeMedia(lines, section);
        break;
      case 'data':
        writeData(lines, section);
        break;
      case 'refused':
        lines.push(`m=${section.media} 0 ${section.protocol} ${section.formats || '0'}`);
        if (section.mid !== '') lines.push(`a=mid:${section.mid}`);
        lines.push('a=inactive');
        break;
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}

function writeMedia(lines: string[], section: WrittenMedia): void {
  const payloadTypes = section.codecs.flatMap(({ payloadType, rtxPayloadType }) =>
    rtxPayloadType === undefined ? [payloadType] : [payloadType, rtxPayloadType],
  );
  lines.push(`m=${section.kind} ${ANY_PORT} ${section.protocol} ${[...new Set(payloadTypes)].join(' ')}`);
  if (section.maxReceiveBandwidth !== undefined) lines.push(`b=AS:${section.maxReceiveBandwidth}`);
  for (const [uri, id] of section.extensions) lines.push(`a=extmap:${id} ${uri}`);
  lines.push(`a=${section.direction}`);
  if (section.mid !== '') lines.push(`a=mid:${section.mid}`);
  lines.push('a=rtcp:9 IN IP4 0.0.0.0');
  for (const entry of section.codecs) writeCodec(lines, entry, section.startBitrate);
  writeSetup(lines, section.transport);
  if (section.rtcpMux) lines.push('a=rtcp-mux');
  if (section.rtcpReducedSize) lines.push('a=rtcp-rsize');
  if (section.receiveRids.length > 0) {
    for (const { rid } of section.receiveRids) lines.push(`a=rid:${rid} recv`);
    lines.push(`a=simulcast:recv ${section.receiveRids.map(({ rid }) => rid).join(';')}`);
  }
  const { ssrc, rtxSsrc, cname } = section.stream;
  // One stream id for audio and video: the browser gives the page one MediaStream and keeps both in step.
  if (sends(section.direction)) lines.push(`a=msid:${streamId(cname)} ${section.kind}`);
  if (rtxSsrc !== undefined) lines.push(`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`);
  lines.push(`a=ssrc:${ssrc} cname:${cname}`);
  if (rtxSsrc !== undefined) lines.push(`a=ssrc:${rtxSsrc} cname:${cname}`);
  writeTransport(lines, section.transport);
}

/** A cname as stream id: RFC 8830 allows a token of 64 characters, without `@`. */
function streamId(cname: string): string {
  return cname.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
}

function writeCodec(lines: string[], entry: PayloadCodec, startBitrate: number | undefined): void {
  const { payloadType, codec, feedback, rtxPayloadType } = entry;
  lines.push(`a=rtpmap:${payloadType} ${rtpmapOf(codec)}`);
  for (const what of feedbackNames(feedback)) lines.push(`a=rtcp-fb:${payloadType} ${what}`);
  const start = startBitrate === undefined ? '' : `x-google-start-bitrate=${startBitrate}`;
  const parameters = [formatParameters(codec.parameters), start].filter((text) => text !== '').join(';');
  if (parameters !== '') lines.push(`a=fmtp:${payloadType} ${parameters}`);
  if (rtxPayloadType === undefined) return;
  lines.push(
    `a=rtpmap:${rtxPayloadType} rtx/${codec.clockRate}`,
    `a=fmtp:${rtxPayloadType} apt=${payloadType}`,
  );
}

function feedbackNames(feedback: Feedback): string[] {
  const names: string[] = [];
  if (feedback.googRemb) names.push('goog-remb');
  if (feedback.transportCc) names.push('transport-cc');
  if (feedback.ccmFir) names.push('ccm fir');
  if (feedback.nack) names.push('nack');
  if (feedback.nackPli) names.push('nack pli');
  return names;
}

function writeData(lines: string[], section: WrittenData): void {
  const { sctpPort, maxMessageSize } = section;
  const formats = section.legacySyntax ? String(sctpPort) : 'webrtc-datachannel';
  lines.push(`m=application ${ANY_PORT} ${section.protocol} ${formats}`);
  if (section.mid !== '') lines.push(`a=mid:${section.mid}`);
  lines.push(
    section.legacySyntax ? `a=sctpmap:${sctpPort} webrtc-datachannel 1024` : `a=sctp-port:${sctpPort}`,
  );
  lines.push(`a=max-message-size:${maxMessageSize}`);
  writeSetup(lines, section.transport);
  writeTransport(lines, section.transport);
}

function writeSetup(lines: string[], { setup }: WrittenTransport): void {
  if (setup !== undefined) lines.push(`a=setup:${setup}`);
}

function writeTransport(lines: string[], { local }: WrittenTransport): void {
  lines.push(
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${local.fingerprint.algorithm} ${local.fingerprint.value}`,
  );
  for (const candidate of local.candidates ?? []) lines.push(`a=${formatCandidate(candidate)}`);
}
