/**
 * Puts the packets of one stream back in order. A missing packet is waited for, a while: time enough for retransmissions,
 * because a recording is in no hurry. Then the stream goes on without it, and whoever listens is told of the loss.
 */
import type { MediaPacket } from '../flow';
import { sequenceDistance } from '../rtp/header';

/** Several round trips, also between continents. */
export const PATIENCE_MS = 600;
/** A second of a rich stream. */
const MAX_WAITING = 1_024;
/** A jump that no loss explains: the sender started anew. */
const MAX_JUMP = 3_000;

export class ReorderBuffer {
  readonly #output: (packet: MediaPacket, lossBefore: boolean) => void;
  /** By sequence number, in the order of arrival. */
  readonly #waiting = new Map<number, MediaPacket>();
  #next: number | undefined;
  #loss = false;

  constructor(output: (packet: MediaPacket, lossBefore: boolean) => void) {
    this.#output = output;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Another stream follows. */
  reset(): void {
    this.#waiting.clear();
    this.#next = undefined;
    this.#loss = false;
  }
  push(packet: MediaPacket): void {
    const { sequenceNumber } = packet;
    this.#next ??= sequenceNumber;
    const distance = sequenceDistance(sequenceNumber, this.#next);
    if (distance > MAX_JUMP || distance < -MAX_JUMP) {
      this.flush();
      this.#loss = true;
      this.#next = sequenceNumber;
    } else if (distance < 0) return; // a duplicate, or too late
    if (!this.#waiting.has(sequenceNumber)) this.#waiting.set(sequenceNumber, packet);
    this.#drain();
    while (this.#isImpatient(packet.arrival)) this.#skip();
  }
  /** Nothing more is waited for. */
  flush(): void {
    while (this.#waiting.size > 0) this.#skip();
  }

  #isImpatient(now: number): boolean {
    const oldest = this.#waiting.values().next().value;
    return oldest !== undefined && (now - oldest.arrival > PATIENCE_MS || this.#waiting.size > MAX_WAITING);
  }
  #skip(): void {
    const from = this.#next ?? 0;
    let nearest: number | undefined;
    for (const number of this.#waiting.keys())
      if (nearest === undefined || sequenceDistance(number, from) < sequenceDistance(nearest, from))
        nearest = number;
    this.#next = nearest;
    this.#loss = true;
    this.#drain();
  }
  #drain(): void {
    while (this.#next !== undefined) {
      const packet = this.#waiting.get(this.#next);
      if (!packet) return;
      this.#waiting.delete(this.#next);
      this.#next = (this.#next + 1) & 0xffff;
      const loss = this.#loss;
      this.#loss = false;
      this.#output(packet, loss);
    }
  }
}
