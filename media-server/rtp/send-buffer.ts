/**
 * What lies between a packet with its place in the stream and the network: the queue in front of a narrow leg, and the
 * packets that were sent last, for a viewer who missed some. Owns how much may be sent again; which packets are sent at
 * all is decided before.
 */
import type { Codec, MediaPacket } from '../flow';
import { RateMeter } from './capacity';
import { sequenceDistance } from './header';
import { Pacer } from './pacer';
import type { Place, RtpWriter } from './rtp-writer';
import { SentPackets } from './sent-packets';
import type { StreamMapping } from './stream-mapping';

/** Of RTP, its extension, SRTP, UDP and IP, about. */
export const OVERHEAD_BYTES = 60;
/** An older packet comes too late for a live picture. */
const MAX_RESEND_AGE_MS = 2_000;
/** For so many bytes sent, one may be sent again, so that a broken viewer cannot multiply our traffic. */
const BYTES_PER_RESENT = 2;
const RESEND_BURST_BYTES = 200_000;
/** Of the last packets, so many are sent again in turn to fill a leg that is being tried. */
const PROBE_PACKETS = 8;
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
  /** Not yet in `#sent`. */
  #sentBytes = 0;
  /** Video only. */
  #kept: SentPackets | undefined;
  #resendAllowance = RESEND_BURST_BYTES;
  /** In use while the leg is limited. */
  #pacer: Pacer<QueuedPacket> | undefined;
  #highestSent = -1;
  #retransmitted = 0;
  #probes = 0;
  readonly #probe = (): number => this.#sendProbe();
  #now = 0;

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
    this.#sent.add(this.#sentBytes);
    this.#sentBytes = 0;
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
  /** Packets queue, and leave by `drain`. */
  get paced(): boolean {
    return this.#pacer !== undefined;
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
    this.#kept?.keep(sequenceNumber, undefined, 0, 0);
  }
  forgetSent(): void {
    this.#kept?.clear();
  }
  /** What waits will not be sent any more. Returns the highest number that was, -1 for none: later ones are free again. */
  forgetQueued(): number {
    this.#pacer?.clear();
    return this.#highestSent;
  }

  /** The packet that the mapping placed last: sends it or lets it queue. `bytes` of payload. */
  send(packet: MediaPacket, timestamp: number, bytes: number, now: number): void {
    const { sequenceNumber, pictureDelta, tl0Delta } = this.#mapping;
    if (this.#kept) {
      this.#kept.keep(sequenceNumber, packet, pictureDelta, tl0Delta);
      const allowance = this.#resendAllowance + Math.trunc(bytes / BYTES_PER_RESENT);
      this.#resendAllowance = Math.min(RESEND_BURST_BYTES, allowance);
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

  /** Sends what a leg of `limit` bit/s takes by now; `full`: if need be with packets that were sent already. */
  drain(now: number, limit: number | undefined, codec: Codec | undefined, full: boolean): void {
    this.#now = now;
    this.#pacer?.drain(
      now,
      limit,
      (queued) => {
        const { packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes, again } = queued;
        // A codec that was given up meanwhile has no payload type any more.
        if (packet.codec !== codec) return;
        if (again) this.#resendNow(queued, now);
        else this.#sendNow(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes, now);
      },
      full ? this.#probe : undefined,
    );
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
      if (!packet) {
        this.#noteSent(sequenceNumber);
        this.#writer.writeEmpty(sequenceNumber, this.#mapping.lastTimestamp, now);
      } else if (packet.codec === codec) this.#resend(packet, sequenceNumber, kept, now);
    }
  }

  #noteSent(sequenceNumber: number): void {
    if (this.#highestSent < 0 || sequenceDistance(sequenceNumber, this.#highestSent) > 0)
      this.#highestSent = sequenceNumber;
  }

  /**
   * One of the last packets once more, in the stream of retransmissions, where a receiver counts it for its estimate and
   * throws it away, or is glad of it. Returns its bytes, 0 when there is none.
   */
  #sendProbe(): number {
    const kept = this.#kept;
    const { begun, lastSequence } = this.#mapping;
    if (!kept || !begun) return 0;
    for (let tried = 0; tried < PROBE_PACKETS; tried++) {
      const sequenceNumber = (lastSequence - (this.#probes++ % PROBE_PACKETS)) & 0xffff;
      const packet = kept.packet(sequenceNumber);
      if (!packet || kept.sentAt(sequenceNumber) === 0) continue;
      if (this.#now - packet.arrival > MAX_RESEND_AGE_MS) continue;
      const place = {
        sequenceNumber,
        timestamp: this.#mapping.timestamp(packet.timestamp),
        pictureDelta: kept.pictureDelta(sequenceNumber),
        tl0Delta: kept.tl0Delta(sequenceNumber),
      };
      const bytes = packet.payloadEnd - packet.payloadStart + OVERHEAD_BYTES;
      this.#sentBytes += bytes;
      this.#writer.writeAgain(packet, place, this.#now, kept.sentAt(sequenceNumber));
      return bytes;
    }
    return 0;
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
    this.#sentBytes += bytes;
    this.#noteSent(sequenceNumber);
    this.#kept?.setSent(sequenceNumber, now);
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
    this.#sentBytes += queued.bytes;
    this.#writer.writeAgain(queued.packet, queued, now, this.#kept?.sentAt(queued.sequenceNumber) ?? now);
  }
}
