/**
 * The user's camera and microphone: opened for a preview, kept through reconnections, released by `close`. It owns every
 * track it captured; peers are told of a new track through `onTrack` and never stop one.
 *
 * Camera off means off: black frames go out for a moment (so that nobody is left with a frozen face), then the device is
 * let go and its light goes out. Muting keeps the microphone, since speaking again must be instant.
 */
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import { DEFAULT_SETTINGS } from '../../protocol/settings';
import { captureConstraints } from './capture-constraints';
import { classifyDeviceError, isChoiceError, type DeviceFailure, type DeviceKind } from './device-failure';

export type SourceState =
  | { readonly at: 'off' }
  | { readonly at: 'starting' }
  | { readonly at: 'on'; readonly track: MediaStreamTrack; readonly deviceId: string }
  | { readonly at: 'failed'; readonly failure: DeviceFailure };

export interface LocalMediaState {
  readonly camera: SourceState;
  readonly microphone: SourceState;
  /** The microphone goes on listening, but nothing is sent. */
  readonly muted: boolean;
}

export interface LocalMediaOptions {
  /** Undefined in a page that was not loaded securely. */
  readonly mediaDevices:
    | Pick<MediaDevices, 'getUserMedia' | 'enumerateDevices' | 'addEventListener' | 'removeEventListener'>
    | undefined;
  readonly secure: boolean;
  readonly timers: Timers;
  /** The device to open, or empty for the system's choice; read at each opening. */
  readonly chosen: (kind: DeviceKind) => string;
  /** Size and processing, without the device; read at each opening. */
  readonly constraints?: (kind: DeviceKind) => MediaTrackConstraints;
  /** Labels and ids become readable once a device was opened. */
  readonly onOpened?: () => void;
  /** The device in use went away or came back; choices and first openings are no news. */
  readonly onChange?: (kind: DeviceKind, change: DeviceChange) => void;
}

/** `lost`: nothing is left of the kind. `replaced`: another one stepped in. `returned`: the one from before is back. */
export type DeviceChange = 'lost' | 'replaced' | 'returned';

/** Long enough for an encoder to send a black frame or two, short enough that the light goes out at once. */
const BLACK_MS = 400;

const OFF: LocalMediaState = { camera: { at: 'off' }, microphone: { at: 'off' }, muted: false };

export class LocalMedia implements Store<LocalMediaState> {
  readonly #options: LocalMediaOptions;
  readonly #state = new Cell<LocalMediaState>(OFF);
  readonly #listeners = new Set<(kind: 'audio' | 'video', track: MediaStreamTrack | null) => void>();
  /** Each opening of a kind has a number; a result that comes after the next one is released. */
  readonly #turn: Record<DeviceKind, number> = { camera: 0, microphone: 0 };
  /** The device that was unplugged while in use; it is returned to. */
  readonly #missing: Record<DeviceKind, string> = { camera: '', microphone: '' };
  /** Cameras that still send their last, black frames. */
  readonly #leaving = new Set<MediaStreamTrack>();
  /** Never rejects. */
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LocalMediaOptions) {
    this.#options = options;
    options.mediaDevices?.addEventListener('devicechange', this.#devicesChanged);
  }

  readonly get = (): LocalMediaState => this.#state.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  /** Tracks that are on now. */
  get tracks(): MediaStreamTrack[] {
    const { camera, microphone } = this.get();
    return [microphone, camera].flatMap((source) => (source.at === 'on' ? [source.track] : []));
  }

  /** Hears each new track and, as null, each end of one; for senders that are already running. Answers its unsubscribe. */
  onTrack(listener: (kind: 'audio' | 'video', track: MediaStreamTrack | null) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Opens camera and microphone with one question to the user; each may fail by itself. Never throws. */
  open(): Promise<void> {
    return this.#track(this.#openBoth());
  }

  async #openBoth(): Promise<void> {
    const { mediaDevices } = this.#options;
    if (this.#closed || mediaDevices === undefined) {
      this.#refuseBoth();
      return;
    }
    const turns = { camera: this.#begin('camera'), microphone: this.#begin('microphone') };
    let found: readonly MediaDeviceInfo[] = [];
    try {
      found = await mediaDevices.enumerateDevices();
    } catch {
      // Then the openings below tell what is wrong.
    }
    const has = (kind: MediaDeviceKind): boolean =>
      found.length === 0 || found.some((each) => each.kind === kind);
    const [camera, microphone] = [has('videoinput'), has('audioinput')];
    if (camera && microphone && (await this.#openTogether(turns))) return;
    // One after the other: two questions at once confuse people and some browsers.
    await (camera ? this.#capture('camera', turns.camera) : this.#fail('camera', turns.camera, 'none'));
    await (microphone
      ? this.#capture('microphone', turns.microphone)
      : this.#fail('microphone', turns.microphone, 'none'));
  }

  /** Opens one kind (again): another choice, or another try after a failure. Never throws. */
  reopen(kind: DeviceKind): Promise<void> {
    this.#missing[kind] = '';
    return this.#track(this.#reopen(kind));
  }

  async #reopen(kind: DeviceKind): Promise<void> {
    if (this.#closed || this.#options.mediaDevices === undefined) {
      this.#refuseBoth();
      return;
    }
    await this.#capture(kind, this.#begin(kind));
  }

  setMuted(muted: boolean): void {
    this.#state.update((before) => ({ ...before, muted }));
    const { microphone } = this.get();
    if (microphone.at === 'on') microphone.track.enabled = !muted;
  }

  cameraOff(): void {
    const { camera } = this.get();
    this.#turn.camera += 1;
    const turn = this.#turn.camera;
    this.#patch('camera', { at: 'off' });
    if (camera.at !== 'on') return;
    camera.track.enabled = false;
    this.#leaving.add(camera.track);
    this.#options.timers.after(BLACK_MS, () => {
      this.#leaving.delete(camera.track);
      camera.track.stop();
      if (this.#turn.camera === turn) this.#tell('video', null);
    });
  }

  /** Resolves when nothing is being opened any more; opens both where neither is on. */
  async ready(): Promise<void> {
    await this.#opening;
    if (this.tracks.length === 0) await this.open();
  }

  /** Lets go of every device at once; they can be opened again. */
  release(): void {
    this.#turn.camera += 1;
    this.#turn.microphone += 1;
    for (const track of [...this.tracks, ...this.#leaving]) track.stop();
    this.#leaving.clear();
    this.#missing.camera = '';
    this.#missing.microphone = '';
    this.#state.set({ ...OFF, muted: this.get().muted });
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#options.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    this.release();
    this.#listeners.clear();
  }

  /** False when each has to be tried by itself. Somebody who waved the question away is not asked twice more. */
  async #openTogether(turns: Record<DeviceKind, number>): Promise<boolean> {
    const stream = await this.#getUserMedia({
      video: this.#constraints('camera'),
      audio: this.#constraints('microphone'),
    }).catch((error: unknown) =>
      classifyDeviceError(error) === 'dismissed' ? ('dismissed' as const) : null,
    );
    if (stream === null) return false;
    if (stream === 'dismissed') {
      this.#fail('camera', turns.camera, 'dismissed');
      this.#fail('microphone', turns.microphone, 'dismissed');
      return true;
    }
    this.#accept('camera', turns.camera, stream.getVideoTracks()[0]);
    this.#accept('microphone', turns.microphone, stream.getAudioTracks()[0]);
    this.#options.onOpened?.();
    return true;
  }

  async #capture(kind: DeviceKind, turn: number, wanted = this.#options.chosen(kind)): Promise<void> {
    if (this.#turn[kind] !== turn) return;
    const field = kind === 'camera' ? 'video' : 'audio';
    try {
      let stream: MediaStream;
      try {
        stream = await this.#getUserMedia({ [field]: this.#constraints(kind, wanted) });
      } catch (error) {
        if (wanted === '' || !isChoiceError(error)) throw error;
        // The remembered device is not there today: the system's choice will do.
        stream = await this.#getUserMedia({ [field]: this.#constraints(kind, '') });
      }
      this.#accept(kind, turn, stream.getTracks()[0]);
      this.#options.onOpened?.();
    } catch (error) {
      this.#fail(kind, turn, classifyDeviceError(error));
    }
  }

  #getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    const { mediaDevices } = this.#options;
    return mediaDevices === undefined
      ? Promise.reject(new TypeError('no media devices'))
      : mediaDevices.getUserMedia(constraints);
  }

  #constraints(kind: DeviceKind, id = this.#options.chosen(kind)): MediaTrackConstraints {
    const { constraints = (each) => captureConstraints(each, DEFAULT_SETTINGS) } = this.#options;
    return { ...constraints(kind), ...(id === '' ? {} : { deviceId: { exact: id } }) };
  }

  #begin(kind: DeviceKind): number {
    const before = this.get()[kind];
    this.#turn[kind] += 1;
    // Some cameras cannot be opened a second time while they are open.
    if (before.at === 'on') before.track.stop();
    this.#patch(kind, { at: 'starting' });
    return this.#turn[kind];
  }

  #accept(kind: DeviceKind, turn: number, track: MediaStreamTrack | undefined): void {
    if (track === undefined) {
      this.#fail(kind, turn, 'unknown');
      return;
    }
    if (this.#turn[kind] !== turn) {
      track.stop();
      return;
    }
    if (kind === 'microphone') track.enabled = !this.get().muted;
    track.addEventListener('ended', () => {
      if (this.#turn[kind] === turn) void this.#ended(kind);
    });
    this.#patch(kind, { at: 'on', track, deviceId: track.getSettings().deviceId ?? '' });
    this.#tell(kind === 'camera' ? 'video' : 'audio', track);
  }

  #fail(kind: DeviceKind, turn: number, failure: DeviceFailure): void {
    if (this.#turn[kind] !== turn) return;
    this.#patch(kind, { at: 'failed', failure });
    this.#tell(kind === 'camera' ? 'video' : 'audio', null);
  }

  /** Unplugged, or taken away: another one steps in where there is one. */
  async #ended(kind: DeviceKind): Promise<void> {
    const before = this.get()[kind];
    // The one that was there first is the one to return to, however many have stepped in since.
    if (before.at === 'on' && this.#missing[kind] === '') this.#missing[kind] = before.deviceId;
    const turn = this.#begin(kind);
    await this.#track(this.#capture(kind, turn));
    if (this.#turn[kind] !== turn) return;
    const now = this.get()[kind];
    if (now.at === 'failed' && now.failure === 'none') this.#fail(kind, turn, 'unplugged');
    this.#options.onChange?.(kind, now.at === 'on' ? 'replaced' : 'lost');
  }

  /** Plugging one in heals the lack of one; plugging in the one from before returns to it. */
  readonly #devicesChanged = (): void => {
    for (const kind of ['camera', 'microphone'] as const) void this.#reconsider(kind);
  };

  async #reconsider(kind: DeviceKind): Promise<void> {
    if (!this.#couldGain(kind)) return;
    const found = (await this.#options.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    if (!this.#couldGain(kind)) return;
    const wanted = kind === 'camera' ? 'videoinput' : 'audioinput';
    const there = found.filter((each) => each.kind === wanted);
    const missing = this.#missing[kind];
    const returned = missing !== '' && there.some((each) => each.deviceId === missing);
    if (!returned && (there.length === 0 || this.get()[kind].at === 'on')) return;
    this.#missing[kind] = '';
    const turn = this.#begin(kind);
    await this.#track(this.#capture(kind, turn, returned ? missing : this.#options.chosen(kind)));
    if (returned && this.#turn[kind] === turn && this.get()[kind].at === 'on')
      this.#options.onChange?.(kind, 'returned');
  }

  #couldGain(kind: DeviceKind): boolean {
    const source = this.get()[kind];
    if (source.at === 'failed') return source.failure === 'none' || source.failure === 'unplugged';
    return source.at === 'on' && this.#missing[kind] !== '';
  }

  #track(opening: Promise<void>): Promise<void> {
    const all = Promise.all([this.#opening, opening]).then(() => undefined);
    this.#opening = all;
    return opening;
  }

  #refuseBoth(): void {
    if (this.#closed) return;
    const failure: DeviceFailure = this.#options.secure ? 'unsupported' : 'insecure';
    this.#patch('camera', { at: 'failed', failure });
    this.#patch('microphone', { at: 'failed', failure });
  }

  #patch(kind: DeviceKind, source: SourceState): void {
    this.#state.update((before) => ({ ...before, [kind]: source }));
  }

  #tell(kind: 'audio' | 'video', track: MediaStreamTrack | null): void {
    for (const listener of [...this.#listeners]) listener(kind, track);
  }
}
