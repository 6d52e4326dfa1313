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
import { buildSenderReport, buildSourceDescription, ntpMiddle } from './rtcp';
import type { ReceptionReport } from './rtcp';
import { SequenceHistory } from './sequence-history';
import { readVp8Descriptor, Vp8Descriptor, writeVp8Descriptor } from './vp8';

/** The part of a MediaTransport that streams need. */
export interface RtpOutput {
  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): boolean;
  sendRtcp(packet: Buffer): boolean;
}

const NOWHERE: RtpOutput = { sendRtp: () => false, sendRtcp: () => false };

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

/** Packets kept for retransmission: two seconds at 2.5 Mbit/s. A power of two. */
const KEPT = 512;
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
const MAX_BACKLOG_S = 0.35;
const RESTART_BACKLOG_S = 0.1;
/** Between the keyframes that a limited leg asks for. */
const SPARING_KEYFRAME_MS = 3_000;
const HEADER_BYTES = 12;
const HEADER_WITH_TIME_BYTES = 20;
/** Time between the streams of two sources when nothing was sent in between: one frame at 30 fps. */
const FRAME_S = 1 / 30;

const descriptor = new Vp8Descriptor();
/** For the rare packets whose payload is not sent as it came; used up before `sendRtp` returns. */
const scratch = Buffer.alloc(65_536);

export class OutgoingStream implements MediaSink {
  readonly kind: MediaKind;
  readonly #clock: Clock;
  #output: RtpOutput = NOWHERE;
  readonly #header = Buffer.alloc(HEADER_WITH_TIME_BYTES);
  #headerLength = HEADER_BYTES;
  #parameters: OutgoingParameters | undefined;
  #source: MediaSource | undefined;
  #writable = false;
  #closed = false;

  // What the packets are mapped to. `#codec` is compared with every packet's.
  #codec: Codec | undefined;
  #payloadType = -1;
  #rtxPayloadType: number | undefined;
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
  #lastPictureId = -1;
  #lastTl0 = -1;
  #highestSource = 0;

  // Sent packets, by number.
  readonly #keptNumbers = new Int32Array(KEPT).fill(-1);
  #kept: (MediaPacket | undefined)[] | undefined;
  readonly #keptPictureDeltas = new Uint16Array(KEPT);
  readonly #resentAt = new Float64Array(KEPT);
  #rtxSequence = Math.floor(Math.random() * 0x8000);
  #resendAllowance = RESEND_BURST_BYTES;

  // What fits.
  readonly #capacity = new LegCapacity();
  readonly #sent = new RateMeter();
  readonly #offered = new RateMeter();
  #configuredLimit: number | undefined;
  #limit: number | undefined;
  #backlogBits = 0;
  #drainedAt = 0;
  #frameTimestamp = -1;
  #leaveOut = false;
  #topLayer = 3;
  readonly #layerBytes = new Float64Array(4);
  readonly #layerRates = new Float64Array(4);
  #layers = 0;
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
    this.#output = output;
    this.#codec = undefined;
    this.#payloadType = -1;
    if (!parameters) return;
    const header = this.#header;
    header.writeUInt32BE(parameters.ssrc, 8);
    if (parameters.absSendTimeId > 0 && parameters.absSendTimeId < 15) {
      header[0] = 0x90;
      header.writeUInt32BE(0xbede0001, 12);
      header[16] = (parameters.absSendTimeId << 4) | 2;
      this.#headerLength = HEADER_WITH_TIME_BYTES;
    } else {
      header[0] = 0x80;
      this.#headerLength = HEADER_BYTES;
    }
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
    this.#kept = undefined;
    this.#source = undefined;
  }

  #start(): void {
    if (!this.#writable || !this.#parameters || this.#closed) return;
    this.#waiting = true;
    this.#newSource = true;
    this.#askForKeyframe();
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
    this.#weigh();
    if (this.#writable && this.#parameters) this.#askForKeyframe();
  }
  sourceEnded(): void {
    this.#source = undefined;
    this.#waiting = true;
    this.#newSource = true;
  }

  push(packet: MediaPacket): void {
    if (!this.#writable) return;
    if (packet.codec !== this.#codec) this.#adopt(packet.codec);
    if (this.#payloadType < 0) return;
    const bytes = packet.payloadEnd - packet.payloadStart;
    this.#offered.add(bytes + 40);
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
        if (this.#lateLayerLeftOut(packet, (packet.sequenceNumber + difference) & 0xffff)) return;
      }
    } else {
      if (this.#vp8 && (this.#limit !== undefined || this.#history !== undefined || this.#layers > 0)) {
        if (!this.#choose(packet, bytes)) return;
        difference = this.#sequenceDelta;
        pictureDelta = this.#pictureDelta;
      } else if (this.#limit !== undefined && this.kind === 'video' && !this.#fits(packet, bytes)) return;
      this.#highestSource = packet.sequenceNumber;
      this.#history?.add(packet.sequenceNumber, difference, pictureDelta, false);
    }
    this.#send(packet, (packet.sequenceNumber + difference) & 0xffff, pictureDelta, bytes);
  }

  #send(packet: MediaPacket, sequenceNumber: number, pictureDelta: number, bytes: number): void {
    const now = this.#clock.now();
    const header = this.#header;
    const timestamp = (packet.timestamp + this.#timestampDelta) >>> 0;
    header[1] = packet.marker ? this.#payloadType | 0x80 : this.#payloadType;
    this.#writeHeader(header, sequenceNumber, timestamp, now);
    if (!packet.late) {
      this.#lastSequence = sequenceNumber;
      this.#lastTimestamp = timestamp;
      this.#lastSentAt = now;
    }
    this.#packetsSent++;
    this.#bytesSent += bytes;
    this.#sent.add(bytes + 40);
    if (this.#kept) {
      const slot = sequenceNumber & (KEPT - 1);
      this.#kept[slot] = packet;
      this.#keptNumbers[slot] = sequenceNumber;
      this.#resentAt[slot] = 0;
      if (this.#vp8) this.#keptPictureDeltas[slot] = pictureDelta;
      this.#resendAllowance = Math.min(RESEND_BURST_BYTES, this.#resendAllowance + bytes * RESEND_SHARE);
    }
    if (this.#vp8 && (pictureDelta !== 0 || this.#tl0Delta !== 0)) {
      const length = this.#rewrite(packet, pictureDelta, 0);
      this.#output.sendRtp(header, this.#headerLength, scratch, 0, length);
    } else {
      this.#output.sendRtp(header, this.#headerLength, packet.buffer, packet.payloadStart, packet.payloadEnd);
    }
  }

  #writeHeader(header: Buffer, sequenceNumber: number, timestamp: number, now: number): void {
    header[2] = sequenceNumber >> 8;
    header[3] = sequenceNumber & 0xff;
    header[4] = timestamp >>> 24;
    header[5] = (timestamp >>> 16) & 0xff;
    header[6] = (timestamp >>> 8) & 0xff;
    header[7] = timestamp & 0xff;
    if (this.#headerLength === HEADER_WITH_TIME_BYTES) {
      // 24 bits, 6.18 fixed point seconds.
      const time = (now * 262.144) & 0xffffff;
      header[17] = time >> 16;
      header[18] = (time >> 8) & 0xff;
      header[19] = time & 0xff;
    }
  }

  /** The payload with picture ids of this stream, in `scratch` from `at`; returns where it ends. */
  #rewrite(packet: MediaPacket, pictureDelta: number, at: number): number {
    let start = packet.payloadStart;
    if (readVp8Descriptor(packet.buffer, start, packet.payloadEnd, descriptor)) {
      at += writeVp8Descriptor(packet.buffer, start, descriptor, pictureDelta, this.#tl0Delta, scratch, at);
      start += descriptor.length;
      if (!packet.late && descriptor.frameStart) {
        if (descriptor.pictureIdBits > 0)
          this.#lastPictureId = (descriptor.pictureId + pictureDelta) & 0x7fff;
        if (descriptor.tl0PictureIndex >= 0)
          this.#lastTl0 = (descriptor.tl0PictureIndex + this.#tl0Delta) & 0xff;
      }
    }
    return at + packet.buffer.copy(scratch, at, start, packet.payloadEnd);
  }

  /** The source's codec is new to us. */
  #adopt(codec: Codec): void {
    const payload = this.#parameters?.payloadFor(codec);
    this.#codec = codec;
    this.#payloadType = payload?.payloadType ?? -1;
    this.#rtxPayloadType = payload?.rtxPayloadType;
    this.#vp8 = codec.name === 'VP8';
    this.#waiting = true;
    this.#newSource = true;
    this.#layers = 0;
    if (this.kind === 'video') this.#kept ??= new Array<MediaPacket | undefined>(KEPT).fill(undefined);
  }

  /** A keyframe begins: from here on numbers continue where the last packet sent left off. */
  #beginRun(packet: MediaPacket): void {
    const now = this.#clock.now();
    this.#waiting = false;
    this.#overBudget = false;
    this.#base = packet.sequenceNumber;
    this.#history = undefined;
    this.#leaveOut = false;
    this.#frameTimestamp = -1;
    const begun = this.#lastSequence >= 0;
    if (begun) {
      this.#sequenceDelta = (this.#lastSequence + 1 - packet.sequenceNumber) & 0xffff;
      this.#keptNumbers.fill(-1);
    }
    if (begun && this.#newSource) {
      const clockRate = packet.codec.clockRate;
      const elapsed = Math.max(FRAME_S, (now - this.#lastSentAt) / 1000);
      this.#timestampDelta = (this.#lastTimestamp + Math.round(elapsed * clockRate) - packet.timestamp) >>> 0;
    }
    this.#newSource = false;
    if (this.#vp8 && readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor)) {
      // Known only while picture ids are rewritten; the first run, and runs without differences, count on by the source.
      if (this.#lastPictureId < 0 && this.#lastVp8) this.#rememberPictures(this.#lastVp8);
      if (begun && this.#lastPictureId >= 0 && descriptor.pictureIdBits > 0) {
        readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor);
        this.#pictureDelta = (this.#lastPictureId + 1 - descriptor.pictureId) & 0x7fff;
        if (descriptor.tl0PictureIndex >= 0 && this.#lastTl0 >= 0)
          this.#tl0Delta = (this.#lastTl0 + 1 - descriptor.tl0PictureIndex) & 0xff;
      }
    }
  }

  /** The packet sent last, for its picture ids. */
  get #lastVp8(): MediaPacket | undefined {
    return this.#lastSequence < 0 ? undefined : this.#kept?.[this.#lastSequence & (KEPT - 1)];
  }
  #rememberPictures(packet: MediaPacket): void {
    if (!readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor)) return;
    if (descriptor.pictureIdBits > 0)
      this.#lastPictureId = (descriptor.pictureId + this.#pictureDelta) & 0x7fff;
    if (descriptor.tl0PictureIndex >= 0) this.#lastTl0 = (descriptor.tl0PictureIndex + this.#tl0Delta) & 0xff;
  }

  // ── What fits ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** VP8: leaves out temporal layers that do not fit. False when the packet is not to be sent. */
  #choose(packet: MediaPacket, bytes: number): boolean {
    const begins = packet.timestamp !== this.#frameTimestamp;
    if (begins) {
      this.#frameTimestamp = packet.timestamp;
      this.#leaveOut = false;
      if (
        readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor) &&
        descriptor.temporalLayer >= 0
      ) {
        const layer = descriptor.temporalLayer;
        if (layer + 1 > this.#layers) this.#layers = layer + 1;
        this.#leaveOut = layer > this.#topLayer;
        if (this.#leaveOut) {
          this.#framesLeftOut++;
          this.#history ??= new SequenceHistory(this.#highestSource, this.#sequenceDelta, this.#pictureDelta);
        }
      }
    }
    if (this.#layers > 0) {
      const layer = Math.max(0, descriptor.temporalLayer);
      this.#layerBytes[Math.min(3, layer)]! += bytes + 40;
    }
    if (this.#leaveOut) {
      this.#history?.add(packet.sequenceNumber, this.#sequenceDelta, this.#pictureDelta, true);
      if (begins) this.#pictureDelta = (this.#pictureDelta - 1) & 0x7fff;
      this.#sequenceDelta = (this.#sequenceDelta - 1) & 0xffff;
      this.#highestSource = packet.sequenceNumber;
      return false;
    }
    return this.#limit === undefined || this.#fits(packet, bytes);
  }

  /** A late packet of a layer that is left out: its number stays a hole, which we can fill when asked. */
  #lateLayerLeftOut(packet: MediaPacket, sequenceNumber: number): boolean {
    if (!this.#vp8 || !readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor))
      return false;
    if (descriptor.temporalLayer <= this.#topLayer) return false;
    const slot = sequenceNumber & (KEPT - 1);
    this.#keptNumbers[slot] = sequenceNumber;
    if (this.#kept) this.#kept[slot] = undefined;
    return true;
  }

  /** Counts a packet against the leg's capacity; at a frame that would only queue up, waits for the next keyframe. */
  #fits(packet: MediaPacket, bytes: number): boolean {
    const limit = this.#limit!;
    this.#drain(limit);
    const begins = packet.timestamp !== this.#budgetTimestamp;
    this.#budgetTimestamp = packet.timestamp;
    if (begins && this.#backlogBits > limit * MAX_BACKLOG_S) {
      this.#waiting = true;
      this.#overBudget = true;
      this.#framesLeftOut++;
      return false;
    }
    this.#backlogBits += (bytes + 40) * 8;
    return true;
  }
  #budgetTimestamp = -1;

  #drain(limit: number): void {
    const now = this.#clock.now();
    this.#backlogBits = Math.max(0, this.#backlogBits - ((now - this.#drainedAt) / 1000) * limit);
    this.#drainedAt = now;
  }
  #mayRestart(): boolean {
    const limit = this.#limit;
    if (limit === undefined) return true;
    this.#drain(limit);
    return this.#backlogBits <= limit * RESTART_BACKLOG_S;
  }

  /** Limits, capacity and layers anew. */
  #weigh(): void {
    const found = this.#capacity.limit;
    const configured = this.#configuredLimit;
    this.#limit =
      found === undefined ? configured : configured === undefined ? found : Math.min(found, configured);
    if (this.#limit === undefined) {
      this.#overBudget = false;
      this.#topLayer = 3;
    } else if (this.#layers > 1) {
      let sum = 0;
      let top = 0;
      for (let layer = 0; layer < this.#layers; layer++) {
        sum += this.#layerRates[layer]!;
        if (layer === 0 || sum <= this.#limit) top = layer;
        else break;
      }
      this.#topLayer = top;
    }
    if (this.#parameters && this.#writable) this.#source?.reportCapacity(this, this.#limit ?? Infinity);
  }

  // ── What the viewer says ──────────────────────────────────────────────────────────────────────────────────────

  nack(sequenceNumbers: readonly number[]): void {
    this.#nacks += sequenceNumbers.length;
    if (!this.#kept || !this.#writable) return;
    const now = this.#clock.now();
    for (const sequenceNumber of sequenceNumbers) {
      const slot = sequenceNumber & (KEPT - 1);
      if (this.#keptNumbers[slot] !== sequenceNumber) continue;
      if (now - this.#resentAt[slot]! < Math.max(5, this.#roundTrip * 0.8)) continue;
      this.#resentAt[slot] = now;
      const packet = this.#kept[slot];
      if (!packet) this.#sendPadding(sequenceNumber, now);
      else this.#resend(packet, sequenceNumber, this.#keptPictureDeltas[slot]!, now);
    }
  }

  #resend(packet: MediaPacket, sequenceNumber: number, pictureDelta: number, now: number): void {
    const bytes = packet.payloadEnd - packet.payloadStart;
    if (
      now - packet.arrival > MAX_RESEND_AGE_MS ||
      this.#resendAllowance < bytes ||
      packet.codec !== this.#codec
    )
      return;
    this.#resendAllowance -= bytes;
    this.#retransmitted++;
    this.#sent.add(bytes + 40);
    if (this.#limit !== undefined) this.#backlogBits += (bytes + 40) * 8;
    const header = this.#header;
    const timestamp = (packet.timestamp + this.#timestampDelta) >>> 0;
    const rtx = this.#parameters?.rtxSsrc !== undefined && this.#rtxPayloadType !== undefined;
    const payloadType = rtx ? this.#rtxPayloadType! : this.#payloadType;
    header[1] = packet.marker ? payloadType | 0x80 : payloadType;
    let length = 0;
    if (rtx) {
      length = scratch.writeUInt16BE(sequenceNumber, 0);
      header.writeUInt32BE(this.#parameters!.rtxSsrc!, 8);
      this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    }
    this.#writeHeader(header, rtx ? this.#rtxSequence : sequenceNumber, timestamp, now);
    if (this.#vp8 && (pictureDelta !== 0 || this.#tl0Delta !== 0))
      length = this.#rewrite(packet, pictureDelta, length);
    else length += packet.buffer.copy(scratch, length, packet.payloadStart, packet.payloadEnd);
    this.#output.sendRtp(header, this.#headerLength, scratch, 0, length);
    if (rtx) header.writeUInt32BE(this.#parameters!.ssrc, 8);
  }

  /** Fills a hole that a left-out packet would have left. */
  #sendPadding(sequenceNumber: number, now: number): void {
    const header = this.#header;
    header[1] = this.#payloadType;
    this.#writeHeader(header, sequenceNumber, this.#lastTimestamp, now);
    this.#output.sendRtp(header, this.#headerLength, scratch, 0, 0);
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

  /** A few times a second. Returns a sender report when one is due. */
  tick(now: number): Buffer | undefined {
    if (!this.#writable || !this.#parameters) return undefined;
    if (now >= this.#nextUpdate) {
      const elapsed = this.#nextUpdate > 0 ? (now - this.#nextUpdate + 250) / 1000 : 0;
      this.#nextUpdate = now + 250;
      if (elapsed > 0) {
        for (let layer = 0; layer < this.#layers; layer++) {
          this.#layerRates[layer]! +=
            ((this.#layerBytes[layer]! * 8) / elapsed - this.#layerRates[layer]!) * 0.25;
          this.#layerBytes[layer] = 0;
        }
      }
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
