/**
 * Hostile inputs by the million, against everything of ours that reads bytes from outside.
 *
 *   npm run fuzz -- [--inputs=1000000] [--target=rtp,stun] [--seed=1] [--list]
 *
 * Each target runs in a thread that is watched: an input that raises something unforeseen, takes a quarter of a second,
 * hangs, or leaves memory behind ends the target's campaign, and is kept in test/fixtures/fuzz, where the unit tests
 * replay it from then on. Without --seed, the day decides: every day has other inputs.
 */
import { Worker } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import type { CampaignResult } from './campaign';
import { historyOf } from './campaign';
import { saveReproducer } from './reproducer';
import type { Target } from './target';
import { TARGETS, targetNamed } from './targets';
import type { WorkerTask } from './worker';

/** CPU time that may pass without progress: an input that takes more hangs, however busy the machine is with others. */
const PATIENCE_CPU_MS = 10_000;
/** For one that waits for something that never comes, and for a thread that does not begin. */
const PATIENCE_MS = 5 * 60_000;
const LOOK_MS = 1_000;
/** A target that needs more memory than this has a leak or can be made to explode. */
const MAX_HEAP_MIB = 512;

/** Of all threads; while one works, the watcher uses next to nothing. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** What a thread's end tells when it was not its own: a hang or an explosion, at this input. */
async function lostResult(target: Target, task: WorkerTask, what: string): Promise<CampaignResult> {
  const index = Math.max(0, Atomics.load(new Int32Array(task.progress), 0) - 1);
  const inputs = historyOf(target, await target.prepare(), task.seed, index);
  return {
    target: target.name,
    seed: task.seed,
    inputs: index,
    faults: 0,
    seconds: 0,
    slowestMs: Infinity,
    heapGrowthBytes: 0,
    failure: { index, what, inputs },
  };
}

function campaign(target: Target, inputs: number, seed: number): Promise<CampaignResult> {
  const task: WorkerTask = { target: target.name, inputs, seed, progress: new SharedArrayBuffer(4) };
  const progress = new Int32Array(task.progress);
  // Threads do not inherit the loader that runs this file.
  const file = new URL('./worker.ts', import.meta.url).href;
  const worker = new Worker(
    `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file)}); });`,
    { eval: true, workerData: task, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB } },
  );
  return new Promise((resolve) => {
    let seen = 0;
    let seenAt = { wall: performance.now(), cpu: cpuMs() };
    const finish = (result: CampaignResult | Promise<CampaignResult>) => {
      clearInterval(watch);
      resolve(result);
      void worker.terminate();
    };
    const watch = setInterval(() => {
      const now = Atomics.load(progress, 0);
      const at = { wall: performance.now(), cpu: cpuMs() };
      if (now !== seen) [seen, seenAt] = [now, at];
      else if ((seen > 0 && at.cpu - seenAt.cpu > PATIENCE_CPU_MS) || at.wall - seenAt.wall > PATIENCE_MS)
        finish(lostResult(target, task, 'never came back'));
    }, LOOK_MS);
    worker.once('message', (result: CampaignResult) => finish(result));
    worker.once('error', (error) => finish(lostResult(target, task, error.stack ?? error.message)));
  });
}

function row(cells: readonly string[]): string {
  const widths = [14, 10, 8, 9, 9, 11, 13, 10];
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
    .join(' ');
}

const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

function chosen(): readonly Target[] {
  if (values.target === undefined) return TARGETS;
  return values.target.split(',').map((name) => {
    const target = targetNamed(name);
    if (!target)
      throw new Error(`no target "${name}"; there are ${TARGETS.map((each) => each.name).join(', ')}`);
    return target;
  });
}

async function main(): Promise<void> {
  if (values.list) {
    for (const target of TARGETS) print(`${target.name.padEnd(14)} ${target.about}`);
    return;
  }
  const seed = Number(values.seed ?? Math.floor(Date.now() / 86_400_000));
  print(`seed ${seed}`);
  print(row(['target', 'inputs', 'faults', 'inputs/s', 'CPU min', 'slowest', 'heap growth', 'verdict']));
  for (const target of chosen()) {
    const before = cpuMs();
    const result = await campaign(target, Number(values.inputs ?? target.inputs), seed);
    const cpuMinutes = (cpuMs() - before) / 60_000;
    print(
      row([
        target.name,
        String(result.inputs),
        `${((result.faults / Math.max(1, result.inputs)) * 100).toFixed(0)} %`,
        (result.inputs / Math.max(0.001, result.seconds)).toFixed(0),
        cpuMinutes.toFixed(1),
        `${result.slowestMs.toFixed(0)} ms`,
        `${(result.heapGrowthBytes / 1024 / 1024).toFixed(1)} MiB`,
        result.failure ? 'FAILED' : 'fine',
      ]),
    );
    if (!result.failure) continue;
    process.exitCode = 1;
    print(`  input ${result.failure.index}: ${result.failure.what}`);
    const input = Buffer.from(result.failure.inputs.at(-1) ?? []);
    print(`  seed ${seed}, shortest ${input.length} bytes: ${input.subarray(0, 64).toString('hex')}`);
    print(`  kept as ${saveReproducer(target.name, seed, result.failure)}`);
  }
}

await main();
