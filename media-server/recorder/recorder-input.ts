/** One kind of media on its way into a recording: the sink that an element offers, which makes frames of packets. */
import type { ClockMapping, Codec, CodecName, MediaKind, MediaPacket, MediaSink, MediaSource } from '../flow';
import { depacketizerFor } from './depacketizer';
import type { Depacketizer } from './depacketizer';
import type { Frame } from './frame';
import { ReorderBuffer } from './reorder-buffer';

export interface RecorderInputListener {
  frame(frame: Frame, mapping: ClockMapping | undefined): void;
  /** Another stream follows, with clocks of its own. */
  streamChanged(kind: MediaKind): void;
  /** There is a source, or there is none any more. */
  sourceChanged(): void;
  /** Packets come of which no frames can be made. */
  cannotRecord(kind: MediaKind, codec: CodecName): void;
}

export class RecorderInput implements MediaSink {
  readonly kind: MediaKind;
  readonly accepts: readonly CodecName[];
  readonly asksForKeyframes = true;
  readonly #listener: RecorderInputListener;
  readonly #order: ReorderBuffer;
  #source: MediaSource | undefined;
  #codec: Codec | undefined;
  #ssrc: number | undefined;
  #depacketizer: Depacketizer | undefined;
  #active = false;

  constructor(kind: MediaKind, accepts: readonly CodecName[], listener: RecorderInputListener) {
    this.kind = kind;
    this.accepts = accepts;
    this.#listener = listener;
    this.#order = new ReorderBuffer((packet, lossBefore) => this.#depacketizer?.push(packet, lossBefore));
  }

  /** A source is connected and has negotiated. */
  get hasSource(): boolean {
    return this.#source?.codec !== undefined;
  }
  /** While it is not active, packets pass by. */
  setActive(active: boolean): void {
    if (active === this.#active) return;
    // What waits for a missing packet is the end of what there is.
    if (!active) this.#order.flush();
    this.#active = active;
    this.#restart();
    if (active) {
      this.#source?.reportCapacity(this, Infinity);
      this.requestKeyframe();
    } else this.#source?.reportCapacity(this, undefined);
  }
  requestKeyframe(): void {
    if (this.kind === 'video' && this.#active) this.#source?.requestKeyframe();
  }

  sourceChanged(source: MediaSource): void {
    this.#source = source;
    this.#restart();
    if (this.#active) {
      source.reportCapacity(this, Infinity);
      this.requestKeyframe();
    }
    this.#listener.sourceChanged();
  }
  sourceEnded(): void {
    this.#order.flush();
    this.#source = undefined;
    this.#listener.sourceChanged();
  }
  push(packet: MediaPacket): void {
    if (!this.#active) return;
    if (packet.ssrc !== this.#ssrc) {
      // Numbers and times begin anew with it.
      if (this.#ssrc !== undefined) this.#restart();
      this.#ssrc = packet.ssrc;
    }
    if (packet.codec !== this.#codec) this.#adopt(packet.codec);
    if (this.#depacketizer) this.#order.push(packet);
  }

  #restart(): void {
    this.#order.reset();
    this.#codec = undefined;
    this.#ssrc = undefined;
    this.#depacketizer = undefined;
    this.#listener.streamChanged(this.kind);
  }
  #adopt(codec: Codec): void {
    const isOther = this.#codec !== undefined && this.#codec.name !== codec.name;
    if (this.#codec?.name === codec.name) {
      // The same with other parameters: its frames go on.
      this.#codec = codec;
      return;
    }
    if (isOther) this.#restart();
    this.#codec = codec;
    this.#depacketizer = depacketizerFor(codec.name, {
      frame: (frame) => this.#listener.frame(frame, this.#source?.clock),
      keyframeNeeded: () => this.requestKeyframe(),
    });
    if (!this.#depacketizer) this.#listener.cannotRecord(this.kind, codec.name);
  }
}
