import { beforeEach, describe, expect, it } from 'vitest';
import { SILENCE_MS } from './flow-watch';
import type { MediaElement } from './media-element';
import type { PassThrough } from './pass-through';
import { OPUS, packet, RememberingSink, TestModel, VP8 } from './testing';

let model: TestModel;
beforeEach(() => (model = new TestModel()));

const connectionsOf = (element: MediaElement) =>
  element.connections.sources().map(({ source, type }) => `${type} from ${source.id}`);
const told = () =>
  model.holder.events.map(({ type, data }) => {
    const details = [data['mediaType'], data['state']].filter((detail) => typeof detail === 'string');
    return [type, ...details].join(' ');
  });

describe('connecting elements', () => {
  it('connects all media types, tells about each, and forwards packets and messages without copying', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    model.subscribe(a, 'ElementConnected', 'ElementDisconnected');
    a.connect(b);
    expect(model.holder.events.map(({ data }) => data)).toEqual(
      ['AUDIO', 'VIDEO', 'DATA'].map((mediaType) => ({
        source: a.id,
        type: 'ElementConnected',
        timestampMillis: String(model.clock.wallTime()),
        tags: [],
        sink: b.id,
        mediaType,
        sourceMediaDescription: 'default',
        sinkMediaDescription: 'default',
      })),
    );
    const sink = new RememberingSink();
    b.output('video').addSink(sink);
    const one = packet(VP8, 0);
    a.input('video').push(one);
    expect(sink.packets[0]).toBe(one);
    let message = '';
    b.dataOutput().addSink({ push: ({ payload }) => void (message = payload.toString()) });
    a.dataInput().push({ payload: Buffer.from('hello'), binary: false });
    expect(message).toBe('hello');
    a.disconnect(b, 'VIDEO');
    a.input('video').push(packet(VP8, 1));
    expect(sink.packets).toHaveLength(1);
    expect(connectionsOf(b)).toEqual([`AUDIO from ${a.id}`, `DATA from ${a.id}`]);
  });

  it('gives a sink that has a source the new one instead', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough', 'PassThrough');
    const [a, b, sink] = elements as [PassThrough, PassThrough, PassThrough];
    model.subscribe(a, 'ElementDisconnected');
    a.connect(sink);
    b.connect(sink, 'VIDEO');
    expect(connectionsOf(sink).sort()).toEqual([
      `AUDIO from ${a.id}`,
      `DATA from ${a.id}`,
      `VIDEO from ${b.id}`,
    ]);
    expect(told()).toEqual(['ElementDisconnected VIDEO']);
    a.input('video').push(packet(VP8, 0));
    expect(sink.output('video').packets).toBe(0);
    b.input('video').push(packet(VP8, 0));
    expect(sink.output('video').packets).toBe(1);
  });

  it('keeps quiet about disconnecting what is not connected', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    model.subscribe(a, 'ElementDisconnected');
    a.disconnect(b);
    a.connect(b, 'VIDEO', 'default', 'elsewhere');
    a.disconnect(b);
    expect(told()).toEqual([]);
    expect(a.connections.sinks()).toHaveLength(1);
  });

  it('takes connections down when either side is released, and tells about those of others', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough', 'PassThrough');
    const [a, b, c] = elements as [PassThrough, PassThrough, PassThrough];
    a.connect(b);
    b.connect(c);
    model.subscribe(a, 'ElementDisconnected');
    model.subscribe(b, 'ElementDisconnected');
    model.registry.release(b);
    expect(told()).toEqual([
      'ElementDisconnected AUDIO',
      'ElementDisconnected VIDEO',
      'ElementDisconnected DATA',
    ]);
    expect([a.connections.sinks(), c.connections.sources()]).toEqual([[], []]);
    expect(a.output('video').sinkCount).toBe(0);
  });

  it('asks the source for a keyframe when a sink joins', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    let asked = 0;
    a.input('video').sourceChanged({
      kind: 'video',
      codec: VP8,
      clock: undefined,
      addSink() {},
      removeSink() {},
      requestKeyframe: () => void asked++,
      reportCapacity() {},
    });
    a.connect(b);
    expect(asked).toBe(1);
  });
});

describe('flowing media', () => {
  it('is told at the first packet and three seconds after the last, of each element and kind', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    a.connect(b);
    const types = ['MediaFlowInStateChanged', 'MediaFlowOutStateChanged', 'MediaTranscodingStateChanged'];
    model.subscribe(a, ...types);
    model.subscribe(b, ...types);
    a.input('audio').push(packet(OPUS, 0));
    expect(told()).toEqual([
      'MediaFlowOutStateChanged AUDIO FLOWING',
      'MediaTranscodingStateChanged AUDIO NOT_TRANSCODING',
      'MediaFlowInStateChanged AUDIO FLOWING',
      'MediaFlowOutStateChanged AUDIO FLOWING',
      'MediaTranscodingStateChanged AUDIO NOT_TRANSCODING',
    ]);
    expect([a.isFlowingOut('AUDIO'), b.isFlowingIn('AUDIO'), b.isFlowingIn('VIDEO')]).toEqual([
      true,
      true,
      false,
    ]);
    model.holder.events.length = 0;
    for (let index = 1; index < 20; index++) {
      model.clock.advance(SILENCE_MS / 2);
      a.input('audio').push(packet(OPUS, index));
    }
    expect(told()).toEqual([]);
    model.clock.advance(SILENCE_MS - 300);
    expect(told()).toEqual([]);
    model.clock.advance(600);
    expect(told().sort()).toEqual([
      'MediaFlowInStateChanged AUDIO NOT_FLOWING',
      'MediaFlowOutStateChanged AUDIO NOT_FLOWING',
      'MediaFlowOutStateChanged AUDIO NOT_FLOWING',
    ]);
    model.holder.events.length = 0;
    a.input('audio').push(packet(OPUS, 99));
    expect(told().filter((line) => line.includes('Transcoding'))).toEqual([]);
    expect(a.isFlowingOut('AUDIO')).toBe(true);
  });

  it('goes on where a sink gets another source in time, and stops where it does not', async () => {
    const { elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    a.connect(b, 'VIDEO');
    a.input('video').push(packet(VP8, 0));
    model.subscribe(b, 'MediaFlowInStateChanged');
    const flowFor = (milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 500) {
        model.clock.advance(500);
        a.input('video').push(packet(VP8, 1));
      }
    };
    a.disconnect(b, 'VIDEO');
    flowFor(2000);
    a.connect(b, 'VIDEO');
    flowFor(5000);
    expect(told()).toEqual([]);
    a.disconnect(b, 'VIDEO');
    flowFor(5000);
    expect(told()).toEqual(['MediaFlowInStateChanged VIDEO NOT_FLOWING']);
    a.connect(b, 'VIDEO');
    expect(told().at(-1)).toBe('MediaFlowInStateChanged VIDEO FLOWING');
  });

  it('leaves no timer behind', async () => {
    const { pipeline, elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    a.connect(b);
    a.input('video').push(packet(VP8, 0));
    a.disconnect(b);
    expect(model.clock.timers).toBeGreaterThan(0);
    model.registry.release(pipeline);
    await model.registry.close();
    expect(model.clock.timers).toBe(0);
  });
});

describe('statistics', () => {
  it('are null without latencies, and tell them when the pipeline measures', async () => {
    const { pipeline, elements } = await model.pipelineOf<PassThrough>('PassThrough', 'PassThrough');
    const [a, b] = elements as [PassThrough, PassThrough];
    a.connect(b);
    model.clock.advance(1000);
    a.input('video').push(packet(VP8, 0, 998));
    expect(await b.collectStats(undefined)).toBeNull();
    pipeline.latencyStats = true;
    expect(await b.collectStats('VIDEO')).toEqual({
      [b.id]: {
        __module__: 'kurento',
        __type__: 'ElementStats',
        id: b.id,
        type: 'element',
        timestampMillis: model.clock.wallTime(),
        inputLatency: [
          {
            __module__: 'kurento',
            __type__: 'MediaLatencyStat',
            name: 'sink_video_default',
            type: 'VIDEO',
            avg: 2_000_000,
          },
        ],
      },
    });
  });
});
