/**
 * What happens to a picture on its way through the filter: decode, draw, encode, and look for the faces that the next
 * one is drawn on. Owns the order of these steps and what is left out when time is short, so that delay never builds
 * up: frames that are old when they come, up to the next keyframe; pictures that are not the newest, or could not be
 * out in time; and what has become too old all the same. Age is counted from a frame's arrival. Runs in a worker
 * thread; threads and messages are the worker's business.
 */
import type { FacePose, FaceTracker } from './face/face-tracker';
import { isWorthAChange, targetBitrate } from './bitrate';
import type { DecodedPicture, EncodedFrame } from './vp8-codec';
import type { I420Picture } from './picture/i420';
import type { OverlayImage } from './picture/overlay-image';
import { paintOverlay, type OverlayPlacement } from './picture/overlay-painter';

export interface InputFrame {
  readonly data: Uint8Array;
  readonly keyframe: boolean;
  readonly timestamp: number;
  readonly arrival: number;
  readonly epoch: number;
}

export interface OutputFrame {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keyframe: boolean;
  readonly timestamp: number;
  readonly arrival: number;
  readonly epoch: number;
}

type Picture = DecodedPicture & { readonly data: Uint8Array<ArrayBuffer> };

export interface Decoder {
  decode(id: number, data: Uint8Array, keyframe: boolean): void;
  recycle(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  end(): Promise<void>;
}

export interface Encoder {
  readonly width: number;
  readonly height: number;
  readonly pending: number;
  encode(picture: DecodedPicture, keyframe: boolean): void;
  close(): void;
  end(): Promise<void>;
}

export interface OverlayEngineOptions {
  /** On the clock of `now`. */
  readonly tracker: Pick<FaceTracker, 'isFollowing' | 'poses' | 'update' | 'reset'>;
  /** Milliseconds on the clock of `arrival`. */
  readonly now: () => number;
  readonly createDecoder: (output: (picture: Picture) => void, failed: (error: Error) => void) => Decoder;
  readonly createEncoder: (
    size: { readonly width: number; readonly height: number },
    bitsPerFrame: number,
    output: (frame: EncodedFrame) => void,
    failed: (error: Error) => void,
  ) => Encoder;
  readonly output: (frame: OutputFrame) => void;
  /** So many of the frames given to `push` have left the decoder, or never will. */
  readonly taken: (frames: number) => void;
  readonly keyframeNeeded: () => void;
}

/** What is older than this does not leave the filter… */
const MAX_DELAY_MS = 200;
/** …of which so much is left for the way out. */
const WAY_OUT_MS = 20;
/** A frame that comes so late, or behind one that waits so long, is not decoded any more, nor is what depends on it. */
const MAX_AGE_AT_INPUT_MS = 120;
/** Nothing was shown for so long: where no picture can be made in time, an old one now and then is better than none. */
const LONGEST_PAUSE_MS = 1_000;
/** A wish for a keyframe can get lost. */
const ASK_AGAIN_MS = 1_000;
/** One slow picture is no reason to leave out the following ones for long. */
const FORGETTING = 0.8;
/** An encoder that holds a frame back for so long will not give it any more. */
const MAX_ENCODING_MS = 1_000;
/** Frame rates above it are not told apart. */
const MAX_FPS = 60;

interface Origin {
  readonly timestamp: number;
  readonly arrival: number;
  readonly epoch: number;
}

export class OverlayEngine {
  readonly #options: OverlayEngineOptions;
  readonly #origins = new Map<number, Origin>();
  #decoder: Decoder | undefined;
  #encoder: Encoder | undefined;
  #image: OverlayImage | undefined;
  #placement: OverlayPlacement = { offsetX: 0, offsetY: 0, width: 1, height: 1 };
  #nextId = 0;
  #takenUntil = 0;
  #epoch = -1;
  /** After a failure or at the start: nothing but a keyframe is of any use. */
  #awaitingKeyframe = true;
  /** When a keyframe was last asked for; who starts the engine does it the first time. */
  #askedAt = 0;
  #keyframeWanted = false;
  #newest: Picture | undefined;
  /** The picture that is on its way out, as it came; nobody has looked for faces in it yet. */
  #unseen: { readonly picture: I420Picture; readonly at: number } | undefined;
  #spare: Uint8Array | undefined;
  #encodedAt = -Infinity;
  #shownAt = -Infinity;
  /** An encoded frame was left out: the next to be shown is a keyframe. */
  #isBroken = false;
  /** From a picture's turn to its being encoded; rises at once, falls slowly. */
  #workMs = 0;
  #encoderSetAt = -Infinity;
  #bitrate = 0;
  #bitrateFps = 30;
  #capacity: number | undefined;
  #fps = 30;
  #lastArrival: number | undefined;
  #closed = false;

  constructor(options: OverlayEngineOptions) {
    this.#options = options;
  }

  setOverlay(image: OverlayImage | undefined, placement: OverlayPlacement): void {
    this.#image = image;
    this.#placement = placement;
  }

  /** Bit/s that the viewers can take. */
  setCapacity(bitsPerSecond: number): void {
    this.#capacity = Number.isFinite(bitsPerSecond) ? bitsPerSecond : undefined;
  }

  requestKeyframe(): void {
    this.#keyframeWanted = true;
  }

  push(frame: InputFrame): void {
    if (this.#closed) return;
    if (frame.epoch !== this.#epoch) {
      this.#epoch = frame.epoch;
      this.#awaitingKeyframe = true;
      this.#keyframeWanted = true;
      this.#lastArrival = undefined;
      this.#unseen = undefined;
      this.#options.tracker.reset();
    }
    const now = this.#options.now();
    // The beginning is no pause: what waited while everything was being loaded is not shown.
    if (this.#shownAt === -Infinity) this.#shownAt = this.#askedAt = now;
    // The decoder's queue is in order: what comes now comes out after its oldest.
    const oldest = this.#takenUntil < this.#nextId ? this.#origins.get(this.#takenUntil) : undefined;
    if (now - Math.min(frame.arrival, oldest?.arrival ?? Infinity) > MAX_AGE_AT_INPUT_MS) {
      if (!this.#awaitingKeyframe || frame.keyframe) this.#needKeyframe();
      this.#awaitingKeyframe = true;
      this.#options.taken(1);
      return;
    }
    if (this.#awaitingKeyframe && !frame.keyframe) {
      if (now - this.#askedAt > ASK_AGAIN_MS) this.#needKeyframe();
      this.#options.taken(1);
      return;
    }
    this.#awaitingKeyframe = false;
    this.#measureRate(frame);
    const id = this.#nextId++;
    this.#origins.set(id, frame);
    try {
      this.#decoder ??= this.#options.createDecoder(
        (picture) => this.#decoded(picture),
        () => this.#decoderFailed(),
      );
      this.#decoder.decode(id, frame.data, frame.keyframe);
    } catch {
      this.#decoderFailed();
    }
  }

  /** Nothing comes out any more; resolves when the codecs have finished what they were at. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#origins.clear();
    await Promise.all([this.#decoder?.end(), this.#encoder?.end()]);
    this.#decoder = undefined;
    this.#encoder = undefined;
  }

  #measureRate(frame: InputFrame): void {
    const elapsed = this.#lastArrival === undefined ? 0 : frame.arrival - this.#lastArrival;
    this.#lastArrival = frame.arrival;
    if (elapsed <= 0 || elapsed > 1_000) return;
    // Smoothed in the period, not the rate: two frames that come together must not count as a thousand a second.
    const period = 1_000 / this.#fps + (elapsed - 1_000 / this.#fps) / 32;
    this.#fps = Math.min(MAX_FPS, 1_000 / period);
  }

  #decoded(picture: Picture): void {
    if (this.#closed) return;
    // Frames that are not to be shown come out as nothing: a later one speaks for them.
    this.#taken(picture.id + 1);
    if (this.#newest) this.#leaveOut(this.#newest);
    this.#newest = picture;
    this.#advance();
  }

  /** Takes the newest picture when the encoder is idle. */
  #advance(): void {
    const picture = this.#newest;
    if (picture === undefined) return;
    const now = this.#options.now();
    if (this.#encoder && this.#encoder.pending > 0) {
      if (now - this.#encodedAt < MAX_ENCODING_MS) return;
      // It has swallowed a frame: it would be waited for for ever.
      this.#encoderFailed();
    }
    this.#newest = undefined;
    const origin = this.#origins.get(picture.id);
    if (
      origin === undefined ||
      (now + this.#workMs - origin.arrival > MAX_DELAY_MS - WAY_OUT_MS && !this.#isPauseLong())
    ) {
      this.#workMs *= FORGETTING;
      this.#leaveOut(picture);
      return;
    }
    this.#forgetBefore(picture.id);
    this.#draw(picture, now);
    try {
      const encoder = this.#encoderFor(picture, now);
      const keyframe = this.#keyframeWanted;
      this.#keyframeWanted = false;
      this.#encodedAt = now;
      encoder.encode(picture, keyframe);
    } catch {
      this.#encoderFailed();
    }
    this.#decoder?.recycle(picture.data);
  }

  #draw(picture: Picture, now: number): void {
    if (this.#image === undefined) return;
    const { tracker } = this.#options;
    let poses: readonly FacePose[];
    if (tracker.isFollowing) {
      // A known face is where it was going: looking takes as long as all the rest, and can wait until this is out.
      this.#keepForLooking(picture, now);
      poses = tracker.poses(now);
    } else poses = tracker.update(picture, now);
    for (const pose of poses) paintOverlay(picture, this.#image, this.#placement, pose);
  }

  /** Without what is painted on it. */
  #keepForLooking({ width, height, data }: Picture, at: number): void {
    const spare = this.#spare?.length === data.length ? this.#spare : new Uint8Array(data.length);
    spare.set(data);
    this.#spare = spare;
    this.#unseen = { picture: { width, height, data: spare }, at };
  }
  #look(): void {
    const unseen = this.#unseen;
    this.#unseen = undefined;
    if (unseen) this.#options.tracker.update(unseen.picture, unseen.at);
  }

  #encoderFor(picture: Picture, now: number): Encoder {
    const wanted = targetBitrate(picture.width, picture.height, this.#fps, this.#capacity);
    const current = this.#encoder;
    // What the encoder really knows is bits per frame: a change of the frame rate counts as a change of the rate.
    const effective = (this.#bitrate / this.#bitrateFps) * this.#fps;
    const fits =
      current?.width === picture.width &&
      current.height === picture.height &&
      !isWorthAChange(effective, wanted, now - this.#encoderSetAt);
    if (current && fits) return current;
    current?.close();
    this.#bitrate = wanted;
    this.#bitrateFps = this.#fps;
    this.#encoderSetAt = now;
    this.#encoder = this.#options.createEncoder(
      picture,
      wanted / this.#fps,
      (frame) => this.#encoded(frame),
      () => this.#encoderFailed(),
    );
    return this.#encoder;
  }

  #encoded(frame: EncodedFrame): void {
    if (this.#closed) return;
    const now = this.#options.now();
    this.#workMs = Math.max(now - this.#encodedAt, this.#workMs * FORGETTING);
    const origin = this.#origins.get(frame.id);
    this.#origins.delete(frame.id);
    if (origin) this.#show(frame, origin, now);
    this.#look();
    this.#advance();
  }

  #show({ data, keyframe }: EncodedFrame, { timestamp, arrival, epoch }: Origin, now: number): void {
    const isLate = now - arrival > MAX_DELAY_MS - WAY_OUT_MS && !this.#isPauseLong();
    if (isLate || (this.#isBroken && !keyframe)) {
      // What follows would build on it.
      this.#isBroken = true;
      this.#keyframeWanted = true;
      return;
    }
    this.#isBroken = false;
    this.#shownAt = now;
    this.#options.output({ data, keyframe, timestamp, arrival, epoch });
  }

  #isPauseLong(): boolean {
    return this.#options.now() - this.#shownAt > LONGEST_PAUSE_MS;
  }

  #leaveOut(picture: Picture): void {
    this.#origins.delete(picture.id);
    this.#decoder?.recycle(picture.data);
  }

  /** Frames that the decoder swallowed (not to be shown, or damaged) leave their origin behind. */
  #forgetBefore(id: number): void {
    for (const known of this.#origins.keys()) if (known < id - 64) this.#origins.delete(known);
  }

  #taken(until: number): void {
    if (until <= this.#takenUntil) return;
    this.#options.taken(until - this.#takenUntil);
    this.#takenUntil = until;
  }

  #decoderFailed(): void {
    if (this.#closed) return;
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#awaitingKeyframe = true;
    // None of the frames inside comes out any more.
    this.#taken(this.#nextId);
    this.#needKeyframe();
  }

  #needKeyframe(): void {
    this.#askedAt = this.#options.now();
    this.#options.keyframeNeeded();
  }

  #encoderFailed(): void {
    if (this.#closed) return;
    this.#encoder?.close();
    this.#encoder = undefined;
    this.#keyframeWanted = true;
  }
}
