import { describe, expect, it } from 'vitest';
import type { ClockMapping } from '../flow';
import { Timeline } from './timeline';

const MINUTES = 60_000;

/** A sender's stream: its RTP clock starts anywhere and runs `ppm` too fast. Times are the sender's own, milliseconds. */
class Sender {
  readonly #rate: number;
  readonly #first: number;
  readonly #speed: number;
  constructor(rate: number, first: number, ppm: number) {
    this.#rate = rate;
    this.#first = first;
    this.#speed = 1 + ppm / 1e6;
  }
  timestamp(time: number): number {
    return (this.#first + Math.round((time * this.#speed * this.#rate) / 1000)) >>> 0;
  }
  report(time: number, wallTime: number): ClockMapping {
    return { wallTime: wallTime + time, timestamp: this.timestamp(time) };
  }
}
/** The same numbers at every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

interface Setting {
  readonly audioPpm: number;
  readonly videoPpm: number;
  /** Of the way from the encoder into the server, beside 30 ms. */
  readonly videoDelay: number;
  readonly jitter: number;
  readonly reportsAfter: number;
}

/** Records ten minutes and answers the largest distance between sound and picture of the same instant. */
function worstStep({ audioPpm, videoPpm, videoDelay, jitter, reportsAfter }: Setting, from = 0): number {
  const timeline = new Timeline();
  // Both clocks wrap around on the way.
  const audio = new Sender(48_000, 2 ** 32 - 10_000_000, audioPpm);
  const video = new Sender(90_000, 2 ** 32 - 20_000_000, videoPpm);
  const random = noise(7);
  const wallTime = 1_700_000_000_000;
  let worst = 0;
  let soundAt: number | undefined;
  for (let time = 0; time < 10 * MINUTES; time += 20) {
    const reported = time < reportsAfter ? undefined : Math.floor(time / 1000) * 1000;
    const mapping = (sender: Sender) =>
      reported === undefined ? undefined : sender.report(reported, wallTime);
    const sound = timeline.observe(
      'audio',
      48_000,
      audio.timestamp(time),
      time + 30 + random() * jitter,
      mapping(audio),
    );
    soundAt = sound + timeline.offset('audio');
    if (time % 40 !== 0) continue;
    const arrival = time + 30 + videoDelay + random() * jitter;
    const picture = timeline.observe('video', 90_000, video.timestamp(time), arrival, mapping(video));
    if (time === 0) timeline.settle();
    if (time >= from) worst = Math.max(worst, Math.abs(picture + timeline.offset('video') - soundAt));
  }
  return worst;
}

describe('a timeline', () => {
  it('keeps sound and picture together for ten minutes although their clocks drift apart', () => {
    const worst = worstStep({ audioPpm: 150, videoPpm: -150, videoDelay: 120, jitter: 30, reportsAfter: 0 });
    expect(worst).toBeLessThan(5);
  });
  it('stays within 40 ms where there are no sender reports, as far as the network does', () => {
    const worst = worstStep({
      audioPpm: 100,
      videoPpm: -100,
      videoDelay: 10,
      jitter: 25,
      reportsAfter: Infinity,
    });
    expect(worst).toBeLessThan(40);
  });
  it('comes to agree with sender reports that come late', () => {
    const setting = { audioPpm: 20, videoPpm: 0, videoDelay: 150, jitter: 20, reportsAfter: 3_000 };
    expect(worstStep(setting, 15_000)).toBeLessThan(5);
  });
  it('does not believe that two streams share a clock when their reports are hours apart', () => {
    const timeline = new Timeline();
    const audio = new Sender(48_000, 1, 0);
    const video = new Sender(90_000, 99, 0);
    for (let time = 0; time < 5_000; time += 20) {
      timeline.observe('audio', 48_000, audio.timestamp(time), time + 30, audio.report(0, 0));
      timeline.observe('video', 90_000, video.timestamp(time), time + 45, video.report(0, 9_000_000));
    }
    const sound = timeline.observe('audio', 48_000, audio.timestamp(5_000), 5_030, audio.report(0, 0));
    const picture = timeline.observe(
      'video',
      90_000,
      video.timestamp(5_000),
      5_045,
      video.report(0, 9_000_000),
    );
    const step = picture + timeline.offset('video') - sound - timeline.offset('audio');
    expect(Math.abs(step)).toBeLessThan(20);
  });
  it('takes a jump of the clock for a new beginning, at the place where it arrived', () => {
    const timeline = new Timeline();
    timeline.observe('video', 90_000, 1000, 10, undefined);
    const before = timeline.observe('video', 90_000, 1000 + 3000, 43, undefined) + timeline.offset('video');
    const after = timeline.observe('video', 90_000, 3_000_000_000, 76, undefined) + timeline.offset('video');
    expect(after - before).toBeCloseTo(33, 0);
  });
});
