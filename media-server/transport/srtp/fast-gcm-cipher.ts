/**
 * AEAD_AES_128_GCM for senders of many packets: the key stream of the next packets of a stream is made in one go by one
 * long-lived AES cipher (sequence numbers are known in advance), and the rest is done by a small WebAssembly module. What
 * does not follow in order (retransmissions, a third stream, odd sizes) takes the ordinary way and gives the same bytes.
 */
import { createCipheriv } from 'node:crypto';
import { GCM_IV_OFFSET, GcmCipher } from './gcm-cipher';
import { instantiateGcm, LAYOUT, TABLE_SIZE, writeTable, type GcmModule } from './gcm-module';
import type { PacketCipher } from './packet-cipher';
import { deriveSessionKeys, writePacketIv } from './session-keys';

const TAG = 16;
/** Audio and video. */
const STREAMS = 2;
/** Key stream of nine packets of 1,200 bytes, or of many small ones. */
const KEY_STREAM_SIZE = 12 * 1024;
const SLOT_SIZE = TABLE_SIZE + STREAMS * KEY_STREAM_SIZE;
/** Pages that nobody touched cost nothing. */
const SLOTS = 128;
/** Sizes are rounded up, so that a stream whose packets grow a little does not start over each time. */
const BLOCK_GRAIN = 4;

/** Memory, module and room for some sessions; all of a thread. */
class Arena {
  readonly #module: GcmModule;
  readonly bytes: Uint8Array;
  /** Where packets are assembled, sealed and sent from. */
  readonly packet: Buffer;
  readonly #free = Array.from({ length: SLOTS }, (_, i) => LAYOUT.slots + (SLOTS - 1 - i) * SLOT_SIZE);

  constructor() {
    const { module, memory } = instantiateGcm(LAYOUT.slots + SLOTS * SLOT_SIZE);
    this.#module = module;
    this.bytes = new Uint8Array(memory);
    this.packet = Buffer.from(memory, LAYOUT.packet, LAYOUT.packetSize);
  }

  take(): number | undefined {
    return this.#free.pop();
  }

  /** Keys do not stay behind. */
  release(slot: number): void {
    this.bytes.fill(0, slot, slot + SLOT_SIZE);
    this.#free.push(slot);
  }

  seal(headerLength: number, length: number, slot: number, keyStream: number): void {
    const { bytes } = this;
    const textLength = length - headerLength;
    bytes[LAYOUT.lengths + 6] = headerLength >>> 5;
    bytes[LAYOUT.lengths + 7] = headerLength << 3;
    bytes[LAYOUT.lengths + 14] = textLength >>> 5;
    bytes[LAYOUT.lengths + 15] = textLength << 3;
    this.#module.seal(LAYOUT.packet, headerLength, length, slot, keyStream);
  }
}

const arenas: Arena[] = [];
let unavailable = false;

/** Undefined where WebAssembly cannot be had. */
function takeSlot(): { arena: Arena; slot: number } | undefined {
  if (unavailable) return undefined;
  for (const arena of arenas) {
    const slot = arena.take();
    if (slot !== undefined) return { arena, slot };
  }
  try {
    const arena = new Arena();
    arenas.push(arena);
    return { arena, slot: arena.take()! };
  } catch {
    unavailable = true;
    return undefined;
  }
}

/** Counter blocks on their way into AES; shared, as everything here happens in one go. */
const counters = new Uint32Array(KEY_STREAM_SIZE / 4);
const counterBytes = new Uint8Array(counters.buffer);
/** 1, 2, 3 … as big-endian words in the byte order of this machine. */
const BLOCK_NUMBERS = (() => {
  const bytes = Buffer.alloc(256 * 4);
  for (let i = 0; i < 256; i++) bytes.writeUInt32BE(i + 1, i * 4);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, 256);
})();

/** The key stream of consecutive packets of one SSRC. */
class KeyStream {
  readonly ssrc: number;
  readonly offset: number;
  /** Per packet: one for the tag, the others for the text. */
  blocks = 0;
  rollover = -1;
  first = 0;
  count = 0;
  constructor(ssrc: number, offset: number) {
    this.ssrc = ssrc;
    this.offset = offset;
  }
}

export class FastGcmCipher implements PacketCipher {
  readonly fragile = true;
  readonly rtpOverhead = TAG;
  readonly rtcpOverhead = TAG + 4;
  readonly packet: Buffer;
  readonly #ordinary: GcmCipher;
  readonly #arena: Arena;
  readonly #slot: number;
  readonly #aes: ReturnType<typeof createCipheriv>;
  readonly #salt: Buffer;
  readonly #iv = Buffer.alloc(12);
  readonly #ivWords = new Uint32Array(this.#iv.buffer, this.#iv.byteOffset, 3);
  readonly #streams: KeyStream[] = [];
  #closed = false;

  private constructor(masterKey: Buffer, masterSalt: Buffer, arena: Arena, slot: number) {
    const keys = deriveSessionKeys(masterKey, masterSalt);
    this.#ordinary = new GcmCipher(keys);
    this.#arena = arena;
    this.#slot = slot;
    this.packet = arena.packet;
    this.#salt = keys.rtpSalt;
    this.#aes = createCipheriv('aes-128-ecb', keys.rtpKey, null);
    this.#aes.setAutoPadding(false);
    writeTable(arena.bytes.subarray(slot, slot + TABLE_SIZE), this.#aes.update(Buffer.alloc(16)));
  }

  /** Undefined where the fast way is closed. */
  static make(masterKey: Buffer, masterSalt: Buffer): FastGcmCipher | undefined {
    const place = takeSlot();
    return place && new FastGcmCipher(masterKey, masterSalt, place.arena, place.slot);
  }

  sealRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): number {
    const keyStream = packet === this.packet ? this.#keyStreamOf(ssrc) : undefined;
    if (keyStream === undefined) {
      return this.#ordinary.sealRtp(packet, headerLength, length, ssrc, rollover, sequence);
    }
    const blocks = 1 + ((length - headerLength + 15) >>> 4);
    let index = sequence - keyStream.first;
    if (
      rollover !== keyStream.rollover ||
      index < 0 ||
      index >= keyStream.count ||
      blocks > keyStream.blocks
    ) {
      // Behind what was made already: a late packet must not make the stream start over.
      const ahead = rollover * 0x10000 + sequence - (keyStream.rollover * 0x10000 + keyStream.first);
      if (ahead < 0 || !this.#refill(keyStream, blocks, rollover, sequence)) {
        return this.#ordinary.sealRtp(packet, headerLength, length, ssrc, rollover, sequence);
      }
      index = 0;
    }
    this.#arena.seal(headerLength, length, this.#slot, keyStream.offset + index * keyStream.blocks * 16);
    return length + TAG;
  }

  openRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ) {
    return this.#ordinary.openRtp(packet, headerLength, length, ssrc, rollover, sequence);
  }
  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    return this.#ordinary.sealRtcp(packet, length, ssrc, index);
  }
  openRtcp(packet: Buffer, length: number): number {
    return this.#ordinary.openRtcp(packet, length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#streams.length = 0;
    this.#arena.release(this.#slot);
  }

  #keyStreamOf(ssrc: number): KeyStream | undefined {
    for (const stream of this.#streams) if (stream.ssrc === ssrc) return stream;
    if (this.#closed || this.#streams.length >= STREAMS) return undefined;
    const stream = new KeyStream(ssrc, this.#slot + TABLE_SIZE + this.#streams.length * KEY_STREAM_SIZE);
    this.#streams.push(stream);
    return stream;
  }

  /** Makes the key stream from `sequence` on; false when a packet is larger than the room for it. */
  #refill(stream: KeyStream, blocks: number, rollover: number, sequence: number): boolean {
    if (blocks > stream.blocks) stream.blocks = Math.ceil(blocks / BLOCK_GRAIN) * BLOCK_GRAIN;
    const size = stream.blocks;
    const fitting = Math.floor(KEY_STREAM_SIZE / (size * 16));
    // Not across the roll-over, whose packets have another counter.
    const count = Math.min(fitting, 0x10000 - sequence);
    if (count < 1 || size > 256) {
      stream.blocks = 0;
      stream.count = 0;
      return false;
    }
    const words = this.#ivWords;
    let at = 0;
    for (let packet = 0; packet < count; packet++) {
      writePacketIv(this.#iv, this.#salt, GCM_IV_OFFSET, stream.ssrc, rollover, sequence + packet);
      const [a, b, c] = [words[0]!, words[1]!, words[2]!];
      for (let block = 0; block < size; block++) {
        counters[at] = a;
        counters[at + 1] = b;
        counters[at + 2] = c;
        counters[at + 3] = BLOCK_NUMBERS[block]!;
        at += 4;
      }
    }
    this.#arena.bytes.set(this.#aes.update(counterBytes.subarray(0, at * 4)), stream.offset);
    stream.rollover = rollover;
    stream.first = sequence;
    stream.count = count;
    return true;
  }
}
