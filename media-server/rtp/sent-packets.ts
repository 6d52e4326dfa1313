/**
 * The packets that one stream sent last, by their number there, for those who missed one. Holds references: the packets
 * themselves are shared by all streams of a source, so a hundred viewers keep them once. What belongs to one number lies
 * side by side, because every packet writes it for every viewer, and each further place costs a walk to memory.
 */
import type { MediaPacket } from '../flow';

/** Two seconds at 2.5 Mbit/s. A power of two. */
const KEPT = 512;
const MASK = KEPT - 1;

/** Places in a record. */
const NUMBER = 0;
const PICTURE_DELTA = 1;
const TL0_DELTA = 2;
const SENT_AT = 3;
const RESENT_AT = 4;
const RECORD = 5;

export class SentPackets {
  readonly #records = new Float64Array(KEPT * RECORD).fill(-1);
  readonly #packets = new Array<MediaPacket | undefined>(KEPT).fill(undefined);

  /** `packet`: undefined for a number that was given to none. */
  keep(
    sequenceNumber: number,
    packet: MediaPacket | undefined,
    pictureDelta: number,
    tl0Delta: number,
  ): void {
    const slot = sequenceNumber & MASK;
    this.#packets[slot] = packet;
    const records = this.#records;
    const at = slot * RECORD;
    records[at + NUMBER] = sequenceNumber;
    records[at + PICTURE_DELTA] = pictureDelta;
    records[at + TL0_DELTA] = tl0Delta;
    records[at + SENT_AT] = 0;
    records[at + RESENT_AT] = 0;
  }
  /** The packet of that number has left, at monotonic milliseconds `at`. */
  setSent(sequenceNumber: number, at: number): void {
    if (this.has(sequenceNumber)) this.#set(sequenceNumber, SENT_AT, at);
  }
  /** When it left first; 0 while it still waits for its turn. */
  sentAt(sequenceNumber: number): number {
    return this.#get(sequenceNumber, SENT_AT);
  }
  /** Whether the number is one of the last; holes count. */
  has(sequenceNumber: number): boolean {
    return this.#get(sequenceNumber, NUMBER) === sequenceNumber;
  }
  packet(sequenceNumber: number): MediaPacket | undefined {
    return this.has(sequenceNumber) ? this.#packets[sequenceNumber & MASK] : undefined;
  }
  /** By how much the picture ids of that packet were moved. */
  pictureDelta(sequenceNumber: number): number {
    return this.#get(sequenceNumber, PICTURE_DELTA);
  }
  /** By how much its TL0PICIDX was moved. */
  tl0Delta(sequenceNumber: number): number {
    return this.#get(sequenceNumber, TL0_DELTA);
  }
  /** When it was sent again last, 0 if never. */
  resentAt(sequenceNumber: number): number {
    return this.#get(sequenceNumber, RESENT_AT);
  }
  setResent(sequenceNumber: number, at: number): void {
    this.#set(sequenceNumber, RESENT_AT, at);
  }
  /** Forgets the numbers: another stream begins. */
  clear(): void {
    for (let number = 0; number < KEPT; number++) this.#set(number, NUMBER, -1);
    this.#packets.fill(undefined);
  }

  #get(sequenceNumber: number, place: number): number {
    return this.#records[(sequenceNumber & MASK) * RECORD + place]!;
  }
  #set(sequenceNumber: number, place: number, value: number): void {
    this.#records[(sequenceNumber & MASK) * RECORD + place] = value;
  }
}
