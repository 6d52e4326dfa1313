/**
 * The worker thread of one face overlay: builds the engine around codecs, models and canvas, and carries messages to and
 * from it. Everything that takes time in a filter happens in here; the thread that forwards other people's packets never
 * waits for it.
 */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type * as Webcodecs from '@napi-rs/webcodecs';
import { FaceDetector } from './face/face-detector';
import { FaceTracker } from './face/face-tracker';
import { readModel } from './face/tflite';
import { OverlayEngine } from './overlay-engine';
import type { FromOverlayWorker, OverlayWorkerData, ToOverlayWorker } from './overlay-protocol';
import { i420Size, type I420Picture } from './picture/i420';
import { decodeOverlay } from './picture/image-file';
import { Vp8Decoder, Vp8Encoder } from './vp8-codec';

/** What the networks' makers recommend. */
const SCANNER_MIN_SCORE = 0.6;
const FOLLOWER_MIN_SCORE = 0.5;

const BLANK: I420Picture = { width: 16, height: 16, data: new Uint8Array(i420Size(16, 16)) };

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const post = (message: FromOverlayWorker, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One picture through both codecs: their libraries are loaded, and their threads started, before anybody waits for it. */
async function warmUp(webcodecs: typeof Webcodecs): Promise<void> {
  // The codecs' own threads do not keep this one from ending.
  const awake = setInterval(() => undefined, 1_000);
  try {
    await new Promise<void>((resolve, reject) => {
      const decoder = new Vp8Decoder(webcodecs, () => (decoder.close(), resolve()), reject);
      const encoder = new Vp8Encoder(
        webcodecs,
        BLANK,
        10_000,
        ({ data }) => (encoder.close(), decoder.decode(0, data, true)),
        reject,
      );
      encoder.encode({ ...BLANK, id: 0 }, true);
    });
  } finally {
    clearInterval(awake);
  }
}

async function start(data: OverlayWorkerData): Promise<void> {
  const [webcodecs, canvas, fullRange, shortRange] = await Promise.all([
    import('@napi-rs/webcodecs'),
    import('@napi-rs/canvas'),
    readFile(data.fullRangeModel),
    readFile(data.shortRangeModel),
  ]);
  const scanner = new FaceDetector(readModel(fullRange), SCANNER_MIN_SCORE);
  const follower = new FaceDetector(readModel(shortRange), FOLLOWER_MIN_SCORE);
  // The first look is ten times slower than the others, while code is compiled: it must not hold up a real picture.
  for (const detector of [scanner, follower])
    detector.detect(BLANK, { centre: { x: 8, y: 8 }, size: 16, angle: 0 });
  await warmUp(webcodecs);
  const tracker = new FaceTracker({ scanner, follower, now: () => performance.now() });
  const engine = new OverlayEngine({
    tracker,
    now: () => performance.timeOrigin + performance.now(),
    createDecoder: (output, failed) => new Vp8Decoder(webcodecs, output, failed),
    createEncoder: (size, bits, output, failed) => new Vp8Encoder(webcodecs, size, bits, output, failed),
    output: (frame) => post({ type: 'encoded', ...frame }, [frame.data.buffer]),
    taken: (frames) => post({ type: 'taken', frames }),
    keyframeNeeded: () => post({ type: 'keyframe-needed' }),
  });

  let overlays = 0;
  const handle = (message: ToOverlayWorker): void => {
    switch (message.type) {
      case 'frame':
        engine.push(message);
        break;
      case 'overlay': {
        const { image, placement } = message;
        const turn = ++overlays;
        if (image === undefined) {
          engine.setOverlay(undefined, placement);
          break;
        }
        decodeOverlay(image, canvas).then(
          // A later wish may have overtaken a large image.
          (decoded) => turn === overlays && engine.setOverlay(decoded, placement),
          (error: unknown) => post({ type: 'overlay-failed', message: messageOf(error) }),
        );
        break;
      }
      case 'keyframe':
        engine.requestKeyframe();
        break;
      case 'bitrate':
        engine.setCapacity(message.bitsPerSecond);
        break;
    }
  };
  port?.on('message', handle);
  post({ type: 'ready' });
}

start(workerData as OverlayWorkerData).catch((error: unknown) =>
  post({ type: 'failed', message: messageOf(error) }),
);
