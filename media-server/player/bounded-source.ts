/**
 * A file as mediabunny reads it, with bounds that it has not: lengths in a file are its writer's claims, and a search that
 * a damaged file sends in circles would otherwise take the whole process with it, since it never waits for anything.
 */
import { CustomSource } from 'mediabunny';
import type { ByteSource } from './byte-source';
import { checkMp4Metadata } from './mp4-guard';

/** Of what was read already; a player reads once and forwards. */
const CACHE_BYTES = 4 * 1024 * 1024;
/** At once: the index of a long film, and more than any picture. */
const MAX_PIECE_BYTES = 64 * 1024 * 1024;
/** No element or box that leads on is smaller, so a search has this many bytes for each look… */
const BYTES_PER_LOOK = 16;
const MIN_LOOKS = 2_000;
/** …which a day of clusters has ended long before. */
const MAX_LOOKS = 500_000;
/** After so many looks, others have their turn. */
const LOOKS_PER_TURN = 64;
/** The largest header of an MP4 box, and how far its content can be from its beginning. */
const BOX_HEADER_BYTES = 16;
const METADATA_BOXES: readonly string[] = ['moov', 'moof', 'mfra'];

interface Piece {
  readonly bytes: Uint8Array;
  /** Of these bytes in the file. */
  readonly offset: number;
}
type MaybePromise<Value> = Value | Promise<Value>;
/** What every look at the file goes through; not part of the library's declared interface. */
interface Looks {
  _read(start: number, end: number, ...rest: unknown[]): MaybePromise<Piece | null>;
}

export class BoundedSource extends CustomSource {
  readonly #maxLooks: number;
  #looks = 0;
  /** Where the header of an MP4 box was seen that is about to be read. */
  #metadataAt = -Infinity;

  constructor(source: ByteSource) {
    super({
      getSize: () => source.size,
      read: (start, end) => source.read(start, end),
      maxCacheSize: CACHE_BYTES,
      prefetchProfile: 'fileSystem',
      // A read that nobody waits for any more.
      handleUnhandledError: () => undefined,
    });
    this.#maxLooks = Math.min(MAX_LOOKS, MIN_LOOKS + source.size / BYTES_PER_LOOK);
  }

  /** Something was found, or is looked for anew. */
  renew(): void {
    this.#looks = 0;
  }

  _read(start: number, end: number, ...rest: unknown[]): MaybePromise<Piece | null> {
    if (end - start > MAX_PIECE_BYTES) throw new Error('a piece of it is too large');
    if (++this.#looks > this.#maxLooks) throw new Error('nothing can be found in it');
    const read = () => (super['_read' as never] as Looks['_read']).call(this, start, end, ...rest);
    const piece =
      this.#looks % LOOKS_PER_TURN === 0
        ? new Promise((resolve) => setImmediate(resolve)).then(read)
        : read();
    return piece instanceof Promise
      ? piece.then((read) => this.#checked(read, start, end))
      : this.#checked(piece, start, end);
  }

  #checked(piece: Piece | null, start: number, end: number): Piece | null {
    if (piece === null) return piece;
    const bytes = piece.bytes.subarray(start - piece.offset, end - piece.offset);
    if (bytes.length > BOX_HEADER_BYTES) {
      if (start >= this.#metadataAt && start <= this.#metadataAt + BOX_HEADER_BYTES) checkMp4Metadata(bytes);
    } else if (bytes.length >= 8) {
      const name = String.fromCharCode(...bytes.subarray(4, 8));
      if (METADATA_BOXES.includes(name)) this.#metadataAt = start;
    }
    return piece;
  }
}
