/**
 * Cuts the samples of a file into RTP packets: VP8 (RFC 7741), H.264 (RFC 6184, mode 1) and Opus (RFC 7587), each stream
 * with its own SSRC and numbers.
 */
import { Vp8Packetizer } from '../filters/vp8-packets';
import type { Codec, MediaPacket } from '../flow';
import { RTP_HEADER_BYTES } from '../rtp/header';
import type { H264Layout, MediaTrack } from './media-file';

export interface RtpFrame {
  readonly data: Uint8Array;
  readonly keyframe: boolean;
  /** RTP time. */
  readonly timestamp: number;
  readonly arrival: number;
}
export interface Packetizer {
  /** Calls `output` for each packet, in order. */
  push(frame: RtpFrame, output: (packet: MediaPacket) => void): void;
}

/** @param random unsigned, 32 bits */
export function packetizerFor({ codec, h264 }: MediaTrack, random: () => number): Packetizer {
  if (codec.name === 'VP8') return new Vp8Packetizer(codec, random(), random(), random());
  const writer = new RtpFrameWriter(codec, random(), random());
  return codec.name === 'H264'
    ? new H264Packetizer(writer, h264 ?? { lengthBytes: 4, parameterSets: [] })
    : {
        push(frame, output) {
          if (frame.data.length <= MAX_OPUS_BYTES) writer.write([frame.data], frame, output);
        },
      };
}

/** Leaves room for header extensions, SRTP's tag and TURN within 1280 bytes, the least that every path carries. */
const MAX_PAYLOAD_BYTES = 1_100;
/** A frame of Opus has no more (RFC 6716 section 3.2.1); it cannot be cut, and what is larger fits no datagram. */
const MAX_OPUS_BYTES = 1_275;
/** Not on any wire: whoever sends the packets writes the payload type that he has negotiated. */
const PAYLOAD_TYPE = 96;

class RtpFrameWriter {
  readonly #codec: Codec;
  readonly #ssrc: number;
  #sequenceNumber: number;

  constructor(codec: Codec, ssrc: number, sequenceNumber: number) {
    this.#codec = codec;
    this.#ssrc = ssrc;
    this.#sequenceNumber = sequenceNumber & 0xffff;
  }
  write(payloads: readonly Uint8Array[], frame: RtpFrame, output: (packet: MediaPacket) => void): void {
    const isVideo = this.#codec.kind === 'video';
    for (const [index, payload] of payloads.entries()) {
      const marker = isVideo && index === payloads.length - 1;
      const buffer = Buffer.allocUnsafe(RTP_HEADER_BYTES + payload.length);
      buffer[0] = 0x80;
      buffer[1] = (marker ? 0x80 : 0) | PAYLOAD_TYPE;
      buffer.writeUInt16BE(this.#sequenceNumber, 2);
      buffer.writeUInt32BE(frame.timestamp >>> 0, 4);
      buffer.writeUInt32BE(this.#ssrc, 8);
      buffer.set(payload, RTP_HEADER_BYTES);
      output({
        kind: this.#codec.kind,
        codec: this.#codec,
        buffer,
        payloadStart: RTP_HEADER_BYTES,
        payloadEnd: buffer.length,
        sequenceNumber: this.#sequenceNumber,
        timestamp: frame.timestamp >>> 0,
        marker,
        ssrc: this.#ssrc,
        keyframeStart: !isVideo || (frame.keyframe && index === 0),
        arrival: frame.arrival,
        late: false,
      });
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    }
  }
}

const SPS = 7;
const DELIMITER = 9;
const FILLER = 12;
const STAP_A = 24;
const FU_A = 28;

class H264Packetizer implements Packetizer {
  readonly #writer: RtpFrameWriter;
  readonly #layout: H264Layout;

  constructor(writer: RtpFrameWriter, layout: H264Layout) {
    this.#writer = writer;
    this.#layout = layout;
  }
  push(frame: RtpFrame, output: (packet: MediaPacket) => void): void {
    const { lengthBytes, parameterSets } = this.#layout;
    const all = lengthBytes > 0 ? unitsByLength(frame.data, lengthBytes) : unitsByStartCode(frame.data);
    const units = all.filter((unit) => typeOf(unit) !== DELIMITER && typeOf(unit) !== FILLER);
    const bringsSets = units.some((unit) => typeOf(unit) === SPS);
    if (frame.keyframe && !bringsSets) units.unshift(...parameterSets);
    this.#writer.write(payloadsOf(units), frame, output);
  }
}

const typeOf = (unit: Uint8Array) => unit[0]! & 0x1f;

/** Small units travel together, large ones in pieces. */
function payloadsOf(units: readonly Uint8Array[]): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let group: Uint8Array[] = [];
  let groupBytes = 1;
  const close = () => {
    if (group.length === 1) payloads.push(group[0]!);
    else if (group.length > 1) payloads.push(aggregate(group));
    group = [];
    groupBytes = 1;
  };
  for (const unit of units) {
    if (groupBytes + 2 + unit.length > MAX_PAYLOAD_BYTES) close();
    if (unit.length > MAX_PAYLOAD_BYTES) payloads.push(...fragments(unit));
    else {
      group.push(unit);
      groupBytes += 2 + unit.length;
    }
  }
  close();
  return payloads;
}
function aggregate(units: readonly Uint8Array[]): Uint8Array {
  const importance = Math.max(...units.map((unit) => unit[0]! & 0x60));
  return Buffer.concat([
    Uint8Array.of(importance | STAP_A),
    ...units.flatMap((unit) => [Uint8Array.of(unit.length >> 8, unit.length & 0xff), unit]),
  ]);
}
function fragments(unit: Uint8Array): Uint8Array[] {
  const body = unit.subarray(1);
  const count = Math.ceil(body.length / (MAX_PAYLOAD_BYTES - 2));
  // Equal pieces: a tiny last packet costs as much as a full one.
  const size = Math.ceil(body.length / count);
  const indicator = (unit[0]! & 0xe0) | FU_A;
  return Array.from({ length: count }, (_, index) => {
    const edge = (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
    const piece = body.subarray(index * size, (index + 1) * size);
    return Buffer.concat([Uint8Array.of(indicator, edge | typeOf(unit)), piece]);
  });
}

/** Raises an error when the lengths lead out of the sample. */
function unitsByLength(data: Uint8Array, lengthBytes: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + lengthBytes <= data.length) {
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + data[at++]!;
    if (at + length > data.length) throw new Error('a NAL unit is longer than its sample');
    if (length > 0) units.push(data.subarray(at, at + length));
    at += length;
  }
  return units;
}
/** H.264 annex B. */
function unitsByStartCode(data: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  const end = (at: number) => {
    let last = at;
    while (start >= 0 && last > start && data[last - 1] === 0) last--;
    if (start >= 0 && last > start) units.push(data.subarray(start, last));
  };
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    end(at);
    start = at + 3;
    at += 2;
  }
  end(data.length);
  return units;
}
