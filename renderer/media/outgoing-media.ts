/**
 * What a session sends: camera and microphone, or a screen in the camera's place, with the computer's sound mixed into
 * the voice. It owns the screen's tracks and the mix; camera and microphone belong to the LocalMedia under it. Senders
 * hear of each change and go on without renegotiation.
 */
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import type { LocalMedia } from './local-media';

export type ScreenFailure = 'unsupported' | 'denied-by-system' | 'unknown';
export type ScreenState =
  | { readonly at: 'off' }
  /** The browser asks which screen, window or tab. */
  | { readonly at: 'choosing' }
  /** `sound`: the computer's sound goes along. */
  | { readonly at: 'on'; readonly track: MediaStreamTrack; readonly sound: boolean }
  | { readonly at: 'failed'; readonly failure: ScreenFailure };

/** Several tracks as one, until closed. */
export interface Mix {
  readonly track: MediaStreamTrack;
  close(): void;
}

export interface OutgoingMediaOptions {
  readonly media: Pick<LocalMedia, 'get' | 'ready' | 'onTrack' | 'cameraOff' | 'reopen'>;
  /** Undefined where the browser shares no screens (phones, insecure pages). */
  readonly getDisplayMedia: ((options: DisplayMediaStreamOptions) => Promise<MediaStream>) | undefined;
  readonly mix: (tracks: readonly MediaStreamTrack[]) => Mix;
  readonly timers: Timers;
}

/** The same as for a camera: long enough for an encoder to send a black frame instead of leaving the last one. */
const BLACK_MS = 400;
/** Reading a screen needs sharpness more than motion; a video on it needs both. */
const SCREEN: DisplayMediaStreamOptions & Readonly<Record<string, unknown>> = {
  video: { frameRate: { ideal: 30, max: 30 } },
  audio: true,
  systemAudio: 'include',
  selfBrowserSurface: 'exclude',
  surfaceSwitching: 'include',
};

type TrackListener = (kind: 'audio' | 'video', track: MediaStreamTrack | null) => void;

export class OutgoingMedia implements Store<ScreenState> {
  readonly #options: OutgoingMediaOptions;
  readonly #state = new Cell<ScreenState>({ at: 'off' });
  readonly #listeners = new Set<TrackListener>();
  readonly #unfollow: () => void;
  /** Of the screen; its first video track is the picture. */
  #captured: MediaStream | null = null;
  #mix: Mix | null = null;
  #cameraWasOn = false;
  #turn = 0;
  #closed = false;

  constructor(options: OutgoingMediaOptions) {
    this.#options = options;
    this.#unfollow = options.media.onTrack((kind, track) => this.#localChanged(kind, track));
  }

  readonly get = (): ScreenState => this.#state.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  get supported(): boolean {
    return this.#options.getDisplayMedia !== undefined;
  }

  /** What is sent now, the voice first. */
  get tracks(): MediaStreamTrack[] {
    return [this.#audio(), this.#video()].filter((track) => track !== null);
  }

  /** Resolves when nothing is being opened any more; opens camera and microphone where nothing at all is on. */
  async ready(): Promise<void> {
    if (this.get().at !== 'on' || this.#microphone() !== null) await this.#options.media.ready();
  }

  /** Hears each new track of a kind, and null when there is none. Answers its unsubscribe. */
  onTrack(listener: TrackListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Asks for a screen, window or tab, and sends it instead of the camera, whose light goes out. Never throws. */
  async share(): Promise<void> {
    const { getDisplayMedia, media } = this.#options;
    if (this.#closed || this.get().at === 'choosing') return;
    if (getDisplayMedia === undefined) {
      this.#state.set({ at: 'failed', failure: 'unsupported' });
      return;
    }
    const before = this.get();
    const turn = (this.#turn += 1);
    this.#state.set({ at: 'choosing' });
    let stream: MediaStream;
    try {
      stream = await getDisplayMedia(SCREEN);
    } catch (error) {
      if (this.#turn === turn) this.#state.set(before.at === 'on' ? before : afterRefusal(error));
      return;
    }
    const [track] = stream.getVideoTracks();
    if (this.#turn !== turn || track === undefined) {
      stopAll(stream);
      if (this.#turn === turn) this.#state.set({ at: 'failed', failure: 'unknown' });
      return;
    }
    stopAll(this.#captured);
    this.#captured = stream;
    track.addEventListener('ended', () => {
      // The browser's own "stop sharing", or a window that was closed.
      if (this.#captured === stream) this.stopSharing();
    });
    if (before.at !== 'on') this.#cameraWasOn = media.get().camera.at === 'on';
    this.#state.set({ at: 'on', track, sound: stream.getAudioTracks().length > 0 });
    this.#remix();
    this.#tell('video', track);
    if (media.get().camera.at === 'on') media.cameraOff();
  }

  /** Back to the camera, if that was on before. */
  stopSharing(): void {
    const captured = this.#captured;
    if (captured === null) {
      this.#turn += 1;
      this.#state.set({ at: 'off' });
      return;
    }
    this.#captured = null;
    this.#turn += 1;
    this.#state.set({ at: 'off' });
    this.#remix();
    for (const track of captured.getAudioTracks()) track.stop();
    const turn = this.#turn;
    if (this.#cameraWasOn && !this.#closed) {
      stopAll(captured);
      void this.#options.media.reopen('camera');
      return;
    }
    for (const track of captured.getVideoTracks()) track.enabled = false;
    this.#options.timers.after(BLACK_MS, () => {
      stopAll(captured);
      if (this.#turn === turn) this.#tell('video', this.#video());
    });
  }

  /** Ends sharing without turning a camera on. */
  release(): void {
    this.#turn += 1;
    this.#cameraWasOn = false;
    stopAll(this.#captured);
    this.#captured = null;
    this.#mix?.close();
    this.#mix = null;
    this.#state.set({ at: 'off' });
  }

  /** Idempotent. Camera and microphone belong to somebody else. */
  close(): void {
    this.#closed = true;
    this.#unfollow();
    this.release();
    this.#listeners.clear();
  }

  #localChanged(kind: 'audio' | 'video', track: MediaStreamTrack | null): void {
    if (kind === 'audio' && this.#screenSound() !== null) {
      this.#remix();
      return;
    }
    // A camera that goes out because a screen took its place is no news for the receivers.
    if (kind === 'video' && this.#captured !== null) return;
    this.#tell(kind, track);
  }

  /** The computer's sound joins the voice, or leaves it. */
  #remix(): void {
    const before = this.#mix;
    const [voice, screen] = [this.#microphone(), this.#screenSound()];
    this.#mix = voice !== null && screen !== null ? this.#options.mix([voice, screen]) : null;
    if (before !== null || screen !== null) this.#tell('audio', this.#audio());
    before?.close();
  }

  #audio(): MediaStreamTrack | null {
    return this.#mix?.track ?? this.#microphone() ?? this.#screenSound();
  }

  #video(): MediaStreamTrack | null {
    const { camera } = this.#options.media.get();
    return this.#captured?.getVideoTracks()[0] ?? (camera.at === 'on' ? camera.track : null);
  }

  #microphone(): MediaStreamTrack | null {
    const { microphone } = this.#options.media.get();
    return microphone.at === 'on' ? microphone.track : null;
  }

  #screenSound(): MediaStreamTrack | null {
    return this.#captured?.getAudioTracks()[0] ?? null;
  }

  #tell(kind: 'audio' | 'video', track: MediaStreamTrack | null): void {
    for (const listener of [...this.#listeners]) listener(kind, track);
  }
}

/** Who closes the picker has changed their mind; that is no failure. */
function afterRefusal(error: unknown): ScreenState {
  if (!(error instanceof DOMException)) return { at: 'failed', failure: 'unknown' };
  if (error.name === 'NotAllowedError')
    return /system/i.test(error.message) ? { at: 'failed', failure: 'denied-by-system' } : { at: 'off' };
  if (error.name === 'AbortError') return { at: 'off' };
  return { at: 'failed', failure: error.name === 'NotSupportedError' ? 'unsupported' : 'unknown' };
}

function stopAll(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** The mix as browsers make it. */
export function mixTracks(tracks: readonly MediaStreamTrack[]): Mix {
  const context = new AudioContext();
  const destination = new MediaStreamAudioDestinationNode(context);
  for (const track of tracks)
    new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(destination);
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error('an audio destination without a track');
  return {
    track,
    close() {
      track.stop();
      void context.close();
    },
  };
}
