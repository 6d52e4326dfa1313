/**
 * One stream of packets to any number of sinks: the output of every element, and at once the input of those that change
 * nothing (PassThrough, hub ports). Owns who listens, how often a keyframe may be asked for, how much the best sink can
 * take, and whether anything flows. Where packets come from is its user's business: an element pushes into it, or it is
 * added to another source as a sink.
 */
import type { Clock, Cancel } from './clock';
import type {
  Codec,
  CodecName,
  ClockMapping,
  DataMessage,
  DataSink,
  DataSource,
  MediaKind,
  MediaPacket,
  MediaSink,
  MediaSource,
} from './flow';
import { RecentPictures } from './recent-pictures';

/**
 * At most so often a sender is asked for a keyframe; each costs several times an ordinary frame. Chromium ignores who asks
 * sooner after one (its encoder feedback has the same 300 ms), so a request that comes too early is kept until then.
 */
export const KEYFRAME_INTERVAL_MS = 300;

/** More would reach each leg in one burst, and let the last ones wait. */
const MAX_GATHERED = 8;

/** A clock reading costs a tenth of a forwarded packet: one packet in 32 pays it. */
const LATENCY_SAMPLING = 31;

export interface FanOutOptions {
  readonly kind: MediaKind;
  readonly clock: Clock;
  /** The origin's way to get a keyframe; called at most every KEYFRAME_INTERVAL_MS. Without it requests go upstream. */
  readonly requestKeyframe?: () => void;
  /** What the best of the sinks can take has changed, bit/s; undefined when none of them knows. */
  readonly capacityChanged?: (bitsPerSecond: number | undefined) => void;
  /** A sink threw. It stays: the fault is one packet's or a bug, and others must not suffer either way. */
  readonly sinkFailed?: (error: unknown) => void;
}

export class FanOut implements MediaSource, MediaSink {
  readonly kind: MediaKind;
  readonly #options: FanOutOptions;
  /** Holes appear while sinks leave in the middle of a push; they close when it ends. */
  readonly #sinks: (MediaSink | undefined)[] = [];
  readonly #capacities = new Map<MediaSink, number>();
  /** What is to be pushed next. */
  #gathered: MediaPacket[] = [];
  readonly #flushSoon = (): void => this.flush();
  #pushing = false;
  #asking = false;
  #holes = false;
  #codec: Codec | undefined;
  #mapping: ClockMapping | undefined;
  #upstream: MediaSource | undefined;
  #capacity: number | undefined;
  readonly #recent = new RecentPictures();
  #lastKeyframe = -Infinity;
  #lastKeyframeRequest = -Infinity;
  #keyframeTimer: Cancel | undefined;
  #packets = 0;
  #latency = 0;
  #flowListener: (() => void) | undefined;

  constructor(options: FanOutOptions) {
    this.kind = options.kind;
    this.#options = options;
  }

  // ── As a source ───────────────────────────────────────────────────────────────────────────────────────────────

  get codec(): Codec | undefined {
    return this.#upstream ? this.#upstream.codec : this.#codec;
  }
  get clock(): ClockMapping | undefined {
    return this.#upstream ? this.#upstream.clock : this.#mapping;
  }
  get sinkCount(): number {
    let count = 0;
    for (const sink of this.#sinks) if (sink) count++;
    return count;
  }
  /** Packets pushed so far; whether it grows tells whether media flows. */
  get packets(): number {
    return this.#packets;
  }
  /** Smoothed time between a packet's arrival in the server and this output, milliseconds. */
  get latency(): number {
    return this.#latency;
  }

  addSink(sink: MediaSink): void {
    if (this.#sinks.includes(sink)) return;
    this.#sinks.push(sink);
    if (this.codec) this.#guarded(() => sink.sourceChanged(this));
  }
  removeSink(sink: MediaSink): void {
    const index = this.#sinks.indexOf(sink);
    if (index < 0) return;
    if (this.#pushing) {
      this.#sinks[index] = undefined;
      this.#holes = true;
    } else this.#sinks.splice(index, 1);
    this.#guarded(() => sink.sourceEnded());
    if (this.#capacities.delete(sink)) this.#weighCapacities();
  }
  requestKeyframe(): void {
    if (this.kind === 'audio') return;
    const ask = this.#options.requestKeyframe;
    if (!ask) {
      this.#upstream?.requestKeyframe();
      return;
    }
    if (this.#keyframeTimer) return;
    const last = Math.max(this.#lastKeyframeRequest, this.#lastKeyframe);
    const wait = last + KEYFRAME_INTERVAL_MS - this.#options.clock.now();
    const now = () => {
      this.#keyframeTimer = undefined;
      this.#lastKeyframeRequest = this.#options.clock.now();
      ask();
    };
    if (wait <= 0) now();
    // Not dropped: whoever asks now may have joined after the keyframe that is on its way.
    else this.#keyframeTimer = this.#options.clock.after(wait, now);
  }
  recent(): readonly MediaPacket[] {
    if (this.#upstream) return this.#upstream.recent?.() ?? [];
    return this.#recent.at(this.#options.clock.now());
  }
  reportCapacity(sink: MediaSink, bitsPerSecond: number | undefined): void {
    if (bitsPerSecond === undefined) this.#capacities.delete(sink);
    else if (this.#sinks.includes(sink)) this.#capacities.set(sink, bitsPerSecond);
    this.#weighCapacities();
  }
  /** What the best of the sinks can take, bit/s; undefined when none of them knows. */
  get capacity(): number | undefined {
    return this.#capacity;
  }

  // ── As an origin: the element that owns it pushes ─────────────────────────────────────────────────────────────

  /** A new stream begins (negotiated, switched, other parameters); undefined: there is none any more. */
  setCodec(codec: Codec | undefined): void {
    this.flush();
    this.#codec = codec;
    this.#recent.clear();
    this.#tellSinks();
  }
  setClock(mapping: ClockMapping | undefined): void {
    this.#mapping = mapping;
  }
  /** Called once, at the next packet: costs one comparison a packet. */
  onNextPacket(listener: (() => void) | undefined): void {
    this.#flowListener = listener;
  }
  /** Ends the stream for all sinks and forgets them. */
  close(): void {
    this.#keyframeTimer?.();
    this.#keyframeTimer = undefined;
    this.#flowListener = undefined;
    this.#gathered = [];
    this.#recent.clear();
    for (const sink of [...this.#sinks]) if (sink) this.removeSink(sink);
  }

  // ── As a sink ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** What all sinks behind it can use; undefined when none of them minds. */
  get accepts(): readonly CodecName[] | undefined {
    if (this.#asking) return undefined;
    // Elements may be connected in a ring.
    this.#asking = true;
    let common: readonly CodecName[] | undefined;
    for (const sink of this.#sinks) {
      const accepts = sink?.accepts;
      if (!accepts) continue;
      common = common ? common.filter((name) => accepts.includes(name)) : accepts;
    }
    this.#asking = false;
    return common;
  }
  sourceChanged(source: MediaSource): void {
    this.#upstream = source;
    this.#recent.clear();
    if (this.#capacity !== undefined) source.reportCapacity(this, this.#capacity);
    this.#tellSinks();
  }
  sourceEnded(): void {
    this.#upstream = undefined;
    this.#tellSinks();
  }
  push(packet: MediaPacket): void {
    // A ring of elements would go round for ever: a packet passes each of them once.
    if (this.#pushing) return;
    this.#gathered.push(packet);
    this.flush();
  }
  /**
   * Pushes soon, together with what comes until then: sink by sink, so that what belongs to a sink is fetched from memory
   * once for the packets of a picture, not for each of them. Where the processor's caches are short, with many sinks or
   * busy programs beside the server, that is a tenth of what a packet costs.
   */
  gather(packet: MediaPacket): void {
    const count = this.#gathered.push(packet);
    if (count === MAX_GATHERED) this.flush();
    else if (count === 1) this.#options.clock.soon(this.#flushSoon);
  }
  /** Pushes what was gathered. */
  flush(): void {
    const packets = this.#gathered;
    if (this.#pushing || packets.length === 0) return;
    this.#gathered = [];
    for (const packet of packets) {
      if ((this.#packets++ & LATENCY_SAMPLING) === 0) this.#sampleLatency(packet);
      if (this.kind === 'video' && !this.#upstream && !this.mixed) this.#remember(packet);
    }
    if (this.#flowListener) {
      const listener = this.#flowListener;
      this.#flowListener = undefined;
      this.#guarded(listener);
    }
    const sinks = this.#sinks;
    // Sinks that join in the middle start with the next packet.
    const count = sinks.length;
    this.#pushing = true;
    for (let index = 0; index < count; index++) {
      for (const packet of packets) {
        const sink = sinks[index];
        if (sink === undefined) break;
        try {
          sink.push(packet);
        } catch (error) {
          this.#options.sinkFailed?.(error);
        }
      }
    }
    this.#pushing = false;
    if (this.#holes) this.#closeHoles();
  }

  /** True where several streams run side by side: their keyframes have nothing to do with each other. */
  protected get mixed(): boolean {
    return false;
  }
  #remember(packet: MediaPacket): void {
    if (packet.keyframeStart && !packet.late) this.#lastKeyframe = packet.arrival;
    this.#recent.add(packet);
  }
  #sampleLatency(packet: MediaPacket): void {
    const latency = Math.max(0, this.#options.clock.now() - packet.arrival);
    this.#latency = this.#packets === 1 ? latency : this.#latency + (latency - this.#latency) / 8;
  }
  #closeHoles(): void {
    this.#holes = false;
    let kept = 0;
    for (const sink of this.#sinks) if (sink) this.#sinks[kept++] = sink;
    this.#sinks.length = kept;
  }
  #tellSinks(): void {
    const known = this.codec !== undefined;
    for (const sink of [...this.#sinks]) {
      if (sink) this.#guarded(() => (known ? sink.sourceChanged(this) : sink.sourceEnded()));
    }
  }
  #weighCapacities(): void {
    let best: number | undefined;
    for (const capacity of this.#capacities.values())
      if (best === undefined || capacity > best) best = capacity;
    if (best === this.#capacity) return;
    this.#capacity = best;
    this.#upstream?.reportCapacity(this, best);
    this.#options.capacityChanged?.(best);
  }
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.sinkFailed?.(error);
    }
  }
}

/** The same for data channel messages. */
export class DataFanOut implements DataSource, DataSink {
  readonly #sinks = new Set<DataSink>();
  readonly #sinkFailed: ((error: unknown) => void) | undefined;
  #messages = 0;
  #pushing = false;

  constructor(sinkFailed?: (error: unknown) => void) {
    this.#sinkFailed = sinkFailed;
  }
  get messages(): number {
    return this.#messages;
  }
  addSink(sink: DataSink): void {
    this.#sinks.add(sink);
  }
  removeSink(sink: DataSink): void {
    this.#sinks.delete(sink);
  }
  push(message: DataMessage): void {
    // A ring of elements would go round for ever: a message passes each of them once.
    if (this.#pushing) return;
    this.#messages++;
    this.#pushing = true;
    for (const sink of [...this.#sinks]) {
      try {
        sink.push(message);
      } catch (error) {
        this.#sinkFailed?.(error);
      }
    }
    this.#pushing = false;
  }
  close(): void {
    this.#sinks.clear();
  }
}
