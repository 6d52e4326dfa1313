/**
 * The video of a face overlay: packets in, packets out. While there is no image it forwards what comes and costs nothing;
 * with one, frames go through a worker and leave as a stream of their own. Owns the switching between both, which happens
 * at keyframes only, and the bounds of what waits for the worker.
 */
import type { Logger } from '../../protocol/log';
import type { Cancel, Clock } from '../clock';
import { FanOut } from '../fan-out';
import type { Codec, CodecName, MediaPacket, MediaSink, MediaSource } from '../flow';
import { keyframePixels } from '../rtp/vp8';
import type { FromOverlayWorker, ToOverlayWorker } from './overlay-protocol';
import type { OverlayPlacement } from './picture/overlay-painter';
import { Vp8FrameAssembler, type Vp8Frame } from './vp8-frames';
import { Vp8Packetizer } from './vp8-packets';

/** A worker thread as this class needs it. */
export interface OverlayWorker {
  post(message: ToOverlayWorker, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

export interface OverlayWorkerEvents {
  message(message: FromOverlayWorker): void;
  /** It ended by itself; nothing follows. */
  ended(reason: string): void;
}

export interface OverlayStreamOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startWorker: (events: OverlayWorkerEvents) => OverlayWorker;
  /** Unsigned, 32 bits. */
  readonly random: () => number;
  /** What an application allows the encoder, bit/s; asked whenever what viewers can take changes. */
  readonly encoderLimits: () => { readonly min: number; readonly max: number };
}

/**
 * forwarding: no image. starting: still forwarding, the worker is fed already. drawing: the worker's frames go out.
 * stopping: the same, until a keyframe comes that viewers can go on from without the worker.
 */
type Mode = 'forwarding' | 'starting' | 'drawing' | 'stopping';

/** A quarter of a second of frames: a worker that is farther behind gets nothing until a keyframe comes. */
const MAX_FRAMES_IN_WORKER = 8;
/** Larger pictures would take a whole core and more; a header that announces one would take the memory as well. */
const MAX_PIXELS = 2_560 * 1_440;
/** A worker that dies is replaced after a while, a few times; then the picture goes on without overlay. */
const RESTART_AFTER_MS = 1_000;
const MAX_RESTARTS = 3;
/** What a sender may use for the filter even when its viewers take less: faces are found in a good picture. */
const MIN_INPUT_BITRATE = 500_000;
const VP8: Codec = { kind: 'video', name: 'VP8', clockRate: 90_000, parameters: new Map() };

interface Overlay {
  readonly image: Uint8Array<ArrayBuffer>;
  readonly placement: OverlayPlacement;
}

export class OverlayStream implements MediaSink {
  readonly kind = 'video';
  /** What the worker can decode; with it a source that negotiates knows what to ask its peer for. */
  readonly accepts: readonly CodecName[] = ['VP8'];
  readonly output: FanOut;
  readonly #options: OverlayStreamOptions;
  readonly #assembler: Vp8FrameAssembler;
  readonly #packetizer: Vp8Packetizer;
  #source: MediaSource | undefined;
  #mode: Mode = 'forwarding';
  #overlay: Overlay | undefined;
  #worker: OverlayWorker | undefined;
  /** The worker has its libraries and models. */
  #ready = false;
  #framesInWorker = 0;
  /** Frames are left out until a keyframe comes. */
  #skipping = false;
  /** Counts the streams that went into the worker; what comes out of an older one is too late. */
  #epoch = 0;
  #announcedEpoch = -1;
  #announcing = false;
  #restarts = 0;
  #restart: Cancel | undefined;
  #closed = false;

  constructor(options: OverlayStreamOptions) {
    this.#options = options;
    const { clock, logger, random } = options;
    this.output = new FanOut({
      kind: 'video',
      clock,
      requestKeyframe: () => this.#keyframeWanted(),
      capacityChanged: (bitsPerSecond) => this.#capacityChanged(bitsPerSecond),
      sinkFailed: (error) => logger.error({ error }, 'a sink failed'),
    });
    this.#assembler = new Vp8FrameAssembler({
      output: (frame) => this.#feed(frame),
      keyframeNeeded: () => this.#source?.requestKeyframe(),
    });
    this.#packetizer = new Vp8Packetizer(VP8, random(), random(), random());
  }

  /** True while frames are decoded and encoded. */
  get isDrawing(): boolean {
    return this.#mode === 'drawing' || this.#mode === 'stopping';
  }

  setOverlay(image: Uint8Array<ArrayBuffer>, placement: OverlayPlacement): void {
    if (this.#closed) return;
    this.#overlay = { image, placement };
    this.#restarts = 0;
    if (!this.#canDraw()) {
      if (this.#source)
        this.#options.logger.warn({ codec: this.#source.codec?.name }, 'no overlay on this codec');
      return;
    }
    if (this.#mode === 'stopping') this.#mode = 'drawing';
    else if (this.#mode === 'forwarding') this.#begin(this.#source ? 'starting' : 'drawing');
    this.#sendOverlay();
  }

  unsetOverlay(): void {
    this.#overlay = undefined;
    this.#post({
      type: 'overlay',
      image: undefined,
      placement: { offsetX: 0, offsetY: 0, width: 1, height: 1 },
    });
    if (this.#mode === 'starting' || (this.#mode === 'drawing' && !this.#source)) this.#forward();
    else if (this.#mode === 'drawing') {
      this.#mode = 'stopping';
      this.#source?.requestKeyframe();
    }
  }

  close(): void {
    this.#closed = true;
    this.#overlay = undefined;
    this.#stopWorker();
    this.#source = undefined;
  }

  // ── As a sink ─────────────────────────────────────────────────────────────────────────────────────────────────

  sourceChanged(source: MediaSource): void {
    this.#source = source;
    this.#epoch++;
    this.#assembler.reset();
    this.#reportCapacity();
    if (this.#overlay && this.#canDraw()) {
      if (!this.isDrawing) this.#begin('drawing');
      this.#mode = 'drawing';
      source.requestKeyframe();
    } else this.#forward();
  }

  sourceEnded(): void {
    this.#source = undefined;
    this.#epoch++;
    this.#assembler.reset();
    this.output.setCodec(undefined);
    if (this.#mode === 'stopping') this.#forward();
  }

  push(packet: MediaPacket): void {
    switch (this.#mode) {
      case 'forwarding':
        this.output.push(packet);
        return;
      case 'starting':
        this.output.push(packet);
        this.#assembler.push(packet);
        return;
      case 'stopping':
        if (packet.keyframeStart && !packet.late) {
          this.#forward();
          this.output.push(packet);
          return;
        }
        this.#assembler.push(packet);
        return;
      case 'drawing':
        this.#assembler.push(packet);
    }
  }

  // ── Into the worker ───────────────────────────────────────────────────────────────────────────────────────────

  #canDraw(): boolean {
    return this.#source?.codec === undefined || this.#source.codec.name === 'VP8';
  }

  #begin(mode: 'starting' | 'drawing'): void {
    this.#mode = mode;
    this.#epoch++;
    this.#assembler.reset();
    this.#startWorker();
    this.#source?.requestKeyframe();
  }

  /** Back to packets as they come. */
  #forward(): void {
    const known = this.output.codec;
    this.#mode = 'forwarding';
    this.#epoch++;
    this.#assembler.reset();
    this.#stopWorker();
    const codec = this.#source?.codec;
    if (codec === undefined && known === undefined) return;
    this.output.setCodec(codec);
    this.output.setClock(this.#source?.clock);
  }

  #feed(frame: Vp8Frame): void {
    const worker = this.#worker;
    if (worker === undefined || !this.#ready) return;
    if (frame.keyframe && keyframePixels(frame.data) > MAX_PIXELS) {
      this.#options.logger.warn({}, 'no overlay on pictures of this size');
      this.#forward();
      this.#source?.requestKeyframe();
      return;
    }
    if (frame.keyframe) this.#skipping = false;
    if (this.#skipping) return;
    if (this.#framesInWorker >= MAX_FRAMES_IN_WORKER) {
      this.#skipping = true;
      this.#source?.requestKeyframe();
      return;
    }
    this.#framesInWorker++;
    const { data, keyframe, timestamp } = frame;
    const arrival = performance.timeOrigin + frame.arrival;
    worker.post({ type: 'frame', data, keyframe, timestamp, arrival, epoch: this.#epoch }, [data.buffer]);
  }

  #keyframeWanted(): void {
    if (this.#announcing) return;
    if (this.isDrawing) this.#post({ type: 'keyframe' });
    else this.#source?.requestKeyframe();
  }

  #capacityChanged(bitsPerSecond: number | undefined): void {
    this.#reportCapacity();
    const { min, max } = this.#options.encoderLimits();
    this.#post({ type: 'bitrate', bitsPerSecond: Math.min(max, Math.max(min, bitsPerSecond ?? Infinity)) });
  }

  #reportCapacity(): void {
    const { capacity } = this.output;
    const wanted =
      capacity === undefined || !this.isDrawing ? capacity : Math.max(capacity, MIN_INPUT_BITRATE);
    this.#source?.reportCapacity(this, wanted);
  }

  #sendOverlay(): void {
    if (!this.#overlay) return;
    const { image, placement } = this.#overlay;
    this.#post({ type: 'overlay', image, placement });
  }

  #post(message: ToOverlayWorker): void {
    this.#worker?.post(message, []);
  }

  // ── Out of the worker ─────────────────────────────────────────────────────────────────────────────────────────

  #startWorker(): void {
    if (this.#worker) return;
    this.#ready = false;
    this.#framesInWorker = 0;
    this.#skipping = false;
    const worker: OverlayWorker = this.#options.startWorker({
      message: (message) => {
        if (worker === this.#worker) this.#handle(message);
      },
      ended: (reason) => {
        if (worker === this.#worker) this.#workerEnded(reason);
      },
    });
    this.#worker = worker;
    this.#sendOverlay();
    this.#capacityChanged(this.output.capacity);
  }

  #stopWorker(): void {
    this.#restart?.();
    this.#restart = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #handle(message: FromOverlayWorker): void {
    switch (message.type) {
      case 'encoded':
        this.#emit(message);
        break;
      case 'taken':
        this.#framesInWorker = Math.max(0, this.#framesInWorker - message.frames);
        break;
      case 'keyframe-needed':
        this.#source?.requestKeyframe();
        break;
      case 'overlay-failed':
        this.#options.logger.warn({ reason: message.message }, 'the overlay image cannot be decoded');
        break;
      case 'failed':
        this.#workerEnded(message.message);
        break;
      case 'ready':
        // What came meanwhile is old; the worker begins with a picture of now.
        this.#ready = true;
        this.#assembler.reset();
        this.#source?.requestKeyframe();
        break;
    }
  }

  #emit(frame: Extract<FromOverlayWorker, { type: 'encoded' }>): void {
    if (frame.epoch !== this.#epoch || this.#mode === 'forwarding') return;
    if (this.#announcedEpoch !== this.#epoch) {
      if (!frame.keyframe) return;
      this.#announcedEpoch = this.#epoch;
      if (this.#mode === 'starting') this.#mode = 'drawing';
      // The keyframe that the sinks are about to ask for is this one.
      this.#announcing = true;
      this.output.setCodec(VP8);
      this.#announcing = false;
      this.#restarts = 0;
    }
    this.output.setClock(this.#source?.clock);
    const { data, keyframe, timestamp } = frame;
    const arrival = frame.arrival - performance.timeOrigin;
    this.#packetizer.push({ data, keyframe, timestamp, arrival }, (packet) => this.output.push(packet));
  }

  #workerEnded(reason: string): void {
    const { logger, clock } = this.#options;
    this.#stopWorker();
    if (this.#closed) return;
    const again = this.#overlay !== undefined && this.#restarts < MAX_RESTARTS;
    logger.error({ reason, again }, 'the overlay worker failed');
    this.#forward();
    this.#source?.requestKeyframe();
    if (!again) return;
    this.#restarts++;
    this.#restart = clock.after(RESTART_AFTER_MS, () => {
      this.#restart = undefined;
      if (this.#overlay && this.#mode === 'forwarding' && this.#canDraw()) this.#begin('starting');
    });
  }
}
