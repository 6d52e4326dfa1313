/** Whole frames, as they come out of RTP packets and go into files. */
import type { Codec, MediaKind } from '../flow';

/** What a decoder must know of a video stream; new ones come with keyframes. */
export interface PictureParameters {
  readonly width: number;
  readonly height: number;
  /** H.264 only: parameter sets without start codes or lengths. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

export interface Frame {
  readonly kind: MediaKind;
  readonly codec: Codec;
  /** VP8 and Opus as they are; H.264 as NAL units behind lengths of four bytes, without its parameter sets. */
  readonly data: Uint8Array;
  /** A decoder can start here; always true for audio. */
  readonly keyframe: boolean;
  /** RTP time. */
  readonly timestamp: number;
  /** When its last packet came, on the clock of MediaPacket.arrival. */
  readonly arrival: number;
  /** On the keyframes of video. */
  readonly parameters?: PictureParameters;
}
