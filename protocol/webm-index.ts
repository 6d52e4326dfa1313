/**
 * Makes whole files of what browsers record. Their WebM is a live stream: without a duration, without an index, with
 * clusters of unknown size, so that players can play it but not jump in it. Here the same bytes get a header with room to
 * spare, and at the end an index, a duration and sizes; until then (or when the program is killed) the file is the live
 * stream that it was. Memory is bounded by the index, whose entries thin out in very long recordings.
 *
 * What is no WebM, or none that is understood here, is left as it is.
 */
import {
  childrenOf,
  cuesOf,
  element,
  float,
  Id,
  idBytes,
  join,
  readHead,
  readUnsigned,
  seekHeadOf,
  text,
  UNKNOWN_SIZE,
  unsigned,
  voidOf,
  wideSize,
  type Cue,
} from './ebml';

/** A file that can be written anywhere; all may reject. */
export interface SeekableFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(size: number): Promise<void>;
}
export interface ReadableFile extends SeekableFile {
  /** At most `length` bytes; none at the end. */
  read(position: number, length: number): Promise<Uint8Array>;
}

interface Patch {
  readonly position: number;
  readonly bytes: Uint8Array;
}
interface Ending {
  /** What comes behind it is half a block. */
  readonly size: number;
  readonly tail: Uint8Array;
  readonly patches: readonly Patch[];
}

/** Browsers' headers have some hundred bytes. */
const MAX_HEADER = 64 * 1024;
const EBML_FIRST_BYTE = 0x1a;
/** An hour and a half of key frames each second; then every other one. */
const MAX_CUES = 5_000;
const FIRST_CUE_INTERVAL_MS = 1_000;
/** The last frame is shown as long as the one before it, but not longer. */
const MAX_LAST_FRAME_MS = 200;
/** Of `float(Id.Duration, …)`. */
const DURATION_BYTES = 11;
const VIDEO = 1;
const DEFAULT_SCALE = 1_000_000;
const READ_BYTES = 1024 * 1024;

/** What can only stand beside clusters, and so ends one of unknown size. */
const BESIDE_CLUSTERS: ReadonlySet<number> = new Set([
  Id.Cluster,
  Id.Cues,
  Id.SeekHead,
  Id.Info,
  Id.Tracks,
  Id.Tags,
  Id.Chapters,
  Id.Attachments,
]);

/** All positions in the file that is written. */
interface OpenCluster {
  readonly at: number;
  readonly sizeAt: number;
  readonly contentAt: number;
  /** Of its content; null: unknown. */
  readonly size: number | null;
  /** In ticks. */
  time: number;
}

type Put = (piece: Uint8Array) => void;

export class WebmIndex {
  /** Read and not yet written: the beginning of the file, later of an element. */
  #held: Uint8Array = new Uint8Array(0);
  #at: 'header' | 'clusters' | 'passing' = 'header';
  /** Bytes of the element at hand that are yet to come, and whether they go into the file. */
  #skip = 0;
  #keep = true;
  /** The start of the SimpleBlock at hand: half a one does not count. */
  #begun: Uint8Array | null = null;
  #ebml: Uint8Array = new Uint8Array(0);
  #tracks: Uint8Array | null = null;
  #scale = DEFAULT_SCALE;
  #video: number | null = null;
  #segmentStart = 0;
  /** How far the clusters are from where they were read. */
  #moved = 0;
  #cluster: OpenCluster | null = null;
  #cues: Cue[] = [];
  #cueInterval = FIRST_CUE_INTERVAL_MS;
  readonly #times = new Map<number, { last: number; step: number }>();
  #written = 0;
  /** Up to here, the file has whole blocks. */
  #whole = 0;

  /** True when every byte stays where it was read: what is read was written by this class. */
  get unmoved(): boolean {
    return this.#at === 'clusters' && this.#moved === 0;
  }

  /** Takes the next bytes; answers what to append, and what to write over then. */
  push(bytes: Uint8Array): { readonly append: readonly Uint8Array[]; readonly patches: readonly Patch[] } {
    const append: Uint8Array[] = [];
    const patches: Patch[] = [];
    const put: Put = (piece) => {
      if (piece.length === 0) return;
      append.push(piece);
      this.#written += piece.length;
    };
    this.#held = this.#held.length === 0 ? bytes : join([this.#held, bytes]);
    if (this.#at === 'header') this.#readHeader(put);
    if (this.#at === 'clusters') this.#readClusters(put, patches);
    if (this.#at === 'passing') {
      put(this.#held);
      this.#held = new Uint8Array(0);
    }
    return { append, patches };
  }

  /** Everything before the first cluster, from its beginning until it is all there. */
  #readHeader(put: Put): void {
    const held = this.#held;
    let at = 0;
    const pass = (): void => {
      this.#at = 'passing';
    };
    const wait = (): void => {
      if (held.length > MAX_HEADER) pass();
    };
    if (held.length > 0 && held[0] !== EBML_FIRST_BYTE) pass();
    while (this.#at === 'header') {
      const head = readHead(held, at);
      if (head === null) return wait();
      const contentAt = at + (head === 'invalid' ? 0 : head.headLength);
      if (head === 'invalid' || (at === 0) !== (head.id === Id.Ebml)) {
        return pass();
      } else if (head.id === Id.Segment) {
        at = contentAt;
      } else if (head.id === Id.Cluster) {
        if (this.#tracks === null) return pass();
        const header = this.#header(null);
        this.#whole = header.length;
        this.#moved = header.length - at;
        put(header);
        this.#held = held.subarray(at);
        this.#at = 'clusters';
      } else {
        if (head.size === null) return pass();
        const end = contentAt + head.size;
        if (held.length < end) return wait();
        this.#describe(head.id, held.slice(at, end), held.subarray(contentAt, end));
        at = end;
      }
    }
  }

  #readClusters(put: Put, patches: Patch[]): void {
    const held = this.#held;
    let at = 0;
    const take = (length: number, keep: boolean): void => {
      if (keep) put(held.subarray(at, at + length));
      at += length;
    };
    while (at < held.length) {
      if (this.#skip > 0) {
        const length = Math.min(this.#skip, held.length - at);
        this.#skip -= length;
        take(length, this.#keep);
        if (this.#skip === 0 && this.#keep) this.#endElement();
        continue;
      }
      const head = readHead(held, at);
      if (head === null) break;
      if (head === 'invalid' || (head.size === null && head.id !== Id.Cluster)) {
        this.#at = 'passing';
        break;
      }
      const { id, headLength, size } = head;
      const contentAt = at + headLength;
      if (this.#cluster !== null && isOver(this.#cluster, this.#written)) this.#cluster = null;
      if (BESIDE_CLUSTERS.has(id)) this.#endCluster(patches);
      if (id === Id.Cluster) {
        const start = this.#written;
        this.#cluster = { at: start, sizeAt: start + 4, contentAt: start + headLength, size, time: 0 };
        take(headLength, true);
        continue;
      }
      // An index from elsewhere would be wrong: the bytes have moved.
      this.#keep = this.#cluster !== null;
      // The first bytes of a block say whose it is and when.
      const needed = Math.min(size ?? 0, id === Id.Timestamp ? 8 : id === Id.SimpleBlock ? 4 : 0);
      if (held.length < contentAt + needed) break;
      const start = held.subarray(contentAt, contentAt + needed);
      if (id === Id.Timestamp && this.#cluster !== null) this.#cluster.time = readUnsigned(start, 0, needed);
      this.#begun = id === Id.SimpleBlock && needed === 4 ? start.slice() : null;
      take(headLength, this.#keep);
      this.#skip = size ?? 0;
    }
    this.#held = held.slice(at);
  }

  #describe(id: number, whole: Uint8Array, content: Uint8Array): void {
    if (id === Id.Ebml) this.#ebml = whole;
    if (id === Id.Tracks) this.#tracks = whole;
    for (const child of childrenOf(content)) {
      if (id === Id.Info && child.id === Id.TimestampScale)
        this.#scale = numberIn(child.content) || DEFAULT_SCALE;
      if (id !== Id.Tracks || child.id !== Id.TrackEntry) continue;
      const fields = new Map(
        [...childrenOf(child.content)].map((field) => [field.id, numberIn(field.content)]),
      );
      if (fields.get(Id.TrackType) === VIDEO) this.#video ??= fields.get(Id.TrackNumber) ?? null;
    }
  }

  #endElement(): void {
    this.#whole = this.#written;
    if (this.#begun !== null) this.#block(this.#begun);
    this.#begun = null;
  }

  /** @param start of a SimpleBlock: track, time within the cluster, flags */
  #block(start: Uint8Array): void {
    const cluster = this.#cluster;
    const [first = 0, high = 0, low = 0, flags = 0] = start;
    // Track numbers beyond 127 take more bytes; no browser has them.
    if (cluster === null || (first & 0x80) === 0) return;
    const track = first & 0x7f;
    const time = Math.max(0, cluster.time + (((high << 24) | (low << 16)) >> 16));
    const known = this.#times.get(track);
    if (known === undefined) {
      if (this.#times.size < 128) this.#times.set(track, { last: time, step: 0 });
    } else if (time > known.last) {
      known.step = time - known.last;
      known.last = time;
    }
    if ((flags & 0x80) === 0 || track !== (this.#video ?? track)) return;
    const last = this.#cues.at(-1);
    if (last !== undefined && time < last.time + this.#ticks(this.#cueInterval)) return;
    this.#cues.push({ time, track, cluster: cluster.at - this.#segmentStart });
    if (this.#cues.length < MAX_CUES) return;
    this.#cues = this.#cues.filter((_cue, index) => index % 2 === 0);
    this.#cueInterval *= 2;
  }

  #ticks(milliseconds: number): number {
    return (milliseconds * 1_000_000) / this.#scale;
  }

  #endCluster(patches: Patch[]): void {
    const cluster = this.#cluster;
    if (cluster === null) return;
    this.#cluster = null;
    const patch = sizePatch(cluster, this.#written);
    if (patch !== null) patches.push(patch);
  }

  /** After the last bytes. */
  end(): Ending {
    if (this.#at !== 'clusters') return { size: this.#written, tail: this.#held, patches: [] };
    const size = this.#whole;
    const patches: Patch[] = [];
    const cluster = this.#cluster;
    if (cluster !== null && size > cluster.at) {
      const patch = sizePatch(cluster, size);
      if (patch !== null) patches.push(patch);
    }
    const cues = this.#cues.filter((cue) => cue.cluster + this.#segmentStart < size);
    const tail = cues.length > 0 ? cuesOf(cues) : new Uint8Array(0);
    const duration = Math.max(
      0,
      ...[...this.#times.values()].map(
        ({ last, step }) => last + Math.min(step, this.#ticks(MAX_LAST_FRAME_MS)),
      ),
    );
    const header = this.#header({
      size: size + tail.length,
      cuesAt: cues.length > 0 ? size : null,
      duration,
    });
    // Last: with it, the file is complete.
    patches.push({ position: 0, bytes: header });
    return { size, tail, patches };
  }

  /** Of the same length with and without its ending. */
  #header(
    ending: { readonly size: number; readonly cuesAt: number | null; readonly duration: number } | null,
  ): Uint8Array {
    const ebml = this.#ebml;
    const tracks = this.#tracks ?? new Uint8Array(0);
    const segment = idBytes(Id.Segment);
    const start = (this.#segmentStart = ebml.length + segment.length + UNKNOWN_SIZE.length);
    const info = element(Id.Info, [
      unsigned(Id.TimestampScale, this.#scale),
      text(Id.MuxingApp, 'Callcast'),
      text(Id.WritingApp, 'Callcast'),
      ending === null ? voidOf(DURATION_BYTES) : float(Id.Duration, ending.duration),
    ]);
    const seekHead = (infoAt: number, cuesAt: number): Uint8Array =>
      seekHeadOf([
        { id: Id.Info, at: infoAt },
        { id: Id.Tracks, at: infoAt + info.length },
        { id: Id.Cues, at: cuesAt - start },
      ]);
    const room = seekHead(0, start).length;
    return join([
      ebml,
      segment,
      ending === null ? UNKNOWN_SIZE : wideSize(ending.size - start),
      ending === null || ending.cuesAt === null ? voidOf(room) : seekHead(room, ending.cuesAt),
      info,
      tracks,
    ]);
  }
}

function isOver({ size, contentAt }: OpenCluster, at: number): boolean {
  return size !== null && at >= contentAt + size;
}

function numberIn(content: Uint8Array): number {
  return readUnsigned(content, 0, Math.min(content.length, 6));
}

/** Null where the size is known, or was written in fewer bytes than it takes. */
function sizePatch({ size, sizeAt, contentAt }: OpenCluster, end: number): Patch | null {
  return size === null && contentAt - sizeAt === UNKNOWN_SIZE.length
    ? { position: sizeAt, bytes: wideSize(end - contentAt) }
    : null;
}

/** A file that grows as a browser records. One call at a time. */
export class WebmFile {
  readonly #file: SeekableFile;
  readonly #index = new WebmIndex();
  #at = 0;

  constructor(file: SeekableFile) {
    this.#file = file;
  }

  /** Answers the bytes in the file. @throws what the file throws */
  async append(bytes: Uint8Array): Promise<number> {
    const { append, patches } = this.#index.push(bytes);
    for (const piece of append) {
      await this.#file.write(piece, this.#at);
      this.#at += piece.length;
    }
    for (const patch of patches) await this.#file.write(patch.bytes, patch.position);
    return this.#at;
  }

  /** @throws what the file throws; what has been appended plays all the same */
  async finish(): Promise<number> {
    return complete(this.#file, this.#index.end());
  }
}

async function complete(file: SeekableFile, { size, tail, patches }: Ending): Promise<number> {
  await file.truncate(size);
  try {
    if (tail.length > 0) await file.write(tail, size);
  } catch (error) {
    // Half an index is none.
    await file.truncate(size);
    throw error;
  }
  for (const { bytes, position } of patches) await file.write(bytes, position);
  return size + tail.length;
}

/**
 * Completes a file whose recording was interrupted, and cuts off half a block at its end. Answers false, and changes
 * nothing, for files that WebmFile did not write. Doing it twice changes nothing more. @throws what the file throws
 */
export async function completeWebm(file: ReadableFile): Promise<boolean> {
  const index = new WebmIndex();
  const patches: Patch[] = [];
  for (let at = 0; ;) {
    const bytes = await file.read(at, READ_BYTES);
    if (bytes.length === 0) break;
    at += bytes.length;
    patches.push(...index.push(bytes).patches);
    // Not ours: no need to read the rest of it.
    if (at > MAX_HEADER && !index.unmoved) return false;
  }
  if (!index.unmoved) return false;
  const ending = index.end();
  await complete(file, { ...ending, patches: [...patches, ...ending.patches] });
  return true;
}
