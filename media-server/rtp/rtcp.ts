/**
 * RTCP: reads compound packets (RFC 3550, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb) into typed messages and
 * builds the ones that we send. What is not understood is skipped, what is cut off ends the reading; nothing throws.
 * Transport-wide feedback has a file of its own.
 */

/** Reception of one stream as its receiver reports it. */
export interface ReceptionReport {
  readonly ssrc: number;
  /** 0…1, since the last report. */
  readonly fractionLost: number;
  /** Cumulative; negative with duplicates. */
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0: none arrived yet. */
  readonly lastSenderReport: number;
  /** In units of 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

export interface SenderReport {
  readonly type: 'sender-report';
  readonly ssrc: number;
  /** Sender's wall clock, ms since 1970. */
  readonly wallTime: number;
  /** Middle 32 bits of its NTP form, to be returned in our report. */
  readonly ntpMiddle: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
  readonly reports: readonly ReceptionReport[];
}

export type RtcpMessage =
  | SenderReport
  | { readonly type: 'receiver-report'; readonly ssrc: number; readonly reports: readonly ReceptionReport[] }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[] }
  | { readonly type: 'nack'; readonly mediaSsrc: number; readonly sequenceNumbers: readonly number[] }
  | { readonly type: 'picture-loss'; readonly mediaSsrc: number }
  | { readonly type: 'full-intra-request'; readonly ssrcs: readonly number[] }
  | { readonly type: 'max-bitrate'; readonly bitsPerSecond: number; readonly ssrcs: readonly number[] };

const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;
const RTPFB = 205;
const PSFB = 206;
const REMB_NAME = 0x52454d42; // "REMB"

/** Seconds between 1900 (NTP) and 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** A feedback message names at most this many lost packets that we look at; more is nonsense within one second. */
const MAX_NACKED = 512;

export function readRtcp(packet: Buffer): RtcpMessage[] {
  const messages: RtcpMessage[] = [];
  let start = 0;
  while (start + 4 <= packet.length) {
    const first = packet[start]!;
    if (first >> 6 !== 2) break;
    const end = start + 4 + packet.readUInt16BE(start + 2) * 4;
    if (end > packet.length) break;
    const message = readMessage(packet, packet[start + 1]!, first & 0x1f, start, end);
    if (message) messages.push(message);
    start = end;
  }
  return messages;
}

function readMessage(
  packet: Buffer,
  type: number,
  count: number,
  start: number,
  end: number,
): RtcpMessage | undefined {
  switch (type) {
    case SR:
      if (start + 28 > end) return undefined;
      return {
        type: 'sender-report',
        ssrc: packet.readUInt32BE(start + 4),
        wallTime:
          (packet.readUInt32BE(start + 8) - NTP_EPOCH_SECONDS) * 1000 +
          (packet.readUInt32BE(start + 12) / 2 ** 32) * 1000,
        ntpMiddle: packet.readUInt32BE(start + 10),
        timestamp: packet.readUInt32BE(start + 16),
        packets: packet.readUInt32BE(start + 20),
        octets: packet.readUInt32BE(start + 24),
        reports: readReports(packet, start + 28, end, count),
      };
    case RR:
      if (start + 8 > end) return undefined;
      return {
        type: 'receiver-report',
        ssrc: packet.readUInt32BE(start + 4),
        reports: readReports(packet, start + 8, end, count),
      };
    case BYE: {
      const ssrcs: number[] = [];
      for (let at = start + 4; at + 4 <= end && ssrcs.length < count; at += 4)
        ssrcs.push(packet.readUInt32BE(at));
      return { type: 'bye', ssrcs };
    }
    case RTPFB:
      return count === 1 && start + 12 <= end ? readNack(packet, start, end) : undefined;
    case PSFB:
      return start + 12 <= end ? readPayloadFeedback(packet, count, start, end) : undefined;
    default:
      return undefined;
  }
}

function readReports(packet: Buffer, start: number, end: number, count: number): ReceptionReport[] {
  const reports: ReceptionReport[] = [];
  for (let at = start; at + 24 <= end && reports.length < count; at += 24) {
    reports.push({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet[at + 4]! / 256,
      packetsLost: packet.readIntBE(at + 5, 3),
      highestSequence: packet.readUInt32BE(at + 8),
      jitter: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
      delaySinceLastSenderReport: packet.readUInt32BE(at + 20),
    });
  }
  return reports;
}

function readNack(packet: Buffer, start: number, end: number): RtcpMessage {
  const sequenceNumbers: number[] = [];
  for (let at = start + 12; at + 4 <= end && sequenceNumbers.length < MAX_NACKED; at += 4) {
    const first = packet.readUInt16BE(at);
    const following = packet.readUInt16BE(at + 2);
    sequenceNumbers.push(first);
    for (let bit = 0; bit < 16; bit++)
      if (following & (1 << bit)) sequenceNumbers.push((first + bit + 1) & 0xffff);
  }
  return { type: 'nack', mediaSsrc: packet.readUInt32BE(start + 8), sequenceNumbers };
}

function readPayloadFeedback(
  packet: Buffer,
  format: number,
  start: number,
  end: number,
): RtcpMessage | undefined {
  if (format === 1) return { type: 'picture-loss', mediaSsrc: packet.readUInt32BE(start + 8) };
  if (format === 4) {
    const ssrcs: number[] = [];
    for (let at = start + 12; at + 8 <= end; at += 8) ssrcs.push(packet.readUInt32BE(at));
    return { type: 'full-intra-request', ssrcs };
  }
  if (format !== 15 || start + 20 > end || packet.readUInt32BE(start + 12) !== REMB_NAME) return undefined;
  const exponent = packet[start + 17]! >> 2;
  const mantissa = ((packet[start + 17]! & 0x03) << 16) | packet.readUInt16BE(start + 18);
  const ssrcs: number[] = [];
  for (let at = start + 20; at + 4 <= end && ssrcs.length < packet[start + 16]!; at += 4)
    ssrcs.push(packet.readUInt32BE(at));
  return { type: 'max-bitrate', bitsPerSecond: mantissa * 2 ** exponent, ssrcs };
}

/** Middle 32 bits of the NTP form of a wall time in ms since 1970 (RFC 3550 section 4). */
export function ntpMiddle(wallTime: number): number {
  return Math.floor(((wallTime / 1000 + NTP_EPOCH_SECONDS) % 65536) * 65536) >>> 0;
}

function header(type: number, count: number, bytes: number): Buffer {
  const packet = Buffer.alloc(bytes);
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(bytes / 4 - 1, 2);
  return packet;
}

/** At most 31 reports fit; more are left out. */
const MAX_REPORTS = 31;

function writeReports(packet: Buffer, start: number, reports: readonly ReceptionReport[]): Buffer {
  reports.slice(0, MAX_REPORTS).forEach((report, index) => {
    const at = start + index * 24;
    packet.writeUInt32BE(report.ssrc, at);
    packet[at + 4] = Math.min(255, Math.max(0, Math.floor(report.fractionLost * 256)));
    packet.writeIntBE(Math.min(0x7fffff, Math.max(-0x800000, report.packetsLost)), at + 5, 3);
    packet.writeUInt32BE(report.highestSequence >>> 0, at + 8);
    packet.writeUInt32BE(report.jitter >>> 0, at + 12);
    packet.writeUInt32BE(report.lastSenderReport >>> 0, at + 16);
    packet.writeUInt32BE(report.delaySinceLastSenderReport >>> 0, at + 20);
  });
  return packet;
}

export function buildSenderReport(report: Omit<SenderReport, 'type' | 'ntpMiddle'>): Buffer {
  const count = Math.min(MAX_REPORTS, report.reports.length);
  const packet = header(SR, count, 28 + count * 24);
  packet.writeUInt32BE(report.ssrc, 4);
  const seconds = Math.floor(report.wallTime / 1000);
  packet.writeUInt32BE((seconds + NTP_EPOCH_SECONDS) >>> 0, 8);
  packet.writeUInt32BE(
    Math.min(2 ** 32 - 1, Math.floor(((report.wallTime - seconds * 1000) / 1000) * 2 ** 32)),
    12,
  );
  packet.writeUInt32BE(report.timestamp >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.octets >>> 0, 24);
  return writeReports(packet, 28, report.reports);
}

export function buildReceiverReport(ssrc: number, reports: readonly ReceptionReport[]): Buffer {
  const count = Math.min(MAX_REPORTS, reports.length);
  const packet = header(RR, count, 8 + count * 24);
  packet.writeUInt32BE(ssrc, 4);
  return writeReports(packet, 8, reports);
}

/** Source description with the canonical name only: what ties a peer's audio and video together. */
export function buildSourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname.slice(0, 255), 'latin1');
  const bytes = 4 + Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = header(SDES, 1, bytes);
  packet.writeUInt32BE(ssrc, 4);
  packet[8] = 1;
  packet[9] = name.length;
  name.copy(packet, 10);
  return packet;
}

export function buildBye(ssrcs: readonly number[]): Buffer {
  const packet = header(BYE, ssrcs.length, 4 + ssrcs.length * 4);
  ssrcs.forEach((ssrc, index) => packet.writeUInt32BE(ssrc, 4 + index * 4));
  return packet;
}

/** `sequenceNumbers` ascending (modulo 2^16), at most a few hundred. */
export function buildNack(senderSsrc: number, mediaSsrc: number, sequenceNumbers: readonly number[]): Buffer {
  const items: { first: number; following: number }[] = [];
  for (const sequenceNumber of sequenceNumbers) {
    const last = items.at(-1);
    const distance = last ? (sequenceNumber - last.first) & 0xffff : 0;
    if (last && distance >= 1 && distance <= 16) last.following |= 1 << (distance - 1);
    else items.push({ first: sequenceNumber, following: 0 });
  }
  const packet = header(RTPFB, 1, 12 + items.length * 4);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  items.forEach((item, index) => {
    packet.writeUInt16BE(item.first, 12 + index * 4);
    packet.writeUInt16BE(item.following, 14 + index * 4);
  });
  return packet;
}

export function buildPictureLoss(senderSsrc: number, mediaSsrc: number): Buffer {
  const packet = header(PSFB, 1, 12);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
}

/** `sequence` counts the requests to this stream, so that a repeated packet is no second request (RFC 5104 section 4.3.1). */
export function buildFullIntraRequest(senderSsrc: number, mediaSsrc: number, sequence: number): Buffer {
  const packet = header(PSFB, 4, 20);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 12);
  packet[16] = sequence & 0xff;
  return packet;
}

export function buildMaxBitrate(senderSsrc: number, bitsPerSecond: number, ssrcs: readonly number[]): Buffer {
  const packet = header(PSFB, 15, 20 + ssrcs.length * 4);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(REMB_NAME, 12);
  packet[16] = ssrcs.length;
  let mantissa = Math.max(0, Math.floor(bitsPerSecond));
  let exponent = 0;
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  packet[17] = (exponent << 2) | (mantissa >> 16);
  packet.writeUInt16BE(mantissa & 0xffff, 18);
  ssrcs.forEach((ssrc, index) => packet.writeUInt32BE(ssrc, 20 + index * 4));
  return packet;
}
