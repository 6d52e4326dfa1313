/**
 * Fragmented MP4 (ISO/IEC 14496-12; H.264 in it: 14496-15; Opus in it: the mapping of opus-codec.org; VP8 in it: the VP
 * codec binding of webmproject.org). Each piece is a fragment of its own with its times in it, so that a file can end
 * after any of them.
 */
import type { MediaKind } from '../flow';
import type { ContainerWriter, Ending, Sample, TrackDescription } from './container';
import { HEADER_BYTES, INDEX_INTERVAL_MS, MAX_INDEX_ENTRIES } from './container';
import { avcConfiguration } from './h264-parameters';

type Part = Uint8Array;

function box(type: string, ...content: readonly Part[]): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}
const full = (type: string, version: number, flags: number, ...content: readonly Part[]) =>
  box(type, u32(((version << 24) | flags) >>> 0), ...content);
const u8 = (...values: number[]): Part => Uint8Array.from(values);
function u16(...values: number[]): Part {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}
function u32(...values: number[]): Part {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}
function u64(value: number): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
const zeros = (bytes: number): Part => Buffer.alloc(bytes);
const text = (value: string): Part => Buffer.from(value, 'latin1');

const TRACK_ID = { video: 1, audio: 2 } as const;
const TIMESCALE = { video: 90_000, audio: 48_000 } as const;
/** Of the whole file: milliseconds. */
const MOVIE_TIMESCALE = 1_000;
const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** ISO/IEC 14496-12 section 8.8.3.1: depends on nothing, or on others and is no place to begin. */
const KEY_FLAGS = 0x02000000;
const DELTA_FLAGS = 0x01010000;

const units = (kind: MediaKind, milliseconds: number) =>
  Math.max(0, Math.round((milliseconds * TIMESCALE[kind]) / 1000));

export class Mp4Writer implements ContainerWriter {
  readonly #tracks = new Map<MediaKind, TrackDescription>();
  readonly #index: {
    readonly time: number;
    readonly fragment: number;
    readonly traf: number;
    readonly sample: number;
  }[] = [];
  #indexed: MediaKind = 'video';
  #sequence = 0;
  #duration = 0;

  describe(track: TrackDescription): void {
    this.#tracks.set(track.kind, track);
  }
  header(): Uint8Array {
    return this.#header(0);
  }
  #header(duration: number): Uint8Array {
    const tracks = [...this.#tracks.values()].sort((a, b) => TRACK_ID[a.kind] - TRACK_ID[b.kind]);
    const head = Buffer.concat([
      box('ftyp', text('iso5'), u32(512), text('iso5iso6mp41')),
      box(
        'moov',
        full(
          'mvhd',
          0,
          0,
          u32(0, 0, MOVIE_TIMESCALE, duration, 0x10000),
          u16(0x100),
          zeros(10),
          UNITY_MATRIX,
          zeros(24),
          u32(3),
        ),
        ...tracks.map((track) => trackBox(track)),
        box(
          'mvex',
          ...(duration > 0 ? [full('mehd', 0, 0, u32(duration))] : []),
          ...tracks.map(({ kind }) => full('trex', 0, 0, u32(TRACK_ID[kind], 1, 0, 0, 0))),
        ),
      ),
    ]);
    if (head.length + 8 > HEADER_BYTES) throw new Error('the header is too large');
    return Buffer.concat([head, box('free', zeros(HEADER_BYTES - head.length - 8))]);
  }

  piece(samples: readonly Sample[], position: number): Uint8Array {
    const kinds = (['video', 'audio'] as const).filter((kind) => samples.some((each) => each.kind === kind));
    if (kinds.length === 0) return new Uint8Array(0);
    const runs = kinds.map((kind) => ({ kind, samples: samples.filter((each) => each.kind === kind) }));
    this.#sequence++;
    const moof = (dataAt: number) => {
      let at = dataAt;
      const trafs = runs.map((run) => {
        const traf = trackFragment(run.kind, run.samples, at);
        for (const { data } of run.samples) at += data.length;
        return traf;
      });
      return box('moof', full('mfhd', 0, 0, u32(this.#sequence)), ...trafs);
    };
    // Its own length decides where the data begins.
    const header = moof(moof(0).length + 8);
    for (const [index, run] of runs.entries()) this.#notice(run.kind, run.samples, position, index + 1);
    return Buffer.concat([
      header,
      box('mdat', ...runs.flatMap((run) => run.samples.map(({ data }) => data))),
    ]);
  }
  #notice(kind: MediaKind, samples: readonly Sample[], fragment: number, traf: number): void {
    if (!this.#tracks.has('video')) this.#indexed = 'audio';
    else if (this.#indexed === 'audio') {
      // The picture came later; its keyframes are the places to begin.
      this.#indexed = 'video';
      this.#index.length = 0;
    }
    for (const [index, sample] of samples.entries()) {
      this.#duration = Math.max(this.#duration, sample.time + sample.shownAfter + sample.duration);
      if (kind !== this.#indexed || !sample.keyframe || this.#index.length >= MAX_INDEX_ENTRIES) continue;
      const time = sample.time + sample.shownAfter;
      if (time < (this.#index.at(-1)?.time ?? -Infinity) + INDEX_INTERVAL_MS) continue;
      this.#index.push({ time, fragment, traf, sample: index + 1 });
    }
  }

  end(_position: number): Ending {
    const entries = this.#index.map(({ time, fragment, traf, sample }) =>
      Buffer.concat([u64(units(this.#indexed, time)), u64(fragment), u32(traf, 1, sample)]),
    );
    // Numbers of traf in one byte, of trun in one, of samples in four; here all in four.
    const tfra = full('tfra', 1, 0, u32(TRACK_ID[this.#indexed], 0x3f, entries.length), ...entries);
    const size = 8 + tfra.length + 16;
    const tail = box('mfra', tfra, full('mfro', 0, 0, u32(size)));
    return { tail, header: this.#header(Math.round(this.#duration)) };
  }
}

function trackFragment(kind: MediaKind, samples: readonly Sample[], dataAt: number): Uint8Array {
  const entries = samples.map(({ data, time, duration, keyframe, shownAfter }) => {
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(units(kind, time + duration) - units(kind, time), 0);
    entry.writeUInt32BE(data.length, 4);
    entry.writeUInt32BE(keyframe ? KEY_FLAGS : DELTA_FLAGS, 8);
    entry.writeInt32BE(Math.round((shownAfter * TIMESCALE[kind]) / 1000), 12);
    return entry;
  });
  return box(
    'traf',
    // Offsets count from the beginning of this fragment.
    full('tfhd', 0, 0x020000, u32(TRACK_ID[kind])),
    full('tfdt', 1, 0, u64(units(kind, samples[0]?.time ?? 0))),
    // Offset, and of each sample its duration, size, flags, and when it is shown.
    full('trun', 1, 0x000f01, u32(samples.length, dataAt), ...entries),
  );
}

function trackBox({ kind, codec, parameters }: TrackDescription): Uint8Array {
  const isVideo = kind === 'video';
  const [width, height] = isVideo ? [parameters?.width ?? 0, parameters?.height ?? 0] : [0, 0];
  const sampleEntry = isVideo ? videoEntry(codec.name, parameters) : opusEntry(codec.channels ?? 2);
  const name = text(`${isVideo ? 'Video' : 'Audio'}\0`);
  return box(
    'trak',
    full(
      'tkhd',
      0,
      3,
      u32(0, 0, TRACK_ID[kind], 0, 0),
      zeros(8),
      u16(0, 0, isVideo ? 0 : 0x100, 0),
      UNITY_MATRIX,
      u32(width * 0x10000, height * 0x10000),
    ),
    box(
      'mdia',
      // Language: undetermined.
      full('mdhd', 0, 0, u32(0, 0, TIMESCALE[kind], 0), u16(0x55c4, 0)),
      full('hdlr', 0, 0, u32(0), text(isVideo ? 'vide' : 'soun'), zeros(12), name),
      box(
        'minf',
        isVideo ? full('vmhd', 0, 1, zeros(8)) : full('smhd', 0, 0, zeros(4)),
        box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1))),
        box(
          'stbl',
          full('stsd', 0, 0, u32(1), sampleEntry),
          full('stts', 0, 0, u32(0)),
          full('stsc', 0, 0, u32(0)),
          full('stsz', 0, 0, u32(0, 0)),
          full('stco', 0, 0, u32(0)),
        ),
      ),
    ),
  );
}

function videoEntry(codec: string, parameters: TrackDescription['parameters']): Uint8Array {
  const visual = [
    zeros(6),
    u16(1),
    zeros(16),
    u16(parameters?.width ?? 0, parameters?.height ?? 0),
    // 72 dpi, one frame a sample, no name, 24 bits.
    u32(0x480000, 0x480000, 0),
    u16(1),
    zeros(32),
    u16(24, 0xffff),
  ];
  if (codec === 'H264') {
    return box(
      'avc1',
      ...visual,
      box('avcC', avcConfiguration(parameters?.sps ?? [], parameters?.pps ?? [])),
    );
  }
  // Profile 0, level unknown, 8 bits 4:2:0, narrow range, colours unspecified.
  return box('vp08', ...visual, full('vpcC', 1, 0, u8(0, 0, 0x82, 2, 2, 2), u16(0)));
}

function opusEntry(channels: number): Uint8Array {
  return box(
    'Opus',
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels, 16, 0, 0),
    u32(48_000 * 0x10000),
    // Version, channels, nothing to skip, input rate, no gain, mono or stereo.
    box('dOps', u8(0, channels), u16(0), u32(48_000), u16(0), u8(0)),
  );
}
