/**
 * One campaign in a thread of its own, so that an input that never ends, or takes all memory, ends only this thread. The
 * number of the input at hand is in shared memory, where the watcher finds it when nothing else answers any more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runCampaign } from './campaign';
import { targetNamed } from './targets';

export interface WorkerTask {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  readonly progress: SharedArrayBuffer;
}

const task = workerData as WorkerTask | undefined;
if (parentPort && task) {
  const target = targetNamed(task.target);
  if (!target) throw new Error(`no target ${task.target}`);
  const progress = new Int32Array(task.progress);
  const result = await runCampaign(target, {
    inputs: task.inputs,
    seed: task.seed,
    onInput: (index) => void Atomics.store(progress, 0, index + 1),
  });
  parentPort.postMessage(result);
}
