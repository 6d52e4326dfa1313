/**
 * The packets that one stream sent last, by their number there, for those who missed one. Holds references: the packets
 * themselves are shared by all streams of a source, so a hundred viewers keep them once.
 */
import type { MediaPacket } from '../flow';

/** Two seconds at 2.5 Mbit/s. A power of two. */
const KEPT = 512;
const MASK = KEPT - 1;

export class SentPackets {
  readonly #numbers = new Int32Array(KEPT).fill(-1);
  readonly #packets = new Array<MediaPacket | undefined>(KEPT).fill(undefined);
  readonly #pictureDeltas = new Uint16Array(KEPT);
  readonly #tl0Deltas = new Uint8Array(KEPT);
  readonly #sentAt = new Float64Array(KEPT);
  readonly #resentAt = new Float64Array(KEPT);

  keep(sequenceNumber: number, packet: MediaPacket, pictureDelta: number): void {
    const slot = sequenceNumber & MASK;
    this.#numbers[slot] = sequenceNumber;
    this.#packets[slot] = packet;
    this.#pictureDeltas[slot] = pictureDelta;
    this.#sentAt[slot] = 0;
    this.#resentAt[slot] = 0;
  }
  /** The packet of that number has left, at monotonic milliseconds `at`. */
  setSent(sequenceNumber: number, at: number, tl0Delta: number): void {
    const slot = sequenceNumber & MASK;
    if (this.#numbers[slot] !== sequenceNumber) return;
    this.#sentAt[slot] = at;
    this.#tl0Deltas[slot] = tl0Delta;
  }
  /** When it left first; 0 while it still waits for its turn. */
  sentAt(sequenceNumber: number): number {
    return this.#sentAt[sequenceNumber & MASK]!;
  }
  /** By how much its TL0PICIDX was moved. */
  tl0Delta(sequenceNumber: number): number {
    return this.#tl0Deltas[sequenceNumber & MASK]!;
  }
  /** A number that was given to no packet. */
  keepHole(sequenceNumber: number): void {
    const slot = sequenceNumber & MASK;
    this.#numbers[slot] = sequenceNumber;
    this.#packets[slot] = undefined;
    this.#resentAt[slot] = 0;
  }
  /** Whether the number is one of the last; holes count. */
  has(sequenceNumber: number): boolean {
    return this.#numbers[sequenceNumber & MASK] === sequenceNumber;
  }
  packet(sequenceNumber: number): MediaPacket | undefined {
    return this.has(sequenceNumber) ? this.#packets[sequenceNumber & MASK] : undefined;
  }
  /** By how much the picture ids of that packet were moved. */
  pictureDelta(sequenceNumber: number): number {
    return this.#pictureDeltas[sequenceNumber & MASK]!;
  }
  /** When it was sent again last, 0 if never. */
  resentAt(sequenceNumber: number): number {
    return this.#resentAt[sequenceNumber & MASK]!;
  }
  setResent(sequenceNumber: number, at: number): void {
    this.#resentAt[sequenceNumber & MASK] = at;
  }
  /** Forgets the numbers: another stream begins. */
  clear(): void {
    this.#numbers.fill(-1);
    this.#packets.fill(undefined);
  }
}
