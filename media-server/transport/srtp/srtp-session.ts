/**
 * Both directions of one SRTP session: which roll-over counter a packet belongs to, what was seen before, and how many
 * streams there may be. The ciphers do the rest.
 */
import { CmCipher } from './cm-cipher';
import { FastGcmOpener } from './fast-gcm-opener';
import { FastGcmSealer } from './fast-gcm-sealer';
import { GcmCipher } from './gcm-cipher';
import type { PacketOpener, PacketSealer, StreamSealer } from './packet-cipher';
import type { SrtpProfile } from './profile';

/** A simulcast sender with retransmission has seven streams; authentic peers stay far below. */
const MAX_STREAMS = 64;
/** Packets that a retransmission may come late by: half a second of a 2,000 packets/s stream. */
const RTP_WINDOW = 1024;
const RTCP_WINDOW = 64;

export function makeSealer({ name }: SrtpProfile, key: Buffer, salt: Buffer): PacketSealer {
  if (name === 'AES_CM_128_HMAC_SHA1_80') return new CmCipher(key, salt);
  return FastGcmSealer.make(key, salt) ?? GcmCipher.fromMaster(key, salt);
}

export function makeOpener({ name }: SrtpProfile, key: Buffer, salt: Buffer): PacketOpener {
  return name === 'AES_CM_128_HMAC_SHA1_80' ? new CmCipher(key, salt) : new FastGcmOpener(key, salt);
}

/** Length of the RTP header with CSRCs and extension; -1 when the packet is shorter than it claims. */
export function rtpHeaderLength(packet: Buffer, length: number): number {
  if (length < 12) return -1;
  const first = packet[0]!;
  let header = 12 + (first & 15) * 4;
  if ((first & 16) !== 0) {
    if (header + 4 > length) return -1;
    header += 4 + ((packet[header + 2]! << 8) | packet[header + 3]!) * 4;
  }
  return header <= length ? header : -1;
}

/** One SSRC: how far it has come, and what went out under its last sequence numbers, so that nothing else ever does. */
class SentStream {
  /** Signed: a number that V8 keeps in the object itself. */
  readonly ssrc: number;
  readonly next: SentStream | undefined;
  readonly sealer: StreamSealer;
  last: number;
  rollover = 0;
  /** An index and a hash for each of the last numbers; undefined where contents need not be told apart. */
  readonly #contents: Uint32Array | undefined;

  constructor(cipher: PacketSealer, ssrc: number, last: number, next: SentStream | undefined) {
    this.ssrc = ssrc;
    this.next = next;
    this.sealer = cipher.stream(ssrc >>> 0);
    this.last = last;
    this.#contents = cipher.fragile ? new Uint32Array(2 * RTP_WINDOW) : undefined;
  }

  /** False when these numbers carried something else, or may have. */
  allows(packet: Buffer, headerLength: number, length: number, index: number, newest: boolean): boolean {
    const contents = this.#contents;
    if (contents === undefined) return true;
    // The header and the size stand for the whole: what is repeated differs, if at all, in its extensions.
    let hash = length;
    for (let i = 0; i < headerLength; i++) hash = Math.imul(hash ^ packet[i]!, 0x01000193);
    hash >>>= 0;
    const slot = 2 * (index % RTP_WINDOW);
    // One more than the index: zero is an empty slot. Modulo 2^32 is far beyond the window.
    const wanted = (index + 1) >>> 0;
    if (!newest) {
      const stored = contents[slot]!;
      if (stored === wanted) return contents[slot + 1] === hash;
      // A later packet has taken the slot: whether this one was ever sent is forgotten.
      if (stored !== 0 && (stored - wanted) >>> 0 < 0x80000000) return false;
    }
    contents[slot] = wanted;
    contents[slot + 1] = hash;
    return true;
  }
}

export class SrtpSender {
  readonly #cipher: PacketSealer;
  /** A handful, linked: searching small objects is cheaper than hashing, and an array would be two more to visit. */
  #streams: SentStream | undefined;
  #streamCount = 0;
  #rtcpIndex = 0;

  constructor(cipher: PacketSealer) {
    this.#cipher = cipher;
  }

  /** Assemble packets here before protecting them. */
  get packet(): Buffer {
    return this.#cipher.packet;
  }

  close(): void {
    this.#cipher.close();
  }

  get rtpOverhead(): number {
    return this.#cipher.rtpOverhead;
  }

  get rtcpOverhead(): number {
    return this.#cipher.rtcpOverhead;
  }

  /**
   * `packet[0..length)` is plain; encrypted in place. Returns the new length; -1 when there are too many streams, or when
   * other content was sent under this sequence number before.
   */
  protectRtp(packet: Buffer, headerLength: number, length: number): number {
    const sequence = (packet[2]! << 8) | packet[3]!;
    const ssrc = (packet[8]! << 24) | (packet[9]! << 16) | (packet[10]! << 8) | packet[11]!;
    let stream = this.#streams;
    while (stream !== undefined && stream.ssrc !== ssrc) stream = stream.next;
    let fresh = false;
    if (stream === undefined) {
      if (this.#streamCount >= MAX_STREAMS) return -1;
      this.#streamCount++;
      stream = new SentStream(this.#cipher, ssrc, sequence, this.#streams);
      this.#streams = stream;
      fresh = true;
    }
    let { rollover } = stream;
    const lead = (sequence - stream.last) & 0xffff;
    const newest = fresh || (lead > 0 && lead < 0x8000);
    if (lead < 0x8000) {
      if (sequence < stream.last) rollover = ++stream.rollover;
      stream.last = sequence;
    } else if (sequence > stream.last) {
      // A retransmission from before the roll-over.
      if (rollover === 0) return -1;
      rollover -= 1;
    }
    if (!stream.allows(packet, headerLength, length, rollover * 0x10000 + sequence, newest)) return -1;
    return stream.sealer.sealRtp(packet, headerLength, length, rollover, sequence);
  }

  protectRtcp(packet: Buffer, length: number): number {
    this.#rtcpIndex = (this.#rtcpIndex + 1) & 0x7fffffff;
    return this.#cipher.sealRtcp(packet, length, packet.readUInt32BE(4), this.#rtcpIndex);
  }
}

/** Which of the last packets were seen, by index (48 bits for RTP, 31 for RTCP). */
class PacketWindow {
  readonly #bits: Uint32Array;
  readonly #size: number;
  highest = -1;

  constructor(size: number) {
    this.#size = size;
    this.#bits = new Uint32Array(size / 32);
  }

  isNew(index: number): boolean {
    if (index > this.highest) return true;
    if (index <= this.highest - this.#size) return false;
    const slot = index % this.#size;
    return (this.#bits[slot >>> 5]! & (1 << (slot & 31))) === 0;
  }

  remember(index: number): void {
    if (index > this.highest) {
      if (index - this.highest >= this.#size) this.#bits.fill(0);
      else for (let i = this.highest + 1; i < index; i++) this.#clear(i % this.#size);
      this.highest = index;
    }
    const slot = index % this.#size;
    this.#bits[slot >>> 5]! |= 1 << (slot & 31);
  }

  #clear(slot: number): void {
    this.#bits[slot >>> 5]! &= ~(1 << (slot & 31));
  }
}

interface ReceivedStream {
  readonly ssrc: number;
  readonly window: PacketWindow;
}

export class SrtpReceiver {
  readonly #cipher: PacketOpener;
  readonly #rtp: ReceivedStream[] = [];
  readonly #rtcp: ReceivedStream[] = [];

  constructor(cipher: PacketOpener) {
    this.#cipher = cipher;
  }

  close(): void {
    this.#cipher.close();
  }

  /** Decrypts in place. The plain packet as a view of the same memory, undefined when it is refused. */
  unprotectRtp(packet: Buffer): Buffer | undefined {
    const headerLength = rtpHeaderLength(packet, packet.length);
    if (headerLength < 0) return undefined;
    const sequence = (packet[2]! << 8) | packet[3]!;
    const ssrc = packet.readUInt32BE(8);
    const stream = find(this.#rtp, ssrc);
    const rollover = stream === undefined ? 0 : rolloverFor(sequence, stream.window.highest);
    if (rollover < 0) return undefined;
    const index = rollover * 0x10000 + sequence;
    if (stream !== undefined && !stream.window.isNew(index)) return undefined;
    const length = this.#cipher.openRtp(packet, headerLength, packet.length, ssrc, rollover, sequence);
    if (length < 0) return undefined;
    if (!remember(this.#rtp, stream, ssrc, index, RTP_WINDOW)) return undefined;
    return packet.subarray(0, length);
  }

  unprotectRtcp(packet: Buffer): Buffer | undefined {
    const { length } = packet;
    if (length < 8 + this.#cipher.rtcpOverhead) return undefined;
    const ssrc = packet.readUInt32BE(4);
    const stream = find(this.#rtcp, ssrc);
    const plain = this.#cipher.openRtcp(packet, length);
    if (plain < 0) return undefined;
    const index = this.#rtcpIndex(packet, length, plain);
    if (stream !== undefined && !stream.window.isNew(index)) return undefined;
    if (!remember(this.#rtcp, stream, ssrc, index, RTCP_WINDOW)) return undefined;
    return packet.subarray(0, plain);
  }

  /** The index word is the last one with GCM, and stands before the tag with HMAC. */
  #rtcpIndex(packet: Buffer, length: number, plainLength: number): number {
    const offset = this.#cipher.rtcpOverhead === 20 ? length - 4 : plainLength;
    return packet.readUInt32BE(offset) & 0x7fffffff;
  }
}

function find(streams: readonly ReceivedStream[], ssrc: number): ReceivedStream | undefined {
  for (const stream of streams) if (stream.ssrc === ssrc) return stream;
  return undefined;
}

/** Streams come into being only by authentic packets. */
function remember(
  streams: ReceivedStream[],
  stream: ReceivedStream | undefined,
  ssrc: number,
  index: number,
  windowSize: number,
): boolean {
  if (stream === undefined) {
    if (streams.length >= MAX_STREAMS) return false;
    stream = { ssrc, window: new PacketWindow(windowSize) };
    streams.push(stream);
  }
  stream.window.remember(index);
  return true;
}

/** RFC 3711 appendix A: the counter that puts `sequence` closest to the highest index seen; -1 before the beginning. */
function rolloverFor(sequence: number, highest: number): number {
  const rollover = Math.floor(highest / 0x10000);
  const last = highest % 0x10000;
  if (last < 0x8000) return sequence - last > 0x8000 ? rollover - 1 : rollover;
  return last - 0x8000 > sequence ? rollover + 1 : rollover;
}
