/**
 * AEAD_AES_128_GCM for senders of many packets. What does not follow in order (retransmissions, a third stream, odd sizes)
 * takes the ordinary way and gives the same bytes.
 */
import { GcmCipher } from './gcm-cipher';
import { blocksFor, KeyStreams, type KeyStream } from './key-streams';
import type { PacketSealer, StreamSealer } from './packet-cipher';
import { deriveSessionKeys } from './session-keys';

const TAG = 16;
/** Audio and video. */
const STREAMS = 2;

export class FastGcmSealer implements PacketSealer {
  readonly fragile = true;
  readonly rtpOverhead = TAG;
  readonly rtcpOverhead = TAG + 4;
  readonly packet: Buffer;
  readonly #ordinary: GcmCipher;
  readonly #keyStreams: KeyStreams;

  private constructor(ordinary: GcmCipher, keyStreams: KeyStreams) {
    this.#ordinary = ordinary;
    this.#keyStreams = keyStreams;
    this.packet = keyStreams.packet;
  }

  /** Undefined where the fast way is closed. */
  static make(masterKey: Buffer, masterSalt: Buffer): FastGcmSealer | undefined {
    const keys = deriveSessionKeys(masterKey, masterSalt);
    const keyStreams = KeyStreams.make(keys, STREAMS);
    return keyStreams && new FastGcmSealer(new GcmCipher(keys), keyStreams);
  }

  stream(ssrc: number): StreamSealer {
    const ordinary = this.#ordinary.stream(ssrc);
    const keyStream = this.#keyStreams.of(ssrc);
    return keyStream ? new FastStream(this.packet, keyStream, ordinary) : ordinary;
  }

  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    return this.#ordinary.sealRtcp(packet, length, ssrc, index);
  }

  close(): void {
    this.#keyStreams.close();
  }
}

class FastStream implements StreamSealer {
  readonly #packet: Buffer;
  readonly #keyStream: KeyStream;
  readonly #ordinary: StreamSealer;

  constructor(packet: Buffer, keyStream: KeyStream, ordinary: StreamSealer) {
    this.#packet = packet;
    this.#keyStream = keyStream;
    this.#ordinary = ordinary;
  }

  sealRtp(packet: Buffer, headerLength: number, length: number, rollover: number, sequence: number): number {
    if (packet === this.#packet) {
      const keyStream = this.#keyStream;
      const blocks = blocksFor(length - headerLength);
      let found = keyStream.find(blocks, rollover, sequence);
      if (found < 0) found = keyStream.make(blocks, rollover, sequence);
      if (found >= 0) {
        keyStream.seal(headerLength, length, found);
        return length + TAG;
      }
    }
    return this.#ordinary.sealRtp(packet, headerLength, length, rollover, sequence);
  }
}
