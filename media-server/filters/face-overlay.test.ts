import * as canvas from '@napi-rs/canvas';
import * as webcodecs from '@napi-rs/webcodecs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { bundleOverlayWorker, type BundledOverlayWorker } from '../../test/support/overlay-worker';
import { systemClock } from '../clock';
import { FanOut } from '../fan-out';
import type { MediaPacket } from '../flow';
import { codecNamed } from '../sdp';
import { OverlayStream } from './overlay-stream';
import { OverlayWorkers } from './overlay-thread';
import { i420FromRgba, type I420Picture } from './picture/i420';
import { Vp8Decoder, Vp8Encoder } from './vp8-codec';
import { Vp8FrameAssembler } from './vp8-frames';
import { Vp8Packetizer } from './vp8-packets';

const [width, height] = [640, 480];
const FRAMES = 45;

/** What was not shown by then never will be. */
const LEFT_OUT_MS = 400;

async function photograph(shift: number): Promise<Uint8Array<ArrayBuffer>> {
  const image = await canvas.loadImage('node_modules/@vladmandic/face-api/demo/sample3.jpg');
  const context = canvas.createCanvas(width, height).getContext('2d');
  context.drawImage(image, shift, 20, width, (width * image.height) / image.width);
  return Uint8Array.from(i420FromRgba(context.getImageData(0, 0, width, height).data, width, height).data);
}

/** A green disc: no such green is in the photograph. */
function greenDisc(): Uint8Array<ArrayBuffer> {
  const made = canvas.createCanvas(128, 128);
  const context = made.getContext('2d');
  context.fillStyle = '#00ff00';
  context.arc(64, 64, 64, 0, 2 * Math.PI);
  context.fill();
  return new Uint8Array(made.toBuffer('image/png'));
}

/** Centres of connected green areas, found by their colour on a coarse grid. */
function greenAreas({ width: w, height: h, data }: I420Picture): { x: number; y: number }[] {
  const half = w / 2;
  const found: { x: number; y: number; n: number }[] = [];
  for (let y = 0; y < h / 2; y += 2) {
    for (let x = 0; x < half; x += 2) {
      const u = data[w * h + y * half + x] ?? 128;
      const v = data[w * h + half * (h / 2) + y * half + x] ?? 128;
      if (u > 90 || v > 90) continue;
      const area = found.find((each) => Math.hypot(each.x / each.n - 2 * x, each.y / each.n - 2 * y) < 60);
      if (area) {
        area.x += 2 * x;
        area.y += 2 * y;
        area.n++;
      } else found.push({ x: 2 * x, y: 2 * y, n: 1 });
    }
  }
  return found.filter(({ n }) => n > 10).map(({ x, y, n }) => ({ x: x / n, y: y / n }));
}

describe('a face overlay with its real worker', () => {
  let bundled: BundledOverlayWorker;
  let workers: OverlayWorkers;
  beforeAll(async () => {
    bundled = await bundleOverlayWorker();
    workers = new OverlayWorkers(bundled.files);
  });
  afterAll(async () => {
    await workers.close();
    await bundled.close();
  });

  it('works on this machine', async () => {
    expect(await workers.probe()).toBeUndefined();
  });

  it('says why it does not where its files are damaged', async () => {
    const broken = { ...bundled.files, shortRangeModel: 'package.json' };
    expect(await new OverlayWorkers(broken).probe()).toBeTypeOf('string');
  });

  it('ends its threads in order, also one that is not ready yet', async () => {
    const own = new OverlayWorkers(bundled.files);
    const said: string[] = [];
    let ready: (() => void) | undefined;
    const isReady = new Promise<void>((resolve) => (ready = resolve));
    const start = () =>
      own.start({
        message: ({ type }) => {
          said.push(type);
          if (type === 'ready') ready?.();
        },
        ended: (reason) => said.push(reason),
      });
    const first = start();
    await isReady;
    const second = start();
    first.terminate();
    second.terminate();
    await own.close();
    // Nobody is told of an end that was wished for.
    expect(said).toEqual(['ready']);
    await own.close();
  });

  it('covers every face of a picture that moves', async () => {
    const VP8 = codecNamed('VP8');
    const pictures = await Promise.all(Array.from({ length: FRAMES }, (_, i) => photograph(-20 + i)));
    let keyframeWanted = false;
    const camera = new FanOut({
      kind: 'video',
      clock: systemClock,
      requestKeyframe: () => (keyframeWanted = true),
    });
    const leftOut = () =>
      new Promise<boolean>((resolve) => void systemClock.after(LEFT_OUT_MS, () => resolve(false)));
    camera.setCodec(VP8);
    let ready: (() => void) | undefined;
    const isReady = new Promise<void>((resolve) => (ready = resolve));
    const stream = new OverlayStream({
      clock: systemClock,
      logger: silentLogger,
      random: () => 5,
      encoderLimits: () => ({ min: 0, max: Infinity }),
      startWorker: (events) =>
        workers.start({
          ...events,
          message: (message) => {
            events.message(message);
            if (message.type === 'ready') ready?.();
          },
        }),
    });
    stream.setOverlay(greenDisc(), { offsetX: 0.25, offsetY: 0.25, width: 0.5, height: 0.5 });
    camera.addSink(stream);

    let latest: I420Picture | undefined;
    let shown: (() => void) | undefined;
    const fail = (error: Error) => {
      throw error;
    };
    const viewer = new Vp8Decoder(
      webcodecs,
      (picture) => {
        latest = picture;
        shown?.();
      },
      fail,
    );
    let id = 0;
    const frames = new Vp8FrameAssembler({
      output: (frame) => viewer.decode(id++, frame.data, frame.keyframe),
      keyframeNeeded: () => undefined,
    });
    const packets: MediaPacket[] = [];
    stream.output.addSink({
      kind: 'video',
      sourceChanged: () => undefined,
      sourceEnded: () => undefined,
      push: (packet) => {
        packets.push(packet);
        frames.push(packet);
      },
    });

    await isReady;
    const packetizer = new Vp8Packetizer(VP8, 1, 1, 1);
    let shot = 0;
    let filmed: (() => void) | undefined;
    const film = new Vp8Encoder(
      webcodecs,
      { width, height },
      80_000,
      ({ data, keyframe }) => {
        const arrival = performance.now();
        packetizer.push({ data, keyframe, timestamp: shot++ * 3000, arrival }, (packet) =>
          camera.push(packet),
        );
        filmed?.();
      },
      fail,
    );
    let filmedFrames = 0;
    for (const data of pictures) {
      // On a busy machine pictures are left out: then the camera shows it once more.
      for (let isSeen = false; !isSeen;) {
        const seen = new Promise<boolean>((resolve) => (shown = () => resolve(true)));
        const encoded = new Promise<void>((resolve) => (filmed = resolve));
        const isKeyframe = keyframeWanted;
        keyframeWanted = false;
        film.encode({ id: filmedFrames++, width, height, data }, isKeyframe);
        await encoded;
        isSeen = await Promise.race([seen, leftOut()]);
      }
    }
    const areas = latest ? greenAreas(latest) : [];
    expect(areas).toHaveLength(3);
    // The picture has moved by 44 pixels since the first frame; so have the faces.
    const shift = -20 + FRAMES - 1;
    const faces = [226, 397, 533].map((x) => x + shift);
    areas.sort((a, b) => a.x - b.x);
    for (const [i, { x }] of areas.entries()) expect(Math.abs(x - (faces[i] ?? 0))).toBeLessThan(25);
    // The stream keeps the camera's time and has a number of its own.
    expect(packets.every(({ ssrc, timestamp }) => ssrc === 5 && timestamp % 3000 === 0)).toBe(true);
    expect(packets[0]?.keyframeStart).toBe(true);
    film.close();
    viewer.close();
    stream.close();
    stream.output.close();
    camera.close();
  });
});
