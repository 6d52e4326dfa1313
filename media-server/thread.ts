/** Worker threads as all parts of the server start them. */
import { Worker } from 'node:worker_threads';
import { keepYoungGenerationSmall } from './young-generation';

/** `heapMb`: what V8 may use for objects that stay; buffers lie outside. Throws when there is no room for a thread. */
export function startThread(file: string, heapMb: number, workerData?: unknown): Worker {
  const worker = new Worker(file, {
    workerData,
    // The server's own options, such as a loader or a debugger's port, are not the worker's.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  worker.once('online', keepYoungGenerationSmall);
  return worker;
}
