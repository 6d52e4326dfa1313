/**
 * A viewer's narrow link, simulated from the presenter's layers to the decoder: bits that queue and are lost, and the
 * receiver's reports, estimates and wishes, as a browser makes them. What is judged is what the viewer sees.
 */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import { ntpMiddle } from '../rtp/rtcp';
import { OutgoingStream } from '../rtp/outgoing-stream';
import { codecNamed } from '../sdp/codecs';
import { LayeredOutput } from './layered-output';

const VP8 = codecNamed('VP8');
const FPS = 15;
const STEP_MS = 5;
/** Packets beyond it are lost, as in a router. */
const QUEUE_MS = 200;
const WAY_MS = 10;
/** Of RTP in UDP and IP. */
const HEADERS = 48;
const MTU = 1_100;
const KEYFRAME = 6;

interface Arriving {
  readonly at: number;
  readonly bytes: number;
  /** In the viewer's numbering; retransmissions under their original number. */
  readonly number: number;
  readonly marker: boolean;
  readonly keyframe: boolean;
  readonly layer: number;
  readonly media: boolean;
}

/** What remains of a packet on its way: where the simulation reads its content from. */
function payloadOf(layer: number, keyframe: boolean, last: boolean, bytes: number): Buffer {
  const payload = Buffer.alloc(Math.max(16, bytes));
  // A VP8 descriptor without picture ids, and the first bit of the frame's header.
  payload[0] = 0x10;
  payload[1] = keyframe ? 0 : 1;
  payload[14] = layer;
  payload[15] = (keyframe ? 2 : 0) | (last ? 1 : 0);
  return payload;
}

class Simulation {
  readonly clock = new ManualClock();
  rate = Infinity;
  /** Share of packets lost by chance. */
  loss = 0;
  readonly layers: readonly number[];
  readonly output: LayeredOutput;
  readonly stream: OutgoingStream;
  readonly frames: { readonly at: number; readonly layer: number }[] = [];
  sentBytes = 0;
  #random = 1;
  #freeAt = 0;
  readonly #underway: Arriving[] = [];
  readonly #wanted = new Set<number>();
  readonly #sequences: number[];
  // The viewer.
  readonly #received = new Map<number, Arriving>();
  #next = -1;
  #highest = -1;
  #window: { at: number; bytes: number }[] = [];
  #delay = 0;
  #estimate = 1e6;
  #estimatedAt = 0;
  #expected = 0;
  #got = 0;
  #reportedHighest = -1;
  #queueSeen = 0;
  #plis = 0;

  /** Bit/s of the layers, lowest first. */
  constructor(layers: readonly number[], rtx = true) {
    this.clock.advance(10_000);
    this.layers = layers;
    this.#sequences = layers.map(() => 0);
    const { clock } = this;
    this.output = new LayeredOutput({
      clock,
      requestLayerKeyframe: (layer) => {
        for (const each of layer === undefined ? layers.keys() : [layer]) this.#wanted.add(each);
      },
    });
    this.output.setCodec(VP8);
    this.stream = new OutgoingStream('video', clock);
    const payloadFor = () => ({ payloadType: 96, rtxPayloadType: rtx ? 97 : undefined });
    this.stream.configure(
      { ssrc: 1, cname: 'c', rtxSsrc: rtx ? 2 : undefined, absSendTimeId: 0, payloadFor },
      {
        sendRtp: (header, length, payload, start, end) => {
          this.#send(header, length, payload.subarray(start, end));
          return true;
        },
        sendRtcp: () => true,
      },
    );
    this.stream.setWritable(true);
    this.output.addSink(this.stream);
  }

  run(seconds: number): void {
    const end = this.clock.now() + seconds * 1000;
    while (this.clock.now() < end) {
      this.clock.advance(STEP_MS);
      const now = this.clock.now();
      this.#capture(now);
      if (now % 25 === 0) this.stream.tick(now);
      if (now % 250 === 0) this.output.tick(now);
      while (this.#underway[0] && this.#underway[0].at <= now) this.#arrive(this.#underway.shift()!);
      if (now % 100 === 0) this.#askForMissing();
      if (now % 1000 === 0) this.#report(now);
    }
  }

  #lastCapture = 0;
  #capture(now: number): void {
    if (now - this.#lastCapture < Math.floor(1000 / FPS / STEP_MS) * STEP_MS) return;
    this.#lastCapture = now;
    this.layers.forEach((rate, layer) => {
      const keyframe = this.#wanted.delete(layer) || this.#sequences[layer] === 0;
      let bytes = Math.round((rate / 8 / FPS) * (0.7 + 0.6 * this.#chance()) * (keyframe ? KEYFRAME : 1));
      let first = true;
      while (bytes > 0) {
        const size = Math.min(MTU, bytes);
        bytes -= size;
        const payload = payloadOf(layer, keyframe && first, bytes <= 0, size);
        this.output.gather({
          kind: 'video',
          codec: VP8,
          buffer: payload,
          payloadStart: 0,
          payloadEnd: payload.length,
          sequenceNumber: ++this.#sequences[layer]! & 0xffff,
          timestamp: Math.round(now * 90) >>> 0,
          marker: bytes <= 0,
          ssrc: layer,
          layer,
          keyframeStart: keyframe && first,
          arrival: now,
          late: false,
        });
        first = false;
      }
    });
  }

  #send(header: Buffer, length: number, payload: Buffer): void {
    const now = this.clock.now();
    const media = header.readUInt32BE(8) === 1;
    const body = media ? payload : payload.subarray(2);
    const bytes = length + payload.length + HEADERS;
    this.sentBytes += bytes;
    if (this.#chance() < this.loss) return;
    const start = Math.max(now, this.#freeAt);
    if (start - now > QUEUE_MS) return;
    this.#freeAt = start + (bytes * 8000) / this.rate;
    const short = media ? header.readUInt16BE(2) : payload.readUInt16BE(0);
    this.#underway.push({
      at: this.#freeAt + WAY_MS,
      bytes,
      number:
        this.#highest < 0 ? short : this.#highest + (((short - this.#highest + 0x8000) & 0xffff) - 0x8000),
      marker: ((body[15] ?? 0) & 1) !== 0,
      keyframe: ((body[15] ?? 0) & 2) !== 0,
      layer: body[14] ?? 0,
      media,
    });
    this.#queueSeen = start - now;
  }

  #arrive(packet: Arriving): void {
    this.#window.push({ at: packet.at, bytes: packet.bytes });
    this.#overuse(packet);
    if (packet.media) {
      this.#got++;
      this.#highest = Math.max(this.#highest, packet.number);
    }
    if (this.#next < 0 && packet.keyframe) this.#next = packet.number;
    if (packet.number >= this.#next) this.#received.set(packet.number, packet);
    this.#decode();
  }

  /** Whole frames in order; where something is missing for good, from the next keyframe on. */
  #decode(): void {
    for (;;) {
      let end = this.#next;
      while (this.#received.has(end) && !this.#received.get(end)!.marker) end++;
      const last = this.#received.get(end);
      if (!last) break;
      this.frames.push({ at: this.clock.now(), layer: last.layer });
      for (let number = this.#next; number <= end; number++) this.#received.delete(number);
      this.#next = end + 1;
    }
    for (const [number, { keyframe }] of this.#received) {
      if (!keyframe || number <= this.#next) continue;
      let end = number;
      while (this.#received.has(end) && !this.#received.get(end)!.marker) end++;
      if (!this.#received.has(end)) continue;
      for (const old of [...this.#received.keys()]) if (old < number) this.#received.delete(old);
      this.#next = number;
      this.#decode();
      return;
    }
  }
  #askForMissing(): void {
    const missing: number[] = [];
    for (let number = this.#next; number < this.#highest && missing.length < 100; number++)
      if (!this.#received.has(number)) missing.push(number & 0xffff);
    if (missing.length === 0) {
      this.#plis = 0;
      return;
    }
    this.stream.nack(missing);
    const age = this.clock.now() - (this.frames.at(-1)?.at ?? 0);
    if (age > 300 && age > 1000 * this.#plis) {
      this.#plis++;
      this.stream.keyframeWanted(false);
    }
  }

  /** As Chromium's estimator: packets that wait longer and longer mean too much. */
  #overuse(packet: Arriving): void {
    const now = this.clock.now();
    this.#window = this.#window.filter(({ at }) => packet.at - at < 1000);
    const before = this.#delay;
    this.#delay += (this.#queueSeen - this.#delay) / 8;
    if (this.#delay > before + 1 && this.#delay > 40 && now - this.#estimatedAt > 300) {
      this.#estimate = Math.min(this.#estimate, 0.85 * this.#incoming);
      this.#estimatedAt = now;
      this.stream.receiverEstimate(this.#estimate);
    }
  }
  get #incoming(): number {
    return this.#window.reduce((sum, { bytes }) => sum + bytes * 8, 0);
  }
  #report(now: number): void {
    this.#window = this.#window.filter(({ at }) => now - at < 1000);
    this.#estimate = Math.max(this.#estimate, Math.min(this.#estimate * 1.08, 1.5 * this.#incoming + 10_000));
    this.stream.receiverEstimate(this.#estimate);
    if (this.#highest < 0) return;
    this.#expected = this.#reportedHighest < 0 ? this.#got : this.#highest - this.#reportedHighest;
    const lost = this.#expected > 0 ? Math.max(0, 1 - this.#got / this.#expected) : 0;
    this.#reportedHighest = this.#highest;
    this.#got = 0;
    const roundTrip = Math.max(0, this.#freeAt - now) + 2 * WAY_MS;
    this.stream.report({
      ssrc: 1,
      fractionLost: lost,
      packetsLost: 0,
      highestSequence: this.#highest,
      jitter: 0,
      lastSenderReport: ntpMiddle(this.clock.wallTime() - roundTrip),
      delaySinceLastSenderReport: 0,
    });
  }

  #chance(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }

  /** The longest time without a picture since `from`, milliseconds. */
  longestGap(from: number): number {
    const times = [from, ...this.frames.map(({ at }) => at).filter((at) => at > from), this.clock.now()];
    return Math.max(...times.map((at, index) => at - (times[index - 1] ?? at)));
  }
  layersSince(from: number): number[] {
    return [...new Set(this.frames.filter(({ at }) => at > from).map(({ layer }) => layer))].sort();
  }
  get layer(): number | undefined {
    return this.frames.at(-1)?.layer;
  }
}

const THREE = [150_000, 500_000, 1_500_000];

describe('a viewer on a narrow link', () => {
  it('keeps the low layer for minutes without a freeze', () => {
    const leg = new Simulation(THREE);
    leg.run(10);
    expect(leg.layer).toBe(2);
    leg.rate = 300_000;
    leg.run(20);
    const from = leg.clock.now();
    leg.run(180);
    expect(leg.layersSince(from)).toEqual([0]);
    expect(leg.longestGap(from)).toBeLessThan(500);
  });

  it.each([
    ['between two layers', 800_000, 1],
    ['just above the low one', 200_000, 0],
  ])('%s: keeps what fits', (_, rate, layer) => {
    const leg = new Simulation(THREE);
    leg.run(10);
    leg.rate = rate;
    leg.run(40);
    const from = leg.clock.now();
    leg.run(120);
    expect(leg.layersSince(from)).toEqual([layer]);
    expect(leg.longestGap(from)).toBeLessThan(500);
  });

  it('with two layers, too, does not get the full one', () => {
    const leg = new Simulation([200_000, 1_500_000]);
    leg.run(10);
    leg.rate = 300_000;
    leg.run(20);
    const from = leg.clock.now();
    leg.run(120);
    expect(leg.layersSince(from)).toEqual([0]);
    expect(leg.longestGap(from)).toBeLessThan(500);
  });

  it.each([5, 20, 120])('gets the full layer within 15 s when it is wide again after %s s', (seconds) => {
    const leg = new Simulation(THREE);
    leg.run(10);
    leg.rate = 300_000;
    leg.run(seconds);
    leg.rate = Infinity;
    leg.run(15);
    expect(leg.layer).toBe(2);
    const from = leg.clock.now();
    leg.run(60);
    expect(leg.layersSince(from)).toEqual([2]);
  });

  it('gets it back over a link that loses packets by chance', () => {
    const leg = new Simulation(THREE);
    leg.loss = 0.05;
    leg.run(10);
    leg.rate = 300_000;
    leg.run(30);
    expect(leg.layer).toBe(0);
    leg.rate = Infinity;
    leg.run(30);
    expect(leg.layer).toBe(2);
  });

  it('sends nothing beyond the layer once the leg is wide', () => {
    const leg = new Simulation(THREE);
    leg.run(10);
    leg.rate = 300_000;
    leg.run(20);
    leg.rate = Infinity;
    leg.run(30);
    const before = leg.sentBytes;
    leg.run(10);
    expect(((leg.sentBytes - before) * 8) / 10).toBeLessThan(1.15 * 1_500_000);
  });
});
