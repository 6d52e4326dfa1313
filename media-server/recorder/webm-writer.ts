/**
 * WebM and Matroska (RFC 9559; EBML is RFC 8794). VP8 and Opus make a WebM file; H.264 is not part of WebM, so a file with
 * it calls itself Matroska. Clusters are written whole. Until the end the segment has no size, which is how live streams
 * look, and players take it as it is.
 */
import type { ContainerWriter, Ending, Sample, TrackDescription } from './container';
import { HEADER_BYTES, INDEX_INTERVAL_MS, MAX_INDEX_ENTRIES } from './container';
import { avcConfiguration } from './h264-parameters';

type Content = Uint8Array | readonly Uint8Array[];

/** Ids are written as they stand in the specification, their length is in their first bits. */
function idBytes(id: number): Uint8Array {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(id, 0, length);
  return bytes;
}
/** A size in eight bytes: the length does not depend on the value. */
function wideSize(size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(size, 2, 6);
  bytes[0] = 0x01;
  return bytes;
}
function sizeBytes(size: number): Uint8Array {
  if (size < 0x7f) return Uint8Array.of(0x80 | size);
  if (size < 0x3fff) return Uint8Array.of(0x40 | (size >> 8), size & 0xff);
  if (size < 0x0fffffff) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(0x10000000 + size);
    return bytes;
  }
  return wideSize(size);
}
const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

function element(id: number, content: Content): Uint8Array {
  const body = content instanceof Uint8Array ? content : Buffer.concat(content);
  return Buffer.concat([idBytes(id), sizeBytes(body.length), body]);
}
function unsigned(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  let start = 0;
  while (start < 5 && bytes[start] === 0) start++;
  return element(id, bytes.subarray(start));
}
/** Of the same size whatever the value. */
function wide(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(value, 2, 6);
  return element(id, bytes);
}
function float(id: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}
const text = (id: number, value: string) => element(id, Buffer.from(value, 'utf8'));
/** Fills exactly so many bytes; at least 9. */
const voidOf = (bytes: number) =>
  Buffer.concat([Uint8Array.of(0xec), wideSize(bytes - 9), Buffer.alloc(bytes - 9)]);

const Id = {
  Segment: 0x18538067,
  SeekHead: 0x114d9b74,
  Info: 0x1549a966,
  Tracks: 0x1654ae6b,
  Cluster: 0x1f43b675,
  Cues: 0x1c53bb6b,
} as const;

const TRACK_NUMBER = { video: 1, audio: 2 } as const;
const SEGMENT_HEADER_BYTES = 12;
/** A block's time is written in 16 bits, seen from its cluster. */
const MAX_CLUSTER_MS = 30_000;
/** So much a decoder of Opus should hear before a place that it jumps to (RFC 7845 section 4.6), nanoseconds. */
const OPUS_PRE_ROLL_NS = 80_000_000;

export class WebmWriter implements ContainerWriter {
  readonly #random: () => number;
  readonly #tracks = new Map<string, { readonly description: TrackDescription; readonly uid: number }>();
  readonly #cues: { readonly time: number; readonly track: number; readonly cluster: number }[] = [];
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
    const ebml = element(0x1a45dfa3, [
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
      unsigned(0x2ad7b1, 1_000_000),
      text(0x4d80, 'Callcast'),
      text(0x5741, 'Callcast'),
      ...(ending ? [float(0x4489, this.#duration)] : []),
    ]);
    const tracks = element(Id.Tracks, [...this.#tracks.values()].map(trackEntry));
    const seekHead = (infoAt: number) =>
      element(
        Id.SeekHead,
        [
          { id: Id.Info, at: infoAt },
          { id: Id.Tracks, at: infoAt + info.length },
          { id: Id.Cues, at: (ending?.cues ?? 0) - this.#segmentStart },
        ].map(({ id, at }) => element(0x4dbb, [element(0x53ab, idBytes(id)), wide(0x53ac, at)])),
      );
    const seek = ending ? seekHead(seekHead(0).length) : new Uint8Array(0);
    const head = Buffer.concat([ebml, ...segment, seek, info, tracks]);
    if (head.length + 9 > HEADER_BYTES) throw new Error('the header is too large');
    return Buffer.concat([head, voidOf(HEADER_BYTES - head.length)]);
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
    return Buffer.concat(clusters);
  }

  #cluster(samples: readonly Sample[], position: number): Uint8Array {
    const start = Math.min(...samples.map(shownAt));
    const blocks = samples.map((sample) => {
      const head = Buffer.alloc(4);
      head[0] = 0x80 | TRACK_NUMBER[sample.kind];
      head.writeInt16BE(shownAt(sample) - start, 1);
      head[3] = sample.keyframe ? 0x80 : 0;
      return element(0xa3, [head, sample.data]);
    });
    for (const sample of samples) this.#notice(sample, position);
    return element(Id.Cluster, [unsigned(0xe7, start), ...blocks]);
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
    const cues = this.#cues.map(({ time, track, cluster }) =>
      element(0xbb, [
        unsigned(0xb3, time),
        element(0xb7, [unsigned(0xf7, track), unsigned(0xf1, cluster - this.#segmentStart)]),
      ]),
    );
    // An empty list of cues is no valid one.
    const tail = cues.length > 0 ? element(Id.Cues, cues) : voidOf(16);
    return { tail, header: this.#header({ size: position + tail.length, cues: position }) };
  }
}

/** Whole milliseconds; the first frame shown is at 0. */
const shownAt = ({ time, shownAfter }: Sample) => Math.max(0, Math.round(time + shownAfter));

function trackEntry({ description, uid }: { description: TrackDescription; uid: number }): Uint8Array {
  const { kind, codec, parameters } = description;
  const common = [unsigned(0xd7, TRACK_NUMBER[kind]), unsigned(0x73c5, uid), unsigned(0x9c, 0)];
  if (kind === 'audio') {
    const channels = codec.channels ?? 2;
    return element(0xae, [
      ...common,
      unsigned(0x83, 2),
      text(0x86, 'A_OPUS'),
      element(0x63a2, opusHead(channels)),
      unsigned(0x56aa, 0),
      unsigned(0x56bb, OPUS_PRE_ROLL_NS),
      element(0xe1, [float(0xb5, 48_000), unsigned(0x9f, channels)]),
    ]);
  }
  const isH264 = codec.name === 'H264';
  return element(0xae, [
    ...common,
    unsigned(0x83, 1),
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
