/**
 * AEAD_AES_128_GCM for receivers of many packets. Key streams are made only after an authentic packet, for those that come
 * next: a forged one, whatever number it has, makes nobody work ahead. What comes out of order takes the ordinary way.
 */
import { GcmCipher } from './gcm-cipher';
import { blocksFor, KeyStreams, type KeyStream } from './key-streams';
import type { PacketOpener } from './packet-cipher';
import { deriveSessionKeys, type SessionKeys } from './session-keys';

const TAG = 16;
/** Audio, and three simulcast layers with their retransmissions. */
const STREAMS = 8;

export class FastGcmOpener implements PacketOpener {
  readonly rtcpOverhead = TAG + 4;
  readonly #ordinary: GcmCipher;
  /** Until the first authentic packet: a viewer sends none. */
  #keys: SessionKeys | undefined;
  #keyStreams: KeyStreams | undefined;

  constructor(masterKey: Buffer, masterSalt: Buffer) {
    this.#keys = deriveSessionKeys(masterKey, masterSalt);
    this.#ordinary = new GcmCipher(this.#keys);
  }

  openRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): number {
    const end = length - TAG;
    if (end < headerLength) return -1;
    const blocks = blocksFor(end - headerLength);
    const keyStreams = this.#keyStreams;
    const stream = keyStreams && length <= keyStreams.packet.length ? keyStreams.known(ssrc) : undefined;
    const found = stream ? stream.find(blocks, rollover, sequence) : -1;
    const authentic =
      stream && found >= 0
        ? this.#open(stream, packet, headerLength, end, found)
        : this.#ordinary.openRtp(packet, headerLength, length, ssrc, rollover, sequence) === end;
    if (!authentic) return -1;
    this.#prepare(blocks, ssrc, rollover, sequence);
    return end;
  }

  openRtcp(packet: Buffer, length: number): number {
    return this.#ordinary.openRtcp(packet, length);
  }

  close(): void {
    this.#keys = undefined;
    this.#keyStreams?.close();
    this.#keyStreams = undefined;
  }

  #open(stream: KeyStream, packet: Buffer, headerLength: number, end: number, keyStream: number): boolean {
    const place = this.#keyStreams!.packet;
    packet.copy(place, 0, 0, end + TAG);
    if (!stream.open(headerLength, end, keyStream)) return false;
    place.copy(packet, headerLength, headerLength, end);
    return true;
  }

  /** Sees to the key stream of the packet behind this one. */
  #prepare(blocks: number, ssrc: number, rollover: number, sequence: number): void {
    if (this.#keys) {
      this.#keyStreams = KeyStreams.make(this.#keys, STREAMS);
      // Asked for once: where it cannot be had, it cannot be had later.
      this.#keys = undefined;
    }
    const stream = this.#keyStreams?.of(ssrc);
    if (stream === undefined) return;
    const next = (sequence + 1) & 0xffff;
    const counter = next === 0 ? rollover + 1 : rollover;
    if (stream.find(blocks, counter, next) < 0) stream.make(blocks, counter, next);
  }
}
