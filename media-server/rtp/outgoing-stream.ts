/**
 * One stream towards one peer: takes the packets of whatever source it is connected to and sends them under its own SSRC,
 * numbers and times, so that a viewer sees one unbroken stream while sources change, pause or lose frames. Decides what is
 * sent: from which keyframe on, and what fits into a weak leg. How packets are numbered (StreamMapping), how they leave
 * and leave again (SendBuffer) and the reports have their own files. Allocates nothing for a packet; the packets
 * themselves are shared by all streams.
 */
import type { Clock } from '../clock';
import type { Codec, MediaKind, MediaPacket, MediaSink, MediaSource } from '../flow';
import { LegCapacity, RateMeter } from './capacity';
import { KeyframeRequests } from './keyframe-requests';
import type { ReceptionReport } from './rtcp';
import { NOWHERE, RtpWriter } from './rtp-writer';
import type { RtpOutput } from './rtp-writer';
import { OVERHEAD_BYTES, SendBuffer } from './send-buffer';
import { SenderReports, timestampAt } from './sender-reports';
import { StreamMapping } from './stream-mapping';
import { TemporalLayers } from './temporal-layers';

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

/** A limited leg: what may wait on the way before frames are left out, and before a new start, in seconds of its capacity. */
const MAX_BACKLOG_S = 0.4;
const RESTART_BACKLOG_S = 0.1;
/** A keyframe this young will still do when the peer's handshake is over. */
const HANDSHAKE_MS = 250;
/** Between two looks at what fits. */
const UPDATE_INTERVAL_MS = 250;

export class OutgoingStream implements MediaSink {
  readonly kind: MediaKind;
  readonly asksForKeyframes = true;
  readonly #clock: Clock;
  readonly #writer = new RtpWriter();
  readonly #mapping = new StreamMapping();
  readonly #buffer = new SendBuffer(this.#writer, this.#mapping);
  readonly #reports = new SenderReports();
  readonly #keyframes = new KeyframeRequests();
  #parameters: OutgoingParameters | undefined;
  #source: MediaSource | undefined;
  #writable = false;
  #closed = false;

  /** Compared with every packet's. */
  #codec: Codec | undefined;
  #vp8 = false;
  /** For a keyframe to begin with. */
  #waiting = true;
  #newSource = true;

  // What fits.
  readonly #capacity = new LegCapacity();
  readonly #offered = new RateMeter();
  /** Not yet in `#offered`: what every packet changes stands in as few objects as possible. */
  #offeredBytes = 0;
  #configuredLimit: number | undefined;
  #limit: number | undefined;
  readonly #layers = new TemporalLayers();
  #budgetTimestamp = -1;
  #overBudget = false;
  #nextUpdate = 0;

  #packetsSent = 0;
  #bytesSent = 0;
  #nacks = 0;
  #pictureLosses = 0;
  #fullIntraRequests = 0;
  #framesLeftOut = 0;

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
    this.#buffer.close();
    this.#source = undefined;
  }

  #start(): void {
    if (!this.#writable || !this.#parameters || this.#closed) return;
    this.#waiting = true;
    this.#newSource = true;
    for (const packet of this.#source?.recent?.() ?? []) this.push(packet);
    // One that was asked for during the handshake will do.
    if (this.#waiting && !this.#keyframes.mayBeComing(this.#clock.now())) this.#askForKeyframe();
  }

  /** Whether the source has pictures to begin with whose keyframe is at most `age` ms old. */
  #hasRecent(age: number): boolean {
    const keyframe = this.#source?.recent?.()[0];
    return keyframe !== undefined && this.#clock.now() - keyframe.arrival <= age;
  }

  #askForKeyframe(): void {
    if (this.kind === 'audio' || !this.#source) return;
    this.#keyframes.requested(this.#clock.now());
    this.#source.requestKeyframe();
  }

  // ── As a sink ─────────────────────────────────────────────────────────────────────────────────────────────────

  sourceChanged(source: MediaSource): void {
    this.#source = source;
    this.#waiting = true;
    this.#newSource = true;
    this.#keyframes.forget();
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
    this.#offeredBytes += bytes + OVERHEAD_BYTES;
    if (this.#waiting) {
      if (!packet.keyframeStart || packet.late) return;
      // What waits of another source, or of a larger picture, makes way.
      if (this.#overBudget && !this.#newSource && this.#hasBacklog(RESTART_BACKLOG_S)) return;
      this.#beginRun(packet);
    }
    const mapping = this.#mapping;
    if (packet.late) {
      if (!mapping.placeLate(packet)) return;
      if (mapping.hasHoles && this.#vp8 && this.#layers.leavesOut(packet)) {
        // Its number stays a hole, which we can fill when asked.
        this.#buffer.keepHole(mapping.sequenceNumber);
        return;
      }
    } else {
      if (this.#vp8 && (this.#limit !== undefined || mapping.hasHoles)) {
        if (!this.#choose(packet, bytes)) return;
      } else if (this.#limit !== undefined && this.kind === 'video' && !this.#fits(packet)) return;
      mapping.place(packet);
    }
    const now = this.#clock.now();
    const timestamp = mapping.timestamp(packet.timestamp);
    if (!packet.late) mapping.sent(timestamp, now);
    this.#packetsSent++;
    this.#bytesSent += bytes;
    this.#buffer.send(packet, timestamp, bytes, now);
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
    if (this.kind === 'video') this.#buffer.keepPackets();
  }

  /** A keyframe begins: from here on numbers continue where the last packet sent left off. */
  #beginRun(packet: MediaPacket): void {
    this.#waiting = false;
    this.#overBudget = false;
    // A number that nobody saw is no loss to be told, and to be asked for in vain.
    if (this.#newSource) this.#mapping.rewind(this.#buffer.forgetQueued());
    const { begun, lastSequence } = this.#mapping;
    const last = begun ? this.#buffer.packet(lastSequence) : undefined;
    const lastDelta = this.#buffer.pictureDelta(lastSequence);
    this.#mapping.beginRun(packet, this.#newSource, this.#clock.now());
    if (last && this.#vp8) this.#mapping.continuePictures(packet, last, lastDelta);
    if (begun) this.#buffer.forgetSent();
    this.#newSource = false;
  }

  // ── What fits ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** VP8: leaves out temporal layers that do not fit. False when the packet is not to be sent. */
  #choose(packet: MediaPacket, bytes: number): boolean {
    const begins = this.#layers.look(packet, bytes + OVERHEAD_BYTES);
    if (!this.#layers.leaveOut) return this.#limit === undefined || this.#fits(packet);
    this.#mapping.leaveOut(packet, begins);
    if (begins) this.#framesLeftOut++;
    return false;
  }

  /** At a frame that would only make the queue longer, waits for the next keyframe instead. */
  #fits(packet: MediaPacket): boolean {
    const begins = packet.timestamp !== this.#budgetTimestamp;
    this.#budgetTimestamp = packet.timestamp;
    if (!begins || !this.#hasBacklog(MAX_BACKLOG_S)) return true;
    this.#waiting = true;
    this.#overBudget = true;
    this.#framesLeftOut++;
    return false;
  }
  /** What the stream does not use of its limit can be used to try the leg: retransmissions have a stream of their own. */
  get #probes(): boolean {
    const { rtxPayloadType } = this.#writer;
    if (this.#parameters?.rtxSsrc === undefined || rtxPayloadType === undefined) return false;
    return this.#limit === this.#capacity.limit;
  }
  /** More waits for the narrow leg than it takes in so many seconds. */
  #hasBacklog(seconds: number): boolean {
    return this.#buffer.queuedBits > (this.#limit ?? Infinity) * seconds;
  }

  /** Limits, capacity and layers anew. */
  #weigh(): void {
    const found = this.#capacity.limit;
    const configured = this.#configuredLimit;
    this.#limit =
      found === undefined ? configured : configured === undefined ? found : Math.min(found, configured);
    if (this.#limit !== undefined && this.kind === 'video') this.#buffer.pace();
    if (this.#limit === undefined) this.#overBudget = false;
    this.#layers.choose(this.#limit);
    if (this.#parameters && this.#writable) this.#source?.reportCapacity(this, this.#limit ?? Infinity);
  }

  // ── What the viewer says ──────────────────────────────────────────────────────────────────────────────────────

  nack(sequenceNumbers: readonly number[]): void {
    this.#nacks += sequenceNumbers.length;
    if (!this.#writable) return;
    this.#buffer.nack(sequenceNumbers, this.#codec, this.#reports.roundTrip, this.#clock.now());
  }

  /** PLI or FIR: honoured at once, then at growing distances while they keep coming. */
  keyframeWanted(full: boolean): void {
    if (full) this.#fullIntraRequests++;
    else this.#pictureLosses++;
    if (!this.#keyframes.wish(this.#clock.now())) return;
    if (!this.#overBudget) this.#askForKeyframe();
  }

  receiverEstimate(bitsPerSecond: number): void {
    if (this.kind === 'video') this.#capacity.receiverEstimate(bitsPerSecond, this.#clock.now());
  }

  report(report: ReceptionReport): void {
    const roundTrip = this.#reports.receive(report, this.#clock.wallTime());
    if (this.kind === 'video') this.#capacity.report(report.fractionLost, roundTrip);
  }

  /** Packets wait for a narrow leg: it is to be ticked often. */
  get paced(): boolean {
    return this.#buffer.paced;
  }

  /** Every few dozen milliseconds. Returns a sender report when one is due. */
  tick(now: number): Buffer | undefined {
    if (!this.#writable || !this.#parameters) return undefined;
    this.#buffer.drain(now, this.#limit, this.#codec, this.#capacity.probing && this.#probes);
    if (now >= this.#nextUpdate) this.#update(now);
    if (this.#packetsSent === 0 || !this.#reports.isDue(now)) return undefined;
    const clock = this.#source?.clock;
    if (!clock || !this.#codec || this.#waiting) return undefined;
    const wallTime = this.#clock.wallTime();
    const timestamp = this.#mapping.timestamp(timestampAt(clock, wallTime, this.#codec.clockRate));
    const { ssrc, cname } = this.#parameters;
    const [packets, octets] = [this.#packetsSent, this.#bytesSent];
    return this.#reports.build({ ssrc, wallTime, timestamp, packets, octets }, cname, now);
  }

  /** What the leg takes, and what of it is used. */
  #update(now: number): void {
    const elapsed = this.#nextUpdate > 0 ? (now - this.#nextUpdate + UPDATE_INTERVAL_MS) / 1000 : 0;
    this.#nextUpdate = now + UPDATE_INTERVAL_MS;
    if (elapsed > 0) this.#layers.measure(elapsed);
    const sent = this.#buffer.measure(now);
    this.#offered.add(this.#offeredBytes);
    this.#offeredBytes = 0;
    const offered = this.#offered.update(now);
    if (this.kind !== 'video') return;
    this.#capacity.update(now, sent, offered, this.#probes);
    this.#weigh();
    this.#pursueKeyframe(now, offered);
  }

  /** While it waits for a keyframe and packets come, it asks again. */
  #pursueKeyframe(now: number, offered: number): void {
    if (!this.#waiting || offered < 1000) return;
    if (!this.#keyframes.isOverdue(now, this.#overBudget)) return;
    if (this.#overBudget && !this.#newSource && this.#hasBacklog(RESTART_BACKLOG_S)) return;
    this.#askForKeyframe();
  }

  /** Bit/s that went out within the last second or so. */
  get sendRate(): number {
    return this.#buffer.rate;
  }

  stats(): OutgoingStreamStats {
    return {
      ssrc: this.ssrc,
      packetsSent: this.#packetsSent,
      bytesSent: this.#bytesSent,
      nacks: this.#nacks,
      pictureLosses: this.#pictureLosses,
      fullIntraRequests: this.#fullIntraRequests,
      retransmitted: this.#buffer.retransmitted,
      framesLeftOut: this.#framesLeftOut,
      packetsLost: this.#reports.packetsLost,
      fractionLost: this.#reports.fractionLost,
      roundTripTime: this.#reports.roundTrip / 1000,
      receiverEstimate: this.#capacity.estimate ?? 0,
      limit: this.#limit,
    };
  }
}
