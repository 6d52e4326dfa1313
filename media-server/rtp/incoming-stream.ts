/**
 * One RTP stream (SSRC) from a peer, on its way to become MediaPackets: order, duplicates, retransmissions in their own
 * stream (RFC 4588), missing packets, keyframes. Whom the packets go to and which messages are sent is its owner's.
 */
import type { Codec, MediaKind, MediaPacket } from '../flow';
import type { PayloadCodec } from '../sdp';
import { sequenceDistance } from './header';
import type { RtpHeader } from './header';
import { isKeyframeStart } from './payload';
import { Reception } from './reception';
import { Repair } from './repair';

export interface IncomingStreamStats {
  readonly ssrc: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly fractionLost: number;
  /** Seconds. */
  readonly jitter: number;
  readonly nacks: number;
  readonly pictureLosses: number;
  readonly fullIntraRequests: number;
}

class ReceivedPacket implements MediaPacket {
  readonly kind: MediaKind;
  readonly codec: Codec;
  readonly buffer: Buffer;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly ssrc: number;
  readonly layer: number;
  readonly keyframeStart: boolean;
  readonly arrival: number;
  readonly late: boolean;

  constructor(
    codec: Codec,
    buffer: Buffer,
    header: RtpHeader,
    { ssrc, layer = 0 }: IncomingStream,
    keyframeStart: boolean,
    arrival: number,
    late: boolean,
  ) {
    this.kind = codec.kind;
    this.codec = codec;
    this.buffer = buffer;
    this.payloadStart = header.payloadStart;
    this.payloadEnd = header.payloadEnd;
    this.sequenceNumber = header.sequenceNumber;
    this.timestamp = header.timestamp;
    this.marker = header.marker;
    this.ssrc = ssrc;
    this.layer = layer;
    this.keyframeStart = keyframeStart;
    this.arrival = arrival;
    this.late = late;
  }
}

export class IncomingStream {
  readonly ssrc: number;
  readonly kind: MediaKind;
  /** Name of its simulcast layer, where layers have names. */
  readonly rid: string | undefined;
  /** Position among the simulcast layers, lowest 0; undefined without simulcast. */
  readonly layer: number | undefined;
  readonly reception: Reception;
  readonly repair = new Repair();
  /** Of the last packet. */
  codec: Codec | undefined;
  lastArrival = 0;
  #repairs = false;
  #restarted = true;
  #lastKeyframeTimestamp = -1;
  #highestKeyframe = -1;
  pictureLosses = 0;
  fullIntraRequests = 0;

  constructor(ssrc: number, codec: Codec, rid?: string, layer?: number) {
    this.ssrc = ssrc;
    this.kind = codec.kind;
    this.rid = rid;
    this.layer = layer;
    this.reception = new Reception(ssrc, codec.clockRate);
  }

  /** Packets may be asked for again. */
  get repairs(): boolean {
    return this.#repairs;
  }

  /**
   * One packet of this stream, its header in `header`. The packet for the sinks, or undefined when it is a duplicate.
   * `repaired`: it came as a retransmission.
   */
  receive(
    packet: Buffer,
    header: RtpHeader,
    payload: PayloadCodec,
    arrival: number,
    repaired: boolean,
  ): MediaPacket | undefined {
    const { codec } = payload;
    if (codec !== this.codec) this.#restarted = true;
    this.codec = codec;
    this.#repairs = payload.feedback.nack && codec.kind === 'video';
    const { sequenceNumber } = header;
    const fate = this.reception.add(sequenceNumber, header.timestamp, packet.length, arrival, repaired);
    if (fate === 'duplicate') return undefined;
    if (fate === 'restart') this.#restarted = true;
    const keyframeStart = this.#isKeyframeStart(packet, header, codec, fate === 'late');
    if (this.#repairs) {
      if (fate === 'next') this.repair.next(sequenceNumber, arrival);
      else if (fate === 'late') this.repair.recovered(sequenceNumber);
      else this.repair.restart(sequenceNumber);
      if (keyframeStart && fate !== 'late') this.repair.keyframe(sequenceNumber);
    }
    if (!repaired) this.lastArrival = arrival;
    return new ReceivedPacket(codec, packet, header, this, keyframeStart, arrival, fate === 'late');
  }

  /** One packet of the retransmission stream: the original packet inside it, handled as if it had come. */
  receiveRetransmission(
    packet: Buffer,
    header: RtpHeader,
    payload: PayloadCodec,
    arrival: number,
  ): MediaPacket | undefined {
    const { payloadStart, payloadEnd } = header;
    if (payloadEnd - payloadStart < 2) return undefined; // padding that only probes the path
    const original = Buffer.allocUnsafe(12 + payloadEnd - payloadStart - 2);
    packet.copy(original, 0, 0, 12);
    original[0] = 0x80;
    original[1] = (header.marker ? 0x80 : 0) | payload.payloadType;
    packet.copy(original, 2, payloadStart, payloadStart + 2);
    original.writeUInt32BE(this.ssrc, 8);
    packet.copy(original, 12, payloadStart + 2, payloadEnd);
    header.sequenceNumber = original.readUInt16BE(2);
    header.payloadStart = 12;
    header.payloadEnd = original.length;
    // A retransmission ahead of everything seen is a probe with old content, or was never missed.
    const { highest } = this.reception;
    if (highest >= 0 && sequenceDistance(header.sequenceNumber, highest & 0xffff) > 0) return undefined;
    return this.receive(original, header, payload, arrival, true);
  }

  #isKeyframeStart(packet: Buffer, header: RtpHeader, codec: Codec, late: boolean): boolean {
    if (!isKeyframeStart(codec.name, packet, header.payloadStart, header.payloadEnd)) return false;
    if (codec.kind === 'audio') return true;
    // H.264 repeats the sign within one picture: only its first packet counts.
    if (header.timestamp === this.#lastKeyframeTimestamp) {
      return late && sequenceDistance(header.sequenceNumber, this.#highestKeyframe) < 0;
    }
    this.#lastKeyframeTimestamp = header.timestamp;
    this.#highestKeyframe = header.sequenceNumber;
    return true;
  }

  /** Sinks had another stream in between. */
  markRestarted(): void {
    this.#restarted = true;
  }
  /** True once after a packet with which something new begins: the first one, another codec, numbers without relation. */
  takeRestarted(): boolean {
    const restarted = this.#restarted;
    this.#restarted = false;
    return restarted;
  }

  stats(): IncomingStreamStats {
    const { reception } = this;
    return {
      ssrc: this.ssrc,
      packetsReceived: reception.packets,
      bytesReceived: reception.bytes,
      packetsLost: reception.lost,
      fractionLost: reception.fractionLost,
      jitter: this.codec ? reception.jitter / this.codec.clockRate : 0,
      nacks: this.repair.requested,
      pictureLosses: this.pictureLosses,
      fullIntraRequests: this.fullIntraRequests,
    };
  }
}
