import { expect, it } from 'vitest';
import { FakeTimers } from '../testing/fake-timers';
import type { Composition } from './composition';
import { fit, frameFor, inputOfTwo } from './composition';
import { RecordingError, type RecordingSink } from './recording-sink';
import { SessionRecorder, type Encoder } from './session-recorder';

class FakeEncoder implements Encoder {
  readonly listeners = new Map<string, (event: { readonly data: Blob }) => void>();
  running = false;
  addEventListener(type: string, listener: (event: { readonly data: Blob }) => void): void {
    this.listeners.set(type, listener);
  }
  start(): void {
    this.running = true;
  }
  stop(): void {
    this.running = false;
    this.data('last');
    this.tell('stop');
  }
  data(text: string): void {
    this.listeners.get('dataavailable')?.({ data: new Blob([text]) });
  }
  tell(type: 'stop' | 'error'): void {
    this.listeners.get(type)?.({ data: new Blob() });
  }
}

function setUp(overrides: Partial<RecordingSink> = {}) {
  const encoder = new FakeEncoder();
  const now = { text: '', finished: 0, composing: false };
  const sink: RecordingSink = {
    name: 'a.webm',
    async write(bytes) {
      now.text += new TextDecoder().decode(bytes);
      return Promise.resolve(now.text.length);
    },
    finish() {
      now.finished += 1;
      return Promise.resolve(now.text.length);
    },
    show: null,
    ...overrides,
  };
  const answers: { sink: RecordingSink | null | RecordingError } = { sink };
  const recorder = new SessionRecorder({
    openSink: () =>
      answers.sink instanceof RecordingError ? Promise.reject(answers.sink) : Promise.resolve(answers.sink),
    compose: (): Composition => {
      now.composing = true;
      return {
        stream: {} as MediaStream,
        width: 1280,
        height: 720,
        close: () => {
          now.composing = false;
        },
      };
    },
    encode: () => encoder,
    timers: new FakeTimers(),
  });
  return { recorder, encoder, now, answers };
}
/** Blobs are read in tasks of their own. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('writes each second as it comes, and the last one before the end', async () => {
  const { recorder, encoder, now } = setUp();
  await recorder.start('Ana');
  expect(recorder.state.get()).toMatchObject({ at: 'recording', name: 'a.webm', size: 0 });
  encoder.data('one ');
  encoder.data('two ');
  await settle();
  expect(recorder.state.get()).toMatchObject({ at: 'recording', size: 8 });
  recorder.stop();
  expect(recorder.state.get().at).toBe('finishing');
  await settle();
  expect(recorder.state.get()).toMatchObject({ at: 'saved', size: 12 });
  expect(now).toEqual({ text: 'one two last', finished: 1, composing: false });
});

it('does nothing when the user changed their mind, and can be asked again', async () => {
  const { recorder, answers, encoder } = setUp();
  const { sink } = answers;
  answers.sink = null;
  await recorder.start('Ana');
  expect(recorder.state.get()).toEqual({ at: 'idle' });
  answers.sink = new RecordingError('not-writable');
  await recorder.start('Ana');
  expect(recorder.state.get()).toEqual({ at: 'failed', why: 'not-writable', name: null });
  answers.sink = sink;
  await recorder.start('Ana');
  expect(encoder.running).toBe(true);
});

it('stops at a full disk, closes the file, and says what is kept', async () => {
  const { recorder, encoder, now } = setUp({
    write: () => Promise.reject(new RecordingError('disk-full')),
  });
  await recorder.start('Ana');
  encoder.data('one');
  await settle();
  expect(recorder.state.get()).toEqual({ at: 'failed', why: 'disk-full', name: 'a.webm' });
  expect(encoder.running).toBe(false);
  expect(now).toMatchObject({ finished: 1, composing: false });
  recorder.stop();
  await settle();
  expect(recorder.state.get().at).toBe('failed');
});

it('gives up on a disk that cannot follow', async () => {
  const { recorder, encoder } = setUp({ write: () => new Promise(() => undefined) });
  await recorder.start('Ana');
  const second = 'x'.repeat(8 * 1024 * 1024);
  for (let count = 0; count < 5; count += 1) encoder.data(second);
  expect(recorder.state.get()).toMatchObject({ at: 'failed', why: 'too-slow' });
});

it('ends what was stopped before it had begun', async () => {
  const { recorder } = setUp();
  const starting = recorder.start('Ana');
  recorder.stop();
  await starting;
  await settle();
  expect(recorder.state.get().at).toBe('saved');
});

it('fits every shape of picture into its frame', () => {
  expect(fit(640, 480, 1280, 720)).toEqual({ x: 160, y: 0, width: 960, height: 720 });
  expect(fit(1920, 1080, 1280, 720)).toEqual({ x: 0, y: 0, width: 1280, height: 720 });
  const tall = fit(720, 1280, 307.2, 172.8);
  expect(tall.height).toBeLessThanOrEqual(172.8);
  expect(tall.width % 2).toBe(0);
});

it('takes the size of the one picture there is, and has room for a second one', () => {
  const track = (width?: number, height?: number) =>
    ({ getSettings: () => ({ width, height }) }) as unknown as MediaStreamTrack;
  const frame = (picture: MediaStreamTrack | null, inset: MediaStreamTrack | null = null) =>
    Object.values(frameFor({ picture, inset, sounds: [] })).join('x');
  expect(frame(track(640, 480))).toBe('640x480');
  expect(frame(track(1920, 1080))).toBe('1920x1080');
  expect(frame(track(1080, 1920))).toBe('1080x1920');
  expect(frame(track(3840, 2160))).toBe('1920x1080');
  expect(frame(track(641, 481))).toBe('642x482');
  // A received picture that is still small.
  expect(frame(track(320, 180))).toBe('960x540');
  expect(frame(track(640, 360), track(1280, 720))).toBe('1280x720');
  expect(frame(null, track(640, 480))).toBe('640x480');
  expect(frame(track(10, 4000))).toBe('4x1920');
  // Small as the camera is, what is on a screen that takes its place can be read.
  const small = { picture: track(640, 480), inset: null, sounds: [], screens: true };
  expect(frameFor(small)).toEqual({ width: 1280, height: 960 });
  expect(frame(null)).toBe('1280x720');
  expect(frame(track())).toBe('1280x720');
});

it('has the screen that is shown from here large, and else the other one', () => {
  const track = (kind: string, displaySurface?: string) =>
    ({ kind, getSettings: () => ({ displaySurface }) }) as unknown as MediaStreamTrack;
  const [theirs, voice, camera, screen] = [
    track('video'),
    track('audio'),
    track('video'),
    track('video', 'window'),
  ];
  expect(inputOfTwo([theirs], [voice, camera])).toEqual({ picture: theirs, inset: camera, sounds: [voice] });
  expect(inputOfTwo([theirs], [voice, screen])).toEqual({ picture: screen, inset: theirs, sounds: [voice] });
});
