/**
 * When the frames of one recording happened: puts audio and video, whose RTP clocks start anywhere and run at slightly
 * different speeds, on one clock. With sender reports (ClockMapping) the sender's own clock decides; without, or where two
 * streams come from senders whose clocks have nothing in common, the earliest arrivals do.
 */
import type { ClockMapping, MediaKind } from '../flow';
import { timestampDistance } from '../rtp/header';

/** Two streams whose delays differ by more come from clocks that have nothing to do with each other. */
const SAME_CLOCK_MS = 2_000;
/** A better idea of a stream's place is approached at this share of time: nobody hears or sees 2 %. */
const SLEW = 0.02;
/** A worse place is not approached but taken at once. */
const MAX_SLEW_MS = 500;
/** Times that contradict their arrival by more are a new beginning. */
const MAX_CONTRADICTION_MS = 5_000;
/** How fast the earliest arrival is forgotten, as a share of time: crystals differ by less than half of it. */
const FORGET = 0.001;

class Track {
  readonly clockRate: number;
  #last: number | undefined;
  #extended = 0;
  /** Milliseconds of media time at the last frame. */
  time = 0;
  /** Smallest arrival − media time: that of the packets which came without waiting anywhere. */
  earliest = 0;
  /** Sender's clock − media time. */
  sender: number | undefined;
  /** Recording's clock − media time, as used. */
  offset: number | undefined;

  constructor(clockRate: number) {
    this.clockRate = clockRate;
  }
  advance(timestamp: number, arrival: number, mapping: ClockMapping | undefined): number {
    const before = this.time;
    this.#extended += this.#last === undefined ? 0 : timestampDistance(timestamp, this.#last);
    const isFirst = this.#last === undefined;
    this.#last = timestamp;
    this.time = (this.#extended * 1000) / this.clockRate;
    const elapsed = Math.max(0, this.time - before);
    const delay = arrival - this.time;
    if (isFirst || Math.abs(delay - this.earliest) > MAX_CONTRADICTION_MS) {
      this.earliest = delay;
      this.offset = undefined;
    } else this.earliest = Math.min(this.earliest + elapsed * FORGET, delay);
    this.sender =
      mapping &&
      mapping.wallTime -
        this.time -
        (timestampDistance(mapping.timestamp, timestamp) * 1000) / this.clockRate;
    return elapsed;
  }
}

export class Timeline {
  readonly #tracks = new Map<MediaKind, Track>();
  /** Recording's clock − the clock that the senders share. One value for both kinds: it cannot part them. */
  #common: number | undefined;

  /** A new stream of this kind begins. */
  reset(kind: MediaKind): void {
    this.#tracks.delete(kind);
  }

  /** True when the kinds that have begun can be told apart by their sender's clock, or there is but one. */
  get isSettled(): boolean {
    return [...this.#tracks.values()].every(({ sender }) => this.#tracks.size === 1 || sender !== undefined);
  }

  /**
   * Takes notice of a frame, in decoding order. Returns its media time in milliseconds; with `offset` of its kind added, it
   * is on the recording's clock, which runs like MediaPacket.arrival.
   */
  observe(
    kind: MediaKind,
    clockRate: number,
    timestamp: number,
    arrival: number,
    mapping: ClockMapping | undefined,
  ): number {
    let track = this.#tracks.get(kind);
    if (!track) this.#tracks.set(kind, (track = new Track(clockRate)));
    const elapsed = track.advance(timestamp, arrival, mapping);
    const target = this.#target(track, elapsed);
    track.offset = track.offset === undefined ? target : approach(track.offset, target, elapsed);
    return track.time;
  }

  /** Nothing was written yet: the best of what is known counts at once. */
  settle(): void {
    this.#common = undefined;
    for (const track of this.#tracks.values()) track.offset = this.#target(track, 0);
  }
  offset(kind: MediaKind): number {
    return this.#tracks.get(kind)?.offset ?? 0;
  }

  #target(track: Track, elapsed: number): number {
    const delays: number[] = [];
    for (const each of this.#tracks.values()) {
      if (each.sender === undefined) return track.earliest;
      delays.push(each.earliest - each.sender);
    }
    const least = Math.min(...delays);
    if (track.sender === undefined || Math.max(...delays) - least > SAME_CLOCK_MS) return track.earliest;
    this.#common = approach(this.#common ?? least, least, elapsed);
    return track.sender + this.#common;
  }
}

/** From one value to another as fast as nobody notices, or at once where it is far. */
function approach(from: number, to: number, elapsed: number): number {
  const distance = to - from;
  if (Math.abs(distance) > MAX_SLEW_MS) return to;
  return from + Math.sign(distance) * Math.min(elapsed * SLEW, Math.abs(distance));
}
