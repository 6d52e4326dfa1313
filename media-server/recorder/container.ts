/**
 * What the recorder asks of a file format. Both formats are written the same way: a header of fixed size, which is written
 * over when more becomes known (another track, in the end the duration), then pieces of at most a second that can be
 * played whatever follows them, or nothing. So a file is whole at any moment.
 */
import type { Codec, MediaKind } from '../flow';
import type { PictureParameters } from './frame';

export interface TrackDescription {
  readonly kind: MediaKind;
  readonly codec: Codec;
  /** Video only. */
  readonly parameters?: PictureParameters | undefined;
}

/** A frame with its place in the file. Milliseconds since the recording began. */
export interface Sample {
  readonly kind: MediaKind;
  readonly data: Uint8Array;
  readonly keyframe: boolean;
  /** When it is decoded; grows from sample to sample of a track. */
  readonly time: number;
  /** When it is shown, seen from `time`; not 0 only where frames are not sent in the order in which they are shown. */
  readonly shownAfter: number;
  /** Until the next one of its track. */
  readonly duration: number;
}

export interface Ending {
  /** To be appended. */
  readonly tail: Uint8Array;
  /** The final header. */
  readonly header: Uint8Array;
}

export interface ContainerWriter {
  /** Adds a track, or tells more of one; at most one of each kind. */
  describe(track: TrackDescription): void;
  /** For the beginning of the file, always of the same size. */
  header(): Uint8Array;
  /** @param position where in the file the piece will be; samples of a track are in the order of decoding */
  piece(samples: readonly Sample[], position: number): Uint8Array;
  /** @param position the size of the file */
  end(position: number): Ending;
}

/** Both formats fit with their largest parameter sets. */
export const HEADER_BYTES = 4 * 1024;
/** Between entries of an index: players look for the nearest one and go on from there. */
export const INDEX_INTERVAL_MS = 1_000;
/** Of an index; a day of keyframes every second. */
export const MAX_INDEX_ENTRIES = 86_400;
