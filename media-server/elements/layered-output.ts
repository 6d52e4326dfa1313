/**
 * The video output of an endpoint whose peer may send simulcast: one stream to the outside, several layers inside. Each
 * sink gets the best layer that it can take, and changes layers only at a keyframe. Without simulcast there is one layer
 * and nothing to choose.
 */
import type { Clock } from '../clock';
import { FanOut } from '../fan-out';
import type { FanOutOptions } from '../fan-out';
import type { Codec, ClockMapping, CodecName, MediaKind, MediaPacket, MediaSink, MediaSource } from '../flow';
import { RateMeter } from '../rtp/capacity';
import { pixelsOf } from '../rtp/picture-size';

/** A layer without packets for so long is switched off at the sender. */
const SILENT_MS = 1_000;
/** A layer fits when the sink can take this much more than its average: bitrates move. */
const HEADROOM = 1.05;
/** For a leg that could not take a layer before: more, and for so long, because a change begins with a keyframe. */
const RAISE_HEADROOM = 1.2;
const RAISE_AFTER_MS = 1_200;
/** Browsers send three. */
const MAX_LAYERS = 8;
/**
 * A better layer that turned out to be too much is tried again only after this time, doubled each time that it fails
 * soon: every failed try is a stutter.
 */
const MIN_PATIENCE_MS = 15_000;
const MAX_PATIENCE_MS = 120_000;
/** So long a better layer has to go well before it counts as taken, and before the next one is tried. */
const TRIAL_MS = 10_000;

interface Layer {
  readonly rate: RateMeter;
  readonly since: number;
  bytes: number;
  /** Of its last keyframe; 0: unknown. */
  pixels: number;
  lastPacket: number;
  clock: ClockMapping | undefined;
}

export interface LayeredOutputOptions extends Omit<FanOutOptions, 'kind' | 'requestKeyframe'> {
  /** Asks the sender of a layer; undefined: all of them. */
  readonly requestLayerKeyframe: (layer: number | undefined) => void;
}

export class LayeredOutput extends FanOut {
  readonly #clock: Clock;
  readonly #options: LayeredOutputOptions;
  readonly #selectors = new Map<MediaSink, LayerSelector>();
  readonly #layers: Layer[] = [];
  /** Positions of the layers, the lowest first: senders may announce them in any order. */
  #order: number[] = [];

  constructor(options: LayeredOutputOptions) {
    super({ ...options, kind: 'video', requestKeyframe: () => this.#requestKeyframe() });
    this.#clock = options.clock;
    this.#options = options;
  }

  override addSink(sink: MediaSink): void {
    if (this.#selectors.has(sink)) return;
    const selector = new LayerSelector(this, sink);
    this.#selectors.set(sink, selector);
    selector.choose();
    super.addSink(selector);
  }
  override removeSink(sink: MediaSink): void {
    const selector = this.#selectors.get(sink);
    this.#selectors.delete(sink);
    if (selector) super.removeSink(selector);
    else {
      // The base class forgets all of them when it closes.
      if (sink instanceof LayerSelector) this.#selectors.delete(sink.sink);
      super.removeSink(sink);
    }
  }
  override close(): void {
    super.close();
    this.#selectors.clear();
  }

  protected override get mixed(): boolean {
    return this.simulcast;
  }
  override recent(): readonly MediaPacket[] {
    return this.simulcast ? [] : super.recent();
  }
  get simulcast(): boolean {
    return this.#layers.length > 1;
  }
  override gather(packet: MediaPacket): void {
    const { layer = 0 } = packet;
    if (layer >= MAX_LAYERS) return;
    while (this.#layers.length <= layer) {
      this.#order.push(this.#layers.length);
      this.#layers.push({
        rate: new RateMeter(),
        since: packet.arrival,
        bytes: 0,
        pixels: 0,
        lastPacket: -Infinity,
        clock: undefined,
      });
    }
    const own = this.#layers[layer]!;
    own.bytes += packet.buffer.length;
    own.lastPacket = packet.arrival;
    own.rate.add(packet.buffer.length);
    if (packet.keyframeStart && !packet.late) this.#measurePicture(own, packet);
    super.gather(packet);
  }
  #measurePicture(layer: Layer, packet: MediaPacket): void {
    const pixels = pixelsOf(packet);
    if (pixels === layer.pixels) return;
    layer.pixels = pixels;
    this.#sort();
  }
  /** By the size of the picture; where a codec hides it, by what came so far; as announced where these are the same. */
  #sort(): void {
    const now = this.now();
    const sizes = this.#layers.map(({ pixels }) => pixels);
    const known = this.#layers.every(({ pixels, bytes }) => pixels > 0 || bytes === 0);
    const by = known
      ? sizes
      : this.#layers.map(({ bytes, since }) => Math.round(Math.log2(1 + bytes / Math.max(1, now - since))));
    this.#order = [...this.#layers.keys()].sort((a, b) => by[a]! - by[b]! || a - b);
  }
  /** The layer's packets begin anew, without relation to those before. */
  restartLayer(layer: number): void {
    this.flush();
    for (const selector of this.#selectors.values()) selector.restarted(layer);
  }
  setLayerClock(layer: number, mapping: ClockMapping): void {
    const own = this.#layers[layer];
    if (own) own.clock = mapping;
    if (layer === 0 || !this.clock) this.setClock(mapping);
  }
  layerClock(layer: number): ClockMapping | undefined {
    return this.#layers[layer]?.clock ?? (this.simulcast ? undefined : this.clock);
  }

  /** A few times a second: measures the layers and chooses anew for every sink. */
  tick(now: number): void {
    if (!this.simulcast) return;
    for (const layer of this.#layers) layer.rate.update(now);
    this.#sort();
    for (const selector of this.#selectors.values()) selector.choose();
  }

  /** The best layer that fits into `capacity` bit/s with so much room, undefined for no limit. */
  bestLayer(capacity: number | undefined, headroom = HEADROOM): number {
    let best = -1;
    for (const index of this.#order) {
      const layer = this.#layers[index]!;
      if (!this.#isSending(layer)) continue;
      if (best < 0 || capacity === undefined || layer.rate.rate * headroom <= capacity) best = index;
    }
    return Math.max(0, best);
  }
  /** The next better one that its sender sends at present; the same when there is none. */
  layerAbove(layer: number): number {
    const above = this.#order.find(
      (index) => this.isBetter(index, layer) && this.#isSending(this.#layers[index]!),
    );
    return above ?? layer;
  }
  isBetter(layer: number, than: number): boolean {
    return this.#order.indexOf(layer) > this.#order.indexOf(than);
  }
  #isSending({ lastPacket }: Layer): boolean {
    return this.now() - lastPacket <= SILENT_MS;
  }
  now(): number {
    return this.#clock.now();
  }

  requestLayerKeyframe(layer: number): void {
    this.#options.requestLayerKeyframe(layer);
  }
  #requestKeyframe(): void {
    if (!this.simulcast) {
      this.#options.requestLayerKeyframe(undefined);
      return;
    }
    const wanted = new Set<number>();
    for (const selector of this.#selectors.values()) wanted.add(selector.target);
    for (const layer of wanted) this.#options.requestLayerKeyframe(layer);
  }
}

/** Stands between the output and one sink: lets through one layer, and is the source that the sink knows. */
class LayerSelector implements MediaSink, MediaSource {
  readonly kind: MediaKind = 'video';
  readonly sink: MediaSink;
  readonly #output: LayeredOutput;
  #layer = 0;
  #capacity: number | undefined;
  #switching = false;
  /** A layer was too much for the leg. */
  #overtaxed = false;
  /** 0 until one that was tried anew was too much again. */
  #patience = 0;
  #raisedAt = -Infinity;
  #raiseAfter = 0;
  /** A better layer fits since then. */
  #roomSince: number | undefined;
  /** The layer that it wants; equal to the one it has, or waiting for its keyframe. */
  target = 0;

  constructor(output: LayeredOutput, sink: MediaSink) {
    this.#output = output;
    this.sink = sink;
  }

  choose(): void {
    const output = this.#output;
    const best = output.bestLayer(this.#capacity);
    let next = best;
    if (output.isBetter(best, this.target)) next = this.#raised();
    else {
      this.#roomSince = undefined;
      if (best === this.target) return;
      // One that its sender switched off says nothing about the leg.
      if (!output.isBetter(this.target, output.bestLayer(undefined))) this.#tooMuch();
    }
    if (next === this.target) return;
    this.target = next;
    if (next !== this.#layer) output.requestLayerKeyframe(next);
  }
  /** The better layer that the leg can be given, or the one it has. */
  #raised(): number {
    const output = this.#output;
    if (!this.#overtaxed) return output.bestLayer(this.#capacity);
    const now = output.now();
    const best = output.bestLayer(this.#capacity, RAISE_HEADROOM);
    if (!output.isBetter(best, this.target)) {
      this.#roomSince = undefined;
      return this.target;
    }
    this.#roomSince ??= now;
    if (now - this.#roomSince < RAISE_AFTER_MS || now < this.#raiseAfter) return this.target;
    this.#roomSince = undefined;
    this.#raisedAt = now;
    if (this.#patience === 0) return best;
    this.#raiseAfter = now + TRIAL_MS;
    return output.layerAbove(this.target);
  }
  /** The leg could not take the layer that it had. */
  #tooMuch(): void {
    const now = this.#output.now();
    const soon = now - this.#raisedAt < TRIAL_MS;
    this.#overtaxed = true;
    this.#patience = soon ? Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, this.#patience * 2)) : 0;
    this.#raiseAfter = now + this.#patience;
  }
  restarted(layer: number): void {
    if (layer === this.#layer) this.sink.sourceChanged(this);
  }

  // As a sink of the output.
  get accepts(): readonly CodecName[] | undefined {
    return this.sink.accepts;
  }
  sourceChanged(): void {
    this.sink.sourceChanged(this);
  }
  sourceEnded(): void {
    this.sink.sourceEnded();
  }
  push(packet: MediaPacket): void {
    const { layer = 0 } = packet;
    if (layer === this.#layer) {
      this.sink.push(packet);
    } else if (layer === this.target && packet.keyframeStart && !packet.late) {
      this.#layer = layer;
      // The keyframe is here: no need for the sink to ask for one.
      this.#switching = true;
      this.sink.sourceChanged(this);
      this.#switching = false;
      this.sink.push(packet);
    }
  }

  // As the source of the sink.
  get codec(): Codec | undefined {
    return this.#output.codec;
  }
  get clock(): ClockMapping | undefined {
    return this.#output.layerClock(this.#layer);
  }
  addSink(sink: MediaSink): void {
    this.#output.addSink(sink);
  }
  removeSink(sink: MediaSink): void {
    this.#output.removeSink(sink);
  }
  requestKeyframe(): void {
    if (!this.#switching) this.#output.requestKeyframe();
  }
  /** With layers they are those of all layers, in disorder to a sink that gets one. */
  recent(): readonly MediaPacket[] {
    return this.#output.simulcast ? [] : this.#output.recent();
  }
  reportCapacity(_sink: MediaSink, bitsPerSecond: number | undefined): void {
    this.#capacity = bitsPerSecond === Infinity ? undefined : bitsPerSecond;
    this.#output.reportCapacity(this, bitsPerSecond);
  }
}
