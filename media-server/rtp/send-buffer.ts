/**
 * What lies between a packet with its place in the stream and the network: the queue in front of a narrow leg, and the
 * packets that were sent last, for a viewer who missed some. Owns how much may be sent again; which packets are sent at
 * all is decided before.
 */
import type { Codec, MediaPacket } from '../flow';
import { RateMeter } from './capacity';
import { Pacer } from './pacer';
import type { Place, RtpWriter } from './rtp-writer';
import { SentPackets } from './sent-packets';
import type { StreamMapping } from './stream-mapping';

/** Of RTP, its extension, SRTP, UDP and IP, about. */
export const OVERHEAD_BYTES = 60;
/** An older packet comes too late for a live picture. */
const MAX_RESEND_AGE_MS = 2_000;
/** Retransmissions may at most use this share of what is sent, so that a broken viewer cannot multiply our traffic. */
const RESEND_SHARE = 0.5;
const RESEND_BURST_BYTES = 200_000;
/** Longest wait of a retransmission for a narrow link before it may be asked for again. */
const MAX_QUEUE_MS = 400;

/** A packet that waits for a narrow leg, with everything that may have changed by the time it leaves. */
interface QueuedPacket extends Place {
  readonly packet: MediaPacket;
  readonly bytes: number;
  /** A retransmission. */
  readonly again: boolean;
}

export class SendBuffer {
  readonly #writer: RtpWriter;
  readonly #mapping: StreamMapping;
  readonly #sent = new RateMeter();
  /** Video only. */
  #kept: SentPackets | undefined;
  #resendAllowance = RESEND_BURST_BYTES;
  /** In use while the leg is limited. */
  #pacer: Pacer<QueuedPacket> | undefined;
  #retransmitted = 0;

  constructor(writer: RtpWriter, mapping: StreamMapping) {
    this.#writer = writer;
    this.#mapping = mapping;
  }

  get retransmitted(): number {
    return this.#retransmitted;
  }
  /** What waits for a narrow leg, in bits. */
  get queuedBits(): number {
    return this.#pacer?.bits ?? 0;
  }
  /** Bit/s that left within the last second or so. */
  get rate(): number {
    return this.#sent.rate;
  }
  /** The same, anew; to be called several times a second. */
  measure(now: number): number {
    return this.#sent.update(now);
  }

  /** From now on packets are kept for those who miss one. */
  keepPackets(): void {
    this.#kept ??= new SentPackets();
  }
  /** From now on packets queue, until `drain` finds no limit any more. */
  pace(): void {
    this.#pacer ??= new Pacer();
  }
  close(): void {
    this.#pacer = undefined;
    this.#kept = undefined;
  }

  /** A packet that was sent, while it is kept. */
  packet(sequenceNumber: number): MediaPacket | undefined {
    return this.#kept?.packet(sequenceNumber);
  }
  pictureDelta(sequenceNumber: number): number {
    return this.#kept?.pictureDelta(sequenceNumber) ?? 0;
  }
  /** A number that no packet will have; asked for, it is filled. */
  keepHole(sequenceNumber: number): void {
    this.#kept?.keepHole(sequenceNumber);
  }
  forgetSent(): void {
    this.#kept?.clear();
  }
  forgetQueued(): void {
    this.#pacer?.clear();
  }

  /** The packet that the mapping placed last: sends it or lets it queue. `bytes` of payload. */
  send(packet: MediaPacket, timestamp: number, bytes: number, now: number): void {
    const { sequenceNumber, pictureDelta, tl0Delta } = this.#mapping;
    if (this.#kept) {
      this.#kept.keep(sequenceNumber, packet, pictureDelta);
      this.#resendAllowance = Math.min(RESEND_BURST_BYTES, this.#resendAllowance + bytes * RESEND_SHARE);
    }
    if (this.#pacer) {
      const queued = {
        packet,
        sequenceNumber,
        timestamp,
        pictureDelta,
        tl0Delta,
        bytes: bytes + OVERHEAD_BYTES,
        again: false,
      };
      if (this.#pacer.add(queued, false)) return;
    }
    this.#sendNow(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes + OVERHEAD_BYTES, now);
  }

  /** Sends what a leg of `limit` bit/s takes by now. */
  drain(now: number, limit: number | undefined, codec: Codec | undefined): void {
    this.#pacer?.drain(now, limit, (queued) => {
      const { packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes, again } = queued;
      // A codec that was given up meanwhile has no payload type any more.
      if (packet.codec !== codec) return;
      if (again) this.#resendNow(queued, now);
      else this.#sendNow(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes, now);
    });
    // Only now that it is empty: packets keep their order.
    if (limit === undefined) this.#pacer = undefined;
  }

  /** The viewer misses these; `roundTrip` in ms. */
  nack(sequenceNumbers: readonly number[], codec: Codec | undefined, roundTrip: number, now: number): void {
    const kept = this.#kept;
    if (!kept) return;
    for (const sequenceNumber of sequenceNumbers) {
      if (!kept.has(sequenceNumber)) continue;
      if (now - kept.resentAt(sequenceNumber) < Math.max(5, roundTrip * 0.8)) continue;
      // While it waits in the queue, asking again does not make it faster.
      kept.setResent(sequenceNumber, this.#pacer ? now + MAX_QUEUE_MS : now);
      const packet = kept.packet(sequenceNumber);
      // Still in the queue: it has not been missed but not been sent.
      if (packet && kept.sentAt(sequenceNumber) === 0) continue;
      if (!packet) this.#writer.writeEmpty(sequenceNumber, this.#mapping.lastTimestamp, now);
      else if (packet.codec === codec) this.#resend(packet, sequenceNumber, kept, now);
    }
  }

  #sendNow(
    packet: MediaPacket,
    sequenceNumber: number,
    timestamp: number,
    pictureDelta: number,
    tl0Delta: number,
    bytes: number,
    now: number,
  ): void {
    this.#sent.add(bytes);
    this.#kept?.setSent(sequenceNumber, now, tl0Delta);
    this.#writer.write(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, now);
  }

  #resend(packet: MediaPacket, sequenceNumber: number, kept: SentPackets, now: number): void {
    const bytes = packet.payloadEnd - packet.payloadStart;
    if (now - packet.arrival > MAX_RESEND_AGE_MS || this.#resendAllowance < bytes) return;
    this.#resendAllowance -= bytes;
    const queued = {
      packet,
      sequenceNumber,
      timestamp: this.#mapping.timestamp(packet.timestamp),
      pictureDelta: kept.pictureDelta(sequenceNumber),
      tl0Delta: kept.tl0Delta(sequenceNumber),
      bytes: bytes + OVERHEAD_BYTES,
      again: true,
    };
    if (!this.#pacer) this.#resendNow(queued, now);
    else if (!this.#pacer.add(queued, true)) return;
    this.#retransmitted++;
  }

  #resendNow(queued: QueuedPacket, now: number): void {
    // In the queue it waited for the link; from now on its way is known.
    this.#kept?.setResent(queued.sequenceNumber, now);
    this.#sent.add(queued.bytes);
    this.#writer.writeAgain(queued.packet, queued, now, this.#kept?.sentAt(queued.sequenceNumber) ?? now);
  }
}
