import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import { FanOut } from '../fan-out';
import type { Codec, MediaKind, MediaPacket } from '../flow';
import { RECENT_MS } from '../recent-pictures';
import { codecNamed } from '../sdp/codecs';
import { readRtpHeader, RtpHeader } from './header';
import { OutgoingStream } from './outgoing-stream';
import { readRtcp } from './rtcp';
import { readVp8Descriptor, Vp8Descriptor } from './vp8';

const VP8 = codecNamed('VP8');
const OPUS = codecNamed('opus');
const IDS = { transportSequenceNumber: 0, absSendTime: 2, mid: 0, rid: 0, repairedRid: 0 };

interface Sent {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly absSendTime: number;
  readonly payload: Buffer;
  readonly pictureId: number;
  readonly tl0: number;
}

class Wire {
  readonly sent: Sent[] = [];
  sendRtp(header: Buffer, headerLength: number, payload: Buffer, start: number, end: number): boolean {
    const packet = Buffer.concat([header.subarray(0, headerLength), payload.subarray(start, end)]);
    const read = new RtpHeader();
    expect(readRtpHeader(packet, IDS, read)).toBe(true);
    const descriptor = new Vp8Descriptor();
    const body = packet.subarray(read.payloadStart);
    readVp8Descriptor(body, 0, body.length, descriptor);
    this.sent.push({
      ...read,
      payload: body,
      pictureId: descriptor.pictureId,
      tl0: descriptor.tl0PictureIndex,
    });
    return true;
  }
  sendRtcp(): boolean {
    return true;
  }
}

/** A sender of VP8 with picture ids, two packets a frame. */
class Sender {
  readonly #clock: ManualClock;
  readonly #ssrc: number;
  sequence: number;
  picture: number;
  timestamp: number;
  tl0 = 0;
  bytes = 1_000;
  readonly codec: Codec;

  constructor(clock: ManualClock, ssrc: number, sequence = 65_530, picture = 32_765, codec = VP8) {
    this.#clock = clock;
    this.#ssrc = ssrc;
    this.sequence = sequence;
    this.picture = picture;
    this.timestamp = (ssrc * 7_919) >>> 0;
    this.codec = codec;
  }
  frame(keyframe = false, layer = 0): MediaPacket[] {
    this.picture = (this.picture + 1) & 0x7fff;
    this.timestamp = (this.timestamp + 3_000) >>> 0;
    if (layer === 0) this.tl0 = (this.tl0 + 1) & 0xff;
    return [0, 1].map((index) => {
      this.sequence = (this.sequence + 1) & 0xffff;
      const head = [
        index === 0 ? 0x90 : 0x80,
        0xe0,
        0x80 | (this.picture >> 8),
        this.picture & 0xff,
        this.tl0,
      ];
      const descriptor = Buffer.from([...head, (layer << 6) | (layer > 0 ? 0x20 : 0), keyframe ? 0 : 1]);
      const buffer = Buffer.concat([Buffer.alloc(12), descriptor, Buffer.alloc(this.bytes, index)]);
      return {
        kind: this.codec.kind,
        codec: this.codec,
        buffer,
        payloadStart: 12,
        payloadEnd: buffer.length,
        sequenceNumber: this.sequence,
        timestamp: this.timestamp,
        marker: index === 1,
        ssrc: this.#ssrc,
        keyframeStart: keyframe && index === 0,
        arrival: this.#clock.now(),
        late: false,
      };
    });
  }
}

let clock: ManualClock;
let wire: Wire;
let keyframes: number;
let source: FanOut;

beforeEach(() => {
  clock = new ManualClock();
  clock.advance(1_000);
  wire = new Wire();
  keyframes = 0;
  source = newSource();
});

function newSource(kind: MediaKind = 'video', codec: Codec = VP8): FanOut {
  const fanOut = new FanOut({ kind, clock, requestKeyframe: () => keyframes++ });
  fanOut.setCodec(codec);
  return fanOut;
}

function viewer(kind: MediaKind = 'video', rtxSsrc?: number): OutgoingStream {
  const stream = new OutgoingStream(kind, clock);
  stream.configure(
    {
      ssrc: 99,
      cname: 'c',
      rtxSsrc,
      absSendTimeId: 2,
      payloadFor: ({ name }) =>
        name === 'VP8'
          ? { payloadType: 100, rtxPayloadType: 101 }
          : name === 'opus'
            ? { payloadType: 111, rtxPayloadType: undefined }
            : undefined,
    },
    wire,
  );
  stream.setWritable(true);
  return stream;
}
const push = (...packets: readonly MediaPacket[]) => {
  for (const packet of packets) source.push(packet);
};
/** Frames as a receiver needs them: numbers and picture ids without a hole. */
function expectUnbroken(): void {
  wire.sent.forEach((packet, index) => {
    const before = wire.sent[index - 1];
    if (!before) return;
    expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
    expect([0, 1]).toContain((packet.pictureId - before.pictureId) & 0x7fff);
    const ahead = (packet.timestamp - before.timestamp) | 0;
    expect(ahead).toBeGreaterThanOrEqual(0);
  });
}

describe('OutgoingStream', () => {
  it('asks for a keyframe and begins with it', () => {
    source.addSink(viewer());
    expect(keyframes).toBe(1);
    const sender = new Sender(clock, 1);
    push(...sender.frame(), ...sender.frame(true), ...sender.frame());
    expect(wire.sent).toHaveLength(4);
    expect(wire.sent[0]).toMatchObject({
      payloadType: 100,
      ssrc: 99,
      marker: false,
      absSendTime: Math.floor(1_000 * 262.144),
    });
    expectUnbroken();
  });

  it('has the picture ready when the peer has connected', () => {
    const stream = viewer();
    stream.setWritable(false);
    stream.configure(
      {
        ssrc: 99,
        cname: 'c',
        rtxSsrc: undefined,
        absSendTimeId: 2,
        payloadFor: () => ({ payloadType: 100, rtxPayloadType: undefined }),
      },
      wire,
    );
    source.addSink(stream);
    expect(keyframes).toBe(1);
    const sender = new Sender(clock, 1);
    push(...sender.frame(), ...sender.frame(true), ...sender.frame());
    expect(wire.sent).toHaveLength(0);
    stream.setWritable(true);
    expect(wire.sent).toHaveLength(4);
    push(...sender.frame());
    expect(wire.sent).toHaveLength(6);
    expectUnbroken();
    expect(keyframes).toBe(1);
  });

  it('begins with the pictures that there are when a keyframe has just been there', () => {
    const sender = new Sender(clock, 1);
    source.addSink(viewer());
    push(...sender.frame(true), ...sender.frame());
    wire.sent.length = 0;
    source.addSink(viewer());
    expect(wire.sent).toHaveLength(4);
    expectUnbroken();
    expect(keyframes).toBe(1);
    clock.advance(RECENT_MS + 1);
    wire.sent.length = 0;
    source.addSink(viewer());
    expect(wire.sent).toHaveLength(0);
    expect(keyframes).toBe(2);
  });

  it('keeps little while it waits for a peer that never connects', () => {
    const stream = viewer();
    stream.setWritable(false);
    stream.configure(
      {
        ssrc: 99,
        cname: 'c',
        rtxSsrc: undefined,
        absSendTimeId: 2,
        payloadFor: () => ({ payloadType: 100, rtxPayloadType: undefined }),
      },
      wire,
    );
    source.addSink(stream);
    const sender = new Sender(clock, 1);
    push(...sender.frame(true));
    for (let index = 0; index < 1_000; index++) push(...sender.frame());
    stream.setWritable(true);
    expect(wire.sent).toHaveLength(0);
  });

  it('sends nothing that the peer cannot decode, and nothing before it is connected', () => {
    const stream = viewer();
    source.addSink(stream);
    push(...new Sender(clock, 1, 0, 0, codecNamed('VP9')).frame(true));
    stream.setWritable(false);
    push(...new Sender(clock, 1).frame(true));
    expect(wire.sent).toHaveLength(0);
  });

  it('goes on without a break when another source takes over', () => {
    const stream = viewer();
    source.addSink(stream);
    const first = new Sender(clock, 1);
    push(...first.frame(true), ...first.frame());
    source.removeSink(stream);
    clock.advance(500);
    source = newSource();
    source.addSink(stream);
    const second = new Sender(clock, 77, 1_234, 17);
    push(...second.frame(), ...second.frame(true));
    clock.advance(33);
    push(...second.frame());
    expect(wire.sent).toHaveLength(8);
    expectUnbroken();
    // Half a second passed: so it did for the viewer.
    expect((wire.sent[4]!.timestamp - wire.sent[3]!.timestamp) | 0).toBe(45_000);
    expect(new Set(wire.sent.map(({ ssrc }) => ssrc))).toEqual(new Set([99]));
  });

  it('passes a late packet on with the number that was kept for it', () => {
    source.addSink(viewer());
    const sender = new Sender(clock, 1);
    push(...sender.frame(true));
    const [missing, ...rest] = sender.frame();
    push(...rest, ...sender.frame(), { ...missing!, late: true });
    const numbers = wire.sent.map(({ sequenceNumber }) => sequenceNumber);
    expect(new Set(numbers).size).toBe(6);
    expect(wire.sent.at(-1)!.sequenceNumber).toBe((numbers[1]! + 1) & 0xffff);
  });

  it('sends a missed packet again, once per round trip, and unknown ones never', () => {
    const stream = viewer();
    source.addSink(stream);
    const sender = new Sender(clock, 1);
    push(...sender.frame(true), ...sender.frame());
    const missed = wire.sent[2]!;
    clock.advance(100);
    stream.nack([missed.sequenceNumber, missed.sequenceNumber, 12_345]);
    expect(wire.sent).toHaveLength(5);
    // Byte for byte, with the time at which it was sent first: another content under its number would break AES-GCM.
    expect(wire.sent[4]).toEqual(missed);
    clock.advance(3_000);
    stream.nack([missed.sequenceNumber]);
    expect(wire.sent).toHaveLength(5);
  });

  it('sends retransmissions in a stream of their own where that was negotiated', () => {
    const stream = viewer('video', 98);
    source.addSink(stream);
    push(...new Sender(clock, 1).frame(true));
    const missed = wire.sent[1]!;
    stream.nack([missed.sequenceNumber]);
    const again = wire.sent[2]!;
    expect(again).toMatchObject({ ssrc: 98, payloadType: 101, timestamp: missed.timestamp, marker: true });
    expect(again.payload.readUInt16BE(0)).toBe(missed.sequenceNumber);
    expect(again.payload.subarray(2)).toEqual(missed.payload);
    push(...new Sender(clock, 1, 65_532).frame());
    expect(wire.sent[3]!.ssrc).toBe(99);
  });

  it('gives a viewer that asks for everything again only a share of the bandwidth', () => {
    const stream = viewer();
    source.addSink(stream);
    const sender = new Sender(clock, 1);
    push(...sender.frame(true));
    for (let index = 0; index < 200; index++) push(...sender.frame());
    const sent = wire.sent.length;
    for (let round = 0; round < 20; round++) {
      clock.advance(50);
      stream.nack(wire.sent.slice(0, sent).map(({ sequenceNumber }) => sequenceNumber));
    }
    expect(wire.sent.length - sent).toBeLessThan(220);
  });

  it('honours wishes for keyframes at once, then at growing distances', () => {
    const stream = viewer();
    source.addSink(stream);
    push(...new Sender(clock, 1).frame(true));
    keyframes = 0;
    for (let index = 0; index < 100; index++) {
      clock.advance(100);
      stream.keyframeWanted(false);
    }
    expect(keyframes).toBeGreaterThanOrEqual(3);
    expect(keyframes).toBeLessThan(9);
  });

  it('keeps asking while it waits for a keyframe and packets come', () => {
    const stream = viewer();
    source.addSink(stream);
    const sender = new Sender(clock, 1);
    for (let index = 0; index < 120; index++) {
      clock.advance(33);
      push(...sender.frame());
      stream.tick(clock.now());
    }
    expect(keyframes).toBeGreaterThan(4);
    expect(wire.sent).toHaveLength(0);
  });

  it('leaves out temporal layers that do not fit, without a hole in numbers or picture ids', () => {
    const stream = viewer();
    source.addSink(stream);
    stream.setLimit(400_000);
    const sender = new Sender(clock, 1);
    push(...sender.frame(true));
    for (let index = 0; index < 300; index++) {
      clock.advance(33);
      push(...sender.frame(index % 120 === 60, index % 2));
      stream.tick(clock.now());
    }
    expectUnbroken();
    // 30 frames a second of 2 kB are 480 kbit/s: the base layer, half of it, fits.
    const late = wire.sent.slice(-60);
    expect(late.length).toBe(60);
    expect(stream.stats().framesLeftOut).toBeGreaterThan(80);
    expect(new Set(late.map(({ payload }) => payload[5]! >> 6))).toEqual(new Set([0]));
  });

  it('without layers sends what fits and waits for the next keyframe, so that nothing piles up', () => {
    const stream = viewer();
    source.addSink(stream);
    stream.setLimit(250_000);
    const sender = new Sender(clock, 1, 0, 0);
    sender.bytes = 2_000;
    push(...sender.frame(true));
    let sentBytes = 0;
    for (let index = 0; index < 300; index++) {
      clock.advance(33);
      const before = keyframes;
      stream.tick(clock.now());
      push(...sender.frame(keyframes > before));
    }
    for (const { payload } of wire.sent) sentBytes += payload.length + 40;
    expect((sentBytes * 8) / 9.9).toBeLessThan(290_000);
    expect((sentBytes * 8) / 9.9).toBeGreaterThan(40_000);
    expectUnbroken();
    expect(keyframes).toBeLessThan(8);
  });

  it('leaves no hole where another source takes the place of packets that waited', () => {
    const stream = viewer('video', 77);
    source.addSink(stream);
    stream.setLimit(200_000);
    const sender = new Sender(clock, 1);
    push(...sender.frame(true));
    for (let frame = 0; frame < 20; frame++) {
      clock.advance(25);
      push(...sender.frame());
      stream.tick(clock.now());
    }
    expect(stream.stats().framesLeftOut).toBeGreaterThan(0);
    const before = wire.sent.length;
    const other = newSource();
    source.removeSink(stream);
    other.addSink(stream);
    // What waited was of the other picture: the keyframe does not wait for it.
    const next = new Sender(clock, 2, 900, 5);
    for (const packet of next.frame(true)) other.push(packet);
    for (let step = 0; step < 10; step++) {
      clock.advance(25);
      stream.tick(clock.now());
    }
    expect(wire.sent.length).toBe(before + 2);
    expectUnbroken();
  });

  it('tries a leg with packets that it sent already before it says that it takes more', () => {
    const stream = viewer('video', 77);
    source.addSink(stream);
    const sender = new Sender(clock, 1);
    let honoured = 0;
    const run = (seconds: number, frameEveryMs: number, report: (second: number) => void) => {
      for (let at = 0; at < seconds * 1000; at += 25) {
        clock.advance(25);
        if (at % frameEveryMs === 0) {
          push(...sender.frame(keyframes > honoured));
          honoured = keyframes;
        }
        if (at % 1000 === 0) report(at / 1000);
        stream.tick(clock.now());
      }
    };
    const repeated = () => wire.sent.filter(({ ssrc }) => ssrc === 77);
    run(4, 25, () => stream.receiverEstimate(2_000_000));
    run(4, 25, (second) => stream.receiverEstimate(300_000 - second * 20_000));
    const limit = source.capacity ?? 0;
    expect(limit).toBeLessThan(330_000);
    expect(repeated()).toEqual([]);
    wire.sent.length = 0;
    // The picture needs less from now on.
    run(8, 200, (second) => stream.receiverEstimate(240_000 + second * 10_000));
    expect(source.capacity).toBeGreaterThan(limit);
    expect(repeated().length).toBeGreaterThan(50);
    expect(repeated().every(({ payloadType }) => payloadType === 101)).toBe(true);
    run(15, 200, (second) => stream.receiverEstimate(300_000 + second * 30_000));
    expect(source.capacity).toBe(Infinity);
    wire.sent.length = 0;
    run(5, 200, () => stream.receiverEstimate(1_000_000));
    expect(repeated()).toEqual([]);
  });

  it('tells the source what it can take', () => {
    const stream = viewer();
    source.addSink(stream);
    stream.tick(clock.now());
    expect(source.capacity).toBe(Infinity);
    stream.setLimit(300_000);
    expect(source.capacity).toBe(300_000);
  });

  it('reports its clock in terms of the source, shifted like its packets', () => {
    source = newSource('audio', OPUS);
    const stream = viewer('audio');
    source.addSink(stream);
    const sender = new Sender(clock, 5, 0, 0, OPUS);
    source.setClock({ wallTime: clock.wallTime() - 100, timestamp: 48_000 });
    push({ ...sender.frame()[0]!, keyframeStart: true });
    const report = stream.tick(clock.now());
    const [message] = readRtcp(report!);
    expect(message).toMatchObject({ type: 'sender-report', ssrc: 99, packets: 1, timestamp: 48_000 + 4_800 });
    expect(stream.tick(clock.now())).toBeUndefined();
    clock.advance(1_000);
    expect(stream.tick(clock.now())).toBeDefined();
  });

  it('tells the round trip from the report of its viewer', () => {
    const stream = viewer();
    const sentAt = Math.floor(((clock.wallTime() / 1000 + 2_208_988_800) % 65_536) * 65_536);
    clock.advance(250);
    stream.report({
      ssrc: 99,
      fractionLost: 0.1,
      packetsLost: 3,
      highestSequence: 0,
      jitter: 0,
      lastSenderReport: sentAt >>> 0,
      delaySinceLastSenderReport: 6_554,
    });
    expect(stream.stats().roundTripTime).toBeCloseTo(0.15, 2);
    expect(stream.stats()).toMatchObject({ packetsLost: 3, fractionLost: 0.1 });
  });
});
