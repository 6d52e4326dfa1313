/**
 * Records one session, second by second: each second of media goes to its file as soon as it is there, so that nothing
 * but the last one can be lost. What is recorded comes from composition.ts, where it goes from recording-sink.ts.
 */
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import type { Composition } from './composition';
import { RecordingError, type OpenSink, type RecorderFailure, type RecordingSink } from './recording-sink';

export type RecorderState =
  | { readonly at: 'idle' }
  | { readonly at: 'starting' }
  /** `size` in bytes, of what is in the file. */
  | { readonly at: 'recording'; readonly name: string; readonly since: number; readonly size: number }
  | { readonly at: 'finishing'; readonly name: string }
  | {
      readonly at: 'saved';
      readonly name: string;
      readonly size: number;
      readonly show: (() => void) | null;
    }
  /** `name`: what had been recorded until then is there. */
  | { readonly at: 'failed'; readonly why: RecorderFailure; readonly name: string | null };

/** The part of a browser's MediaRecorder that is used; tests bring their own. */
export interface Encoder {
  addEventListener(type: 'dataavailable', listener: (event: { readonly data: Blob }) => void): void;
  addEventListener(type: 'stop' | 'error', listener: () => void): void;
  start(milliseconds: number): void;
  stop(): void;
}

export interface SessionRecorderOptions {
  readonly openSink: OpenSink;
  readonly compose: () => Composition;
  /** @throws where the browser records no WebM */
  readonly encode: (composition: Composition) => Encoder;
  readonly timers: Timers;
}

const CHUNK_MS = 1_000;
/** Bytes that wait for a slow disk: some seconds of the best picture. */
const MAX_WAITING = 32 * 1024 * 1024;

/** What belongs to one recording. */
interface Run {
  readonly sink: RecordingSink;
  readonly composition: Composition;
  readonly encoder: Encoder;
  queue: Promise<void>;
  waiting: number;
  ended: boolean;
}

export class SessionRecorder {
  readonly #options: SessionRecorderOptions;
  readonly #state = new Cell<RecorderState>({ at: 'idle' });
  #run: Run | null = null;
  /** Stopped before it had begun. */
  #unwanted = false;

  constructor(options: SessionRecorderOptions) {
    this.#options = options;
  }

  get state(): Store<RecorderState> {
    return this.#state;
  }

  /** Never throws; does nothing while a recording runs. */
  async start(title: string): Promise<void> {
    const { at } = this.#state.get();
    if (at !== 'idle' && at !== 'saved' && at !== 'failed') return;
    this.#unwanted = false;
    this.#state.set({ at: 'starting' });
    let sink: RecordingSink | null = null;
    try {
      sink = await this.#options.openSink(title);
      if (sink === null) this.#state.set({ at: 'idle' });
      else this.#begin(sink);
    } catch (error) {
      const why = error instanceof RecordingError ? error.why : 'unsupported';
      await sink?.finish().catch(() => undefined);
      this.#state.set({ at: 'failed', why, name: sink?.name ?? null });
    }
  }

  /** Idempotent; the file is finished a moment later. */
  stop(): void {
    this.#unwanted = true;
    if (this.#run !== null && !this.#run.ended) this.#end(this.#run);
  }

  #begin(sink: RecordingSink): void {
    const composition = this.#options.compose();
    let encoder: Encoder;
    try {
      encoder = this.#options.encode(composition);
    } catch (error) {
      composition.close();
      throw error;
    }
    const run: Run = { sink, composition, encoder, queue: Promise.resolve(), waiting: 0, ended: false };
    this.#run = run;
    encoder.addEventListener('dataavailable', ({ data }) => {
      this.#take(run, data);
    });
    encoder.addEventListener('error', () => {
      this.#fail(run, 'unsupported');
    });
    encoder.addEventListener('stop', () => {
      void this.#finish(run);
    });
    const { name } = sink;
    this.#state.set({ at: 'recording', name, since: this.#options.timers.now(), size: 0 });
    encoder.start(CHUNK_MS);
    if (this.#unwanted) this.#end(run);
  }

  #take(run: Run, data: Blob): void {
    if (data.size === 0) return;
    run.waiting += data.size;
    if (run.waiting > MAX_WAITING) {
      this.#fail(run, 'too-slow');
      return;
    }
    run.queue = run.queue.then(async () => {
      if (this.#run !== run) return;
      try {
        const size = await run.sink.write(new Uint8Array(await data.arrayBuffer()));
        this.#state.update((now) => (now.at === 'recording' && this.#run === run ? { ...now, size } : now));
      } catch (error) {
        this.#fail(run, error instanceof RecordingError ? error.why : 'not-writable');
      } finally {
        run.waiting -= data.size;
      }
    });
  }

  #end(run: Run): void {
    run.ended = true;
    this.#state.set({ at: 'finishing', name: run.sink.name });
    // Its last second comes before its `stop`.
    run.encoder.stop();
  }

  /** After the encoder's last word. */
  async #finish(run: Run): Promise<void> {
    run.composition.close();
    if (this.#run !== run) return;
    await run.queue;
    if (this.#run !== run) return;
    this.#run = null;
    const { name, show } = run.sink;
    try {
      const size = await run.sink.finish();
      this.#state.set({ at: 'saved', name, size, show });
    } catch (error) {
      const why = error instanceof RecordingError ? error.why : 'not-writable';
      this.#state.set({ at: 'failed', why, name });
    }
  }

  #fail(run: Run, why: RecorderFailure): void {
    if (this.#run !== run) return;
    this.#run = null;
    if (!run.ended) {
      run.ended = true;
      run.encoder.stop();
    }
    run.composition.close();
    void run.sink.finish().catch(() => undefined);
    this.#state.set({ at: 'failed', why, name: run.sink.name });
  }
}

/** VP8 costs the least, and every player knows it. */
const TYPES = ['video/webm;codecs=vp8,opus', 'video/webm'];
/** Of 720 lines, 2.5 Mbit/s. */
const BITS_PER_PIXEL = 2.7;
const AUDIO_BITRATE = 128_000;
/** Players jump to key frames. */
const KEY_FRAME_MS = 2_000;

/** The browser's own encoder. @throws RecordingError where it makes no WebM */
export function browserEncoder({ stream, width, height }: Composition): Encoder {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  if (mimeType === undefined) throw new RecordingError('unsupported');
  // The last one is missing in TypeScript's list.
  const options: MediaRecorderOptions & { readonly videoKeyFrameIntervalDuration: number } = {
    mimeType,
    videoBitsPerSecond: Math.max(1_000_000, Math.round(width * height * BITS_PER_PIXEL)),
    audioBitsPerSecond: AUDIO_BITRATE,
    videoKeyFrameIntervalDuration: KEY_FRAME_MS,
  };
  return new MediaRecorder(stream, options);
}

/** Some browsers record only what their own players play. */
export function recordsWebm(): boolean {
  return typeof MediaRecorder !== 'undefined' && TYPES.some((type) => MediaRecorder.isTypeSupported(type));
}
