/** Cuts VP8 frames into RTP packets (RFC 7741): one stream with its own SSRC, numbers and picture ids. */
import type { Codec, MediaPacket } from '../flow';
import { RTP_HEADER_BYTES } from '../rtp/header';

/** Leaves room for header extensions, SRTP's tag and TURN within 1280 bytes, the least that every path carries. */
const MAX_PAYLOAD_BYTES = 1_100;
/** X and a 15-bit picture id. */
const DESCRIPTOR_BYTES = 4;
/** Not on any wire: whoever sends the packets writes the payload type that he has negotiated. */
const PAYLOAD_TYPE = 96;

export interface PacketizedFrame {
  readonly data: Uint8Array;
  readonly keyframe: boolean;
  readonly timestamp: number;
  readonly arrival: number;
}

export class Vp8Packetizer {
  readonly #codec: Codec;
  readonly #ssrc: number;
  #sequenceNumber: number;
  #pictureId: number;

  constructor(codec: Codec, ssrc: number, sequenceNumber: number, pictureId: number) {
    this.#codec = codec;
    this.#ssrc = ssrc;
    this.#sequenceNumber = sequenceNumber & 0xffff;
    this.#pictureId = pictureId & 0x7fff;
  }

  /** Calls `output` for each packet of the frame, in order. */
  push(frame: PacketizedFrame, output: (packet: MediaPacket) => void): void {
    const { data, timestamp } = frame;
    const count = Math.max(1, Math.ceil(data.length / (MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES)));
    // Equal pieces: a tiny last packet costs as much as a full one.
    const size = Math.ceil(data.length / count);
    for (let i = 0; i < count; i++) {
      const piece = data.subarray(i * size, Math.min(data.length, (i + 1) * size));
      const marker = i === count - 1;
      const buffer = Buffer.allocUnsafe(RTP_HEADER_BYTES + DESCRIPTOR_BYTES + piece.length);
      buffer[0] = 0x80;
      buffer[1] = (marker ? 0x80 : 0) | PAYLOAD_TYPE;
      buffer.writeUInt16BE(this.#sequenceNumber, 2);
      buffer.writeUInt32BE(timestamp >>> 0, 4);
      buffer.writeUInt32BE(this.#ssrc, 8);
      buffer[RTP_HEADER_BYTES] = 0x80 | (i === 0 ? 0x10 : 0);
      buffer[RTP_HEADER_BYTES + 1] = 0x80;
      buffer.writeUInt16BE(0x8000 | this.#pictureId, RTP_HEADER_BYTES + 2);
      buffer.set(piece, RTP_HEADER_BYTES + DESCRIPTOR_BYTES);
      output({
        kind: 'video',
        codec: this.#codec,
        buffer,
        payloadStart: RTP_HEADER_BYTES,
        payloadEnd: buffer.length,
        sequenceNumber: this.#sequenceNumber,
        timestamp: timestamp >>> 0,
        marker,
        ssrc: this.#ssrc,
        keyframeStart: frame.keyframe && i === 0,
        arrival: frame.arrival,
        late: false,
      });
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    }
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
  }
}
