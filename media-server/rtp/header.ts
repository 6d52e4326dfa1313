/**
 * RTP headers (RFC 3550 section 5.1) and their extensions (RFC 8285, one- and two-byte form). Reads into one reused object
 * and writes into a caller's buffer, because this runs for every packet. Lengths from outside are believed only after
 * they were compared with what is there. What the payload means is none of its business.
 */

/** Ids of the header extensions that we read, as negotiated; 0 means not negotiated. */
export interface ExtensionIds {
  transportSequenceNumber: number;
  absSendTime: number;
  mid: number;
  rid: number;
  repairedRid: number;
}

export const NO_EXTENSIONS: Readonly<ExtensionIds> = {
  transportSequenceNumber: 0,
  absSendTime: 0,
  mid: 0,
  rid: 0,
  repairedRid: 0,
};

export const RTP_HEADER_BYTES = 12;

/** Names of streams are short; longer ones are not ours. */
const MAX_NAME_BYTES = 32;

/** One header, read by `readRtpHeader`. Reuse it; copy what must live longer. */
export class RtpHeader {
  marker = false;
  payloadType = 0;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  /** Behind CSRCs and extensions. */
  payloadStart = 0;
  /** In front of the padding. */
  payloadEnd = 0;
  /** Transport-wide sequence number, -1 when the packet has none. */
  transportSequenceNumber = -1;
  /** 24 bits, 6.18 fixed point seconds; -1 when the packet has none. */
  absSendTime = -1;
  mid: string | undefined = undefined;
  rid: string | undefined = undefined;
  repairedRid: string | undefined = undefined;
}

/** Reads the header at the start of `packet`. False for anything that is no complete RTP packet; `header` is then garbage. */
export function readRtpHeader(packet: Buffer, ids: Readonly<ExtensionIds>, header: RtpHeader): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_BYTES) return false;
  const first = packet[0]!;
  if (first >> 6 !== 2) return false;
  const second = packet[1]!;
  header.marker = second > 127;
  header.payloadType = second & 0x7f;
  header.sequenceNumber = (packet[2]! << 8) | packet[3]!;
  header.timestamp = packet.readUInt32BE(4);
  header.ssrc = packet.readUInt32BE(8);
  header.transportSequenceNumber = header.absSendTime = -1;
  header.mid = header.rid = header.repairedRid = undefined;

  let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (offset > length) return false;
  if (first & 0x10) {
    if (offset + 4 > length) return false;
    const profile = (packet[offset]! << 8) | packet[offset + 1]!;
    const start = offset + 4;
    offset = start + ((packet[offset + 2]! << 8) | packet[offset + 3]!) * 4;
    if (offset > length) return false;
    if (profile === 0xbede) readOneByteExtensions(packet, start, offset, ids, header);
    else if (profile >> 4 === 0x100) readTwoByteExtensions(packet, start, offset, ids, header);
  }
  let end = length;
  if (first & 0x20) {
    const padding = packet[length - 1]!;
    if (padding === 0 || offset + padding > length) return false;
    end = length - padding;
  }
  header.payloadStart = offset;
  header.payloadEnd = end;
  return true;
}

function readOneByteExtensions(
  packet: Buffer,
  start: number,
  end: number,
  ids: Readonly<ExtensionIds>,
  header: RtpHeader,
): void {
  let at = start;
  while (at < end) {
    const id = packet[at]! >> 4;
    if (id === 0) {
      at++; // padding
      continue;
    }
    if (id === 15) return; // RFC 8285 section 4.2: stop here
    const bytes = (packet[at]! & 0x0f) + 1;
    if (at + 1 + bytes > end) return;
    readExtension(packet, id, at + 1, bytes, ids, header);
    at += 1 + bytes;
  }
}

function readTwoByteExtensions(
  packet: Buffer,
  start: number,
  end: number,
  ids: Readonly<ExtensionIds>,
  header: RtpHeader,
): void {
  let at = start;
  while (at < end) {
    const id = packet[at]!;
    if (id === 0) {
      at++;
      continue;
    }
    if (at + 2 > end) return;
    const bytes = packet[at + 1]!;
    if (at + 2 + bytes > end) return;
    readExtension(packet, id, at + 2, bytes, ids, header);
    at += 2 + bytes;
  }
}

function readExtension(
  packet: Buffer,
  id: number,
  start: number,
  bytes: number,
  ids: Readonly<ExtensionIds>,
  header: RtpHeader,
): void {
  if (id === ids.transportSequenceNumber) {
    if (bytes >= 2) header.transportSequenceNumber = (packet[start]! << 8) | packet[start + 1]!;
  } else if (id === ids.absSendTime) {
    if (bytes === 3)
      header.absSendTime = (packet[start]! << 16) | (packet[start + 1]! << 8) | packet[start + 2]!;
  } else if (id === ids.rid) {
    header.rid = readName(packet, start, bytes);
  } else if (id === ids.repairedRid) {
    header.repairedRid = readName(packet, start, bytes);
  } else if (id === ids.mid) {
    header.mid = readName(packet, start, bytes);
  }
}

function readName(packet: Buffer, start: number, bytes: number): string | undefined {
  return bytes === 0 || bytes > MAX_NAME_BYTES ? undefined : packet.toString('latin1', start, start + bytes);
}

/** Newer minus older, modulo 2^16: positive when `a` is ahead of `b`, -32768…32767. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** The same for RTP timestamps, modulo 2^32. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0;
}
