/**
 * RTP and RTCP over one transport: tells which stream a packet belongs to (by SSRC, by the mid and rid extensions, by
 * payload type), brings media to the endpoint's outputs, messages to its outgoing streams, and keeps the peer informed:
 * transport-wide feedback, reception reports, missing packets, keyframe requests, the bitrate it may send.
 */
import type { Clock } from '../clock';
import type { ClockMapping, Codec, MediaKind, MediaPacket } from '../flow';
import { ABS_SEND_TIME, MID, REPAIRED_RTP_STREAM_ID, RTP_STREAM_ID, TRANSPORT_WIDE_CC } from '../sdp';
import type { NegotiatedMedia, PayloadCodec } from '../sdp';
import { RateMeter } from './capacity';
import { readRtpHeader, RtpHeader } from './header';
import type { ExtensionIds } from './header';
import { IncomingStream } from './incoming-stream';
import type { OutgoingStream } from './outgoing-stream';
import {
  buildBye,
  buildFullIntraRequest,
  buildMaxBitrate,
  buildNack,
  buildPictureLoss,
  buildReceiverReport,
  readRtcp,
} from './rtcp';
import type { ReceptionReport, RtcpMessage, SenderReport } from './rtcp';
import type { RtpOutput } from './rtp-writer';
import type { Ticker } from './ticker';
import { TransportFeedback } from './transport-feedback';

/** What the endpoint does with what comes in. */
export interface RtpReceiver {
  /**
   * Packets of a new stream follow: another SSRC, another codec, or numbers that begin anew. `layer`: position of the
   * stream among the simulcast layers, lowest 0.
   */
  started(codec: Codec, layer: number): void;
  packet(packet: MediaPacket): void;
  /** The stream's clock in terms of the server's wall clock. */
  receivedClock(kind: MediaKind, mapping: ClockMapping, layer: number): void;
  /** The peer ended a stream of this kind, and there is no other. */
  ended(kind: MediaKind): void;
}

export interface RtpSessionOptions {
  readonly media: readonly NegotiatedMedia[];
  readonly output: RtpOutput;
  readonly receiver: RtpReceiver;
  readonly outgoing: readonly OutgoingStream[];
  readonly ticker: Ticker;
  readonly clock: Clock;
  /** Milliseconds to the peer and back, as well as it is known. */
  readonly roundTripTime: () => number | undefined;
  /** The session of the same peer that this one takes over from. */
  readonly before?: RtpSession | undefined;
}

/** A peer has a handful of streams; one that invents more gets no memory for them. */
const MAX_STREAMS = 24;
/** Feedback often enough for a quick start of the sender's bandwidth estimation. */
const FEEDBACK_INTERVAL_MS = 50;
/** Time for two attempts at a repair before the loss is told. */
const HOLD_MARGIN_MS = 60;
const MAX_HOLD_MS = 250;
const REPORT_INTERVAL_MS = 1_000;
const LIMIT_REPEAT_MS = 1_000;
/** "No limit": what ends an earlier one. */
const NO_LIMIT = 50_000_000;
const DEFAULT_ROUND_TRIP_MS = 50;
const ROUND_TRIP_CHECK_MS = 1_000;
/** A stream silent for so long gives way to a new one of its kind. */
const SILENT_MS = 500;
const KEYFRAME_RETRY_MS = 400;
/** Who only sends, and not to a narrow leg, has something to do a few times a second: with many viewers it counts. */
const REST_MS = 250;

interface Retransmissions {
  readonly of: IncomingStream;
}

export class RtpSession {
  readonly #options: RtpSessionOptions;
  readonly #clock: Clock;
  readonly #header = new RtpHeader();
  readonly #extensions: ExtensionIds = {
    transportSequenceNumber: 0,
    absSendTime: 0,
    mid: 0,
    rid: 0,
    repairedRid: 0,
  };
  readonly #payloads: (PayloadCodec | undefined)[] = new Array<PayloadCodec | undefined>(128).fill(undefined);
  /** Retransmission payload type → that of the media. */
  readonly #rtxPayloads: (PayloadCodec | undefined)[] = new Array<PayloadCodec | undefined>(128).fill(
    undefined,
  );
  readonly #streams = new Map<number, IncomingStream | Retransmissions>();
  /**
   * The layer that an SSRC carries or repairs, the newest last. Senders name it only until they see that it arrived
   * (RFC 7941), and go on without it after an ICE restart: it outlives the session.
   */
  readonly #rids: Map<number, string>;
  readonly #primary = new Map<MediaKind, IncomingStream>();
  readonly #outgoing = new Map<number, OutgoingStream>();
  readonly #feedback = new TransportFeedback();
  readonly #localSsrc: number;
  readonly #received = new RateMeter();
  #feedbackMedia = 0;
  #nextFeedback = 0;
  #nextReport = 0;
  #nextRoundTrip = 0;
  #roundTrip = DEFAULT_ROUND_TRIP_MS;
  #limit: number | undefined;
  #limitTold: number | undefined;
  #nextLimit = 0;
  #keyframeWantedSince = 0;
  #keyframeAskedAt = -Infinity;
  /** Peer's wall clock + this = the server's. One for all its streams, so that they stay in step. */
  #wallOffset: number | undefined;
  #firCount = 0;
  #closed = false;

  constructor(options: RtpSessionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    for (const section of options.media) this.#learn(section);
    for (const stream of options.outgoing) this.#outgoing.set(stream.ssrc, stream);
    this.#rids = new Map(options.before ? options.before.#rids : []);
    this.#localSsrc =
      options.outgoing.find((stream) => stream.kind === 'video')?.ssrc ?? options.outgoing[0]?.ssrc ?? 1;
    options.ticker.add(this);
  }

  #learn(section: NegotiatedMedia): void {
    for (const payload of section.codecs) {
      this.#payloads[payload.payloadType] = payload;
      if (payload.rtxPayloadType !== undefined) this.#rtxPayloads[payload.rtxPayloadType] = payload;
    }
    this.#extensions.transportSequenceNumber ||= section.extensions.get(TRANSPORT_WIDE_CC) ?? 0;
    this.#extensions.absSendTime ||= absSendTimeId(section);
    this.#extensions.mid ||= section.extensions.get(MID) ?? 0;
    this.#extensions.rid ||= section.extensions.get(RTP_STREAM_ID) ?? 0;
    this.#extensions.repairedRid ||= section.extensions.get(REPAIRED_RTP_STREAM_ID) ?? 0;
  }

  /** Received media, bit/s over the last second. */
  get receiveRate(): number {
    return this.#received.rate;
  }
  /** What the peer was told to send at most, bit/s. */
  get peerLimit(): number | undefined {
    return this.#limitTold;
  }
  get incoming(): readonly IncomingStream[] {
    return [...this.#streams.values()].filter((stream) => stream instanceof IncomingStream);
  }

  // ── Media ─────────────────────────────────────────────────────────────────────────────────────────────────────

  rtp(packet: Buffer, arrival: number): void {
    const header = this.#header;
    if (this.#closed || !readRtpHeader(packet, this.#extensions, header)) return;
    if (header.transportSequenceNumber >= 0) {
      if (!this.#feedback.pending)
        this.#nextFeedback = Math.max(this.#nextFeedback, arrival + FEEDBACK_INTERVAL_MS / 2);
      this.#feedback.add(header.transportSequenceNumber, arrival, header.absSendTime);
      this.#feedbackMedia = header.ssrc;
    }
    this.#received.add(packet.length);
    const stream = this.#streams.get(header.ssrc) ?? this.#discover(header);
    if (!stream) return;
    let media: MediaPacket | undefined;
    let owner: IncomingStream;
    if (stream instanceof IncomingStream) {
      const payload = this.#payloads[header.payloadType];
      if (!payload || payload.codec.kind !== stream.kind) return;
      owner = stream;
      media = stream.receive(packet, header, payload, arrival, false);
    } else {
      const payload = this.#rtxPayloads[header.payloadType];
      if (!payload) return;
      owner = stream.of;
      media = owner.receiveRetransmission(packet, header, payload, arrival);
    }
    if (!media) return;
    const layer = this.#layerOf(owner);
    if (layer >= 0) {
      if (owner.takeRestarted()) this.#options.receiver.started(media.codec, layer);
      this.#options.receiver.packet(media);
    }
    if (media.keyframeStart && owner.kind === 'video') this.#keyframeWantedSince = 0;
    if (owner.repair.waiting > 0) this.#askForMissing(owner, arrival);
  }

  /** -1: a stream that gave way to a newer one. */
  #layerOf(stream: IncomingStream): number {
    if (stream.layer !== undefined) return stream.layer;
    if (this.#primary.get(stream.kind) === stream) return 0;
    const current = this.#primary.get(stream.kind);
    if (!current || stream.lastArrival - current.lastArrival > SILENT_MS) {
      this.#primary.set(stream.kind, stream);
      stream.markRestarted();
      return 0;
    }
    return -1;
  }

  /** An SSRC seen for the first time. */
  #discover(header: RtpHeader): IncomingStream | Retransmissions | undefined {
    if (this.#streams.size >= MAX_STREAMS) this.#forgetSilent();
    if (this.#streams.size >= MAX_STREAMS) return undefined;
    this.wake();
    const payload = this.#payloads[header.payloadType];
    if (payload) {
      const section = this.#options.media.find(({ codecs }) => codecs.includes(payload));
      if (!section?.receives) return undefined;
      const rid = section.remoteRids.length > 0 ? this.#ridOf(header.ssrc, header.rid) : undefined;
      // Layers are told by rid; until the first packet that names it, nobody knows which one this is.
      if (section.remoteRids.length > 0 && rid === undefined) return undefined;
      const stream = new IncomingStream(header.ssrc, payload.codec, rid, layerOf(section, header.ssrc, rid));
      this.#streams.set(header.ssrc, stream);
      if (stream.layer === undefined) this.#primary.set(stream.kind, stream);
      return stream;
    }
    const repaired = this.#rtxPayloads[header.payloadType];
    if (!repaired) return undefined;
    const of = this.#ownerOfRetransmissions(header, repaired.codec.kind);
    if (!of) return undefined;
    const stream: Retransmissions = { of };
    this.#streams.set(header.ssrc, stream);
    return stream;
  }

  #ownerOfRetransmissions(header: RtpHeader, kind: MediaKind): IncomingStream | undefined {
    for (const section of this.#options.media) {
      const announced = section.remoteSsrcs.find(({ rtxSsrc }) => rtxSsrc === header.ssrc);
      const owner = announced && this.#streams.get(announced.ssrc);
      if (owner instanceof IncomingStream) return owner;
    }
    const repaired = this.#ridOf(header.ssrc, header.repairedRid);
    if (repaired !== undefined) return this.incoming.find(({ rid }) => rid === repaired);
    return this.#primary.get(kind);
  }

  /** `named`: by the packet at hand, else by one before. */
  #ridOf(ssrc: number, named: string | undefined): string | undefined {
    if (named === undefined) return this.#rids.get(ssrc);
    this.#rids.delete(ssrc);
    this.#rids.set(ssrc, named);
    if (this.#rids.size > MAX_STREAMS) this.#rids.delete(this.#rids.keys().next().value as number);
    return named;
  }

  #forgetSilent(): void {
    const now = this.#clock.now();
    for (const [ssrc, stream] of this.#streams) {
      const media = stream instanceof IncomingStream ? stream : stream.of;
      if (this.#primary.get(media.kind) !== media && now - media.lastArrival > 5_000)
        this.#streams.delete(ssrc);
    }
  }

  // ── Messages from the peer ────────────────────────────────────────────────────────────────────────────────────

  rtcp(packet: Buffer, arrival: number): void {
    if (this.#closed) return;
    for (const message of readRtcp(packet)) this.#message(message, arrival);
  }

  #message(message: RtcpMessage, now: number): void {
    switch (message.type) {
      case 'sender-report':
        this.#senderReport(message, now);
        this.#reports(message.reports);
        return;
      case 'receiver-report':
        this.#reports(message.reports);
        return;
      case 'nack':
        this.#outgoing.get(message.mediaSsrc)?.nack(message.sequenceNumbers);
        return;
      case 'picture-loss':
        this.#outgoing.get(message.mediaSsrc)?.keyframeWanted(false);
        return;
      case 'full-intra-request':
        for (const ssrc of message.ssrcs) this.#outgoing.get(ssrc)?.keyframeWanted(true);
        return;
      case 'max-bitrate':
        for (const stream of this.#outgoing.values()) stream.receiverEstimate(message.bitsPerSecond);
        return;
      case 'bye':
        for (const ssrc of message.ssrcs) this.#bye(ssrc);
        return;
    }
  }

  #reports(reports: readonly ReceptionReport[]): void {
    for (const report of reports) this.#outgoing.get(report.ssrc)?.report(report);
  }

  #senderReport(report: SenderReport, now: number): void {
    const stream = this.#streams.get(report.ssrc);
    if (!(stream instanceof IncomingStream)) return;
    stream.reception.senderReport(report, now);
    const offset = this.#clock.wallTime() - report.wallTime;
    // One difference for the whole session; a new one only when the peer's clock was set.
    if (this.#wallOffset === undefined || Math.abs(offset - this.#wallOffset) > 5_000)
      this.#wallOffset = offset;
    const layer = this.#layerOf(stream);
    if (layer < 0) return;
    this.#options.receiver.receivedClock(
      stream.kind,
      { wallTime: report.wallTime + this.#wallOffset, timestamp: report.timestamp },
      layer,
    );
  }

  #bye(ssrc: number): void {
    const stream = this.#streams.get(ssrc);
    if (!stream) return;
    this.#streams.delete(ssrc);
    if (!(stream instanceof IncomingStream)) return;
    for (const [other, each] of this.#streams)
      if (!(each instanceof IncomingStream) && each.of === stream) this.#streams.delete(other);
    if (this.#primary.get(stream.kind) !== stream) return;
    this.#primary.delete(stream.kind);
    this.#options.receiver.ended(stream.kind);
  }

  // ── Messages to the peer ──────────────────────────────────────────────────────────────────────────────────────

  /** Asks for a keyframe, of all video streams or of one simulcast layer. The caller sees to the pace. */
  requestKeyframe(layer?: number): void {
    const now = this.#clock.now();
    if (this.#keyframeWantedSince === 0) this.#keyframeWantedSince = now;
    this.#keyframeAskedAt = now;
    for (const stream of this.incoming) {
      if (stream.kind !== 'video' || (layer !== undefined && this.#layerOf(stream) !== layer)) continue;
      const feedback = this.#payloadOf(stream)?.feedback;
      if (!feedback || feedback.nackPli || !feedback.ccmFir) {
        stream.pictureLosses++;
        this.#send(buildPictureLoss(this.#localSsrc, stream.ssrc));
      } else {
        stream.fullIntraRequests++;
        this.#send(buildFullIntraRequest(this.#localSsrc, stream.ssrc, this.#firCount++));
      }
    }
  }

  #payloadOf(stream: IncomingStream): PayloadCodec | undefined {
    return this.#payloads.find((payload) => payload?.codec === stream.codec);
  }

  /** What the peer may send at most, bit/s; undefined lifts the limit. Told at once when it falls. */
  limitPeer(bitsPerSecond: number | undefined): void {
    if (bitsPerSecond === this.#limit) return;
    const falls = bitsPerSecond !== undefined && bitsPerSecond < (this.#limitTold ?? Infinity) * 0.97;
    this.#limit = bitsPerSecond;
    if (falls) this.#tellLimit(this.#clock.now());
    else this.#nextLimit = Math.min(this.#nextLimit, this.#clock.now() + 200);
  }

  #tellLimit(now: number): void {
    this.#nextLimit = now + LIMIT_REPEAT_MS;
    const value = this.#limit ?? NO_LIMIT;
    if (this.#limit === undefined && this.#limitTold === undefined) return;
    const ssrcs = this.incoming.filter(({ kind }) => kind === 'video').map(({ ssrc }) => ssrc);
    if (ssrcs.length === 0) return;
    this.#send(buildMaxBitrate(this.#localSsrc, value, ssrcs));
    this.#limitTold = this.#limit;
  }

  #askForMissing(stream: IncomingStream, now: number): void {
    const missing = stream.repair.due(now, this.#roundTrip);
    if (missing.length > 0) this.#send(buildNack(this.#localSsrc, stream.ssrc, missing));
  }

  /** There may be something to do at the next tick: a limit to pace by, a new stream to report on. */
  wake(): void {
    this.#options.ticker.wake(this);
  }

  tick(now: number): number {
    let paced = false;
    for (const stream of this.#outgoing.values()) {
      const report = stream.tick(now);
      if (report) this.#options.output.sendRtcp(report);
      paced ||= stream.paced;
    }
    if (this.#streams.size > 0) this.#tickIncoming(now);
    return paced || this.#streams.size > 0 ? 0 : REST_MS;
  }

  #tickIncoming(now: number): void {
    this.#received.update(now);
    if (now >= this.#nextRoundTrip) {
      this.#nextRoundTrip = now + ROUND_TRIP_CHECK_MS;
      this.#roundTrip = this.#options.roundTripTime() ?? DEFAULT_ROUND_TRIP_MS;
    }
    if (this.#feedback.pending && now >= this.#nextFeedback) this.#sendFeedback(now);
    for (const stream of this.#streams.values()) {
      if (!(stream instanceof IncomingStream) || !stream.repairs) continue;
      if (stream.repair.waiting > 0) this.#askForMissing(stream, now);
      if (stream.repair.takeAbandoned()) this.requestKeyframe();
    }
    if (this.#keyframeWantedSince > 0 && now - this.#keyframeAskedAt > KEYFRAME_RETRY_MS) {
      // Given up after a while: a sender that is switched off has none.
      if (now - this.#keyframeWantedSince > 10 * KEYFRAME_RETRY_MS) this.#keyframeWantedSince = 0;
      else this.requestKeyframe();
    }
    if (now >= this.#nextReport) this.#sendReports(now);
    if (now >= this.#nextLimit) this.#tellLimit(now);
  }

  #sendFeedback(now: number): void {
    this.#nextFeedback = now + FEEDBACK_INTERVAL_MS;
    const hold = Math.min(MAX_HOLD_MS, 2 * this.#roundTrip + HOLD_MARGIN_MS);
    let missingSince: number | undefined;
    for (const stream of this.incoming) {
      const { oldest } = stream.repair;
      if (oldest !== undefined && (missingSince === undefined || oldest < missingSince))
        missingSince = oldest;
    }
    for (;;) {
      const message = this.#feedback.build(this.#localSsrc, this.#feedbackMedia, now, hold, missingSince);
      if (!message) return;
      this.#send(message);
    }
  }

  #sendReports(now: number): void {
    this.#nextReport = now + REPORT_INTERVAL_MS;
    const reports: ReceptionReport[] = [];
    for (const stream of this.incoming) {
      const report = stream.reception.report(now);
      if (report && now - stream.lastArrival < 10 * REPORT_INTERVAL_MS) reports.push(report);
    }
    if (reports.length > 0) this.#send(buildReceiverReport(this.#localSsrc, reports));
  }

  #send(packet: Buffer): void {
    this.#options.output.sendRtcp(packet);
  }

  /** `goodbye`: what we sent ends here; otherwise another session takes over. */
  close(goodbye: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.ticker.remove(this);
    if (goodbye && this.#outgoing.size > 0) {
      this.#options.output.sendRtcp(
        Buffer.concat([buildReceiverReport(this.#localSsrc, []), buildBye([...this.#outgoing.keys()])]),
      );
    }
    this.#streams.clear();
    this.#primary.clear();
  }
}

/** Id of the abs-send-time extension of a section; 0 when it was not negotiated. */
export function absSendTimeId(section: NegotiatedMedia): number {
  return section.extensions.get(ABS_SEND_TIME) ?? 0;
}

/** Position among the simulcast layers, by name or by SSRC; -1: a name that nobody announced. */
function layerOf(section: NegotiatedMedia, ssrc: number, rid: string | undefined): number | undefined {
  if (rid !== undefined) return section.remoteRids.findIndex((each) => each.rid === rid);
  const position = section.remoteSimulcastSsrcs.indexOf(ssrc);
  return position < 0 ? undefined : position;
}
