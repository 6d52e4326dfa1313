import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { ManualClock } from '../clock';
import { FanOut } from '../fan-out';
import type { MediaPacket, MediaSink } from '../flow';
import { codecNamed } from '../sdp';
import type { FromOverlayWorker, ToOverlayWorker } from './overlay-protocol';
import { OverlayStream, type OverlayWorkerEvents } from './overlay-stream';
import { Vp8Packetizer } from './vp8-packets';

const VP8 = codecNamed('VP8');
const image = new Uint8Array(4);
const placement = { offsetX: 0, offsetY: 0, width: 1, height: 1 };

function setup(codec = VP8) {
  const clock = new ManualClock();
  const workers: { events: OverlayWorkerEvents; sent: ToOverlayWorker[]; terminated: boolean }[] = [];
  let keyframes = 0;
  const limits = { min: 0, max: Infinity };
  const capacities: (number | undefined)[] = [];
  const camera = new FanOut({
    kind: 'video',
    clock,
    requestKeyframe: () => void keyframes++,
    capacityChanged: (capacity) => capacities.push(capacity),
  });
  const stream = new OverlayStream({
    clock,
    logger: silentLogger,
    random: () => 1,
    encoderLimits: () => limits,
    startWorker: (events) => {
      const worker = { events, sent: [] as ToOverlayWorker[], terminated: false };
      workers.push(worker);
      return {
        post: (message) => worker.sent.push(message),
        terminate: () => void (worker.terminated = true),
      };
    },
  });
  const viewer = { changes: 0, ended: 0, packets: [] as MediaPacket[] };
  const sink: MediaSink = {
    kind: 'video',
    sourceChanged: () => {
      viewer.changes++;
      stream.output.requestKeyframe();
    },
    sourceEnded: () => void viewer.ended++,
    push: (packet) => viewer.packets.push(packet),
  };
  const packetizer = new Vp8Packetizer(codec, 99, 0, 0);
  let count = 0;
  return {
    stream,
    camera,
    workers,
    viewer,
    clock,
    capacities,
    limits,
    keyframes: () => keyframes,
    worker: () => workers.at(-1),
    answer: (message: FromOverlayWorker) => workers.at(-1)?.events.message(message),
    sink,
    connect: () => {
      camera.setCodec(codec);
      camera.addSink(stream);
      stream.output.addSink(sink);
    },
    /** A frame from the camera. */
    shoot: (keyframe: boolean, side = 640) => {
      clock.advance(33);
      const data = new Uint8Array(50).fill(1);
      data[0] = keyframe ? 0x10 : 0x11;
      if (keyframe) data.set([0x9d, 0x01, 0x2a, side & 0xff, side >> 8, side & 0xff, side >> 8], 3);
      packetizer.push({ data, keyframe, timestamp: 3000 * count++, arrival: clock.now() }, (packet) =>
        camera.push(packet),
      );
    },
    /** The worker gives a frame back. */
    drawn: (keyframe: boolean) => {
      const frame = workers
        .at(-1)
        ?.sent.filter((message) => message.type === 'frame')
        .at(-1);
      if (frame?.type !== 'frame') throw new Error('no frame was sent to the worker');
      const { timestamp, arrival, epoch } = frame;
      workers.at(-1)?.events.message({ type: 'taken', frames: 1 });
      workers.at(-1)?.events.message({
        type: 'encoded',
        data: new Uint8Array(30).fill(9),
        keyframe,
        timestamp,
        arrival,
        epoch,
      });
    },
    framesSent: () => workers.at(-1)?.sent.filter((message) => message.type === 'frame').length ?? 0,
  };
}

describe('the video of a face overlay', () => {
  it('forwards packets as they are while there is no image', () => {
    const { connect, shoot, viewer, workers, stream } = setup();
    connect();
    shoot(true);
    shoot(false);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([99, 99]);
    expect(workers).toHaveLength(0);
    expect(stream.isDrawing).toBe(false);
  });

  it('goes on forwarding until the first frame with the image is there, and changes at a keyframe', () => {
    const { connect, shoot, viewer, stream, answer, drawn, keyframes, framesSent } = setup();
    connect();
    shoot(true);
    stream.setOverlay(image, placement);
    shoot(false);
    expect(framesSent()).toBe(0);
    const before = keyframes();
    answer({ type: 'ready' });
    shoot(false);
    expect(framesSent()).toBe(0);
    expect(keyframes()).toBeGreaterThanOrEqual(before);
    shoot(true);
    expect(framesSent()).toBe(1);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([99, 99, 99, 99]);
    drawn(true);
    expect(viewer.changes).toBe(2);
    expect(viewer.packets.at(-1)).toMatchObject({ ssrc: 1, keyframeStart: true, timestamp: 9000 });
    shoot(false);
    expect(viewer.packets).toHaveLength(5);
    drawn(false);
    expect(viewer.packets).toHaveLength(6);
    expect(stream.isDrawing).toBe(true);
  });

  it('shows nothing without the image when it was set before the stream began', () => {
    const { connect, shoot, viewer, stream, answer, drawn } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    expect(viewer.packets).toHaveLength(0);
    drawn(true);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([1]);
  });

  it('asks the encoder, not the camera, when a viewer wants a keyframe', () => {
    const { connect, shoot, stream, answer, drawn, worker, clock } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    drawn(true);
    const wanted = () => worker()?.sent.filter(({ type }) => type === 'keyframe').length ?? 0;
    const before = wanted();
    clock.advance(1000);
    stream.output.requestKeyframe();
    expect(wanted()).toBe(before + 1);
  });

  it('goes back to forwarding at a keyframe when the image is taken away, and ends the worker', () => {
    const { connect, shoot, viewer, stream, answer, drawn, worker } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    drawn(true);
    stream.unsetOverlay();
    shoot(false);
    drawn(false);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([1, 1]);
    shoot(true);
    expect(viewer.packets.at(-1)?.ssrc).toBe(99);
    expect(worker()?.terminated).toBe(true);
    expect(stream.isDrawing).toBe(false);
  });

  it('takes another image without interrupting the stream', () => {
    const { connect, shoot, viewer, stream, answer, drawn, worker, workers } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    drawn(true);
    const changes = viewer.changes;
    stream.setOverlay(image, { ...placement, width: 2 });
    expect(worker()?.sent.at(-1)).toMatchObject({ type: 'overlay', placement: { width: 2 } });
    expect(workers).toHaveLength(1);
    expect(viewer.changes).toBe(changes);
  });

  it('gives a worker that is behind nothing until it caught up, from a keyframe on', () => {
    const { connect, shoot, stream, answer, framesSent, keyframes } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    for (let i = 0; i < 40; i++) shoot(false);
    expect(framesSent()).toBe(8);
    expect(keyframes()).toBeGreaterThan(0);
    answer({ type: 'taken', frames: 8 });
    shoot(false);
    expect(framesSent()).toBe(8);
    shoot(true);
    expect(framesSent()).toBe(9);
  });

  it('ignores what the worker still gives out of an older stream', () => {
    const { connect, shoot, viewer, stream, answer, drawn, camera, clock } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    const other = new FanOut({ kind: 'video', clock });
    camera.removeSink(stream);
    other.setCodec(VP8);
    other.addSink(stream);
    drawn(true);
    expect(viewer.packets).toHaveLength(0);
  });

  it('replaces a worker that dies, a few times, and goes on without image after that', () => {
    const { connect, shoot, viewer, stream, workers, clock } = setup();
    stream.setOverlay(image, placement);
    connect();
    for (let i = 0; i < 6; i++) {
      workers.at(-1)?.events.ended('killed');
      clock.advance(1500);
    }
    expect(workers).toHaveLength(4);
    shoot(true);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([99]);
  });

  it('forwards a codec that it cannot decode, image or not', () => {
    const { connect, shoot, viewer, stream, workers } = setup(codecNamed('H264'));
    connect();
    stream.setOverlay(image, placement);
    shoot(true);
    expect(viewer.packets).toHaveLength(1);
    expect(workers).toHaveLength(0);
  });

  it('forwards pictures that are too large to be drawn on', () => {
    const { connect, shoot, viewer, stream, answer, framesSent, worker } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true, 16_000);
    expect(framesSent()).toBe(0);
    expect(worker()?.terminated).toBe(true);
    shoot(true, 16_000);
    expect(viewer.packets.map(({ ssrc }) => ssrc)).toEqual([99]);
  });

  it('wants VP8 from a source that has yet to negotiate', () => {
    expect(setup().stream.accepts).toEqual(['VP8']);
  });

  it('tells the camera what viewers can take, while it draws no less than faces need', () => {
    const { connect, stream, sink, capacities, worker } = setup();
    connect();
    stream.output.reportCapacity(sink, 200_000);
    expect(capacities.at(-1)).toBe(200_000);
    stream.setOverlay(image, placement);
    stream.unsetOverlay();
    stream.setOverlay(image, placement);
    expect(worker()?.sent).toContainEqual({ type: 'bitrate', bitsPerSecond: 200_000 });
  });

  it('keeps the encoder within what the application allows', () => {
    const { connect, stream, sink, worker, limits } = setup();
    limits.max = 300_000;
    limits.min = 150_000;
    stream.setOverlay(image, placement);
    connect();
    stream.output.reportCapacity(sink, 900_000);
    stream.output.reportCapacity(sink, 50_000);
    const rates = worker()?.sent.flatMap((message) =>
      message.type === 'bitrate' ? message.bitsPerSecond : [],
    );
    expect(rates).toEqual([300_000, 300_000, 150_000]);
  });

  it('leaves nothing behind when it is closed', () => {
    const { connect, shoot, stream, answer, worker, clock, camera } = setup();
    stream.setOverlay(image, placement);
    connect();
    answer({ type: 'ready' });
    shoot(true);
    stream.close();
    stream.output.close();
    camera.close();
    expect(worker()?.terminated).toBe(true);
    stream.setOverlay(image, placement);
    expect(clock.timers).toBe(0);
  });
});
