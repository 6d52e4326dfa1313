/**
 * A player's stream to other elements. A file cannot be asked for a keyframe, so whoever joins in the middle, or lost the
 * picture, gets the packets since the last one again, as fast as they can be sent; the others notice nothing of it.
 */
import type { Cancel, Clock } from '../clock';
import { FanOut } from '../fan-out';
import type { Codec, CodecName, ClockMapping, MediaKind, MediaPacket, MediaSink, MediaSource } from '../flow';

/** More would stop a viewer's line for seconds; who joins then waits for the file's next keyframe. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** Time between the frames that are sent again; the last of them has the time of the picture that is shown now. */
const CATCH_UP_MS = 1;
/** At most so often one sink gets them. */
const REPEAT_INTERVAL_MS = 500;

/** A wish for a keyframe that comes from below has no sink's name on it: each sink gets a source of its own. */
class JoiningSink implements MediaSink, MediaSource {
  readonly kind: MediaKind;
  readonly #sink: MediaSink;
  readonly #output: PlayerOutput;
  readonly #clock: Clock;
  #hasPicture = false;
  #repeating = false;
  #lastRepeat = -Infinity;
  #later: Cancel | undefined;

  constructor(sink: MediaSink, output: PlayerOutput, clock: Clock) {
    this.kind = sink.kind;
    this.#sink = sink;
    this.#output = output;
    this.#clock = clock;
  }

  get hasPicture(): boolean {
    return this.#hasPicture;
  }
  get accepts(): readonly CodecName[] | undefined {
    return this.#sink.accepts;
  }
  get asksForKeyframes(): boolean {
    return this.#sink.asksForKeyframes ?? false;
  }
  sourceChanged(): void {
    this.#hasPicture = false;
    this.#sink.sourceChanged(this);
  }
  sourceEnded(): void {
    this.#later?.();
    this.#later = undefined;
    this.#hasPicture = false;
    this.#sink.sourceEnded();
  }
  push(packet: MediaPacket): void {
    if (packet.keyframeStart) this.#hasPicture = true;
    this.#sink.push(packet);
  }

  get codec(): Codec | undefined {
    return this.#output.codec;
  }
  get clock(): ClockMapping | undefined {
    return this.#output.clock;
  }
  addSink(sink: MediaSink): void {
    this.#output.addSink(sink);
  }
  removeSink(sink: MediaSink): void {
    this.#output.removeSink(sink);
  }
  reportCapacity(_sink: MediaSink, bitsPerSecond: number | undefined): void {
    this.#output.reportCapacity(this, bitsPerSecond);
  }
  requestKeyframe(): void {
    if (this.kind === 'audio' || this.#repeating || this.#later) return;
    const wait = this.#lastRepeat + REPEAT_INTERVAL_MS - this.#clock.now();
    if (wait <= 0) this.#repeat();
    else
      this.#later = this.#clock.after(wait, () => {
        this.#later = undefined;
        this.#repeat();
      });
  }
  #repeat(): void {
    const packets = this.#output.sinceKeyframe();
    if (packets.length === 0) return;
    this.#lastRepeat = this.#clock.now();
    this.#repeating = true;
    // It has seen these numbers: for it, this is another stream.
    this.#sink.sourceChanged(this);
    for (const packet of packets) this.push(packet);
    this.#repeating = false;
  }
}

export class PlayerOutput extends FanOut {
  readonly #clock: Clock;
  readonly #joining = new Map<MediaSink, JoiningSink>();
  /** Since the last keyframe; undefined when they are too many, or none has come. */
  #kept: MediaPacket[] | undefined;
  #keptBytes = 0;

  constructor(kind: MediaKind, clock: Clock, sinkFailed: (error: unknown) => void) {
    super({ kind, clock, sinkFailed });
    this.#clock = clock;
  }

  override addSink(sink: MediaSink): void {
    if (this.#joining.has(sink)) return;
    const joining = new JoiningSink(sink, this, this.#clock);
    this.#joining.set(sink, joining);
    super.addSink(joining);
  }
  override removeSink(sink: MediaSink): void {
    const joining = this.#joining.get(sink);
    this.#joining.delete(sink);
    super.removeSink(joining ?? sink);
  }
  /** On behalf of whoever has no picture yet. */
  override requestKeyframe(): void {
    for (const joining of [...this.#joining.values()]) if (!joining.hasPicture) joining.requestKeyframe();
  }
  override setCodec(codec: Codec | undefined): void {
    this.forget();
    super.setCodec(codec);
  }
  override push(packet: MediaPacket): void {
    if (this.kind === 'video') this.#keep(packet);
    super.push(packet);
  }
  override close(): void {
    this.forget();
    super.close();
    this.#joining.clear();
  }

  /** What was sent does not lead to what comes next. */
  forget(): void {
    this.#kept = undefined;
    this.#keptBytes = 0;
  }
  /** The last picture and what leads to it, with times close to each other. */
  sinceKeyframe(): MediaPacket[] {
    const kept = this.#kept ?? [];
    const times = [...new Set(kept.map(({ timestamp }) => timestamp))];
    const last = times.at(-1) ?? 0;
    const step = ((kept[0]?.codec.clockRate ?? 0) / 1000) * CATCH_UP_MS;
    const places = new Map(times.map((time, index) => [time, last - (times.length - 1 - index) * step]));
    return kept.map((packet) => {
      const timestamp = (places.get(packet.timestamp) ?? packet.timestamp) >>> 0;
      const buffer = Buffer.from(packet.buffer);
      buffer.writeUInt32BE(timestamp, 4);
      return { ...packet, buffer, timestamp, arrival: this.#clock.now() };
    });
  }
  #keep(packet: MediaPacket): void {
    if (packet.keyframeStart) {
      this.#kept = [];
      this.#keptBytes = 0;
    }
    if (!this.#kept) return;
    this.#kept.push(packet);
    this.#keptBytes += packet.buffer.length;
    if (this.#keptBytes > MAX_KEPT_BYTES) this.forget();
  }
}
