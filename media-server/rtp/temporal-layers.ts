/**
 * Which temporal layers of a VP8 stream one viewer gets (RFC 7741 section 4.2): measures what each costs, takes as many
 * as fit, drops the upper ones at any frame, and takes one up again only at a frame that refers to none left out.
 */
import type { MediaPacket } from '../flow';
import { readVp8Descriptor, Vp8Descriptor } from './vp8';

const MAX_LAYERS = 4;

const descriptor = new Vp8Descriptor();

export class TemporalLayers {
  readonly #bytes = new Float64Array(MAX_LAYERS);
  readonly #rates = new Float64Array(MAX_LAYERS);
  #seen = 0;
  #frameTimestamp = -1;
  #frameLayer = 0;
  #leaveOut = false;
  #wanted = MAX_LAYERS - 1;
  #current = MAX_LAYERS - 1;

  /** The stream has layers at all. */
  get active(): boolean {
    return this.#seen > 1;
  }

  /** Looks at one packet in order. True when it begins a frame. */
  look(packet: MediaPacket, bytes: number): boolean {
    const begins = packet.timestamp !== this.#frameTimestamp;
    if (begins) this.#beginFrame(packet);
    this.#bytes[this.#frameLayer]! += bytes;
    return begins;
  }
  /** The packet that was looked at last is not for this viewer. */
  get leaveOut(): boolean {
    return this.#leaveOut;
  }

  #beginFrame(packet: MediaPacket): void {
    this.#frameTimestamp = packet.timestamp;
    this.#frameLayer = 0;
    this.#leaveOut = false;
    if (!readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor)) return;
    if (descriptor.temporalLayer < 0) return;
    const layer = descriptor.temporalLayer;
    this.#frameLayer = layer;
    this.#seen = Math.max(this.#seen, layer + 1);
    if (packet.keyframeStart) this.#current = this.#wanted;
    else if (layer > this.#current && layer <= this.#wanted && descriptor.layerSync) this.#current = layer;
    this.#leaveOut = layer > this.#current;
  }

  /** Whether a late packet belongs to a layer that is left out. */
  leavesOut(packet: MediaPacket): boolean {
    return (
      readVp8Descriptor(packet.buffer, packet.payloadStart, packet.payloadEnd, descriptor) &&
      descriptor.temporalLayer > this.#current
    );
  }

  /** What `elapsed` seconds have brought. */
  measure(elapsed: number): void {
    for (let layer = 0; layer < this.#seen; layer++) {
      this.#rates[layer]! += ((this.#bytes[layer]! * 8) / elapsed - this.#rates[layer]!) * 0.25;
      this.#bytes[layer] = 0;
    }
  }

  /** As many layers as fit into `limit` bit/s, at least the lowest; all without a limit. */
  choose(limit: number | undefined): void {
    let top = MAX_LAYERS - 1;
    if (limit !== undefined && this.active) {
      let sum = 0;
      top = 0;
      for (let layer = 0; layer < this.#seen; layer++) {
        sum += this.#rates[layer]!;
        if (layer > 0 && sum > limit) break;
        top = layer;
      }
    }
    this.#wanted = top;
    if (top < this.#current) this.#current = top;
  }

  /** Another stream begins. */
  reset(): void {
    this.#seen = 0;
    this.#frameTimestamp = -1;
    this.#leaveOut = false;
    this.#current = this.#wanted;
    this.#bytes.fill(0);
    this.#rates.fill(0);
  }
}
