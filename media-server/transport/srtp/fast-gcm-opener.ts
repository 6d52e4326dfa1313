/**
 * AEAD_AES_128_GCM for receivers of many packets. Key streams are made only after an authentic packet, for those that come
 * next: a forged one, whatever number it has, makes nobody work ahead. What comes out of order takes the ordinary way.
 */
import { GcmCipher } from './gcm-cipher';
import { blocksFor, KeyStreams } from './key-streams';
import type { PacketOpener } from './packet-cipher';
import { deriveSessionKeys, type SessionKeys } from './session-keys';

const TAG = 16;
/** Audio, and three simulcast layers with their retransmissions. */
const STREAMS = 8;

export class FastGcmOpener implements PacketOpener {
  readonly rtcpOverhead = TAG + 4;
  readonly #ordinary: GcmCipher;
  #keys: SessionKeys | undefined;
  /** From the first packet on: a viewer sends none. */
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
    const found = this.#find(length, blocks, ssrc, rollover, sequence);
    const authentic =
      found < 0
        ? this.#ordinary.openRtp(packet, headerLength, length, ssrc, rollover, sequence) === end
        : this.#open(packet, headerLength, end, found);
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

  #find(length: number, blocks: number, ssrc: number, rollover: number, sequence: number): number {
    const keyStreams = this.#keyStreams;
    if (keyStreams === undefined || length > keyStreams.packet.length) return -1;
    const stream = keyStreams.known(ssrc);
    return stream === undefined ? -1 : keyStreams.find(stream, blocks, rollover, sequence);
  }

  #open(packet: Buffer, headerLength: number, end: number, keyStream: number): boolean {
    const keyStreams = this.#keyStreams!;
    packet.copy(keyStreams.packet, 0, 0, end + TAG);
    if (!keyStreams.open(headerLength, end, keyStream)) return false;
    keyStreams.packet.copy(packet, headerLength, headerLength, end);
    return true;
  }

  /** Sees to the key stream of the packet behind this one. */
  #prepare(blocks: number, ssrc: number, rollover: number, sequence: number): void {
    if (this.#keys) {
      this.#keyStreams = KeyStreams.make(this.#keys, STREAMS);
      // Once is enough to know.
      this.#keys = undefined;
    }
    const keyStreams = this.#keyStreams;
    const stream = keyStreams?.of(ssrc);
    if (keyStreams === undefined || stream === undefined) return;
    const next = (sequence + 1) & 0xffff;
    const counter = next === 0 ? rollover + 1 : rollover;
    if (keyStreams.find(stream, blocks, counter, next) < 0) keyStreams.make(stream, blocks, counter, next);
  }
}
