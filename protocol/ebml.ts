/**
 * EBML (RFC 8794) and the part of Matroska (RFC 9559) that WebM files are made of, as bytes: for the media server's
 * recorder, which writes such files, and for webm-index.ts, which completes those of a browser.
 */
export type Content = Uint8Array | readonly Uint8Array[];

/** As they stand in the specification: their length is in their first bits. */
export const Id = {
  Ebml: 0x1a45dfa3,
  Void: 0xec,
  Segment: 0x18538067,
  SeekHead: 0x114d9b74,
  Seek: 0x4dbb,
  SeekId: 0x53ab,
  SeekPosition: 0x53ac,
  Info: 0x1549a966,
  TimestampScale: 0x2ad7b1,
  Duration: 0x4489,
  MuxingApp: 0x4d80,
  WritingApp: 0x5741,
  Tracks: 0x1654ae6b,
  TrackEntry: 0xae,
  TrackNumber: 0xd7,
  TrackType: 0x83,
  Cluster: 0x1f43b675,
  Timestamp: 0xe7,
  SimpleBlock: 0xa3,
  BlockGroup: 0xa0,
  Cues: 0x1c53bb6b,
  CuePoint: 0xbb,
  CueTime: 0xb3,
  CueTrackPositions: 0xb7,
  CueTrack: 0xf7,
  CueClusterPosition: 0xf1,
  Chapters: 0x1043a770,
  Attachments: 0x1941a469,
  Tags: 0x1254c367,
} as const;

/** As eight bytes: until the end, nobody knows how long a segment will be. */
export const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Big-endian, in exactly `length` bytes. */
function integer(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at -= 1, rest = Math.floor(rest / 256))
    bytes[at] = rest % 256;
  return bytes;
}

export function idBytes(id: number): Uint8Array {
  return integer(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
}
/** A size in eight bytes: the length does not depend on the value. */
export function wideSize(size: number): Uint8Array {
  const bytes = integer(size, 8);
  bytes[0] = 0x01;
  return bytes;
}
function sizeBytes(size: number): Uint8Array {
  if (size < 0x7f) return Uint8Array.of(0x80 | size);
  if (size < 0x3fff) return Uint8Array.of(0x40 | (size >> 8), size & 0xff);
  if (size < 0x0fffffff) return integer(0x10000000 + size, 4);
  return wideSize(size);
}

export function element(id: number, content: Content): Uint8Array {
  const parts = content instanceof Uint8Array ? [content] : content;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return join([idBytes(id), sizeBytes(size), ...parts]);
}
/** Below 2^48, in as few bytes as it takes. */
export function unsigned(id: number, value: number): Uint8Array {
  const bytes = integer(value, 6);
  const first = bytes.findIndex((byte) => byte !== 0);
  return element(id, bytes.subarray(first === -1 ? 5 : first));
}
/** Of the same length whatever the value. */
export function wideUnsigned(id: number, value: number): Uint8Array {
  return element(id, integer(value, 8));
}
export function float(id: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return element(id, bytes);
}
/** ASCII. */
export function text(id: number, value: string): Uint8Array {
  return element(
    id,
    Uint8Array.from(value, (character) => character.charCodeAt(0)),
  );
}
/** Fills exactly so many bytes; at least 9. */
export function voidOf(bytes: number): Uint8Array {
  return join([idBytes(Id.Void), wideSize(bytes - 9), new Uint8Array(bytes - 9)]);
}

/** One entry of an index: from this cluster on, the track can be played from this time. */
export interface Cue {
  /** In ticks of the segment's timestamp scale. */
  readonly time: number;
  readonly track: number;
  /** Seen from the beginning of the segment's content. */
  readonly cluster: number;
}

export function cuesOf(cues: readonly Cue[]): Uint8Array {
  return element(
    Id.Cues,
    cues.map(({ time, track, cluster }) =>
      element(Id.CuePoint, [
        unsigned(Id.CueTime, time),
        element(Id.CueTrackPositions, [
          unsigned(Id.CueTrack, track),
          unsigned(Id.CueClusterPosition, cluster),
        ]),
      ]),
    ),
  );
}

/** Always of the same length for the same number of places. Positions are seen from the segment's content. */
export function seekHeadOf(places: readonly { readonly id: number; readonly at: number }[]): Uint8Array {
  return element(
    Id.SeekHead,
    places.map(({ id, at }) =>
      element(Id.Seek, [element(Id.SeekId, idBytes(id)), wideUnsigned(Id.SeekPosition, at)]),
    ),
  );
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ElementHead {
  readonly id: number;
  /** Of id and size. */
  readonly headLength: number;
  /** Of the content; null where the writer did not know. */
  readonly size: number | null;
}

/** The longest head: four bytes of id, eight of size. */
const MAX_HEAD = 12;

/** Null: more bytes are needed. `invalid`: this is no EBML. */
export function readHead(bytes: Uint8Array, at: number): ElementHead | 'invalid' | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const idLength = Math.clz32(first) - 23;
  if (idLength > 4) return 'invalid';
  const sizeFirst = bytes[at + idLength];
  if (sizeFirst === undefined) return null;
  const sizeLength = Math.clz32(sizeFirst) - 23;
  if (sizeLength > 8) return 'invalid';
  const headLength = idLength + sizeLength;
  if (headLength > MAX_HEAD || bytes.length < at + headLength)
    return bytes.length < at + headLength ? null : 'invalid';
  const mask = 0xff >> sizeLength;
  let size = sizeFirst & mask;
  let unknown = size === mask;
  for (let index = at + idLength + 1; index < at + headLength; index += 1) {
    const byte = bytes[index]!;
    unknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  if (!unknown && size > Number.MAX_SAFE_INTEGER) return 'invalid';
  return { id: readUnsigned(bytes, at, at + idLength), headLength, size: unknown ? null : size };
}

export function readUnsigned(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

/** The children of an element whose content is all there; ends at the first that makes no sense. */
export function* childrenOf(
  content: Uint8Array,
): Generator<{ readonly id: number; readonly content: Uint8Array }> {
  for (let at = 0; at < content.length;) {
    const head = readHead(content, at);
    if (head === null || head === 'invalid' || head.size === null) return;
    const from = at + head.headLength;
    if (from + head.size > content.length) return;
    at = from + head.size;
    yield { id: head.id, content: content.subarray(from, at) };
  }
}
