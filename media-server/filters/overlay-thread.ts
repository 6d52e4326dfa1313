/** Starting and ending the worker threads of face overlays, and finding out whether they work on this machine. */
import { Worker } from 'node:worker_threads';
import type { FaceOverlayFiles } from './face-overlay-files';
import type { FromOverlayWorker, OverlayWorkerData } from './overlay-protocol';
import type { OverlayWorker, OverlayWorkerEvents } from './overlay-stream';

/** A worker that has not loaded its libraries and models after so long never will. */
const PROBE_TIMEOUT_MS = 10_000;
/** Pictures lie outside of the heap; what is in it takes some 20 MB, and more means that something leaks. */
const WORKER_HEAP_MB = 256;

export function startOverlayWorker(files: FaceOverlayFiles, events: OverlayWorkerEvents): OverlayWorker {
  const { worker: file, fullRangeModel, shortRangeModel } = files;
  const workerData: OverlayWorkerData = { fullRangeModel, shortRangeModel };
  const worker = new Worker(file, {
    workerData,
    // The server's own options, such as a loader or a debugger's port, are not the worker's.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
  });
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    events.ended(reason);
  };
  worker.on('message', (message: FromOverlayWorker) => events.message(message));
  worker.on('error', (error) => end(error.message));
  worker.on('exit', (code) => end(`exit code ${code}`));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => {
      ended = true;
      void worker.terminate();
    },
  };
}

/**
 * Whether the filter works here: starts a worker, which loads the codec, the canvas and the models, and ends it. Where it
 * does not (a platform without the native parts), the reason; undefined where it does.
 */
export function probeFaceOverlay(files: FaceOverlayFiles): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (reason: string | undefined): void => {
      clearTimeout(timer);
      worker.terminate();
      resolve(reason);
    };
    const timer = setTimeout(() => finish('its worker does not answer'), PROBE_TIMEOUT_MS).unref();
    const worker = startOverlayWorker(files, {
      message: (message) => {
        if (message.type === 'ready') finish(undefined);
        else if (message.type === 'failed') finish(message.message);
      },
      ended: (reason) => finish(reason),
    });
  });
}
