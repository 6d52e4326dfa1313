import { describe, expect, it } from 'vitest';
import type { FacePose } from './face/face-tracker';
import { OverlayEngine, type Encoder, type OutputFrame } from './overlay-engine';
import { i420Size } from './picture/i420';
import { overlayFromRgba } from './picture/overlay-image';
import type { DecodedPicture, EncodedFrame } from './vp8-codec';

const opaque = overlayFromRgba(new Uint8Array(16 * 16 * 4).fill(255), 16, 16);
const placement = { offsetX: 0, offsetY: 0, width: 1, height: 1 };

/** An engine with codecs that finish when told. */
function setup() {
  let now = 1000;
  const log = {
    output: [] as OutputFrame[],
    shownAt: [] as number[],
    encoded: [] as number[],
    taken: 0,
    keyframesNeeded: 0,
    encoders: [] as { width: number; height: number; bitsPerFrame: number; closed: boolean }[],
    encoding: [] as { picture: DecodedPicture; keyframe: boolean; finish: () => void }[],
    decoding: [] as { id: number; finish: (width?: number, height?: number) => void }[],
    tracked: 0,
    /** What was looked at. */
    looked: [] as Uint8Array[],
    following: undefined as FacePose | undefined,
    decoderFailed: (): void => undefined,
  };
  let tracked = true;
  const engine = new OverlayEngine({
    now: () => now,
    tracker: {
      get isFollowing() {
        return log.following !== undefined;
      },
      poses: () => (log.following ? [log.following] : []),
      update: (picture) => {
        log.tracked++;
        log.looked.push(picture.data.slice());
        return tracked ? [{ centre: { x: 16, y: 16 }, size: 16, angle: 0 }] : [];
      },
      reset: () => undefined,
    },
    createDecoder: (output, failed) => {
      log.decoderFailed = () => failed(new Error('broken'));
      return {
        decode: (id) =>
          void log.decoding.push({
            id,
            finish: (width = 32, height = 32) =>
              output({ id, width, height, data: new Uint8Array(i420Size(width, height)) }),
          }),
        recycle: () => undefined,
        close: () => undefined,
        end: () => Promise.resolve(),
      };
    },
    createEncoder: (size, bitsPerFrame, output: (frame: EncodedFrame) => void): Encoder => {
      const record = { width: size.width, height: size.height, bitsPerFrame, closed: false };
      log.encoders.push(record);
      let pending = 0;
      return {
        width: size.width,
        height: size.height,
        get pending() {
          return pending;
        },
        encode: (picture, keyframe) => {
          pending++;
          const finish = () => {
            pending--;
            output({ id: picture.id, data: picture.data.slice(), keyframe });
          };
          log.encoding.push({ picture, keyframe, finish });
          log.encoded.push(picture.id);
        },
        close: () => void (record.closed = true),
        end: () => Promise.resolve(void (record.closed = true)),
      };
    },
    output: (frame) => {
      log.output.push(frame);
      log.shownAt.push(now);
    },
    taken: (frames) => void (log.taken += frames),
    keyframeNeeded: () => void log.keyframesNeeded++,
  });
  let count = 0;
  const push = (more: { keyframe?: boolean; epoch?: number; late?: number } = {}) => {
    engine.push({
      data: new Uint8Array(1),
      keyframe: more.keyframe ?? count === 0,
      timestamp: count++ * 3000,
      arrival: now - (more.late ?? 0),
      epoch: more.epoch ?? 0,
    });
  };
  return {
    engine,
    log,
    push,
    pass: (ms: number) => void (now += ms),
    now: () => now,
    noFaces: () => void (tracked = false),
    decoded: (width?: number, height?: number) => log.decoding.shift()?.finish(width, height),
    encoded: () => log.encoding.shift()?.finish(),
  };
}

describe('the overlay engine', () => {
  it('decodes, draws and encodes a frame, which keeps its time', () => {
    const { engine, log, push, decoded, encoded } = setup();
    engine.setOverlay(opaque, placement);
    push();
    decoded();
    encoded();
    expect(log.output).toMatchObject([{ timestamp: 0, arrival: 1000, epoch: 0, keyframe: true }]);
    expect(log.output[0]?.data[16 * 32 + 16]).toBe(235);
    expect(log.taken).toBe(1);
  });

  it('leaves a picture without faces, or without an overlay, as it is', () => {
    const { engine, log, push, decoded, encoded, noFaces } = setup();
    push();
    decoded();
    encoded();
    engine.setOverlay(opaque, placement);
    noFaces();
    push();
    decoded();
    encoded();
    for (const { data } of log.output) expect(data.every((byte) => byte === 0)).toBe(true);
    expect(log.tracked).toBe(1);
  });

  it('encodes only the newest of the pictures that came while it was busy', () => {
    const { log, push, decoded, encoded, pass } = setup();
    for (let i = 0; i < 5; i++) {
      push();
      decoded();
      pass(10);
    }
    encoded();
    encoded();
    expect(log.output.map(({ timestamp }) => timestamp / 3000)).toEqual([0, 4]);
    expect(log.taken).toBe(5);
  });

  it('does not decode what is old when it comes, and asks once for a keyframe to go on from', () => {
    const { log, push, decoded, encoded, pass } = setup();
    push();
    decoded();
    encoded();
    for (let i = 0; i < 3; i++) push({ late: 130 });
    push();
    expect(log.decoding).toHaveLength(0);
    expect(log.keyframesNeeded).toBe(1);
    expect(log.taken).toBe(5);
    push({ keyframe: true, late: 130 });
    expect(log.keyframesNeeded).toBe(2);
    pass(33);
    push({ keyframe: true, late: 30 });
    decoded();
    encoded();
    expect(log.output.map(({ timestamp }) => timestamp / 3000)).toEqual([0, 6]);
  });

  it('asks again for a keyframe that does not come', () => {
    const { log, push, pass } = setup();
    push({ late: 130 });
    for (let i = 0; i < 100; i++) {
      pass(33);
      push({ keyframe: false });
    }
    expect(log.keyframesNeeded).toBe(4);
  });

  it('shows nothing of what waited while it started', () => {
    const { log, push } = setup();
    for (let i = 0; i < 8; i++) push({ keyframe: i === 0, late: 3_000 - i * 33 });
    expect(log.decoding).toHaveLength(0);
    expect(log.keyframesNeeded).toBe(1);
  });

  it('lets nothing out that is older than its bound, at any speed, unless there was nothing to see for a second', () => {
    for (const [decoding, working] of [
      [2, 5],
      [5, 60],
      [40, 20],
      [30, 140],
      [90, 80],
    ] as const) {
      const { log, push, decoded, encoded, pass, now } = setup();
      let asked = -1;
      // Frames come every 33 ms whatever the engine does; it works on one at a time, as a starved thread does.
      for (let done = 0, due = now(); done < 3_000; done++) {
        for (; due <= now(); due += 33) {
          const keyframe = log.keyframesNeeded > asked;
          asked = log.keyframesNeeded;
          push({ late: now() - due, keyframe });
        }
        if (log.decoding.length > 0) {
          pass(decoding);
          decoded();
        }
        if (log.encoding.length > 0) {
          pass(working);
          encoded();
        }
        if (log.decoding.length === 0 && log.encoding.length === 0) pass(1);
      }
      const shown = log.output.map(({ arrival }, index) => ({
        age: log.shownAt[index]! - arrival,
        pause: log.shownAt[index]! - (log.shownAt[index - 1] ?? 1000),
      }));
      expect(shown.length).toBeGreaterThan(5);
      expect(shown.filter(({ age, pause }) => age > 200 && pause <= 1_000)).toEqual([]);
      // Not even these wait in a queue that grows.
      expect(Math.max(...shown.map(({ age }) => age))).toBeLessThan(500);
    }
  });

  it('shows an old picture now and then where none can be made in time', () => {
    const { log, push, decoded, encoded, pass } = setup();
    for (let i = 0; i < 12; i++) {
      push();
      decoded();
      pass(300);
      encoded();
    }
    const gaps = log.shownAt.slice(1).map((at, index) => at - log.shownAt[index]!);
    expect(log.shownAt.length).toBeGreaterThan(1);
    expect(Math.min(...gaps)).toBeGreaterThan(1_000);
    expect(Math.max(...gaps)).toBeLessThan(2_000);
    // Of what was encoded and left out nothing that follows depends.
    for (const { keyframe, timestamp } of log.output) {
      const before = log.encoded[log.encoded.indexOf(timestamp / 3000) - 1];
      const wasShown = log.output.some((other) => other.timestamp / 3000 === before);
      expect(keyframe || before === undefined || wasShown).toBe(true);
    }
  });

  it('waits for a keyframe at the start of each stream and makes one itself', () => {
    const { log, push, decoded, encoded } = setup();
    push({ keyframe: false });
    expect(log.decoding).toHaveLength(0);
    expect(log.taken).toBe(1);
    push({ keyframe: true });
    decoded();
    encoded();
    push({ keyframe: false, epoch: 1 });
    expect(log.decoding).toHaveLength(0);
    push({ keyframe: true, epoch: 1 });
    decoded();
    encoded();
    expect(log.output.map(({ keyframe, epoch }) => [keyframe, epoch])).toEqual([
      [true, 0],
      [true, 1],
    ]);
  });

  it('makes a keyframe when asked, one', () => {
    const { engine, log, push, decoded, encoded } = setup();
    for (let i = 0; i < 4; i++) {
      if (i === 2) engine.requestKeyframe();
      push();
      decoded();
      encoded();
    }
    expect(log.output.map(({ keyframe }) => keyframe)).toEqual([true, false, true, false]);
  });

  it('takes a new encoder for another size', () => {
    const { log, push, decoded, encoded } = setup();
    push();
    decoded();
    encoded();
    push();
    decoded(64, 32);
    encoded();
    expect(log.encoders).toMatchObject([
      { width: 32, closed: true },
      { width: 64, closed: false },
    ]);
  });

  it('follows what viewers can take: down soon, up late', () => {
    const { engine, log, push, decoded, encoded, pass } = setup();
    const frame = () => {
      pass(33);
      push();
      decoded(640, 480);
      encoded();
    };
    for (let i = 0; i < 10; i++) frame();
    engine.setCapacity(400_000);
    for (let i = 0; i < 60; i++) frame();
    expect(log.encoders).toHaveLength(2);
    expect((log.encoders[1]?.bitsPerFrame ?? 0) * 30).toBeLessThan(400_000);
    engine.setCapacity(Infinity);
    for (let i = 0; i < 150; i++) frame();
    expect(log.encoders).toHaveLength(2);
    for (let i = 0; i < 150; i++) frame();
    expect(log.encoders).toHaveLength(3);
    expect((log.encoders[2]?.bitsPerFrame ?? 0) * 30).toBeGreaterThan(1_000_000);
  });

  it('begins anew after its decoder failed and takes back what was inside', () => {
    const { log, push, decoded, encoded } = setup();
    push();
    push();
    log.decoderFailed();
    expect(log.keyframesNeeded).toBe(1);
    expect(log.taken).toBe(2);
    log.decoding.length = 0;
    push({ keyframe: false });
    expect(log.taken).toBe(3);
    push({ keyframe: true });
    decoded();
    encoded();
    expect(log.output).toHaveLength(1);
  });

  it('replaces an encoder that gives nothing back', () => {
    const { log, push, decoded, encoded, pass } = setup();
    push();
    decoded();
    pass(500);
    push();
    decoded();
    expect(log.encoders).toHaveLength(1);
    pass(600);
    push();
    decoded();
    expect(log.encoders).toHaveLength(2);
    log.encoding.shift();
    encoded();
    expect(log.output).toMatchObject([{ timestamp: 6000, keyframe: true }]);
  });

  it('draws where a known face was going, and looks at the picture as it came once it is out', () => {
    const { engine, log, push, decoded, encoded } = setup();
    engine.setOverlay(opaque, placement);
    log.following = { centre: { x: 16, y: 16 }, size: 16, angle: 0 };
    push();
    decoded();
    expect(log.encoding).toHaveLength(1);
    const painted = log.encoding[0]!.picture.data;
    expect(painted.some((value) => value !== 0)).toBe(true);
    expect(log.looked).toEqual([]);
    encoded();
    expect(log.output).toHaveLength(1);
    expect(log.looked).toHaveLength(1);
    expect(log.looked[0]!.every((value) => value === 0)).toBe(true);
  });

  it('says nothing any more once it is closed', () => {
    const { engine, log, push, decoded } = setup();
    push();
    void engine.close();
    decoded();
    push();
    expect(log.encoding).toHaveLength(0);
    expect(log.taken).toBe(0);
  });
});
