/**
 * Writes the RTP packets of one stream: header, abs-send-time, payloads with other picture ids, retransmissions in their
 * own stream (RFC 4588). Works in buffers of its own, because packets are shared and nothing is to be allocated for one.
 */
import type { MediaPacket } from '../flow';
import { readVp8Descriptor, Vp8Descriptor, writeVp8Descriptor } from './vp8';

/** The part of a MediaTransport that streams need. */
export interface RtpOutput {
  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): boolean;
  sendRtcp(packet: Buffer): boolean;
}

export const NOWHERE: RtpOutput = { sendRtp: () => false, sendRtcp: () => false };

/** Where a packet stands in the stream, and how its picture ids are moved. */
export interface Place {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly pictureDelta: number;
  readonly tl0Delta: number;
}

const HEADER_BYTES = 12;
const HEADER_WITH_TIME_BYTES = 20;

const descriptor = new Vp8Descriptor();
/** For the rare packets whose payload is not sent as it came; used up before `sendRtp` returns. */
const scratch = Buffer.alloc(65_536);

export class RtpWriter {
  /** As long as the headers are. */
  #header = Buffer.alloc(HEADER_BYTES);
  #output: RtpOutput = NOWHERE;
  #ssrc = 0;
  #rtxSsrc: number | undefined;
  #rtxSequence = Math.floor(Math.random() * 0x8000);
  #vp8 = false;
  /** -1: the peer cannot take what there is. */
  payloadType = -1;
  rtxPayloadType: number | undefined;

  /** `absSendTimeId`: id of that header extension, 0 without. */
  configure(output: RtpOutput, ssrc: number, rtxSsrc: number | undefined, absSendTimeId: number): void {
    this.#output = output;
    this.#ssrc = ssrc;
    this.#rtxSsrc = rtxSsrc;
    const timed = absSendTimeId > 0 && absSendTimeId < 15;
    const header = Buffer.alloc(timed ? HEADER_WITH_TIME_BYTES : HEADER_BYTES);
    header[0] = timed ? 0x90 : 0x80;
    header.writeUInt32BE(ssrc, 8);
    if (timed) {
      header.writeUInt32BE(0xbede0001, 12);
      header[16] = (absSendTimeId << 4) | 2;
    }
    this.#header = header;
  }
  setPayload(payloadType: number, rtxPayloadType: number | undefined, vp8: boolean): void {
    this.payloadType = payloadType;
    this.rtxPayloadType = rtxPayloadType;
    this.#vp8 = vp8;
  }

  /** `now` in monotonic milliseconds. */
  write(
    packet: MediaPacket,
    sequenceNumber: number,
    timestamp: number,
    pictureDelta: number,
    tl0Delta: number,
    now: number,
  ): void {
    const header = this.#header;
    header[1] = packet.marker ? this.payloadType | 0x80 : this.payloadType;
    this.#fill(header, sequenceNumber, timestamp, now);
    if (this.#vp8 && (pictureDelta !== 0 || tl0Delta !== 0)) {
      const length = rewrite(packet, pictureDelta, tl0Delta, 0);
      this.#output.sendRtp(header, header.length, scratch, 0, length);
    } else {
      this.#output.sendRtp(header, header.length, packet.buffer, packet.payloadStart, packet.payloadEnd);
    }
  }

  /**
   * A packet that the peer missed: in the retransmission stream, or simply once more where there is none. Once more means
   * byte for byte, `sentAt` included: another content under the same number would give the key away (RFC 7714, section 8).
   */
  writeAgain(
    packet: MediaPacket,
    { sequenceNumber, timestamp, pictureDelta, tl0Delta }: Place,
    now: number,
    sentAt: number,
  ): void {
    if (this.#rtxSsrc === undefined || this.rtxPayloadType === undefined) {
      this.write(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, sentAt);
      return;
    }
    const header = this.#header;
    header[1] = packet.marker ? this.rtxPayloadType | 0x80 : this.rtxPayloadType;
    header.writeUInt32BE(this.#rtxSsrc, 8);
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    this.#fill(header, this.#rtxSequence, timestamp, now);
    let length = scratch.writeUInt16BE(sequenceNumber, 0);
    if (this.#vp8 && (pictureDelta !== 0 || tl0Delta !== 0)) {
      length = rewrite(packet, pictureDelta, tl0Delta, length);
    } else length += packet.buffer.copy(scratch, length, packet.payloadStart, packet.payloadEnd);
    this.#output.sendRtp(header, header.length, scratch, 0, length);
    header.writeUInt32BE(this.#ssrc, 8);
  }

  /** A packet without payload: fills a hole in the numbers. */
  writeEmpty(sequenceNumber: number, timestamp: number, now: number): void {
    const header = this.#header;
    header[1] = this.payloadType;
    this.#fill(header, sequenceNumber, timestamp, now);
    this.#output.sendRtp(header, header.length, scratch, 0, 0);
  }

  #fill(header: Buffer, sequenceNumber: number, timestamp: number, now: number): void {
    header[2] = sequenceNumber >> 8;
    header[3] = sequenceNumber & 0xff;
    header[4] = timestamp >>> 24;
    header[5] = (timestamp >>> 16) & 0xff;
    header[6] = (timestamp >>> 8) & 0xff;
    header[7] = timestamp & 0xff;
    if (header.length === HEADER_WITH_TIME_BYTES) {
      // 24 bits, 6.18 fixed point seconds.
      const time = (now * 262.144) & 0xffffff;
      header[17] = time >> 16;
      header[18] = (time >> 8) & 0xff;
      header[19] = time & 0xff;
    }
  }
}

/** The payload with other picture ids, in `scratch` from `at`; returns where it ends. */
function rewrite(packet: MediaPacket, pictureDelta: number, tl0Delta: number, at: number): number {
  let start = packet.payloadStart;
  if (readVp8Descriptor(packet.buffer, start, packet.payloadEnd, descriptor)) {
    at += writeVp8Descriptor(packet.buffer, start, descriptor, pictureDelta, tl0Delta, scratch, at);
    start += descriptor.length;
  }
  return at + packet.buffer.copy(scratch, at, start, packet.payloadEnd);
}
