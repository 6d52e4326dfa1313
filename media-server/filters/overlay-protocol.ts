/** What the element and its worker thread say to each other. Buffers are transferred, not copied. */
import type { OverlayPlacement } from './picture/overlay-painter';

/** What a worker needs to start. */
export interface OverlayWorkerData {
  /** Model files: BlazeFace for the whole picture and for the neighbourhood of a face. */
  readonly fullRangeModel: string;
  readonly shortRangeModel: string;
}

export type ToOverlayWorker =
  /** One VP8 frame. Frames come in order and complete; `epoch` counts streams: a new one starts at a keyframe. */
  | {
      readonly type: 'frame';
      readonly data: Uint8Array<ArrayBuffer>;
      readonly keyframe: boolean;
      readonly timestamp: number;
      /** Milliseconds of performance.timeOrigin + performance.now() at which its last packet came. */
      readonly arrival: number;
      readonly epoch: number;
    }
  /** An image file; undefined takes the overlay away. */
  | {
      readonly type: 'overlay';
      readonly image: Uint8Array<ArrayBuffer> | undefined;
      readonly placement: OverlayPlacement;
    }
  | { readonly type: 'keyframe' }
  | { readonly type: 'bitrate'; readonly bitsPerSecond: number }
  /** The last one: finishes what the codecs are at, and ends by itself. */
  | { readonly type: 'end' };

export type FromOverlayWorker =
  | { readonly type: 'ready' }
  | {
      readonly type: 'encoded';
      readonly data: Uint8Array<ArrayBuffer>;
      readonly keyframe: boolean;
      /** RTP timestamp and arrival of the frame that it was made of. */
      readonly timestamp: number;
      readonly arrival: number;
      readonly epoch: number;
    }
  /** So many frames were decoded or given up: the worker can take as many more. */
  | { readonly type: 'taken'; readonly frames: number }
  /** The decoder or the encoder failed and starts anew: it needs a keyframe. */
  | { readonly type: 'keyframe-needed' }
  | { readonly type: 'overlay-failed'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };
