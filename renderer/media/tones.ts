/**
 * The sounds of a call, made of sine tones: what rings here, what rings over there, and the short ones for its ends. The
 * scores are data; a player schedules one period after the other until it is told to stop.
 */
import type { Store } from '../store';
import type { Timers } from '../timers';
import { playOn, type SpeakerTarget } from './speaker';

export type ToneName = 'ringtone' | 'ringback' | 'connected' | 'ended' | 'refused';

export interface Note {
  /** Hertz. */
  readonly frequency: number;
  /** Seconds from the beginning of the period, and how long it sounds. */
  readonly at: number;
  readonly length: number;
  /** 0 to 1. */
  readonly volume: number;
}
export interface Score {
  readonly notes: readonly Note[];
  /** Seconds until it repeats; null: it sounds once. */
  readonly period: number | null;
}

const note = (frequency: number, at: number, length: number, volume: number): Note => ({
  frequency,
  at,
  length,
  volume,
});
/** Two voices of a phrase, a fifth apart. */
const phrase = (start: number, ...pitches: readonly number[]): Note[] =>
  pitches.flatMap((pitch, index) => [
    note(pitch, start + index * 0.14, 0.42, 0.16),
    note(pitch * 1.5, start + index * 0.14, 0.3, 0.05),
  ]);

export const SCORES: Readonly<Record<ToneName, Score>> = {
  // A rising figure, twice, then a pause: heard across a room, bearable on the fifth time.
  ringtone: { notes: [...phrase(0, 587.3, 740, 880), ...phrase(0.62, 587.3, 740, 880)], period: 2.8 },
  // One low second in four, as telephones in most of Europe do.
  ringback: { notes: [note(425, 0, 1, 0.07)], period: 4 },
  connected: { notes: [note(587.3, 0, 0.12, 0.09), note(880, 0.1, 0.2, 0.09)], period: null },
  ended: { notes: [note(587.3, 0, 0.14, 0.09), note(392, 0.12, 0.26, 0.09)], period: null },
  refused: { notes: [0, 0.4, 0.8].map((at) => note(425, at, 0.22, 0.08)), period: null },
};

/** The little that a player needs of an audio device; tests bring their own. */
export interface ToneOutput {
  /** Seconds of the device's own clock. */
  now(): number;
  /** `at` in seconds of that clock. Answers its silencer. */
  sound(note: Note, at: number): () => void;
  close(): void;
}

/** Scheduled this early, so that a busy page does not swallow the first note. */
const LEAD_S = 0.05;

/** Plays until the answer is called, or, what sounds once, to its end. */
export function playTone(name: ToneName, output: ToneOutput, timers: Timers): () => void {
  const { notes, period } = SCORES[name];
  const length = period ?? Math.max(...notes.map((each) => each.at + each.length));
  let silencers: (() => void)[] = [];
  let cancel = (): void => undefined;
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    cancel();
    for (const silence of silencers) silence();
    output.close();
  };
  const schedule = (): void => {
    const start = output.now() + LEAD_S;
    silencers = notes.map((each) => output.sound(each, start + each.at));
    cancel = timers.after((period ?? length + LEAD_S) * 1000, period === null ? stop : schedule);
  };
  schedule();
  return stop;
}

/** `speaker` is followed, also while something sounds. A page that may not play yet stays silent. */
export function openToneOutput(speaker: Store<string>): ToneOutput {
  const context = new AudioContext();
  const resume = (): void => {
    context.resume().catch(() => undefined);
  };
  // A context whose device was taken away is suspended.
  const leave = playOn(context as SpeakerTarget, speaker, resume);
  resume();
  return {
    now: () => context.currentTime,
    sound({ frequency, length, volume }, at) {
      const tone = new OscillatorNode(context, { frequency, type: 'sine' });
      const gain = new GainNode(context, { gain: 0 });
      // Attack and release without a click.
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(volume, at + 0.02);
      gain.gain.setValueAtTime(volume, Math.max(at + 0.02, at + length - 0.06));
      gain.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
      return () => {
        gain.disconnect();
      };
    },
    close() {
      leave();
      void context.close().catch(() => undefined);
    },
  };
}
