/**
 * What a server and the thread that reads its players' files say to each other. The thread has the formats, the server
 * has the bytes: which file, or which part of a web server's, is nothing that the thread can choose.
 */
import type { MediaKind } from '../flow';
import type { MediaSample, MediaTrack } from './media-file';

export interface OpenedFile {
  readonly tracks: readonly MediaTrack[];
  /** Milliseconds. */
  readonly duration: number;
}

/** `request` is answered once, `file` and `cursor` are the server's numbers. */
export type ToReader =
  /** Answered with OpenedFile. */
  | { readonly type: 'open'; readonly request: number; readonly file: number; readonly size: number }
  /** Answered with milliseconds. */
  | { readonly type: 'keyframe'; readonly request: number; readonly file: number; readonly time: number }
  /** The next sample, answered with MediaSample or undefined at the end. The first time it begins at `from`. */
  | {
      readonly type: 'next';
      readonly request: number;
      readonly file: number;
      readonly cursor: number;
      readonly kind: MediaKind;
      readonly from: number;
    }
  | { readonly type: 'end'; readonly file: number; readonly cursor: number }
  | { readonly type: 'close'; readonly file: number }
  | {
      readonly type: 'bytes';
      readonly file: number;
      readonly read: number;
      /** A text says why there are none. */
      readonly bytes: Uint8Array | string;
    };

export type FromReader =
  | {
      readonly type: 'answer';
      readonly request: number;
      readonly value: OpenedFile | MediaSample | number | undefined;
    }
  | { readonly type: 'refused'; readonly request: number; readonly message: string }
  | {
      readonly type: 'read';
      readonly file: number;
      readonly read: number;
      readonly start: number;
      readonly end: number;
    };
