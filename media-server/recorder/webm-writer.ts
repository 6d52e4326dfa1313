/**
 * WebM and Matroska (RFC 9559; EBML is RFC 8794). VP8 and Opus make a WebM file; H.264 is not part of WebM, so a file with
 * it calls itself Matroska. Clusters are written whole. Until the end the segment has no size, which is how live streams
 * look, and players take it as it is.
 */
import {
  cuesOf,
  element,
  float,
  Id,
  idBytes,
  join,
  seekHeadOf,
  text,
  UNKNOWN_SIZE,
  unsigned,
  voidOf,
  wideSize,
  type Cue,
} from '../../protocol/ebml';
import type { ContainerWriter, Ending, Sample, TrackDescription } from './container';
import { HEADER_BYTES, INDEX_INTERVAL_MS, MAX_INDEX_ENTRIES } from './container';
import { avcConfiguration } from './h264-parameters';

const TRACK_NUMBER = { video: 1, audio: 2 } as const;
const SEGMENT_HEADER_BYTES = 12;
/** A block's time is written in 16 bits, seen from its cluster. */
const MAX_CLUSTER_MS = 30_000;
/** So much a decoder of Opus should hear before a place that it jumps to (RFC 7845 section 4.6), nanoseconds. */
const OPUS_PRE_ROLL_NS = 80_000_000;

export class WebmWriter implements ContainerWriter {
  readonly #random: () => number;
  readonly #tracks = new Map<string, { readonly description: TrackDescription; readonly uid: number }>();
  /** Their clusters' positions in the file. */
  readonly #cues: Cue[] = [];
  #segmentStart = 0;
  #duration = 0;

  /** @param random below 1, for the tracks' ids */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  describe(description: TrackDescription): void {
    const known = this.#tracks.get(description.kind);
    this.#tracks.set(description.kind, {
      description,
      uid: known?.uid ?? 1 + Math.floor(this.#random() * 2 ** 32),
    });
  }

  header(): Uint8Array {
    return this.#header(undefined);
  }

  #header(ending: { readonly size: number; readonly cues: number } | undefined): Uint8Array {
    const isWebm = [...this.#tracks.values()].every(({ description: { codec } }) => codec.name !== 'H264');
    const ebml = element(Id.Ebml, [
      unsigned(0x4286, 1),
      unsigned(0x42f7, 1),
      unsigned(0x42f2, 4),
      unsigned(0x42f3, 8),
      text(0x4282, isWebm ? 'webm' : 'matroska'),
      unsigned(0x4287, 4),
      unsigned(0x4285, 2),
    ]);
    this.#segmentStart = ebml.length + SEGMENT_HEADER_BYTES;
    const segment = [idBytes(Id.Segment), ending ? wideSize(ending.size - this.#segmentStart) : UNKNOWN_SIZE];
    const info = element(Id.Info, [
      unsigned(Id.TimestampScale, 1_000_000),
      text(Id.MuxingApp, 'Callcast'),
      text(Id.WritingApp, 'Callcast'),
      ...(ending ? [float(Id.Duration, this.#duration)] : []),
    ]);
    const tracks = element(Id.Tracks, [...this.#tracks.values()].map(trackEntry));
    const seekHead = (infoAt: number) =>
      seekHeadOf([
        { id: Id.Info, at: infoAt },
        { id: Id.Tracks, at: infoAt + info.length },
        { id: Id.Cues, at: (ending?.cues ?? 0) - this.#segmentStart },
      ]);
    const seek = ending ? seekHead(seekHead(0).length) : new Uint8Array(0);
    const head = join([ebml, ...segment, seek, info, tracks]);
    if (head.length + 9 > HEADER_BYTES) throw new Error('the header is too large');
    return join([head, voidOf(HEADER_BYTES - head.length)]);
  }

  piece(samples: readonly Sample[], position: number): Uint8Array {
    const clusters: Uint8Array[] = [];
    let from = 0;
    let at = position;
    while (from < samples.length) {
      const start = shownAt(samples[from]!);
      let to = from + 1;
      while (to < samples.length && Math.abs(shownAt(samples[to]!) - start) < MAX_CLUSTER_MS) to++;
      const cluster = this.#cluster(samples.slice(from, to), at);
      clusters.push(cluster);
      at += cluster.length;
      from = to;
    }
    return join(clusters);
  }

  #cluster(samples: readonly Sample[], position: number): Uint8Array {
    const start = Math.min(...samples.map(shownAt));
    const blocks = samples.map((sample) => {
      const head = Buffer.alloc(4);
      head[0] = 0x80 | TRACK_NUMBER[sample.kind];
      head.writeInt16BE(shownAt(sample) - start, 1);
      head[3] = sample.keyframe ? 0x80 : 0;
      return element(Id.SimpleBlock, [head, sample.data]);
    });
    for (const sample of samples) this.#notice(sample, position);
    return element(Id.Cluster, [unsigned(Id.Timestamp, start), ...blocks]);
  }
  #notice(sample: Sample, cluster: number): void {
    this.#duration = Math.max(this.#duration, sample.time + sample.shownAfter + sample.duration);
    const isPlace = sample.keyframe && (sample.kind === 'video' || !this.#tracks.has('video'));
    const time = shownAt(sample);
    const isDue = time >= (this.#cues.at(-1)?.time ?? -Infinity) + INDEX_INTERVAL_MS;
    if (isPlace && isDue && this.#cues.length < MAX_INDEX_ENTRIES)
      this.#cues.push({ time, track: TRACK_NUMBER[sample.kind], cluster });
  }

  end(position: number): Ending {
    const cues = this.#cues.map((cue) => ({ ...cue, cluster: cue.cluster - this.#segmentStart }));
    // An empty list of cues is no valid one.
    const tail = cues.length > 0 ? cuesOf(cues) : voidOf(16);
    return { tail, header: this.#header({ size: position + tail.length, cues: position }) };
  }
}

/** Whole milliseconds; the first frame shown is at 0. */
const shownAt = ({ time, shownAfter }: Sample) => Math.max(0, Math.round(time + shownAfter));

function trackEntry({ description, uid }: { description: TrackDescription; uid: number }): Uint8Array {
  const { kind, codec, parameters } = description;
  const common = [unsigned(Id.TrackNumber, TRACK_NUMBER[kind]), unsigned(0x73c5, uid), unsigned(0x9c, 0)];
  if (kind === 'audio') {
    const channels = codec.channels ?? 2;
    return element(Id.TrackEntry, [
      ...common,
      unsigned(Id.TrackType, 2),
      text(0x86, 'A_OPUS'),
      element(0x63a2, opusHead(channels)),
      unsigned(0x56aa, 0),
      unsigned(0x56bb, OPUS_PRE_ROLL_NS),
      element(0xe1, [float(0xb5, 48_000), unsigned(0x9f, channels)]),
    ]);
  }
  const isH264 = codec.name === 'H264';
  return element(Id.TrackEntry, [
    ...common,
    unsigned(Id.TrackType, 1),
    text(0x86, isH264 ? 'V_MPEG4/ISO/AVC' : 'V_VP8'),
    ...(isH264 && parameters ? [element(0x63a2, avcConfiguration(parameters.sps, parameters.pps))] : []),
    element(0xe0, [unsigned(0xb0, parameters?.width ?? 640), unsigned(0xba, parameters?.height ?? 480)]),
  ]);
}

/** Identification header (RFC 7845 section 5.1); a stream that begins in the middle has nothing to skip. */
function opusHead(channels: number): Uint8Array {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head[8] = 1;
  head[9] = channels;
  head.writeUInt32LE(48_000, 12);
  return head;
}
