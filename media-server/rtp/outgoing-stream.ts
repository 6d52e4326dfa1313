/**
 * One stream towards one peer: takes the packets of whatever source it is connected to and sends them under its own SSRC,
 * numbers and times, so that a viewer sees one unbroken stream while sources change, pause or lose frames. Owns the
 * packets it may have to send again, the choice of what fits into a weak leg, and the sender's side of RTCP. Allocates
 * nothing for a packet; the packets themselves are shared by all streams.
 */
import type { Clock } from '../clock';
import type { Codec, MediaKind, MediaPacket, MediaSink, MediaSource } from '../flow';
import { LegCapacity, RateMeter } from './capacity';
import { sequenceDistance } from './header';
import { Pacer } from './pacer';
import { buildSenderReport, buildSourceDescription, ntpMiddle } from './rtcp';
import type { ReceptionReport } from './rtcp';
import { NOWHERE, RtpWriter } from './rtp-writer';
import type { Place, RtpOutput } from './rtp-writer';
import { SentPackets } from './sent-packets';
import { SequenceHistory } from './sequence-history';
import { TemporalLayers } from './temporal-layers';
import { readVp8Descriptor, Vp8Descriptor } from './vp8';

/** What was negotiated for the stream. */
export interface OutgoingParameters {
  readonly ssrc: number;
  readonly cname: string;
  /** For retransmissions as RFC 4588; without it a packet is simply sent again. */
  readonly rtxSsrc: number | undefined;
  /** Id of the abs-send-time header extension; 0: not negotiated. */
  readonly absSendTimeId: number;
  /** Payload types for a source's codec; undefined when the peer cannot take it. */
  readonly payloadFor: (
    codec: Codec,
  ) => { readonly payloadType: number; readonly rtxPayloadType: number | undefined } | undefined;
}

export interface OutgoingStreamStats {
  readonly ssrc: number;
  readonly packetsSent: number;
  /** Payload bytes, as sender reports count them. */
  readonly bytesSent: number;
  readonly nacks: number;
  readonly pictureLosses: number;
  readonly fullIntraRequests: number;
  readonly retransmitted: number;
  readonly framesLeftOut: number;
  /** As the viewer reports. */
  readonly packetsLost: number;
  readonly fractionLost: number;
  /** Seconds; 0 before the first report. */
  readonly roundTripTime: number;
  /** Bit/s, the viewer's last estimate; 0 before the first. */
  readonly receiverEstimate: number;
  /** What the leg takes at most, bit/s; undefined: no limit found. */
  readonly limit: number | undefined;
}

/** An older packet comes too late for a live picture. */
const MAX_RESEND_AGE_MS = 2_000;
/** Retransmissions may at most use this share of what is sent, so that a broken viewer cannot multiply our traffic. */
const RESEND_SHARE = 0.5;
const RESEND_BURST_BYTES = 200_000;
const REPORT_INTERVAL_MS = 1_000;
const KEYFRAME_RETRY_MS = 500;
/** A viewer's wish for keyframes is everybody's cost: its minimum distance grows while it keeps asking. */
const MIN_WISH_MS = 300;
const MAX_WISH_MS = 4_000;
/** A limited leg: what may wait on the way before frames are left out, and before a new start, in seconds of its capacity. */
const MAX_BACKLOG_S = 0.4;
const RESTART_BACKLOG_S = 0.1;
/** A keyframe this young will still do when the peer's handshake is over. */
const HANDSHAKE_MS = 250;
/** Between the keyframes that a limited leg asks for. */
const SPARING_KEYFRAME_MS = 2_000;
/** Of RTP, its extension, SRTP, UDP and IP, about. */
const OVERHEAD_BYTES = 60;
/** Longest wait of a retransmission for a narrow link before it may be asked for again. */
const MAX_QUEUE_MS = 400;
/** Time between the streams of two sources when nothing was sent in between: one frame at 30 fps. */
const FRAME_S = 1 / 30;

/** A packet that waits for a narrow leg, with everything that may have changed by the time it leaves. */
interface QueuedPacket extends Place {
  readonly packet: MediaPacket;
  readonly bytes: number;
  /** A retransmission. */
  readonly again: boolean;
}

const descriptor = new Vp8Descriptor();
export class OutgoingStream implements MediaSink {
  readonly kind: MediaKind;
  readonly asksForKeyframes = true;
  readonly #clock: Clock;
  readonly #writer = new RtpWriter();
  #parameters: OutgoingParameters | undefined;
  #source: MediaSource | undefined;
  #writable = false;
  #closed = false;

  // What the packets are mapped to. `#codec` is compared with every packet's.
  #codec: Codec | undefined;
  #vp8 = false;
  #waiting = true;
  #newSource = true;
  #base = 0;
  #sequenceDelta = 0;
  #timestampDelta = 0;
  #pictureDelta = 0;
  #tl0Delta = 0;
  #history: SequenceHistory | undefined;
  #lastSequence = -1;
  #lastTimestamp = 0;
  #lastSentAt = 0;
  #highestSource = 0;

  // What may have to be sent again; video only.
  #kept: SentPackets | undefined;
  #resendAllowance = RESEND_BURST_BYTES;

  // What fits.
  readonly #capacity = new LegCapacity();
  readonly #sent = new RateMeter();
  readonly #offered = new RateMeter();
  #configuredLimit: number | undefined;
  #limit: number | undefined;
  /** In use while the leg is limited. */
  #pacer: Pacer<QueuedPacket> | undefined;
  readonly #layers = new TemporalLayers();
  #budgetTimestamp = -1;
  #overBudget = false;

  #packetsSent = 0;
  #bytesSent = 0;
  #nacks = 0;
  #pictureLosses = 0;
  #fullIntraRequests = 0;
  #retransmitted = 0;
  #framesLeftOut = 0;
  #packetsLost = 0;
  #fractionLost = 0;
  #roundTrip = 0;
  #nextReport = 0;
  #nextUpdate = 0;
  #lastKeyframeRequest = -Infinity;
  #lastWish = -Infinity;
  #wishInterval = MIN_WISH_MS;

  constructor(kind: MediaKind, clock: Clock) {
    this.kind = kind;
    this.#clock = clock;
  }

  // ── Its owner ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** What was negotiated, and where it goes; undefined stops sending. */
  configure(parameters: OutgoingParameters | undefined, output: RtpOutput = NOWHERE): void {
    this.#parameters = parameters;
    this.#codec = undefined;
    this.#writer.setPayload(-1, undefined, false);
    if (!parameters) return;
    const { ssrc, rtxSsrc, absSendTimeId } = parameters;
    this.#writer.configure(output, ssrc, rtxSsrc, absSendTimeId);
    // The keyframe has the time of the handshake to arrive.
    if (!this.#writable && !this.#hasRecent(HANDSHAKE_MS)) this.#askForKeyframe();
    this.#start();
  }

  /** The transport became able to send, or not any more. */
  setWritable(writable: boolean): void {
    if (writable === this.#writable) return;
    this.#writable = writable;
    this.#start();
  }

  /** Bit/s that this leg may use at most by configuration. */
  setLimit(bitsPerSecond: number | undefined): void {
    this.#configuredLimit = bitsPerSecond;
    this.#weigh();
  }

  /** Can the peer play what the source sends? Undefined while one of the two is unknown. */
  get playable(): boolean | undefined {
    const codec = this.#source?.codec;
    if (!codec || !this.#parameters) return undefined;
    return this.#parameters.payloadFor(codec) !== undefined;
  }
  get source(): MediaSource | undefined {
    return this.#source;
  }
  get ssrc(): number {
    return this.#parameters?.ssrc ?? 0;
  }

  close(): void {
    this.#closed = true;
    this.#writable = false;
    this.#pacer = undefined;
    this.#kept = undefined;
    this.#source = undefined;
  }

  #start(): void {
    if (!this.#writable || !this.#parameters || this.#closed) return;
    this.#waiting = true;
    this.#newSource = true;
    for (const packet of this.#source?.recent?.() ?? []) this.push(packet);
    // One that was asked for during the handshake may be on its way.
    if (this.#waiting && this.#clock.now() - this.#lastKeyframeRequest > KEYFRAME_RETRY_MS)
      this.#askForKeyframe();
  }

  /** Whether the source has pictures to begin with whose keyframe is at most `age` ms old. */
  #hasRecent(age: number): boolean {
    const keyframe = this.#source?.recent?.()[0];
    return keyframe !== undefined && this.#clock.now() - keyframe.arrival <= age;
  }

  #askForKeyframe(): void {
    if (this.kind === 'audio' || !this.#source) return;
    this.#lastKeyframeRequest = this.#clock.now();
    this.#source.requestKeyframe();
  }

  // ── As a sink ─────────────────────────────────────────────────────────────────────────────────────────────────

  sourceChanged(source: MediaSource): void {
    this.#source = source;
    this.#waiting = true;
    this.#newSource = true;
    this.#lastKeyframeRequest = -Infinity;
    this.#weigh();
    if (!this.#parameters) return;
    if (this.#writable) this.#start();
    else if (!this.#hasRecent(HANDSHAKE_MS)) this.#askForKeyframe();
  }
  sourceEnded(): void {
    this.#source = undefined;
    this.#waiting = true;
    this.#newSource = true;
  }

  push(packet: MediaPacket): void {
    if (!this.#writable) return;
    if (packet.codec !== this.#codec) this.#adopt(packet.codec);
    if (this.#writer.payloadType < 0) return;
    const bytes = packet.payloadEnd - packet.payloadStart;
    this.#offered.add(bytes + OVERHEAD_BYTES);
    if (this.#waiting) {
      if (!packet.keyframeStart || packet.late || (this.#overBudget && !this.#mayRestart())) return;
      this.#beginRun(packet);
    }
    let difference = this.#sequenceDelta;
    let pictureDelta = this.#pictureDelta;
    if (packet.late) {
      if (sequenceDistance(packet.sequenceNumber, this.#base) < 0) return;
      if (this.#history) {
        if (!this.#history.find(packet.sequenceNumber)) return;
        difference = this.#history.difference;
        pictureDelta = this.#history.pictureDelta;
        if (this.#vp8 && this.#layers.leavesOut(packet)) {
          // Its number stays a hole, which we can fill when asked.
          this.#kept?.keepHole((packet.sequenceNumber + difference) & 0xffff);
          return;
        }
      }
    } else {
      if (this.#vp8 && (this.#limit !== undefined || this.#history !== undefined)) {
        if (!this.#choose(packet, bytes)) return;
        difference = this.#sequenceDelta;
        pictureDelta = this.#pictureDelta;
      } else if (this.#limit !== undefined && this.kind === 'video' && !this.#fits(packet)) return;
      this.#highestSource = packet.sequenceNumber;
      this.#history?.add(packet.sequenceNumber, difference, pictureDelta, false);
    }
    this.#send(packet, (packet.sequenceNumber + difference) & 0xffff, pictureDelta, bytes);
  }

  /** A packet is on its way under this number: remembers it, and sends it or lets it queue. */
  #send(packet: MediaPacket, sequenceNumber: number, pictureDelta: number, bytes: number): void {
    const now = this.#clock.now();
    const timestamp = (packet.timestamp + this.#timestampDelta) >>> 0;
    if (!packet.late) {
      this.#lastSequence = sequenceNumber;
      this.#lastTimestamp = timestamp;
      this.#lastSentAt = now;
    }
    this.#packetsSent++;
    this.#bytesSent += bytes;
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
        tl0Delta: this.#tl0Delta,
        bytes: bytes + OVERHEAD_BYTES,
        again: false,
      };
      if (this.#pacer.add(queued, false)) return;
    }
    this.#sent.add(bytes + OVERHEAD_BYTES);
    this.#kept?.setSent(sequenceNumber, now, this.#tl0Delta);
    this.#writer.write(packet, sequenceNumber, timestamp, pictureDelta, this.#tl0Delta, now);
  }

  #drain(now: number): void {
    this.#pacer?.drain(now, this.#limit, (queued) => {
      // A codec that was given up meanwhile has no payload type any more.
      if (queued.packet.codec !== this.#codec) return;
      if (queued.again) {
        this.#resendNow(queued, now);
        return;
      }
      const { packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, bytes } = queued;
      this.#sent.add(bytes);
      this.#kept?.setSent(sequenceNumber, now, tl0Delta);
      this.#writer.write(packet, sequenceNumber, timestamp, pictureDelta, tl0Delta, now);
    });
    if (this.#limit === undefined) this.#pacer = undefined;
  }

  /** The source's codec is new to us. */
  #adopt(codec: Codec): void {
    const payload = this.#parameters?.payloadFor(codec);
    this.#codec = codec;
    this.#vp8 = codec.name === 'VP8';
    this.#writer.setPayload(payload?.payloadType ?? -1, payload?.rtxPayloadType, this.#vp8);
    this.#waiting = true;
    this.#newSource = true;
    this.#layers.reset();
    if (this.kind === 'video') this.#kept ??= new SentPackets();
  }

  /** A keyframe begins: from here on numbers continue where the last packet sent left off. */
  #beginRun(packet: MediaPacket): void {
    const now = this.#clock.now();
    this.#waiting = false;
    this.#overBudget = false;
    this.#base = packet.sequenceNumber;
    this.#history = undefined;
    const begun = this.#lastSequence >= 0;
    const last = begun ? this.#kept?.packet(this.#lastSequence) : undefined;
    const lastDelta = this.#kept?.pictureDelta(this.#lastSequence) ?? 0;
    if (begun) {
      this.#sequenceDelta = (this.#lastSequence + 1 - packet.sequenceNumber) & 0xffff;
      this.#kept?.clear();
    }
    if (begun && this.#newSource) {
      const clockRate = packet.codec.clockRate;
      const elapsed = Math.max(FRAME_S, (now - this.#lastSentAt) / 1000);
      this.#timestampDelta = (this.#lastTimestamp + Math.round(elapsed * clockRate) - packet.timestamp) >>> 0;
    }
    if (this.#newSource) this.#pacer?.clear();
    this.#newSource = false;
    if (begun && last && this.#vp8) this.#continuePictures(packet, last, lastDelta);
  }

  /** Picture ids count on from the packet sent last. */
  #continuePictures(packet: MediaPacket, last: MediaPacket, lastDelta: number): void {
    if (!readVp8Descriptor(last.buffer, last.payloadStart, last.payloadEnd, descriptor)) return;
    const { pictureId, tl0PictureIndex } = descriptor;
    if (!readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor)) return;
    if (pictureId >= 0 && descriptor.pictureId >= 0) {
      this.#pictureDelta = (pictureId + lastDelta + 1 - descriptor.pictureId) & 0x7fff;
    }
    if (tl0PictureIndex >= 0 && descriptor.tl0PictureIndex >= 0) {
      this.#tl0Delta = (tl0PictureIndex + this.#tl0Delta + 1 - descriptor.tl0PictureIndex) & 0xff;
    }
  }

  // ── What fits ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** VP8: leaves out temporal layers that do not fit. False when the packet is not to be sent. */
  #choose(packet: MediaPacket, bytes: number): boolean {
    const begins = this.#layers.look(packet, bytes + OVERHEAD_BYTES);
    if (!this.#layers.leaveOut) return this.#limit === undefined || this.#fits(packet);
    this.#history ??= new SequenceHistory(this.#highestSource, this.#sequenceDelta, this.#pictureDelta);
    this.#history.add(packet.sequenceNumber, this.#sequenceDelta, this.#pictureDelta, true);
    if (begins) {
      this.#framesLeftOut++;
      this.#pictureDelta = (this.#pictureDelta - 1) & 0x7fff;
    }
    this.#sequenceDelta = (this.#sequenceDelta - 1) & 0xffff;
    this.#highestSource = packet.sequenceNumber;
    return false;
  }

  /** At a frame that would only make the queue longer, waits for the next keyframe instead. */
  #fits(packet: MediaPacket): boolean {
    const begins = packet.timestamp !== this.#budgetTimestamp;
    this.#budgetTimestamp = packet.timestamp;
    if (!begins || !this.#pacer || this.#pacer.bits <= (this.#limit ?? Infinity) * MAX_BACKLOG_S) return true;
    this.#waiting = true;
    this.#overBudget = true;
    this.#framesLeftOut++;
    return false;
  }
  #mayRestart(): boolean {
    return !this.#pacer || this.#pacer.bits <= (this.#limit ?? Infinity) * RESTART_BACKLOG_S;
  }

  /** Limits, capacity and layers anew. */
  #weigh(): void {
    const found = this.#capacity.limit;
    const configured = this.#configuredLimit;
    this.#limit =
      found === undefined ? configured : configured === undefined ? found : Math.min(found, configured);
    // Taken away only when it is empty: packets keep their order.
    if (this.#limit !== undefined && this.kind === 'video') this.#pacer ??= new Pacer();
    if (this.#limit === undefined) this.#overBudget = false;
    this.#layers.choose(this.#limit);
    if (this.#parameters && this.#writable) this.#source?.reportCapacity(this, this.#limit ?? Infinity);
  }

  // ── What the viewer says ──────────────────────────────────────────────────────────────────────────────────────

  nack(sequenceNumbers: readonly number[]): void {
    this.#nacks += sequenceNumbers.length;
    if (!this.#kept || !this.#writable) return;
    const now = this.#clock.now();
    for (const sequenceNumber of sequenceNumbers) {
      if (!this.#kept.has(sequenceNumber)) continue;
      if (now - this.#kept.resentAt(sequenceNumber) < Math.max(5, this.#roundTrip * 0.8)) continue;
      // While it waits in the queue, asking again does not make it faster.
      this.#kept.setResent(sequenceNumber, this.#pacer ? now + MAX_QUEUE_MS : now);
      const packet = this.#kept.packet(sequenceNumber);
      // Still in the queue: it has not been missed but not been sent.
      if (packet && this.#kept.sentAt(sequenceNumber) === 0) continue;
      if (!packet) this.#writer.writeEmpty(sequenceNumber, this.#lastTimestamp, now);
      else this.#resend(packet, sequenceNumber, this.#kept, now);
    }
  }

  #resend(packet: MediaPacket, sequenceNumber: number, kept: SentPackets, now: number): void {
    const bytes = packet.payloadEnd - packet.payloadStart;
    if (now - packet.arrival > MAX_RESEND_AGE_MS || packet.codec !== this.#codec) return;
    if (this.#resendAllowance < bytes) return;
    this.#resendAllowance -= bytes;
    const timestamp = (packet.timestamp + this.#timestampDelta) >>> 0;
    const queued = {
      packet,
      sequenceNumber,
      timestamp,
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

  /** PLI or FIR: honoured at once, then at growing distances while they keep coming. */
  keyframeWanted(full: boolean): void {
    if (full) this.#fullIntraRequests++;
    else this.#pictureLosses++;
    const now = this.#clock.now();
    const since = now - this.#lastWish;
    if (since < this.#wishInterval) return;
    this.#wishInterval =
      since < this.#wishInterval * 2 ? Math.min(MAX_WISH_MS, this.#wishInterval * 2) : MIN_WISH_MS;
    this.#lastWish = now;
    if (!this.#overBudget) this.#askForKeyframe();
  }

  receiverEstimate(bitsPerSecond: number): void {
    if (this.kind === 'video') this.#capacity.receiverEstimate(bitsPerSecond, this.#clock.now());
  }

  report(report: ReceptionReport): void {
    this.#packetsLost = report.packetsLost;
    this.#fractionLost = report.fractionLost;
    let roundTrip: number | undefined;
    if (report.lastSenderReport !== 0) {
      const elapsed =
        (ntpMiddle(this.#clock.wallTime()) - report.lastSenderReport - report.delaySinceLastSenderReport) | 0;
      // A clock that was set, or nonsense: no round trip.
      if (elapsed >= 0 && elapsed < 10 * 65536) roundTrip = (elapsed * 1000) / 65536;
    }
    if (roundTrip !== undefined) this.#roundTrip = roundTrip;
    if (this.kind === 'video') this.#capacity.report(report.fractionLost, roundTrip);
  }

  /** Every few dozen milliseconds. Returns a sender report when one is due. */
  tick(now: number): Buffer | undefined {
    if (!this.#writable || !this.#parameters) return undefined;
    this.#drain(now);
    if (now >= this.#nextUpdate) {
      const elapsed = this.#nextUpdate > 0 ? (now - this.#nextUpdate + 250) / 1000 : 0;
      this.#nextUpdate = now + 250;
      if (elapsed > 0) this.#layers.measure(elapsed);
      const sent = this.#sent.update(now);
      const offered = this.#offered.update(now);
      if (this.kind === 'video') {
        this.#capacity.update(now, sent, offered);
        this.#weigh();
        this.#pursueKeyframe(now, offered);
      }
    }
    const mapping = this.#source?.clock;
    if (now < this.#nextReport || !mapping || !this.#codec || this.#packetsSent === 0 || this.#waiting)
      return undefined;
    this.#nextReport = now + REPORT_INTERVAL_MS;
    const wallTime = this.#clock.wallTime();
    const timestamp =
      mapping.timestamp +
      this.#timestampDelta +
      Math.round(((wallTime - mapping.wallTime) / 1000) * this.#codec.clockRate);
    const { ssrc, cname } = this.#parameters;
    const report = buildSenderReport({
      ssrc,
      wallTime,
      timestamp: timestamp >>> 0,
      packets: this.#packetsSent,
      octets: this.#bytesSent,
      reports: [],
    });
    return Buffer.concat([report, buildSourceDescription(ssrc, cname)]);
  }

  /** While it waits for a keyframe and packets come, it asks again. */
  #pursueKeyframe(now: number, offered: number): void {
    if (!this.#waiting || offered < 1000) return;
    const patience = this.#overBudget ? SPARING_KEYFRAME_MS : KEYFRAME_RETRY_MS;
    if (now - this.#lastKeyframeRequest < patience) return;
    if (this.#overBudget && !this.#mayRestart()) return;
    this.#askForKeyframe();
  }

  /** Whether media went out within the last second or so. */
  get sendRate(): number {
    return this.#sent.rate;
  }

  stats(): OutgoingStreamStats {
    return {
      ssrc: this.ssrc,
      packetsSent: this.#packetsSent,
      bytesSent: this.#bytesSent,
      nacks: this.#nacks,
      pictureLosses: this.#pictureLosses,
      fullIntraRequests: this.#fullIntraRequests,
      retransmitted: this.#retransmitted,
      framesLeftOut: this.#framesLeftOut,
      packetsLost: this.#packetsLost,
      fractionLost: this.#fractionLost,
      roundTripTime: this.#roundTrip / 1000,
      receiverEstimate: this.#capacity.estimate ?? 0,
      limit: this.#limit,
    };
  }
}
