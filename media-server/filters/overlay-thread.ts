/** Starting and ending the worker threads of face overlays, and finding out whether they work on this machine. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../thread';
import type { FaceOverlayFiles } from './face-overlay-files';
import type { FromOverlayWorker, OverlayWorkerData } from './overlay-protocol';
import type { OverlayWorker, OverlayWorkerEvents } from './overlay-stream';

/** A worker that has not loaded its libraries and models after so long never will. */
const PROBE_TIMEOUT_MS = 10_000;
/** Codecs finish what they have begun; what takes longer hangs. */
const END_TIMEOUT_MS = 4_000;
/** Pictures lie outside of the heap; what is in it takes some 20 MB, and more means that something leaks. */
const WORKER_HEAP_MB = 256;

/** All worker threads of one server. */
export class OverlayWorkers {
  readonly #files: FaceOverlayFiles;
  /** Until the thread is gone, also of those that nobody uses any more. */
  readonly #exits = new Map<Worker, Promise<unknown>>();

  constructor(files: FaceOverlayFiles) {
    this.#files = files;
  }

  start(events: OverlayWorkerEvents): OverlayWorker {
    const { worker: file, fullRangeModel, shortRangeModel } = this.#files;
    const workerData: OverlayWorkerData = { fullRangeModel, shortRangeModel };
    const worker = startThread(file, WORKER_HEAP_MB, workerData);
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    this.#exits.set(worker, exit);
    void exit.then(() => this.#exits.delete(worker));
    let ended = false;
    const end = (reason: string): void => {
      if (ended) return;
      ended = true;
      events.ended(reason);
    };
    worker.on('message', (message: FromOverlayWorker) => {
      if (!ended) events.message(message);
    });
    worker.on('error', (error) => end(error.message));
    worker.on('exit', (code) => end(`exit code ${code}`));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      terminate: () => {
        if (ended) return;
        ended = true;
        worker.postMessage({ type: 'end' });
        const timer = setTimeout(() => void worker.terminate(), END_TIMEOUT_MS);
        void exit.then(() => clearTimeout(timer));
      },
    };
  }

  /**
   * Whether the filter works here: starts a worker, which loads the codec, the canvas and the models, and ends it. Where
   * it does not (a platform without the native parts), the reason; undefined where it does.
   */
  probe(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const finish = (reason: string | undefined): void => {
        clearTimeout(timer);
        worker.terminate();
        resolve(reason);
      };
      const timer = setTimeout(() => finish('its worker does not answer'), PROBE_TIMEOUT_MS).unref();
      const worker = this.start({
        message: (message) => {
          if (message.type === 'ready') finish(undefined);
          else if (message.type === 'failed') finish(message.message);
        },
        ended: (reason) => finish(reason),
      });
    });
  }

  /**
   * When all threads are gone; their users have ended them. A process that exits before tears the codecs' libraries down
   * under their threads, and is aborted.
   */
  async close(): Promise<void> {
    await Promise.all(this.#exits.values());
  }
}
