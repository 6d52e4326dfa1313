/**
 * VP8 decoding and encoding with @napi-rs/webcodecs, as the filter needs it: I420 pictures, lowest delay, one call per
 * frame. The traps of that library are worked around here.
 */
import type * as Webcodecs from '@napi-rs/webcodecs';
import { i420Size, type I420Picture } from './picture/i420';

export interface DecodedPicture extends I420Picture {
  /** The number given with the frame. */
  readonly id: number;
}

export interface EncodedFrame {
  readonly id: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keyframe: boolean;
}

/** Microseconds between two ids: codecs want rising timestamps, how far apart does not matter. */
const STEP = 1_000_000;

export class Vp8Decoder {
  readonly #library: typeof Webcodecs;
  readonly #decoder: Webcodecs.VideoDecoder;
  #buffers: Uint8Array<ArrayBuffer>[] = [];

  /** `output` gets pictures in order; it gives their buffers back with recycle when it is done with them. */
  constructor(
    library: typeof Webcodecs,
    output: (picture: DecodedPicture & { readonly data: Uint8Array<ArrayBuffer> }) => void,
    failed: (error: Error) => void,
  ) {
    this.#library = library;
    this.#decoder = new library.VideoDecoder({
      output: (frame) => {
        void this.#copy(frame)
          .then((picture) => picture && output(picture))
          .catch((error: unknown) => failed(error instanceof Error ? error : new Error(String(error))));
      },
      error: failed,
    });
    this.#decoder.configure({
      codec: 'vp8',
      optimizeForLatency: true,
      hardwareAcceleration: 'prefer-software',
    });
  }

  decode(id: number, data: Uint8Array, keyframe: boolean): void {
    const type = keyframe ? 'key' : 'delta';
    this.#decoder.decode(new this.#library.EncodedVideoChunk({ type, timestamp: id * STEP, data }));
  }

  recycle(data: Uint8Array<ArrayBuffer>): void {
    if (this.#buffers.length < 4) this.#buffers.push(data);
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }
  /** Closes when it is idle: its threads have nothing of it in hand any more. */
  async end(): Promise<void> {
    if (this.#decoder.state === 'configured') await this.#decoder.flush().catch(() => undefined);
    this.close();
  }

  async #copy(
    frame: Webcodecs.VideoFrame,
  ): Promise<(DecodedPicture & { readonly data: Uint8Array<ArrayBuffer> }) | undefined> {
    try {
      const { codedWidth: width, codedHeight: height, timestamp } = frame;
      if (frame.format !== 'I420') throw new Error(`a picture as ${String(frame.format)}`);
      const size = i420Size(width, height);
      this.#buffers = this.#buffers.filter((buffer) => buffer.byteLength === size);
      const data = this.#buffers.pop() ?? new Uint8Array(size);
      await frame.copyTo(data);
      return { id: Math.round(timestamp / STEP), width, height, data };
    } finally {
      frame.close();
    }
  }
}

/**
 * The library gives no say in libvpx's speed and would let it take its time (17 ms a frame at 640×480 where 4 do). But
 * libvpx chooses its real-time mode by itself for a frame that is shown for a second or longer. So frames claim to last
 * a second each, and the bits that a frame may have are given as the bits of a second.
 */
const CLAIMED_FRAMERATE = 1;

export class Vp8Encoder {
  readonly #library: typeof Webcodecs;
  readonly #encoder: Webcodecs.VideoEncoder;
  readonly width: number;
  readonly height: number;
  /** By the frame's number in this encoder: without gaps, or libvpx takes a gap for time in which bits were saved. */
  readonly #ids = new Map<number, number>();
  #count = 0;

  constructor(
    library: typeof Webcodecs,
    size: { readonly width: number; readonly height: number },
    bitsPerFrame: number,
    output: (frame: EncodedFrame) => void,
    failed: (error: Error) => void,
  ) {
    this.#library = library;
    this.width = size.width;
    this.height = size.height;
    this.#encoder = new library.VideoEncoder({
      output: (chunk) => {
        const data = new Uint8Array(chunk.byteLength);
        chunk.copyTo(data);
        const number = Math.round(chunk.timestamp / STEP);
        const id = this.#ids.get(number);
        this.#ids.delete(number);
        if (id !== undefined) output({ id, data, keyframe: chunk.type === 'key' });
      },
      error: failed,
    });
    this.#encoder.configure({
      codec: 'vp8',
      width: size.width,
      height: size.height,
      bitrate: Math.round(bitsPerFrame * CLAIMED_FRAMERATE),
      framerate: CLAIMED_FRAMERATE,
      bitrateMode: 'constant',
      // 'realtime' would mean a keyframe every ten frames, and nothing else.
      latencyMode: 'quality',
      hardwareAcceleration: 'prefer-software',
    });
  }

  /** Frames that went in and have not come out; 0 when it is idle. */
  get pending(): number {
    return this.#ids.size;
  }

  encode(picture: DecodedPicture, keyFrame: boolean): void {
    const { width, height, data, id } = picture;
    const number = this.#count++;
    const frame = new this.#library.VideoFrame(data, {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp: number * STEP,
    });
    try {
      this.#encoder.encode(frame, { keyFrame });
      this.#ids.set(number, id);
    } finally {
      frame.close();
    }
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }
  /** Closes when it is idle: its threads have nothing of it in hand any more. */
  async end(): Promise<void> {
    if (this.#encoder.state === 'configured') await this.#encoder.flush().catch(() => undefined);
    this.close();
  }
}
