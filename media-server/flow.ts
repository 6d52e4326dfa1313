/**
 * How media travels inside the server: sources push RTP packets to sinks. Elements own sources and sinks; connecting two
 * elements adds a sink to a source. Nothing here knows about sockets, Kurento or codecs' insides.
 *
 * Packets are plain text (decrypted) and shared by all sinks: nobody writes to one. Whoever needs other header fields
 * copies the header into a buffer of its own.
 */

export type MediaKind = 'audio' | 'video';

export type CodecName = 'VP8' | 'VP9' | 'AV1' | 'H264' | 'opus' | 'PCMU' | 'PCMA' | 'G722';

/** A codec as negotiated; `parameters` are its fmtp entries with lower-case keys. */
export interface Codec {
  readonly kind: MediaKind;
  readonly name: CodecName;
  /** Hz of the RTP timestamp. */
  readonly clockRate: number;
  /** Audio only. */
  readonly channels?: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** One received RTP packet, parsed once. */
export interface MediaPacket {
  readonly kind: MediaKind;
  readonly codec: Codec;
  /** The complete RTP packet (RFC 3550), unencrypted. Stays valid and unchanged as long as somebody holds it. */
  readonly buffer: Buffer;
  /** Where the payload begins and ends in `buffer` (header extensions and padding are outside). */
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly sequenceNumber: number;
  /** Media time in units of the codec's clock rate, modulo 2^32. */
  readonly timestamp: number;
  /** Last packet of a frame (video). */
  readonly marker: boolean;
  readonly ssrc: number;
  /** Position among the simulcast layers of its sender, lowest 0; left out where there is one stream. */
  readonly layer?: number;
  /** True for the first packet of a keyframe: a decoder can start here. Always true for audio. */
  readonly keyframeStart: boolean;
  /** Monotonic milliseconds (performance.now) at which the packet was read from its socket or file. */
  readonly arrival: number;
  /** True when it fills an older gap (retransmission or reordering): it may come after packets with higher numbers. */
  readonly late: boolean;
}

/** Relation of a source's RTP clock to its wall clock, from the sender reports: what keeps audio and video in step. */
export interface ClockMapping {
  /** Sender's wall clock, milliseconds since 1970 (of the sender: only differences between two of its streams count). */
  readonly wallTime: number;
  /** RTP timestamp of the same instant. */
  readonly timestamp: number;
}

/** Where packets come from: an endpoint's receiving side, a player, a filter's output. */
export interface MediaSource {
  readonly kind: MediaKind;
  /** Undefined until negotiated. */
  readonly codec: Codec | undefined;
  readonly clock: ClockMapping | undefined;
  /** Adds a sink; it sees `sourceChanged` at once when the codec is known. Adding twice is no error and has no effect. */
  addSink(sink: MediaSink): void;
  removeSink(sink: MediaSink): void;
  /** Asks for a keyframe, soon and at most a few times per second however many sinks ask. No effect for audio. */
  requestKeyframe(): void;
  /**
   * What a sink that joins now can begin with: the packets since the last keyframe, it first, while they are few and young;
   * empty when there is none. Valid until the next packet. A source without it has none to offer.
   */
  recent?(): readonly MediaPacket[];
  /**
   * What this sink can take at present, in bit/s; undefined when it does not know (yet), Infinity when it has no limit,
   * such as a recorder. The source lets its sender use the highest known value of all sinks, so that one weak viewer
   * does not pull down the presenter.
   */
  reportCapacity(sink: MediaSink, bitsPerSecond: number | undefined): void;
}

/** Where packets go. Must not throw, must not wait, must not write to the packet. */
export interface MediaSink {
  readonly kind: MediaKind;
  /**
   * The only codecs that this sink can use, most wanted first; undefined when it takes what comes. A source that has
   * yet to negotiate keeps to what all its sinks accept, if anything is left then.
   */
  readonly accepts?: readonly CodecName[] | undefined;
  /**
   * It asks for a keyframe itself as soon as it can use one; nobody is to ask on its behalf, because requests are few and
   * one that comes too early delays the one that counts.
   */
  readonly asksForKeyframes?: boolean;
  /** The source, its codec or its parameters are new: the next packets belong to a new stream that starts at a keyframe. */
  sourceChanged(source: MediaSource): void;
  /** The source is gone (disconnected or released): no packet follows until the next sourceChanged. */
  sourceEnded(): void;
  push(packet: MediaPacket): void;
}

/** One message of a data channel, on its way between elements. */
export interface DataMessage {
  readonly payload: Buffer;
  /** False for text (UTF-8). */
  readonly binary: boolean;
}

/** Where data channel messages come from: the peer's channels, or whatever a filter finds worth saying. */
export interface DataSource {
  addSink(sink: DataSink): void;
  removeSink(sink: DataSink): void;
}

/** Where data channel messages go. Must not throw, must not wait, must not write to the message. */
export interface DataSink {
  push(message: DataMessage): void;
}
