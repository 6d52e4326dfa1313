/**
 * RTP times of a player's streams: real time, so that pauses and seeks look like those of somebody who stops and goes on
 * speaking, and the same instant in both streams, so that they stay in step.
 */
import type { ClockMapping, Codec } from '../flow';

/** Time stamps in files are rounded; within this the sound goes on as if they were not. */
const OPUS_TOLERANCE = 960;

export class RtpClock {
  readonly #codec: Codec;
  readonly #first: number;
  readonly #origin: number;
  readonly #wallTime: number;
  /** Where the sound is to go on, unwrapped. */
  #next: number | undefined;
  #last = { due: 0, timestamp: 0 };

  /**
   * @param origin monotonic time, and `wallTime` at that moment; the same for both streams
   * @param first any 32 bits
   */
  constructor(codec: Codec, origin: number, wallTime: number, first: number) {
    this.#codec = codec;
    this.#origin = origin;
    this.#wallTime = wallTime;
    this.#first = first;
  }

  /** RTP time of a sample that is due at a monotonic time. */
  timestampOf(due: number, data: Uint8Array): number {
    const exact = Math.round(((due - this.#origin) * this.#codec.clockRate) / 1000);
    let time = exact;
    if (this.#codec.name === 'opus') {
      if (this.#next !== undefined && Math.abs(exact - this.#next) < OPUS_TOLERANCE) time = this.#next;
      this.#next = time + opusSamples(data);
    }
    const timestamp = (this.#first + time) >>> 0;
    this.#last = { due: this.#origin + (time * 1000) / this.#codec.clockRate, timestamp };
    return timestamp;
  }
  /** For the sample that came last. */
  get mapping(): ClockMapping {
    const { due, timestamp } = this.#last;
    return { wallTime: this.#wallTime + due - this.#origin, timestamp };
  }
}

/** Samples at 48 kHz in a packet of Opus (RFC 6716 section 3.1). */
export function opusSamples(packet: Uint8Array): number {
  const [first, second] = packet;
  if (first === undefined) return 0;
  const config = first >> 3;
  const frame =
    config < 12
      ? [480, 960, 1920, 2880][config & 3]!
      : config < 16
        ? [480, 960][config & 1]!
        : [120, 240, 480, 960][config & 3]!;
  const code = first & 3;
  return frame * (code === 0 ? 1 : code < 3 ? 2 : (second ?? 0) & 0x3f);
}
