/**
 * A WebM, Matroska or MP4 file as a player needs it: its tracks and their samples from any place on. The reading of the
 * formats is mediabunny's, which only this file and its source import. Whatever is wrong with a file raises an error here.
 */
import { EncodedPacketSink, Input, Logging, LogLevel, MATROSKA, MP4, QTFF, WEBM } from 'mediabunny';
import type { EncodedPacket, InputTrack } from 'mediabunny';
import type { Codec, MediaKind } from '../flow';
import { BoundedSource } from './bounded-source';
import type { ByteSource } from './byte-source';

export interface MediaSample {
  readonly data: Uint8Array;
  readonly keyframe: boolean;
  /** Milliseconds since the file's beginning. */
  readonly time: number;
  readonly duration: number;
}

/** How H.264 lies in the file. */
export interface H264Layout {
  /** Bytes of a NAL unit's length; 0: start codes. */
  readonly lengthBytes: number;
  /** To be sent in front of keyframes that have none. */
  readonly parameterSets: readonly Uint8Array[];
}
export interface MediaTrack {
  readonly kind: MediaKind;
  readonly codec: Codec;
  readonly h264?: H264Layout;
}

/** An open file. */
export interface Media {
  readonly tracks: readonly MediaTrack[];
  /** Milliseconds. */
  readonly duration: number;
  /** Where playing can begin at or before a place, milliseconds. */
  keyframeBefore(time: number): Promise<number>;
  /** In the order of decoding. Video begins at a keyframe. */
  samples(kind: MediaKind, from: number): AsyncGenerator<MediaSample, void>;
  close(): Promise<void>;
}

export class MediaFile implements Media {
  readonly tracks: readonly MediaTrack[];
  readonly duration: number;
  readonly #source: ByteSource;
  readonly #reading: BoundedSource;
  readonly #input: Input;
  readonly #sinks: ReadonlyMap<MediaKind, EncodedPacketSink>;
  #closed = false;

  private constructor(
    source: ByteSource,
    reading: BoundedSource,
    input: Input,
    tracks: readonly MediaTrack[],
    sinks: ReadonlyMap<MediaKind, EncodedPacketSink>,
    duration: number,
  ) {
    this.#source = source;
    this.#reading = reading;
    this.#input = input;
    this.tracks = tracks;
    this.#sinks = sinks;
    this.duration = duration;
  }

  /** Takes over the source. Rejects when it is no media file, or has nothing in it that can be played. */
  static async open(source: ByteSource): Promise<MediaFile> {
    // What is wrong with somebody's file is told to them, not to the console.
    Logging.level = LogLevel.Silent;
    const reading = new BoundedSource(source);
    const input = new Input({ formats: [WEBM, MATROSKA, MP4, QTFF], source: reading });
    try {
      const tracks: MediaTrack[] = [];
      const sinks = new Map<MediaKind, EncodedPacketSink>();
      for (const track of await input.getTracks()) {
        const description = await describe(track);
        if (!description || sinks.has(description.kind)) continue;
        tracks.push(description);
        sinks.set(description.kind, new EncodedPacketSink(track));
      }
      if (tracks.length === 0) throw new Error('nothing in it can be played');
      const seconds = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
      const duration = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : 0;
      return new MediaFile(source, reading, input, tracks, sinks, duration);
    } catch (error) {
      input.dispose();
      await source.close();
      throw error;
    }
  }

  async keyframeBefore(time: number): Promise<number> {
    const sink = this.#sinks.get('video');
    if (!sink) return time;
    this.#reading.renew();
    const packet = (await sink.getKeyPacket(time / 1000)) ?? (await sink.getFirstKeyPacket());
    const found = packet ? Math.max(0, packet.timestamp * 1000) : time;
    if (!Number.isFinite(found)) throw new Error('its times are broken');
    return found;
  }

  async *samples(kind: MediaKind, from: number): AsyncGenerator<MediaSample, void> {
    const sink = this.#sinks.get(kind);
    if (!sink) return;
    this.#reading.renew();
    const isVideo = kind === 'video';
    const place = from / 1000;
    const found = from > 0 ? await (isVideo ? sink.getKeyPacket(place) : sink.getPacket(place)) : undefined;
    const start = found ?? (await (isVideo ? sink.getFirstKeyPacket() : sink.getFirstPacket()));
    if (!start) return;
    for await (const packet of sink.packets(start)) {
      this.#reading.renew();
      if (!Number.isFinite(packet.timestamp + packet.duration)) throw new Error('its times are broken');
      yield sampleOf(packet);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.dispose();
    await this.#source.close();
  }
}

const sampleOf = ({ data, type, timestamp, duration }: EncodedPacket): MediaSample => ({
  data,
  keyframe: type === 'key',
  time: timestamp * 1000,
  duration: duration * 1000,
});

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

async function describe(track: InputTrack): Promise<MediaTrack | undefined> {
  const name = await track.getCodec();
  if (track.isAudioTrack() && name === 'opus') {
    // In RTP Opus is always announced with two channels (RFC 7587 section 7).
    const codec: Codec = {
      kind: 'audio',
      name: 'opus',
      clockRate: 48_000,
      channels: 2,
      parameters: NO_PARAMETERS,
    };
    return { kind: 'audio', codec };
  }
  if (!track.isVideoTrack()) return undefined;
  if (name === 'vp8') {
    return {
      kind: 'video',
      codec: { kind: 'video', name: 'VP8', clockRate: 90_000, parameters: NO_PARAMETERS },
    };
  }
  if (name !== 'avc') return undefined;
  const config = await track.getDecoderConfig();
  const h264 = layoutOf(config?.description);
  const sps = h264.parameterSets.find((set) => (set[0]! & 0x1f) === 7);
  const parameters = new Map([['packetization-mode', '1']]);
  if (sps) parameters.set('profile-level-id', Buffer.from(sps.subarray(1, 4)).toString('hex'));
  return { kind: 'video', codec: { kind: 'video', name: 'H264', clockRate: 90_000, parameters }, h264 };
}

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1); without one there are start codes. */
function layoutOf(description: unknown): H264Layout {
  if (description === undefined) return { lengthBytes: 0, parameterSets: [] };
  const record = ArrayBuffer.isView(description)
    ? Buffer.from(description.buffer, description.byteOffset, description.byteLength)
    : Buffer.from(description as ArrayBuffer);
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = record.readUInt8(at++) & mask;
    for (let i = 0; i < count; i++) {
      const end = at + 2 + record.readUInt16BE(at);
      if (end > record.length || end === at + 2)
        throw new Error('the description of the H.264 stream is broken');
      parameterSets.push(Uint8Array.from(record.subarray(at + 2, end)));
      at = end;
    }
  }
  return { lengthBytes: (record.readUInt8(4) & 3) + 1, parameterSets };
}
