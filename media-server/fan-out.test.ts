import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from './clock';
import { DataFanOut, FanOut, KEYFRAME_INTERVAL_MS } from './fan-out';
import { RECENT_MS } from './recent-pictures';
import { packet, RememberingSink, VP8 } from './model/testing';

function origin(extra: Partial<ConstructorParameters<typeof FanOut>[0]> = {}) {
  const clock = new ManualClock();
  const requestKeyframe = vi.fn();
  const capacityChanged = vi.fn();
  const fanOut = new FanOut({ kind: 'video', clock, requestKeyframe, capacityChanged, ...extra });
  return { clock, fanOut, requestKeyframe, capacityChanged };
}

/** One whose `soon` is when the test says so. */
function patientOrigin() {
  const soon: (() => void)[] = [];
  const clock = Object.assign(new ManualClock(), { soon: (run: () => void) => void soon.push(run) });
  return { ...origin({ clock }), soon };
}

describe('a fan-out', () => {
  it('hands the very same packet to every sink', () => {
    const { fanOut } = origin();
    const sinks = [new RememberingSink(), new RememberingSink(), new RememberingSink()];
    for (const sink of sinks) fanOut.addSink(sink);
    fanOut.addSink(sinks[0] as RememberingSink);
    const one = packet(VP8, 0);
    fanOut.push(one);
    for (const sink of sinks) expect(sink.packets).toEqual([one]);
    for (const sink of sinks) expect(sink.packets[0]).toBe(one);
  });

  it('hands over sink by sink what was gathered, before anything changes', () => {
    const { fanOut, soon } = patientOrigin();
    const order: string[] = [];
    const sink = (name: string) => {
      const remembering = new RememberingSink();
      remembering.whenPushed = () => order.push(name + String(remembering.packets.at(-1)!.sequenceNumber));
      return remembering;
    };
    const leaving = sink('c');
    for (const each of [sink('a'), sink('b'), leaving]) fanOut.addSink(each);
    fanOut.gather(packet(VP8, 0));
    fanOut.gather(packet(VP8, 1));
    fanOut.removeSink(leaving);
    expect([order, soon.length]).toEqual([[], 1]);
    soon[0]!();
    expect(order.splice(0)).toEqual(['a0', 'a1', 'b0', 'b1']);

    fanOut.gather(packet(VP8, 2));
    fanOut.setCodec(VP8);
    expect(order.splice(0)).toEqual(['a2', 'b2']);
    fanOut.gather(packet(VP8, 3));
    fanOut.push(packet(VP8, 4));
    expect(order.splice(0)).toEqual(['a3', 'a4', 'b3', 'b4']);
    // A burst does not wait for its end.
    for (let number = 5; number < 13; number++) fanOut.gather(packet(VP8, number));
    expect(order.splice(0)).toHaveLength(16);

    fanOut.gather(packet(VP8, 13));
    fanOut.close();
    for (const run of soon) run();
    expect(order).toEqual([]);
  });

  it('lets a sink that joins begin with what is remembered, and go on with what is gathered', () => {
    const { fanOut, soon } = patientOrigin();
    fanOut.push(packet(VP8, 0));
    fanOut.gather(packet(VP8, 1));
    const joining = new RememberingSink();
    fanOut.addSink(joining);
    expect(fanOut.recent().map(({ sequenceNumber }) => sequenceNumber)).toEqual([0]);
    soon[0]!();
    expect(joining.packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1]);
  });

  it('tells a sink about the stream when it joins, when the stream changes and when it leaves', () => {
    const { fanOut } = origin();
    const early = new RememberingSink();
    fanOut.addSink(early);
    expect(early.log).toEqual([]);
    fanOut.setCodec(VP8);
    const late = new RememberingSink();
    fanOut.addSink(late);
    fanOut.removeSink(early);
    fanOut.removeSink(early);
    fanOut.setCodec(undefined);
    expect(early.log).toEqual(['source VP8', 'ended']);
    expect(late.log).toEqual(['source VP8', 'ended']);
  });

  it('survives sinks that leave or join while a packet is on its way', () => {
    const { fanOut } = origin();
    const [a, b, c, joining] = [
      new RememberingSink(),
      new RememberingSink(),
      new RememberingSink(),
      new RememberingSink(),
    ];
    for (const sink of [a, b, c]) fanOut.addSink(sink);
    a.whenPushed = () => {
      fanOut.removeSink(b);
      fanOut.removeSink(a);
      fanOut.addSink(joining);
    };
    fanOut.push(packet(VP8, 0));
    fanOut.push(packet(VP8, 1));
    const numbers = (sink: RememberingSink) => sink.packets.map(({ sequenceNumber }) => sequenceNumber);
    expect([a, b, c, joining].map(numbers)).toEqual([[0], [], [0, 1], [1]]);
    expect(fanOut.sinkCount).toBe(2);
  });

  it('goes on past a sink that throws', () => {
    const sinkFailed = vi.fn();
    const { fanOut } = origin({ sinkFailed });
    const [bad, good] = [new RememberingSink(), new RememberingSink()];
    bad.whenPushed = () => {
      throw new Error('bad sink');
    };
    fanOut.addSink(bad);
    fanOut.addSink(good);
    fanOut.push(packet(VP8, 0));
    expect(good.packets).toHaveLength(1);
    expect(sinkFailed).toHaveBeenCalledOnce();
  });

  it('asks for a keyframe at once, then at most one in an interval, and never forgets a request', () => {
    const { clock, fanOut, requestKeyframe } = origin();
    fanOut.requestKeyframe();
    expect(requestKeyframe).toHaveBeenCalledTimes(1);
    for (let index = 0; index < 100; index++) fanOut.requestKeyframe();
    expect(requestKeyframe).toHaveBeenCalledTimes(1);
    clock.advance(KEYFRAME_INTERVAL_MS);
    expect(requestKeyframe).toHaveBeenCalledTimes(2);
    clock.advance(10 * KEYFRAME_INTERVAL_MS);
    expect(requestKeyframe).toHaveBeenCalledTimes(2);
    fanOut.requestKeyframe();
    fanOut.requestKeyframe();
    fanOut.close();
    expect(clock.timers).toBe(0);
  });

  it('keeps a request until the sender can be expected to listen: it ignores who asks right after a keyframe', () => {
    const { clock, fanOut, requestKeyframe } = origin();
    clock.advance(1_000);
    fanOut.push(packet(VP8, 0, clock.now()));
    clock.advance(100);
    fanOut.requestKeyframe();
    expect(requestKeyframe).not.toHaveBeenCalled();
    clock.advance(KEYFRAME_INTERVAL_MS - 100);
    expect(requestKeyframe).toHaveBeenCalledOnce();
  });

  it('has the pictures since the last keyframe for who joins, as long as they are young', () => {
    const { clock, fanOut } = origin();
    const between = new FanOut({ kind: 'video', clock });
    fanOut.setCodec(VP8);
    fanOut.addSink(between);
    const numbers = () => between.recent().map(({ sequenceNumber }) => sequenceNumber);
    fanOut.push(packet(VP8, 7, clock.now()));
    expect(numbers()).toEqual([]);
    fanOut.push(packet(VP8, 0, clock.now()));
    fanOut.push(packet(VP8, 1, clock.now()));
    expect(numbers()).toEqual([0, 1]);
    fanOut.push(packet(VP8, 0, clock.now()));
    expect(numbers()).toEqual([0]);
    clock.advance(RECENT_MS + 1);
    expect(numbers()).toEqual([]);
    fanOut.push(packet(VP8, 0, clock.now()));
    for (let number = 1; number < 1_000; number++) fanOut.push(packet(VP8, number, clock.now()));
    expect(numbers()).toEqual([]);
    fanOut.push(packet(VP8, 0, clock.now()));
    fanOut.setCodec(undefined);
    expect(numbers()).toEqual([]);
  });

  it('reports the best capacity of all sinks, also through elements in between', () => {
    const { clock, fanOut, capacityChanged } = origin();
    const between = new FanOut({ kind: 'video', clock });
    const [weak, strong] = [new RememberingSink(), new RememberingSink()];
    fanOut.setCodec(VP8);
    fanOut.addSink(between);
    between.addSink(weak);
    between.addSink(strong);
    between.reportCapacity(weak, 300_000);
    between.reportCapacity(strong, 2_000_000);
    between.reportCapacity(weak, 200_000);
    between.reportCapacity(new RememberingSink(), 9_000_000);
    between.removeSink(strong);
    between.removeSink(weak);
    expect(capacityChanged.mock.calls).toEqual([[300_000], [2_000_000], [200_000], [undefined]]);
  });

  it('passes keyframe requests, codec and clock through elements in between', () => {
    const { clock, fanOut, requestKeyframe } = origin();
    const between = new FanOut({ kind: 'video', clock });
    const sink = new RememberingSink();
    between.addSink(sink);
    fanOut.addSink(between);
    expect(sink.log).toEqual([]);
    fanOut.setClock({ wallTime: 5, timestamp: 7 });
    fanOut.setCodec(VP8);
    expect(sink.log).toEqual(['source VP8']);
    expect(sink.source?.clock).toEqual({ wallTime: 5, timestamp: 7 });
    sink.source?.requestKeyframe();
    expect(requestKeyframe).toHaveBeenCalledOnce();
    fanOut.removeSink(between);
    expect(sink.log).toEqual(['source VP8', 'ended']);
  });

  it('accepts what all of its sinks accept', () => {
    const { clock, fanOut } = origin();
    const between = new FanOut({ kind: 'video', clock });
    fanOut.addSink(between);
    expect(fanOut.accepts).toBeUndefined();
    const [filter, anything] = [new RememberingSink(), new RememberingSink()];
    filter.accepts = ['VP8'];
    between.addSink(filter);
    between.addSink(anything);
    expect(fanOut.accepts).toEqual(['VP8']);
    anything.accepts = ['H264', 'VP8'];
    expect(fanOut.accepts).toEqual(['VP8']);
    anything.accepts = ['H264'];
    expect(fanOut.accepts).toEqual([]);
  });

  it('does not go round in a ring', () => {
    const { clock, fanOut } = origin();
    const back = new FanOut({ kind: 'video', clock });
    fanOut.addSink(back);
    back.addSink(fanOut);
    fanOut.push(packet(VP8, 0));
    expect([fanOut.packets, back.packets, fanOut.accepts]).toEqual([1, 1, undefined]);
  });

  it('measures how long packets took to it', () => {
    const { clock, fanOut } = origin();
    clock.advance(100);
    fanOut.push(packet(VP8, 0, 97));
    expect(fanOut.latency).toBe(3);
  });
});

describe('a fan-out of data', () => {
  it('hands messages to all sinks, once even in a ring, and past a sink that throws', () => {
    const failed = vi.fn();
    const [a, b] = [new DataFanOut(failed), new DataFanOut()];
    const got: string[] = [];
    a.addSink({
      push() {
        throw new Error('bad sink');
      },
    });
    a.addSink(b);
    b.addSink(a);
    b.addSink({ push: ({ payload }) => void got.push(payload.toString()) });
    a.push({ payload: Buffer.from('hello'), binary: false });
    expect(got).toEqual(['hello']);
    expect(failed).toHaveBeenCalledOnce();
    a.close();
    a.push({ payload: Buffer.from('nobody'), binary: false });
    expect(got).toEqual(['hello']);
  });
});
