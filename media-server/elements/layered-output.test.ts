import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import type { MediaPacket, MediaSink, MediaSource } from '../flow';
import { codecNamed } from '../sdp/codecs';
import { LayeredOutput } from './layered-output';

const VP8 = codecNamed('VP8');
let clock: ManualClock;
let output: LayeredOutput;
let asked: (number | undefined)[];
let sequence = 0;

class Sink implements MediaSink {
  readonly kind = 'video';
  readonly got: MediaPacket[] = [];
  source: MediaSource | undefined;
  changes = 0;
  ended = 0;
  sourceChanged(source: MediaSource): void {
    this.source = source;
    this.changes++;
    source.requestKeyframe();
  }
  sourceEnded(): void {
    this.ended++;
  }
  push(packet: MediaPacket): void {
    this.got.push(packet);
  }
  can(bitsPerSecond: number): void {
    this.source!.reportCapacity(this, bitsPerSecond);
  }
  get layers(): number[] {
    return this.got.map(({ ssrc }) => ssrc);
  }
}

beforeEach(() => {
  clock = new ManualClock();
  clock.advance(5_000);
  asked = [];
  output = new LayeredOutput({ clock, requestLayerKeyframe: (layer) => asked.push(layer) });
  output.setCodec(VP8);
});

/** `width`: of the picture that a keyframe announces; 0: it does not tell. */
function push(layer: number, bytes: number, keyframeStart = false, width = 0): void {
  const buffer = Buffer.alloc(bytes);
  if (width > 0) {
    // Payload descriptor of one byte, frame tag, start code, width and height (RFC 7741, RFC 6386 section 9.1).
    buffer.set(
      [0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, width & 0xff, width >> 8, (width / 2) & 0xff, width >> 9],
      12,
    );
  }
  sequence++;
  output.gather({
    kind: 'video',
    codec: VP8,
    buffer,
    payloadStart: 12,
    payloadEnd: bytes,
    sequenceNumber: sequence,
    timestamp: 0,
    marker: true,
    ssrc: layer,
    layer,
    keyframeStart,
    arrival: clock.now(),
    late: false,
  });
}
/** Layers of 80, 400 and 1,600 kbit/s. */
function run(seconds: number, keyframes = false): void {
  for (let step = 0; step < seconds * 20; step++) {
    clock.advance(50);
    [500, 2_500, 10_000].forEach((bytes, layer) => push(layer, bytes, keyframes && step % 10 === 0));
    if (step % 5 === 0) output.tick(clock.now());
  }
}

describe('LayeredOutput', () => {
  it('without simulcast is one stream for everybody', () => {
    const sink = new Sink();
    output.addSink(sink);
    push(0, 100, true);
    push(0, 100);
    expect(sink.got).toHaveLength(2);
    expect(asked).toEqual([undefined]);
    output.removeSink(sink);
    expect(sink.ended).toBe(1);
    push(0, 100);
    expect(sink.got).toHaveLength(2);
  });

  it('gives each sink the best layer that it can take, and changes at keyframes only', () => {
    const [weak, strong] = [new Sink(), new Sink()];
    output.addSink(weak);
    output.addSink(strong);
    run(3, true);
    weak.can(450_000);
    strong.can(Infinity);
    run(1);
    expect(new Set(weak.layers.slice(-10))).toEqual(new Set([2]));
    expect(asked).toContain(1);
    run(2, true);
    expect(new Set(weak.layers.slice(-10))).toEqual(new Set([1]));
    expect(new Set(strong.layers.slice(-10))).toEqual(new Set([2]));
    const change = weak.layers.findLastIndex((layer) => layer === 2) + 1;
    expect(weak.got[change]?.keyframeStart).toBe(true);
  });

  it('gives a leg a better layer back when there is room for its keyframe, too, for a while', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    sink.can(100_000);
    run(2, true);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(430_000);
    run(5, true);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(550_000);
    run(1, true);
    expect(sink.layers.at(-1)).toBe(0);
    run(2, true);
    expect(sink.layers.at(-1)).toBe(1);
    sink.can(Infinity);
    run(3, true);
    expect(sink.layers.at(-1)).toBe(2);
  });

  it('does not take a moment with room for a wide leg', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    sink.can(100_000);
    run(2, true);
    const before = sink.got.length;
    for (let turn = 0; turn < 5; turn++) {
      sink.can(5_000_000);
      run(1, true);
      sink.can(100_000);
      run(1, true);
    }
    expect(new Set(sink.layers.slice(before))).toEqual(new Set([0]));
  });

  it('has patience with a better layer that turned out to be too much, and goes one step at a time then', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    sink.can(100_000);
    run(2, true);
    sink.can(Infinity);
    run(3, true);
    expect(sink.layers.at(-1)).toBe(2);
    sink.can(100_000);
    run(1, true);
    sink.can(Infinity);
    run(13, true);
    expect(sink.layers.at(-1)).toBe(0);
    run(4, true);
    expect(sink.layers.at(-1)).toBe(1);
    sink.can(100_000);
    run(1, true);
    sink.can(Infinity);
    run(25, true);
    expect(sink.layers.at(-1)).toBe(0);
    run(20, true);
    expect(sink.layers.at(-1)).toBe(2);
    const steps = sink.layers.filter((layer, index) => layer !== sink.layers[index - 1]);
    expect(steps.slice(-3)).toEqual([0, 1, 2]);
  });

  it('knows the order of the layers by their pictures, however they were announced', () => {
    const sink = new Sink();
    output.addSink(sink);
    // The highest first, and a second one that is dearer than its picture is large.
    const sizes = [
      { width: 1_280, bytes: 4_000 },
      { width: 320, bytes: 500 },
      { width: 640, bytes: 5_000 },
    ];
    const step = (keyframe: boolean) => {
      clock.advance(50);
      sizes.forEach(({ width, bytes }, layer) => push(layer, bytes, keyframe, keyframe ? width : 0));
    };
    const pass = (seconds: number) => {
      for (let at = 0; at < seconds * 20; at++) {
        step(at % 10 === 0);
        if (at % 5 === 0) output.tick(clock.now());
      }
    };
    pass(2);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(900_000);
    pass(2);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(500_000);
    pass(2);
    expect(sink.layers.at(-1)).toBe(1);
  });

  it('knows the order by what came where the pictures do not tell', () => {
    const sink = new Sink();
    output.addSink(sink);
    const pass = (seconds: number) => {
      for (let at = 0; at < seconds * 20; at++) {
        clock.advance(50);
        [10_000, 2_500, 500].forEach((bytes, layer) => push(layer, bytes, at % 10 === 0));
        if (at % 5 === 0) output.tick(clock.now());
      }
    };
    pass(3);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(600_000);
    pass(2);
    expect(sink.layers.at(-1)).toBe(1);
    sink.can(100_000);
    pass(2);
    expect(sink.layers.at(-1)).toBe(2);
  });

  it('tells nobody of recent pictures when they are of several layers', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(1, true);
    expect(sink.source!.recent?.()).toEqual([]);
  });

  it('takes another layer when the sender switches one off', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    expect(sink.layers.at(-1)).toBe(2);
    for (let step = 0; step < 60; step++) {
      clock.advance(50);
      push(0, 500, step % 10 === 0);
      push(1, 2_500, step % 10 === 0);
      output.tick(clock.now());
    }
    expect(sink.layers.at(-1)).toBe(1);
  });

  it('tells only the sinks of a layer when it begins anew', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    const before = sink.changes;
    output.restartLayer(0);
    expect(sink.changes).toBe(before);
    output.restartLayer(2);
    expect(sink.changes).toBe(before + 1);
  });

  it('forgets its sinks when it closes', () => {
    const sink = new Sink();
    output.addSink(sink);
    output.close();
    expect(sink.ended).toBe(1);
    expect(output.sinkCount).toBe(0);
    expect(clock.timers).toBe(0);
  });
});
