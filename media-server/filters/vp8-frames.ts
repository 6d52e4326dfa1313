/**
 * Puts VP8 frames together from RTP packets that may come late, twice or not at all (RFC 7741). Whole frames come out, in
 * order, each decodable after the one before; what is missing for too long is given up and a keyframe asked for.
 */
import type { MediaPacket } from '../flow';
import { readVp8Descriptor, Vp8Descriptor } from '../rtp/vp8';

export interface Vp8Frame {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keyframe: boolean;
  readonly timestamp: number;
  /** When its last packet came, on the clock of MediaPacket.arrival. */
  readonly arrival: number;
}

export interface Vp8FrameOptions {
  readonly output: (frame: Vp8Frame) => void;
  readonly keyframeNeeded: () => void;
}

/** A retransmission takes a round trip; whoever waits longer had better have a keyframe. */
const GAP_PATIENCE_MS = 150;
/** Some 20 frames at 2 Mbit/s; a keyframe of 1080p fits several times. */
const MAX_PACKETS = 1_024;
/** A frame beyond it is no camera's. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024;

export class Vp8FrameAssembler {
  readonly #options: Vp8FrameOptions;
  readonly #descriptor = new Vp8Descriptor();
  /** Packets that wait, by sequence number. */
  readonly #packets = new Map<number, MediaPacket>();
  /** The first packet of the next frame; undefined while waiting for a keyframe. */
  #next: number | undefined;
  #blockedSince: number | undefined;

  constructor(options: Vp8FrameOptions) {
    this.#options = options;
  }

  /** Another stream: what is left of the old one is worth nothing. */
  reset(): void {
    this.#packets.clear();
    this.#next = undefined;
    this.#blockedSince = undefined;
  }

  push(packet: MediaPacket): void {
    const { sequenceNumber } = packet;
    if (this.#next !== undefined && distance(this.#next, sequenceNumber) < 0) return;
    this.#packets.set(sequenceNumber, packet);
    if (this.#next === undefined) {
      if (!packet.keyframeStart) {
        // Its keyframe may still be on its way; what lies far behind is of no use to it.
        if (this.#packets.size > MAX_PACKETS / 4) this.#packets.clear();
        return;
      }
      this.#next = sequenceNumber;
      this.#dropBefore(sequenceNumber);
    }
    this.#advance(packet);
  }

  #advance(latest: MediaPacket): void {
    while (this.#next !== undefined) {
      const end = this.#frameEnd(this.#next);
      if (end === undefined) break;
      this.#emit(this.#next, end);
      this.#blockedSince = undefined;
    }
    if (this.#packets.size === 0) {
      this.#blockedSince = undefined;
      return;
    }
    this.#blockedSince ??= latest.arrival;
    const waited = latest.arrival - this.#blockedSince;
    if (waited > GAP_PATIENCE_MS || this.#packets.size > MAX_PACKETS) this.#giveUp();
  }

  /** Sequence number of a frame's last packet when all of them are there. */
  #frameEnd(start: number): number | undefined {
    for (let number = start; ; number = (number + 1) & 0xffff) {
      const packet = this.#packets.get(number);
      if (packet === undefined) return undefined;
      // Padding between frames has no content and no marker: it is a frame of nothing.
      if (packet.marker || (number === start && packet.payloadStart >= packet.payloadEnd)) return number;
    }
  }

  #emit(start: number, end: number): void {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    let keyframe = false;
    let last: MediaPacket | undefined;
    for (let number = start; ; number = (number + 1) & 0xffff) {
      const packet = this.#packets.get(number);
      this.#packets.delete(number);
      if (packet) {
        const { buffer, payloadStart, payloadEnd } = packet;
        if (readVp8Descriptor(buffer, payloadStart, payloadEnd, this.#descriptor)) {
          const piece = buffer.subarray(payloadStart + this.#descriptor.length, payloadEnd);
          bytes += piece.length;
          pieces.push(piece);
          keyframe ||= this.#descriptor.keyframe;
        }
        last = packet;
      }
      if (number === end) break;
    }
    this.#next = (end + 1) & 0xffff;
    if (last === undefined || bytes === 0) return;
    if (bytes > MAX_FRAME_BYTES) {
      this.#giveUp();
      return;
    }
    const data = new Uint8Array(bytes);
    let at = 0;
    for (const piece of pieces) {
      data.set(piece, at);
      at += piece.length;
    }
    this.#options.output({ data, keyframe, timestamp: last.timestamp, arrival: last.arrival });
  }

  /** Goes on at the next keyframe: one that is there already, else one that is asked for. */
  #giveUp(): void {
    this.#blockedSince = undefined;
    const from = this.#next;
    let found: number | undefined;
    if (from !== undefined) {
      for (const [number, packet] of this.#packets) {
        const nearer = found === undefined || distance(found, number) < 0;
        if (packet.keyframeStart && number !== from && distance(from, number) > 0 && nearer) found = number;
      }
    }
    this.#next = found;
    if (found === undefined) {
      this.#packets.clear();
      this.#options.keyframeNeeded();
    } else this.#dropBefore(found);
  }

  #dropBefore(number: number): void {
    for (const known of this.#packets.keys()) if (distance(number, known) < 0) this.#packets.delete(known);
  }
}

/** How far b is ahead of a, between -32768 and 32767. */
function distance(a: number, b: number): number {
  return ((b - a + 0x8000) & 0xffff) - 0x8000;
}
