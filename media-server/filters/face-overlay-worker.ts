/**
 * The worker thread of one face overlay: builds the engine around codecs, models and canvas, and carries messages to and
 * from it. Everything that takes time in a filter happens in here; the thread that forwards other people's packets never
 * waits for it.
 */
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
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

/** Keeps what comes while everything is being loaded, and knows whether it still has to be. */
class Messages {
  readonly #port: MessagePort;
  readonly #early: ToOverlayWorker[] = [];
  #handle = (message: ToOverlayWorker): void => void this.#early.push(message);

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ToOverlayWorker) => this.#handle(message));
  }
  /** The worker is not wanted any more: then it ends here, before it has begun. */
  async isOver(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const isOver = this.#early.some(({ type }) => type === 'end');
    if (isOver) this.#port.close();
    return isOver;
  }
  handOver(handle: (message: ToOverlayWorker) => void): void {
    this.#handle = handle;
    for (const message of this.#early) handle(message);
  }
}

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

/**
 * Codecs are given back when they are collected as garbage. What is left when the thread ends is taken down by its
 * environment, and now and then the library aborts the process on that occasion.
 */
async function forgetCodecs(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 2; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function start(data: OverlayWorkerData, messages: Messages): Promise<void> {
  const [webcodecs, canvas, fullRange, shortRange] = await Promise.all([
    import('@napi-rs/webcodecs'),
    import('@napi-rs/canvas'),
    readFile(data.fullRangeModel),
    readFile(data.shortRangeModel),
  ]);
  if (await messages.isOver()) return;
  const scanner = new FaceDetector(readModel(fullRange), SCANNER_MIN_SCORE);
  const follower = new FaceDetector(readModel(shortRange), FOLLOWER_MIN_SCORE);
  // The first look is ten times slower than the others, while code is compiled: it must not hold up a real picture.
  for (const detector of [scanner, follower])
    detector.detect(BLANK, { centre: { x: 8, y: 8 }, size: 16, angle: 0 });
  if (await messages.isOver()) return;
  await warmUp(webcodecs);
  const now = () => performance.timeOrigin + performance.now();
  const tracker = new FaceTracker({ scanner, follower, now });
  const engine = new OverlayEngine({
    tracker,
    now,
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
      case 'end':
        void engine
          .close()
          .then(forgetCodecs)
          .finally(() => port?.close());
        break;
    }
  };
  messages.handOver(handle);
  post({ type: 'ready' });
}

start(workerData as OverlayWorkerData, new Messages(port)).catch((error: unknown) => {
  post({ type: 'failed', message: messageOf(error) });
  port.close();
});
