/**
 * AES-GCM for many packets of one key: the key stream of the next packets of an SSRC is made in one go by one long-lived
 * AES cipher (sequence numbers are known in advance), and a small WebAssembly module does the rest. Starting a cipher for
 * each packet, as node:crypto wants it, costs several times as much.
 */
import { createCipheriv } from 'node:crypto';
import { GCM_IV_OFFSET } from './gcm-cipher';
import { instantiateGcm, LAYOUT, TABLE_SIZE, writeTable, type GcmModule } from './gcm-module';
import { writePacketIv, type SessionKeys } from './session-keys';

/** Two key streams of nine packets of 1,200 bytes each, or of many small ones. */
const ROOM = 24 * 1024;
const SLOT_SIZE = TABLE_SIZE + ROOM;
/** Counter blocks on their way into AES, then the slots. */
const COUNTERS = LAYOUT.free;
const FIRST_SLOT = COUNTERS + ROOM;
/** The counter blocks of a packet are told apart by one byte. */
const MAX_BLOCKS = 255;
/** Pages that nobody touched cost nothing. */
const SLOTS = 128;
/** Sizes are rounded up, so that a stream whose packets grow a little does not start over each time. */
const BLOCK_GRAIN = 4;

/** Memory, module and room for some keys; all of a thread. */
class Arena {
  readonly module: GcmModule;
  readonly bytes: Uint8Array;
  /** Where packets are sealed and sent from, or opened. */
  readonly packet: Buffer;
  /** Of the packet whose counter blocks are written. */
  readonly iv: Buffer;
  readonly #free = Array.from({ length: SLOTS }, (_, i) => FIRST_SLOT + (SLOTS - 1 - i) * SLOT_SIZE);

  constructor() {
    const { module, memory } = instantiateGcm(FIRST_SLOT + SLOTS * SLOT_SIZE);
    this.module = module;
    this.bytes = new Uint8Array(memory);
    this.packet = Buffer.from(memory, LAYOUT.packet, LAYOUT.packetSize);
    this.iv = Buffer.from(memory, LAYOUT.iv, 12);
  }

  take(): number | undefined {
    return this.#free.pop();
  }

  /** Keys do not stay behind. */
  release(slot: number): void {
    this.bytes.fill(0, slot, slot + SLOT_SIZE);
    this.#free.push(slot);
  }
}

const arenas: Arena[] = [];
let unavailable = false;

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

/** AES blocks that a packet of so many bytes of text needs: one for the tag, the others for the text. */
export function blocksFor(textLength: number): number {
  return 1 + ((textLength + 15) >>> 4);
}

/** The key stream of consecutive packets of one SSRC. Refers to all that a packet needs: every step to memory counts. */
export class KeyStream {
  readonly ssrc: number;
  readonly #owner: KeyStreams;
  readonly #arena: Arena;
  readonly #slot: number;
  /** Where it lies in the arena. */
  readonly #offset: number;
  /** Per packet. */
  #blocks = 0;
  #rollover = -1;
  #first = 0;
  #count = 0;

  constructor(ssrc: number, owner: KeyStreams, arena: Arena, slot: number, offset: number) {
    this.ssrc = ssrc;
    this.#owner = owner;
    this.#arena = arena;
    this.#slot = slot;
    this.#offset = offset;
  }

  /** Where the key stream of a packet lies; -1: not made, or too short. */
  find(blocks: number, rollover: number, sequence: number): number {
    const index = sequence - this.#first;
    if (rollover !== this.#rollover || index < 0 || index >= this.#count || blocks > this.#blocks) return -1;
    return this.#offset + index * this.#blocks * 16;
  }

  /**
   * Makes the key stream from that packet on; returns where it lies. -1: nothing was made, because the packet is larger than
   * the room, or comes before what was made already; a late packet must not make the stream start over.
   */
  make(blocks: number, rollover: number, sequence: number): number {
    const ahead = rollover * 0x10000 + sequence - (this.#rollover * 0x10000 + this.#first);
    if (ahead < 0) return -1;
    if (blocks > this.#blocks) this.#blocks = Math.ceil(blocks / BLOCK_GRAIN) * BLOCK_GRAIN;
    this.#count = this.#owner.write(this.ssrc, this.#offset, this.#blocks, rollover, sequence);
    if (this.#count === 0) {
      this.#blocks = 0;
      return -1;
    }
    this.#rollover = rollover;
    this.#first = sequence;
    return this.#offset;
  }

  /** Encrypts the text of the arena's packet, which ends at `length`, and puts the tag behind it. */
  seal(headerLength: number, length: number, keyStream: number): void {
    this.#writeLengths(headerLength, length - headerLength);
    this.#arena.module.seal(LAYOUT.packet, headerLength, length, this.#slot, keyStream);
  }

  /** The reverse; false, and nothing decrypted, when it is not authentic. The tag is lost. */
  open(headerLength: number, length: number, keyStream: number): boolean {
    this.#writeLengths(headerLength, length - headerLength);
    return this.#arena.module.open(LAYOUT.packet, headerLength, length, this.#slot, keyStream) !== 0;
  }

  /** The memory belongs to others from now on. */
  forget(): void {
    this.#count = 0;
  }

  /** In bits, as GHASH ends with them. */
  #writeLengths(headerLength: number, textLength: number): void {
    const { bytes } = this.#arena;
    bytes[LAYOUT.lengths + 6] = headerLength >>> 5;
    bytes[LAYOUT.lengths + 7] = headerLength << 3;
    bytes[LAYOUT.lengths + 14] = textLength >>> 5;
    bytes[LAYOUT.lengths + 15] = textLength << 3;
  }
}

/** The key streams of one key. */
export class KeyStreams {
  /** Where packets are sealed and opened. 2 KiB, shared by all keys of a thread. */
  readonly packet: Buffer;
  readonly #arena: Arena;
  readonly #slot: number;
  readonly #aes: ReturnType<typeof createCipheriv>;
  readonly #salt: Buffer;
  /** A handful: searching an array of small objects is cheaper than hashing. */
  readonly #streams: KeyStream[] = [];
  readonly #most: number;
  /** Bytes of each. */
  readonly #room: number;
  #closed = false;

  private constructor({ rtpKey, rtpSalt }: SessionKeys, streams: number, arena: Arena, slot: number) {
    this.#arena = arena;
    this.#slot = slot;
    this.#most = streams;
    this.#room = ROOM / streams;
    this.packet = arena.packet;
    this.#salt = rtpSalt;
    this.#aes = createCipheriv('aes-128-ecb', rtpKey, null);
    this.#aes.setAutoPadding(false);
    writeTable(arena.bytes.subarray(slot, slot + TABLE_SIZE), this.#aes.update(Buffer.alloc(16)));
  }

  /** Room for so many SSRCs; undefined where WebAssembly cannot be had. */
  static make(keys: SessionKeys, streams: number): KeyStreams | undefined {
    const place = takeSlot();
    return place && new KeyStreams(keys, streams, place.arena, place.slot);
  }

  known(ssrc: number): KeyStream | undefined {
    for (const stream of this.#streams) if (stream.ssrc === ssrc) return stream;
    return undefined;
  }

  /** Undefined when all rooms are taken by others. */
  of(ssrc: number): KeyStream | undefined {
    const known = this.known(ssrc);
    if (known !== undefined) return known;
    if (this.#closed || this.#streams.length >= this.#most) return undefined;
    const offset = this.#slot + TABLE_SIZE + this.#streams.length * this.#room;
    const stream = new KeyStream(ssrc, this, this.#arena, this.#slot, offset);
    this.#streams.push(stream);
    return stream;
  }

  /** Writes the key stream of as many packets as fit, each of so many blocks; returns how many these are. */
  write(ssrc: number, offset: number, blocks: number, rollover: number, sequence: number): number {
    if (this.#closed || blocks > MAX_BLOCKS) return 0;
    const { bytes, iv, module } = this.#arena;
    const size = blocks * 16;
    // Not across the roll-over, whose packets have another counter.
    const count = Math.min(Math.floor(this.#room / size), 0x10000 - sequence);
    for (let packet = 0; packet < count; packet++) {
      writePacketIv(iv, this.#salt, GCM_IV_OFFSET, ssrc, rollover, sequence + packet);
      module.count(COUNTERS + packet * size, blocks);
    }
    const counters = bytes.subarray(COUNTERS, COUNTERS + count * size);
    if (count > 0) bytes.set(this.#aes.update(counters), offset);
    return count;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams) stream.forget();
    this.#streams.length = 0;
    this.#arena.release(this.#slot);
  }
}
