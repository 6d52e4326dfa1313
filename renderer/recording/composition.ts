/**
 * One picture and one sound out of a session, for a recorder: the main picture fills the frame, an inset sits in its
 * corner, all voices are mixed. Cameras go off, screens take their place and connections are made anew, while the
 * composition stays the same two tracks: a recorder gives up when a track of it changes.
 *
 * The frame takes the size and the shape of what is there to see when a recording begins, and keeps it: many players do
 * not follow a picture that changes its size. What comes later with another shape is fitted into it, never stretched.
 */
import type { Timers } from '../timers';

/** What there is to record at a moment. */
export interface RecordingInput {
  readonly picture: MediaStreamTrack | null;
  /** In the corner; null where there is no second picture. */
  readonly inset: MediaStreamTrack | null;
  readonly sounds: readonly MediaStreamTrack[];
  /** A screen may take a camera's place: the frame has points enough to read it from the start. */
  readonly screens?: boolean;
}

export interface Composition {
  readonly stream: MediaStream;
  /** Of its picture. */
  readonly width: number;
  readonly height: number;
  close(): void;
}

/** With nothing to see yet. */
const USUAL = { width: 1280, height: 720 };
/** Received pictures begin small and grow; a corner or a screen that may come need more pixels. */
const LEAST_LINES = { alone: 480, more: 720 };
/** Of a frame's longer side: encoding more takes more than a computer in a call has left. */
const MOST = 1920;
const FRAMES_PER_SECOND = 30;
const INSET_SHARE = 0.24;
const MARGIN = 24;
const RADIUS = 14;
/** A track that is new has its first picture sooner; until then, the last picture of the one before stays. */
const CHANGE_MS = 500;
/** --stage of the design: near-black, in both themes. */
const BACKGROUND = '#131716';

/** Reads `input` for every frame, so that whatever changes is seen in the next one. */
export function compose(input: () => RecordingInput, timers: Timers): Composition {
  const canvas = document.createElement('canvas');
  const { width, height } = frameFor(input());
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('no canvas to draw on');
  const [main, inset] = [new Screen(timers), new Screen(timers)];
  const mixer = new Mixer();
  let cancel = (): void => undefined;
  let due = timers.now();
  const tick = (): void => {
    const now = input();
    main.show(now.picture);
    inset.show(now.inset);
    mixer.mix(now.sounds);
    if (!main.changing && !inset.changing) draw(context, main.picture, inset.picture);
    // Late frames are left out, not made up for.
    due = Math.max(due + 1000 / FRAMES_PER_SECOND, timers.now());
    cancel = timers.after(due - timers.now(), tick);
  };
  tick();
  const stream = new MediaStream([
    ...canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks(),
    ...mixer.stream.getAudioTracks(),
  ]);
  return {
    stream,
    width,
    height,
    close() {
      cancel();
      for (const track of stream.getTracks()) track.stop();
      main.show(null);
      inset.show(null);
      mixer.close();
    },
  };
}

/** A track as something that can be drawn. */
class Screen {
  readonly #video = document.createElement('video');
  readonly #timers: Timers;
  #track: MediaStreamTrack | null = null;
  /** When it took another one's place; -Infinity: nothing was there. */
  #changed = -Infinity;

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  show(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#changed = this.#track === null ? -Infinity : this.#timers.now();
    this.#track = track;
    this.#video.srcObject = track === null ? null : new MediaStream([track]);
    // Replaced before it began; the next one begins by itself.
    if (track !== null) void this.#video.play().catch(() => undefined);
  }

  /** Null while there is nothing to see. */
  get picture(): HTMLVideoElement | null {
    return this.#live && this.#video.readyState >= 2 && this.#video.videoWidth > 0 ? this.#video : null;
  }

  /** One picture has gone, and the next one is about to come. */
  get changing(): boolean {
    return this.#live && this.picture === null && this.#timers.now() < this.#changed + CHANGE_MS;
  }

  get #live(): boolean {
    return this.#track?.readyState === 'live' && !this.#track.muted;
  }
}

/** Tracks that come and go, as one. */
class Mixer {
  readonly #context = new AudioContext();
  readonly #destination = new MediaStreamAudioDestinationNode(this.#context);
  readonly #sources = new Map<MediaStreamTrack, MediaStreamAudioSourceNode>();

  constructor() {
    void this.#context.resume().catch(() => undefined);
  }

  get stream(): MediaStream {
    return this.#destination.stream;
  }

  mix(tracks: readonly MediaStreamTrack[]): void {
    const live = tracks.filter((track) => track.readyState === 'live');
    for (const [track, source] of this.#sources) {
      if (live.includes(track)) continue;
      source.disconnect();
      this.#sources.delete(track);
    }
    for (const track of live) {
      if (this.#sources.has(track)) continue;
      const source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: new MediaStream([track]) });
      source.connect(this.#destination);
      this.#sources.set(track, source);
    }
  }

  close(): void {
    this.mix([]);
    void this.#context.close().catch(() => undefined);
  }
}

function draw(
  context: CanvasRenderingContext2D,
  picture: HTMLVideoElement | null,
  inset: HTMLVideoElement | null,
): void {
  const { width: frameWidth, height: frameHeight } = context.canvas;
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, frameWidth, frameHeight);
  // Alone, the second picture takes the first one's place.
  const main = picture ?? inset;
  if (main !== null) {
    const { x, y, width, height } = fit(main.videoWidth, main.videoHeight, frameWidth, frameHeight);
    context.drawImage(main, x, y, width, height);
  }
  if (picture === null || inset === null) return;
  const [mostWidth, mostHeight] = [frameWidth * INSET_SHARE, frameHeight * INSET_SHARE];
  const size = fit(inset.videoWidth, inset.videoHeight, mostWidth, mostHeight);
  const [x, y] = [frameWidth - MARGIN - size.width, frameHeight - MARGIN - size.height];
  context.save();
  context.beginPath();
  context.roundRect(x, y, size.width, size.height, RADIUS);
  context.clip();
  context.drawImage(inset, x, y, size.width, size.height);
  context.restore();
}

/** The frame for what is there to see now. Even sides, as encoders want them. */
export function frameFor({ picture, inset, screens = false }: RecordingInput): {
  width: number;
  height: number;
} {
  const { width = 0, height = 0 } = (picture ?? inset)?.getSettings() ?? {};
  if (width === 0 || height === 0) return USUAL;
  const least = screens || (picture !== null && inset !== null) ? LEAST_LINES.more : LEAST_LINES.alone;
  // By whole factors: each point stays as sharp as it is.
  const larger = Math.ceil(least / Math.min(width, height));
  const scale = Math.min(Math.max(1, larger), MOST / Math.max(width, height));
  const even = (value: number): number => Math.max(2, Math.round((value * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}

/** The largest place of a picture's shape inside a frame, in its middle. Even numbers keep its edges sharp. */
export function fit(width: number, height: number, frameWidth: number, frameHeight: number) {
  const scale = Math.min(frameWidth / width, frameHeight / height);
  const even = (value: number): number => Math.round(value / 2) * 2;
  const [w, h] = [even(width * scale), even(height * scale)];
  return { x: (frameWidth - w) / 2, y: (frameHeight - h) / 2, width: w, height: h };
}

/** Of the tracks that one sees large, and of those in the corner; all of them are heard. */
export function inputOf(
  main: readonly MediaStreamTrack[],
  inset: readonly MediaStreamTrack[] = [],
): RecordingInput {
  const picture = (tracks: readonly MediaStreamTrack[]): MediaStreamTrack | null =>
    tracks.find((track) => track.kind === 'video') ?? null;
  return {
    picture: picture(main),
    inset: picture(inset),
    sounds: [...main, ...inset].filter((track) => track.kind === 'audio'),
  };
}

/** Of two who see each other: the other one large, until a screen is shown from here, which nobody could read in a corner. */
export function inputOfTwo(
  other: readonly MediaStreamTrack[],
  own: readonly MediaStreamTrack[],
): RecordingInput {
  const shows = own.some(
    (track) => track.kind === 'video' && track.getSettings().displaySurface !== undefined,
  );
  return shows ? inputOf(own, other) : inputOf(other, own);
}
