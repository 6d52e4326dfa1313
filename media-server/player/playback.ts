/**
 * Plays one open file in real time: reads ahead, hands out each sample when it is due by one monotonic clock, pauses,
 * seeks, and notices the end. Knows nothing of packets and of Kurento.
 */
import type { Cancel, Clock } from '../clock';
import type { MediaKind } from '../flow';
import type { Media, MediaSample } from './media-file';

/** So much lies ready for each track. */
const READ_AHEAD_MS = 1_000;
const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** Who is farther behind goes on from where it is instead of hurrying: the machine slept, or the network did. */
const MAX_BEHIND_MS = 1_000;

export interface PlaybackListener {
  /** @param due on the clock's monotonic time; grows over pauses and seeks as real time does */
  sample(kind: MediaKind, sample: MediaSample, due: number): void;
  /** The first sample, also after a pause or a seek, is about to come. */
  started(): void;
  ended(): void;
  failed(error: unknown): void;
}

interface Track {
  readonly kind: MediaKind;
  readonly samples: AsyncGenerator<MediaSample, void>;
  readonly queue: MediaSample[];
  bytes: number;
  reading: boolean;
  over: boolean;
}

export class Playback {
  readonly #clock: Clock;
  readonly #file: Media;
  readonly #listener: PlaybackListener;
  #tracks: Track[] = [];
  #playing = false;
  #closed = false;
  /** Monotonic time at which the file's beginning would have been; undefined until the first sample is there. */
  #base: number | undefined;
  /** While it does not play. */
  #position = 0;
  /** Where the last sample ends. */
  #end = 0;
  #timer: Cancel | undefined;
  #seeks = 0;

  constructor(clock: Clock, file: Media, listener: PlaybackListener) {
    this.#clock = clock;
    this.#file = file;
    this.#listener = listener;
    this.#load(0);
  }

  /** Milliseconds. */
  get position(): number {
    if (this.#base === undefined || !this.#playing) return this.#position;
    return Math.min(Math.max(0, this.#clock.now() - this.#base), this.#file.duration);
  }

  play(): void {
    if (this.#playing || this.#closed) return;
    this.#playing = true;
    this.#base = undefined;
    this.#pump();
  }
  pause(): void {
    if (!this.#playing) return;
    this.#position = this.position;
    this.#playing = false;
    this.#timer?.();
    this.#timer = undefined;
  }
  /** Goes on at the keyframe at or before the place. Of several seeks at once the last one counts. */
  async seek(time: number): Promise<void> {
    const seek = ++this.#seeks;
    const place = await this.#file.keyframeBefore(time);
    if (seek !== this.#seeks || this.#closed) return;
    this.#load(place);
    this.#pump();
  }
  close(): void {
    this.#closed = true;
    this.pause();
    this.#unload();
  }

  #load(from: number): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#unload();
    this.#base = undefined;
    this.#position = from;
    this.#end = from;
    this.#tracks = this.#file.tracks.map(({ kind }) => ({
      kind,
      samples: this.#file.samples(kind, from),
      queue: [],
      bytes: 0,
      reading: false,
      over: false,
    }));
    for (const track of this.#tracks) void this.#fill(track);
  }
  #unload(): void {
    for (const track of this.#tracks) {
      track.over = true;
      track.queue.length = 0;
      // Ends when what is being read is there; what goes wrong then concerns nobody.
      track.samples.return().catch(() => undefined);
    }
    this.#tracks = [];
  }

  async #fill(track: Track): Promise<void> {
    if (track.reading) return;
    track.reading = true;
    try {
      while (!track.over && !isFull(track)) {
        const { value, done } = await track.samples.next();
        if (track.over) return;
        if (done === true) track.over = true;
        else {
          track.queue.push(value);
          track.bytes += value.data.length;
        }
        // The others are waiting for this track's first sample.
        if (track.over || track.queue.length === 1) this.#pump();
      }
    } catch (error) {
      if (!this.#closed && this.#tracks.includes(track)) this.#listener.failed(error);
    } finally {
      track.reading = false;
    }
  }

  /** Hands out what is due and waits for the next one. */
  #pump(): void {
    if (!this.#playing || this.#closed || this.#timer) return;
    for (;;) {
      const track = this.#next();
      if (track === 'wait') return;
      if (!track) {
        this.#finish();
        return;
      }
      const sample = track.queue[0]!;
      const now = this.#clock.now();
      const base = this.#begin(now);
      const behind = now - (base + sample.time);
      if (behind < 0) {
        this.#wake(-behind);
        return;
      }
      if (behind > MAX_BEHIND_MS) this.#base = base + behind;
      track.queue.shift();
      track.bytes -= sample.data.length;
      this.#end = Math.max(this.#end, sample.time + sample.duration);
      void this.#fill(track);
      this.#listener.sample(track.kind, sample, this.#begin(now) + sample.time);
      // The listener may have ended it.
      if (!this.#playing) return;
    }
  }
  #begin(now: number): number {
    if (this.#base !== undefined) return this.#base;
    this.#base = now - this.#position;
    this.#listener.started();
    return this.#base;
  }
  /** The track whose turn it is; undefined when all is played. */
  #next(): Track | 'wait' | undefined {
    let next: Track | undefined;
    for (const track of this.#tracks) {
      const head = track.queue[0];
      // What it will have next may be due first.
      if (!head && !track.over) return 'wait';
      if (head && (!next || head.time < next.queue[0]!.time)) next = track;
    }
    return next;
  }
  #wake(milliseconds: number): void {
    this.#timer = this.#clock.after(milliseconds, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }
  /** The last sample is shown to its end. */
  #finish(): void {
    const left = this.#begin(this.#clock.now()) + this.#end - this.#clock.now();
    if (left > 0) {
      this.#wake(left);
      return;
    }
    this.pause();
    this.#position = this.#end;
    this.#listener.ended();
  }
}

function isFull({ queue, bytes }: Track): boolean {
  const first = queue[0];
  const last = queue.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    (last.time - first.time > READ_AHEAD_MS || bytes > READ_AHEAD_BYTES)
  );
}
