/**
 * How the packets of whatever source there is become one stream: by how much sequence numbers, times and picture ids are
 * moved, so that each run of packets goes on where the one before left off, and no hole shows where packets were left
 * out. Which packets are sent is decided elsewhere. Allocates nothing for a packet: answers stand in fields.
 */
import type { MediaPacket } from '../flow';
import { sequenceDistance } from './header';
import { SequenceHistory } from './sequence-history';
import { readVp8Descriptor, Vp8Descriptor } from './vp8';

/** Time between the streams of two sources when nothing was sent in between: one frame at 30 fps. */
const FRAME_S = 1 / 30;

const descriptor = new Vp8Descriptor();

export class StreamMapping {
  /** The source's number that the run began with. */
  #base = 0;
  #sequenceDelta = 0;
  #timestampDelta = 0;
  #pictureDelta = 0;
  #tl0Delta = 0;
  /** While packets are left out: what held for each of the last numbers. */
  #history: SequenceHistory | undefined;
  #highestSource = 0;
  #lastSequence = -1;
  #lastTimestamp = 0;
  #lastSentAt = 0;

  /** Of the packet that was placed last. */
  sequenceNumber = 0;
  pictureDelta = 0;

  /** Something was sent already, and what comes continues it. */
  get begun(): boolean {
    return this.#lastSequence >= 0;
  }
  /** Number and time of the newest packet sent. */
  get lastSequence(): number {
    return this.#lastSequence;
  }
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }
  get tl0Delta(): number {
    return this.#tl0Delta;
  }
  /** Packets of this run were left out: one difference does not hold for all. */
  get hasHoles(): boolean {
    return this.#history !== undefined;
  }

  /** Modulo 2^32; `timestamp` may lie outside of it. */
  timestamp(timestamp: number): number {
    return (timestamp + this.#timestampDelta) >>> 0;
  }

  /**
   * The packets placed after `sequenceNumber` were not sent and never will be: their numbers are free. -1: none was sent.
   * Nothing that was sent may lie behind it: a number has one content (RFC 7714, section 8).
   */
  rewind(sequenceNumber: number): void {
    if (this.begun) this.#lastSequence = sequenceNumber;
  }

  /** The packet is the first of a run. `newSource`: its times have nothing to do with the ones before. */
  beginRun(packet: MediaPacket, newSource: boolean, now: number): void {
    this.#base = packet.sequenceNumber;
    this.#history = undefined;
    if (!this.begun) return;
    this.#sequenceDelta = (this.#lastSequence + 1 - packet.sequenceNumber) & 0xffff;
    if (!newSource) return;
    const elapsed = Math.max(FRAME_S, (now - this.#lastSentAt) / 1000);
    const next = this.#lastTimestamp + Math.round(elapsed * packet.codec.clockRate);
    // Signed: a number that V8 keeps in the object itself.
    this.#timestampDelta = (next - packet.timestamp) | 0;
  }

  /** VP8: picture ids count on from `last`, the packet sent last, whose ids were moved by `lastDelta`. */
  continuePictures(packet: MediaPacket, last: MediaPacket, lastDelta: number): void {
    if (!readVp8Descriptor(last.buffer, last.payloadStart, last.payloadEnd, descriptor)) return;
    const { pictureId, tl0PictureIndex } = descriptor;
    if (!readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor)) return;
    if (pictureId >= 0 && descriptor.pictureId >= 0) {
      this.#pictureDelta = (pictureId + lastDelta + 1 - descriptor.pictureId) & 0x7fff;
    }
    if (tl0PictureIndex >= 0 && descriptor.tl0PictureIndex >= 0) {
      this.#tl0Delta = (tl0PictureIndex + this.#tl0Delta + 1 - descriptor.tl0PictureIndex) & 0xff;
    }
  }

  /** A packet in order gets the next place. */
  place({ sequenceNumber }: MediaPacket): void {
    this.#highestSource = sequenceNumber;
    this.#history?.add(sequenceNumber, this.#sequenceDelta, this.#pictureDelta, false);
    this.sequenceNumber = (sequenceNumber + this.#sequenceDelta) & 0xffff;
    this.pictureDelta = this.#pictureDelta;
  }

  /** A late packet gets the place that it would have had; false when there is none for it in this run. */
  placeLate({ sequenceNumber }: MediaPacket): boolean {
    if (sequenceDistance(sequenceNumber, this.#base) < 0) return false;
    let difference = this.#sequenceDelta;
    this.pictureDelta = this.#pictureDelta;
    if (this.#history) {
      if (!this.#history.find(sequenceNumber)) return false;
      difference = this.#history.difference;
      this.pictureDelta = this.#history.pictureDelta;
    }
    this.sequenceNumber = (sequenceNumber + difference) & 0xffff;
    return true;
  }

  /** VP8: a packet in order is not sent, and its number goes to the next one. `begins`: it is the first of its frame. */
  leaveOut({ sequenceNumber }: MediaPacket, begins: boolean): void {
    this.#history ??= new SequenceHistory(this.#highestSource, this.#sequenceDelta, this.#pictureDelta);
    this.#history.add(sequenceNumber, this.#sequenceDelta, this.#pictureDelta, true);
    if (begins) this.#pictureDelta = (this.#pictureDelta - 1) & 0x7fff;
    this.#sequenceDelta = (this.#sequenceDelta - 1) & 0xffff;
    this.#highestSource = sequenceNumber;
  }

  /** The packet placed last is the newest that was sent. */
  sent(timestamp: number, now: number): void {
    this.#lastSequence = this.sequenceNumber;
    this.#lastTimestamp = timestamp;
    this.#lastSentAt = now;
  }
}
