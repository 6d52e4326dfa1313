/**
 * Makes whole frames of packets that come in order (RFC 7741 for VP8, RFC 6184 for H.264, RFC 7587 for Opus). Each frame
 * that comes out can be decoded after the one before: when something is lost, what follows is left out until a keyframe
 * comes, and one is asked for.
 */
import type { CodecName, MediaPacket } from '../flow';
import { readVp8Descriptor, Vp8Descriptor } from '../rtp/vp8';
import type { Frame, PictureParameters } from './frame';
import { pictureSize } from './h264-parameters';

export interface DepacketizerListener {
  frame(frame: Frame): void;
  /** May come again while none comes. */
  keyframeNeeded(): void;
}

export interface Depacketizer {
  push(packet: MediaPacket, lossBefore: boolean): void;
}

/** The codecs that can be recorded. */
export function depacketizerFor(codec: CodecName, listener: DepacketizerListener): Depacketizer | undefined {
  if (codec === 'VP8') return new VideoDepacketizer(new Vp8Pieces(), listener);
  if (codec === 'H264') return new VideoDepacketizer(new H264Pieces(), listener);
  if (codec === 'opus') return new OpusDepacketizer(listener);
  return undefined;
}

/** A frame beyond it is no camera's. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Parameter sets beyond this are no camera's either, and headers have room for these. */
const MAX_PARAMETER_SET_BYTES = 256;
const MAX_PARAMETER_SETS = 4;
/** A keyframe that was asked for may get lost, too. */
const ASK_AGAIN_MS = 1_000;

class OpusDepacketizer implements Depacketizer {
  readonly #listener: DepacketizerListener;
  constructor(listener: DepacketizerListener) {
    this.#listener = listener;
  }
  push({ kind, codec, buffer, payloadStart, payloadEnd, timestamp, arrival }: MediaPacket): void {
    if (payloadStart >= payloadEnd) return;
    const data = buffer.subarray(payloadStart, payloadEnd);
    this.#listener.frame({ kind, codec, data, keyframe: true, timestamp, arrival });
  }
}

/** The payloads of one frame. */
interface Pieces {
  /** False when they cannot be a frame. */
  add(packet: MediaPacket): boolean;
  /** The frame, or undefined when it is none. Begins the next one. */
  take(): Pick<Frame, 'data' | 'keyframe' | 'parameters'> | undefined;
  clear(): void;
  readonly isEmpty: boolean;
}

class VideoDepacketizer implements Depacketizer {
  readonly #pieces: Pieces;
  readonly #listener: DepacketizerListener;
  #timestamp = 0;
  /** Frames are left out until a keyframe comes. */
  #waiting = true;
  #askedAt: number | undefined;

  constructor(pieces: Pieces, listener: DepacketizerListener) {
    this.#pieces = pieces;
    this.#listener = listener;
  }

  push(packet: MediaPacket, lossBefore: boolean): void {
    if (lossBefore) this.#break(packet.arrival);
    // Padding has no content and belongs to no frame.
    if (packet.payloadStart >= packet.payloadEnd) return;
    // A frame whose last packet did not say so.
    if (!this.#pieces.isEmpty && packet.timestamp !== this.#timestamp) this.#finish(packet);
    if (this.#waiting && this.#pieces.isEmpty && !packet.keyframeStart) {
      if (packet.arrival - (this.#askedAt ?? -Infinity) > ASK_AGAIN_MS) this.#ask(packet.arrival);
      return;
    }
    this.#timestamp = packet.timestamp;
    if (!this.#pieces.add(packet)) this.#break(packet.arrival);
    else if (packet.marker) this.#finish(packet);
  }

  #finish(packet: MediaPacket): void {
    const { kind, codec, arrival } = packet;
    const frame = this.#pieces.take();
    if (!frame || (this.#waiting && !frame.keyframe)) {
      if (!frame || !this.#waiting) this.#break(arrival);
      return;
    }
    this.#waiting = false;
    this.#askedAt = undefined;
    this.#listener.frame({ kind, codec, timestamp: this.#timestamp, arrival, ...frame });
  }
  #break(now: number): void {
    this.#pieces.clear();
    if (!this.#waiting || this.#askedAt === undefined) this.#ask(now);
    this.#waiting = true;
  }
  #ask(now: number): void {
    this.#askedAt = now;
    this.#listener.keyframeNeeded();
  }
}

class Vp8Pieces implements Pieces {
  readonly #descriptor = new Vp8Descriptor();
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #keyframe = false;

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }
  add({ buffer, payloadStart, payloadEnd }: MediaPacket): boolean {
    if (!readVp8Descriptor(buffer, payloadStart, payloadEnd, this.#descriptor)) return false;
    const { length, frameStart, keyframe } = this.#descriptor;
    if (this.isEmpty !== frameStart) return false;
    if (frameStart) this.#keyframe = keyframe;
    this.#pieces.push(buffer.subarray(payloadStart + length, payloadEnd));
    this.#bytes += payloadEnd - payloadStart - length;
    return this.#bytes <= MAX_FRAME_BYTES;
  }
  take() {
    const data = Buffer.concat(this.#pieces);
    const keyframe = this.#keyframe;
    this.clear();
    if (!keyframe) return data.length > 0 ? { data, keyframe } : undefined;
    const parameters = vp8Parameters(data);
    return parameters && { data, keyframe, parameters };
  }
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#keyframe = false;
  }
}

/** Size of a keyframe (RFC 6386 section 9.1). */
function vp8Parameters(data: Buffer): PictureParameters | undefined {
  if (data.length < 10 || data.readUIntBE(3, 3) !== 0x9d012a) return undefined;
  const [width, height] = [data.readUInt16LE(6) & 0x3fff, data.readUInt16LE(8) & 0x3fff];
  return width > 0 && height > 0 ? { width, height, sps: [], pps: [] } : undefined;
}

const IDR = 5;
const SPS = 7;
const PPS = 8;
const DELIMITER = 9;
const FILLER = 12;
const LAST_SINGLE = 23;
const STAP_A = 24;
const FU_A = 28;

class H264Pieces implements Pieces {
  #units: Uint8Array[] = [];
  /** Of a NAL unit that comes in pieces. */
  #fragments: Uint8Array[] | undefined;
  #bytes = 0;
  #keyframe = false;
  #sps: Uint8Array[] = [];
  #pps: Uint8Array[] = [];
  /** The last sets that came; a keyframe may rely on those of the one before. */
  #parameters: PictureParameters | undefined;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }
  add({ buffer, payloadStart, payloadEnd }: MediaPacket): boolean {
    const payload = buffer.subarray(payloadStart, payloadEnd);
    this.#bytes += payload.length;
    if (this.#bytes > MAX_FRAME_BYTES) return false;
    const type = payload[0]! & 0x1f;
    if (type === FU_A) return this.#addFragment(payload);
    if (this.#fragments) return false;
    if (type === STAP_A) return this.#addAggregate(payload);
    return type > 0 && type <= LAST_SINGLE && this.#addUnit(payload);
  }
  take() {
    const isWhole = this.#fragments === undefined && this.#units.length > 0;
    const data = withLengths(this.#units);
    const keyframe = this.#keyframe;
    if (this.#sps.length > 0) this.#adoptParameters();
    else if (this.#pps.length > 0 && this.#parameters)
      this.#parameters = { ...this.#parameters, pps: this.#pps };
    this.clear();
    if (!isWhole) return undefined;
    if (!keyframe) return { data, keyframe };
    return this.#parameters && { data, keyframe, parameters: this.#parameters };
  }
  clear(): void {
    this.#units = [];
    this.#fragments = undefined;
    this.#bytes = 0;
    this.#keyframe = false;
    this.#sps = [];
    this.#pps = [];
  }

  #adoptParameters(): void {
    const size = this.#sps[0] && pictureSize(this.#sps[0]);
    const pps = this.#pps.length > 0 ? this.#pps : this.#parameters?.pps;
    this.#parameters = size && pps ? { ...size, sps: this.#sps, pps } : undefined;
  }
  #addUnit(unit: Uint8Array): boolean {
    const type = unit[0]! & 0x1f;
    if (type === SPS || type === PPS) {
      const sets = type === SPS ? this.#sps : this.#pps;
      // They are kept beyond the life of the packet.
      sets.push(Uint8Array.from(unit));
      return unit.length >= 2 && unit.length <= MAX_PARAMETER_SET_BYTES && sets.length <= MAX_PARAMETER_SETS;
    }
    if (type === DELIMITER || type === FILLER) return true;
    if (type === IDR) this.#keyframe = true;
    this.#units.push(unit);
    return true;
  }
  #addAggregate(payload: Uint8Array): boolean {
    let at = 1;
    while (at + 2 <= payload.length) {
      const size = (payload[at]! << 8) | payload[at + 1]!;
      const end = at + 2 + size;
      if (size === 0 || end > payload.length) return false;
      if (!this.#addUnit(payload.subarray(at + 2, end))) return false;
      at = end;
    }
    return at === payload.length;
  }
  #addFragment(payload: Uint8Array): boolean {
    if (payload.length < 3) return false;
    const [indicator, header] = [payload[0]!, payload[1]!];
    const starts = (header & 0x80) !== 0;
    if (starts === (this.#fragments !== undefined)) return false;
    if (starts) this.#fragments = [Uint8Array.of((indicator & 0xe0) | (header & 0x1f))];
    this.#fragments?.push(payload.subarray(2));
    if ((header & 0x40) === 0) return true;
    const unit = Buffer.concat(this.#fragments ?? []);
    this.#fragments = undefined;
    return this.#addUnit(unit);
  }
}

/** NAL units as files have them: each behind its length in four bytes. */
export function withLengths(units: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const unit of units) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(unit.length);
    pieces.push(length, unit);
  }
  return Buffer.concat(pieces);
}
