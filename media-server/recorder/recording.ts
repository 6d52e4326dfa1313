/**
 * One file that is being recorded: takes whole frames of audio and video, decides where it begins and ends, gives each
 * frame its place in time, and writes a piece every half second. Pauses leave no gap. Knows nothing of packets, of
 * Kurento, or of how a file is made.
 */
import type { Cancel, Clock } from '../clock';
import type { ClockMapping, MediaKind } from '../flow';
import type { ContainerWriter, Sample } from './container';
import type { FileWriter } from './file-writer';
import type { Frame, PictureParameters } from './frame';
import { withLengths } from './depacketizer';
import { Timeline } from './timeline';

/** What is younger may be lost when the process dies. */
const PIECE_INTERVAL_MS = 500;
/** Frames of the other kind are waited for no longer before a piece is written without them. */
const INTERLEAVE_MS = 400;
/** So long the beginning waits for sender reports, which come about every second, and for a picture. */
const SETTLE_MS = 1_200;
const PICTURE_MS = 2_500;
/** A beginning that waits is not to hold more. */
const MAX_BACKLOG_BYTES = 8 * 1024 * 1024;
/** Players can jump to keyframes only. */
const KEYFRAME_INTERVAL_MS = 10_000;
/** How long the last frame lasts where no other tells. */
const LAST_FRAME_MS = { audio: 20, video: 33 } as const;

export interface RecordingOptions {
  readonly clock: Clock;
  readonly container: ContainerWriter;
  readonly file: FileWriter;
  /** Whether a stream of this kind is there and may still come: the beginning waits for it. */
  readonly expects: (kind: MediaKind) => boolean;
  readonly requestKeyframe: () => void;
  /** Its first frame is in, also after each pause. */
  readonly began: () => void;
  /** Frames come that do not go on with what is in the file; they are left out. */
  readonly codecChanged: (kind: MediaKind, codec: string) => void;
}

interface Waiting {
  readonly frame: Frame;
  readonly mediaTime: number;
}
interface Track {
  readonly codec: string;
  /** As they stand in the header. */
  readonly parameters: PictureParameters | undefined;
  /** Written when the next one tells how long it lasts. */
  held: Omit<Sample, 'duration'> | undefined;
  lastDuration: number;
  /** Of its last sample that is not held. */
  end: number;
  /** Frames that belong to a piece that is not written yet. */
  readonly ready: Sample[];
  toldOfChange: boolean;
}

/** beginning: waits for a keyframe and for clocks. */
type State = 'beginning' | 'running' | 'paused' | 'ended';

export class Recording {
  readonly #options: RecordingOptions;
  readonly #timeline = new Timeline();
  readonly #tracks = new Map<MediaKind, Track>();
  readonly #timer: Cancel;
  #state: State = 'beginning';
  #backlog: Waiting[] = [];
  #backlogBytes = 0;
  #backlogSince: number | undefined;
  /** Place in the file − time on the timeline. */
  #shift = 0;
  /** Where the file ends so far, milliseconds. */
  #end = 0;
  #hasHeader = false;
  #lastKeyframe = -Infinity;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#timer = options.clock.every(PIECE_INTERVAL_MS, () => this.#tick());
  }

  get state(): State {
    return this.#state;
  }
  /** Milliseconds in the file. */
  get duration(): number {
    return this.#end;
  }

  add(frame: Frame, mapping: ClockMapping | undefined): void {
    if (this.#state === 'paused' || this.#state === 'ended') return;
    const { kind, timestamp, arrival, codec } = frame;
    const mediaTime = this.#timeline.observe(kind, codec.clockRate, timestamp, arrival, mapping);
    if (this.#state === 'running') {
      this.#write(frame, mediaTime + this.#timeline.offset(kind));
      return;
    }
    const hasPicture = this.#backlog.some((each) => each.frame.kind === 'video');
    if (kind === 'video' && !hasPicture && !frame.keyframe) {
      this.#options.requestKeyframe();
      return;
    }
    this.#backlog.push({ frame, mediaTime });
    this.#backlogBytes += frame.data.length;
    this.#backlogSince ??= arrival;
    this.#beginIfReady(arrival);
  }
  /** Another stream of this kind follows. */
  streamChanged(kind: MediaKind): void {
    this.#timeline.reset(kind);
    if (this.#state === 'beginning') {
      this.#backlog = this.#backlog.filter(({ frame }) => frame.kind !== kind);
      this.#backlogBytes = this.#backlog.reduce((sum, { frame }) => sum + frame.data.length, 0);
    }
  }

  pause(): void {
    if (this.#state !== 'running' && this.#state !== 'beginning') return;
    this.#state = 'paused';
    this.#backlog = [];
    this.#backlogBytes = 0;
    this.#backlogSince = undefined;
    this.#release();
    this.#writePiece(Infinity);
  }
  /** Goes on at the next keyframe, where it left off. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'beginning';
    this.#options.requestKeyframe();
  }
  /** Writes what is left and completes the file. */
  async finish(): Promise<void> {
    if (this.#state === 'ended') return;
    // What came while it waited for more is better than nothing.
    if (this.#state === 'beginning' && this.#backlog.length > 0) this.#begin();
    this.#state = 'ended';
    this.#timer();
    this.#release();
    this.#writePiece(Infinity);
    const { file, container } = this.#options;
    if (this.#hasHeader) {
      const { header, tail } = container.end(file.size);
      file.append(tail);
      file.overwrite(header, 0);
    }
    await file.end();
  }

  // ── The beginning ─────────────────────────────────────────────────────────────────────────────────────────────

  #beginIfReady(now: number): void {
    const waited = now - (this.#backlogSince ?? now);
    const has = (kind: MediaKind) => this.#backlog.some(({ frame }) => frame.kind === kind);
    const isMissing = (kind: MediaKind) => this.#options.expects(kind) && !has(kind);
    const isFull = this.#backlogBytes > MAX_BACKLOG_BYTES;
    if (isMissing('video') && waited < PICTURE_MS && !isFull) return;
    const isSettled = !isMissing('audio') && this.#timeline.isSettled;
    if (!isSettled && waited < SETTLE_MS && !isFull) return;
    this.#begin();
  }
  #begin(): void {
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    this.#backlogSince = undefined;
    this.#state = 'running';
    this.#timeline.settle();
    const timeOf = ({ frame, mediaTime }: Waiting) => mediaTime + this.#timeline.offset(frame.kind);
    const first = backlog.find(({ frame }) => frame.kind === 'video') ?? backlog[0];
    if (!first) return;
    this.#shift = this.#end - timeOf(first);
    // What sounded before the first picture is left out: a file begins with a picture.
    const begin = timeOf(first);
    this.#options.began();
    for (const each of backlog) if (timeOf(each) >= begin) this.#write(each.frame, timeOf(each));
  }

  // ── Frames ────────────────────────────────────────────────────────────────────────────────────────────────────

  #write(frame: Frame, at: number): void {
    const track = this.#trackOf(frame);
    if (!track) return;
    const { kind, keyframe } = frame;
    const shown = at + this.#shift;
    const { held } = track;
    // Decoding order decides; two frames never share a place.
    const time = Math.max(shown, held ? held.time + 1 : track.end);
    // Only pictures are sent in another order than they are shown.
    const shownAfter = kind === 'video' ? Math.min(0, shown - time) : 0;
    if (held) this.#keep(track, held, time - held.time);
    const data = keyframe && kind === 'video' ? this.#selfContained(frame, track) : frame.data;
    track.held = { kind, keyframe, time, shownAfter: shownAfter < -1_000 ? 0 : shownAfter, data };
    this.#end = Math.max(this.#end, time + track.lastDuration);
    if (kind === 'video') this.#keepKeyframesComing(keyframe, time);
  }
  #keep(track: Track, held: Omit<Sample, 'duration'>, duration: number): void {
    track.ready.push({ ...held, duration });
    track.lastDuration = duration;
    track.end = held.time + duration;
  }
  /** Nothing follows that would tell how long the last frames last. */
  #release(): void {
    for (const [kind, track] of this.#tracks) {
      if (!track.held) continue;
      const duration = Math.min(track.lastDuration, 10 * LAST_FRAME_MS[kind]);
      this.#end = Math.max(this.#end, track.held.time + duration);
      this.#keep(track, track.held, duration);
      track.held = undefined;
    }
  }
  /** H.264 whose parameter sets are not those of the header brings them along. */
  #selfContained(frame: Frame, track: Track): Uint8Array {
    const { parameters } = frame;
    if (!parameters || parameters.sps.length === 0 || sameSets(parameters, track.parameters))
      return frame.data;
    return Buffer.concat([withLengths([...parameters.sps, ...parameters.pps]), frame.data]);
  }
  #keepKeyframesComing(keyframe: boolean, time: number): void {
    if (keyframe) this.#lastKeyframe = time;
    else if (time - this.#lastKeyframe > KEYFRAME_INTERVAL_MS) {
      this.#lastKeyframe = time;
      this.#options.requestKeyframe();
    }
  }

  #trackOf(frame: Frame): Track | undefined {
    const { kind, codec, parameters } = frame;
    const known = this.#tracks.get(kind);
    if (known) {
      if (known.codec === codec.name) return known;
      if (!known.toldOfChange) this.#options.codecChanged(kind, codec.name);
      known.toldOfChange = true;
      return undefined;
    }
    if (kind === 'video' && !frame.keyframe) return undefined;
    const lastDuration = LAST_FRAME_MS[kind];
    const track: Track = {
      codec: codec.name,
      parameters,
      held: undefined,
      lastDuration,
      end: 0,
      ready: [],
      toldOfChange: false,
    };
    this.#tracks.set(kind, track);
    this.#options.container.describe({ kind, codec, parameters });
    if (this.#hasHeader) this.#options.file.overwrite(this.#options.container.header(), 0);
    return track;
  }

  // ── Pieces ────────────────────────────────────────────────────────────────────────────────────────────────────

  #tick(): void {
    if (this.#state === 'running') this.#writePiece(this.#watermark());
    // Packets may have ceased before it could begin.
    else if (this.#state === 'beginning' && this.#backlog.length > 0)
      this.#beginIfReady(this.#options.clock.now());
  }
  /** Up to here nothing more is expected of any track. */
  #watermark(): number {
    const ends = [...this.#tracks.values()].map(
      ({ held, ready }) => held?.time ?? ready.at(-1)?.time ?? -Infinity,
    );
    return Math.max(Math.min(...ends), Math.max(...ends) - INTERLEAVE_MS);
  }
  #writePiece(until: number): void {
    const { container, file } = this.#options;
    const samples: Sample[] = [];
    const runs = [...this.#tracks.values()].map(({ ready }) => {
      const count = ready.findIndex(({ time }) => time > until);
      return ready.splice(0, count < 0 ? ready.length : count);
    });
    // Merged by time; within a track the order of decoding stays.
    for (;;) {
      let next: Sample[] | undefined;
      for (const run of runs) {
        const head = run[0];
        if (head && (!next?.[0] || head.time < next[0].time)) next = run;
      }
      const sample = next?.shift();
      if (!sample) break;
      samples.push(sample);
    }
    if (samples.length === 0) return;
    if (!this.#hasHeader) {
      this.#hasHeader = true;
      file.append(container.header());
    }
    file.append(container.piece(samples, file.size));
  }
}

function sameSets(a: PictureParameters, b: PictureParameters | undefined): boolean {
  if (!b) return false;
  const same = (x: readonly Uint8Array[], y: readonly Uint8Array[]) =>
    x.length === y.length && x.every((set, index) => Buffer.compare(set, y[index]!) === 0);
  return same(a.sps, b.sps) && same(a.pps, b.pps);
}
