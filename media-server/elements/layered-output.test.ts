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

function push(layer: number, bytes: number, keyframeStart = false): void {
  const buffer = Buffer.alloc(bytes);
  sequence++;
  output.pushLayer(
    {
      kind: 'video',
      codec: VP8,
      buffer,
      payloadStart: 12,
      payloadEnd: bytes,
      sequenceNumber: sequence,
      timestamp: 0,
      marker: true,
      ssrc: layer,
      keyframeStart,
      arrival: clock.now(),
      late: false,
    },
    layer,
  );
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

  it('tries a better layer after some patience, one step at a time, and with more patience when that fails', () => {
    const sink = new Sink();
    output.addSink(sink);
    run(3, true);
    sink.can(100_000);
    run(2, true);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(Infinity);
    run(10, true);
    expect(sink.layers.at(-1)).toBe(0);
    run(5, true);
    expect(sink.layers.at(-1)).toBe(1);
    sink.can(100_000);
    run(1, true);
    expect(sink.layers.at(-1)).toBe(0);
    sink.can(Infinity);
    run(25, true);
    expect(sink.layers.at(-1)).toBe(0);
    run(20, true);
    expect(sink.layers.at(-1)).toBe(2);
    const steps = sink.layers.filter((layer, index) => layer !== sink.layers[index - 1]);
    expect(steps.slice(-3)).toEqual([0, 1, 2]);
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
