/**
 * Runs a target over so many inputs and says what came of it: how fast, how slow at worst, how much memory stayed, and the
 * first failure with everything that repeats it. An input fails when it raises what is no fault of the target's, when it
 * takes too long, or when something that it started fails later with nobody listening.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mutate } from './mutate';
import { Random } from './random';
import type { Episode, Prepared, Target } from './target';

export interface CampaignOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Ends earlier when this many milliseconds are over. */
  readonly limitMs?: number;
  /** Called with the number of each input before it runs, so that a watcher knows which one hangs. */
  readonly onInput?: (index: number) => void;
}

export interface Failure {
  readonly index: number;
  readonly what: string;
  /** The episode's inputs up to and with the failing one. */
  readonly inputs: readonly Buffer[];
}

export interface CampaignResult {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  /** Inputs that were answered with a fault. */
  readonly faults: number;
  readonly seconds: number;
  /** Of the slowest input, by the clock on the wall. */
  readonly slowestMs: number;
  readonly heapGrowthBytes: number;
  readonly failure: Failure | undefined;
}

/** One input may take so long; what needs more is an attack on whoever reads it. */
const MAX_INPUT_MS = 250;
/** What may stay behind after a campaign: bounded caches, compiled code. */
const MAX_HEAP_GROWTH = 16 * 1024 * 1024;
/** Of an episode without end, the last so many inputs are kept as the history of a failure. */
const MAX_HISTORY = 256;
/** After so many inputs, what they started gets time to happen. */
const BREATH = 256;

let collect: (() => void) | undefined;
/** Bytes on the heap and in buffers that nobody can free. */
function heldBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // Twice: what finalizers let go of is only free at the second time.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Input number `index` of a target under this seed. */
export function inputOf(prepared: Prepared, seed: number, index: number): Buffer {
  const random = new Random(seed, index);
  const input = mutate(random, prepared);
  return prepared.repair && !random.oneIn(4) ? prepared.repair(input, random) : input;
}

/** Number of the first input that shares its state with number `index`. */
function episodeStart(target: Target, index: number): number {
  return target.episode === Infinity ? 0 : index - (index % target.episode);
}

/** The inputs that lead to number `index`, for whoever has to repeat them. */
export function historyOf(target: Target, prepared: Prepared, seed: number, index: number): Buffer[] {
  const first =
    target.episode === Infinity ? index : Math.max(episodeStart(target, index), index - MAX_HISTORY + 1);
  return Array.from({ length: index - first + 1 }, (_, at) => inputOf(prepared, seed, first + at));
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;

/** One input; undefined when it was taken as it should be. */
async function feed(
  target: Target,
  episode: Episode,
  input: Buffer,
): Promise<{ faulted: boolean; problem: string | undefined; ms: number }> {
  const before = performance.now();
  let faulted = false;
  let problem: string | undefined;
  try {
    const result = episode.run(input);
    if (result instanceof Promise) await result;
  } catch (error) {
    faulted = target.isFault(error);
    if (!faulted) problem = describe(error);
  }
  return { faulted, problem, ms: performance.now() - before };
}

/** Runs inputs in a fresh episode: how a failure is repeated, and how a slow input is told from a busy machine. */
export async function replay(
  target: Target,
  prepared: Prepared,
  inputs: readonly Buffer[],
): Promise<{ problem: string | undefined; lastMs: number }> {
  const episode = await prepared.begin(new Random(0));
  let lastMs = 0;
  try {
    for (const input of inputs) {
      const { problem, ms } = await feed(target, episode, Buffer.from(input));
      if (problem !== undefined) return { problem, lastMs: ms };
      lastMs = ms;
    }
  } finally {
    await episode.end?.();
  }
  return { problem: undefined, lastMs };
}

const MAX_SHRINKING_MS = 20_000;
const firstLine = (text: string | undefined): string | undefined => text?.split('\n', 1)[0];

/** Fewer inputs, and a shorter last one, that fail in the same way; as they are when they do not fail again by themselves. */
export async function shrink(
  target: Target,
  prepared: Prepared,
  inputs: readonly Buffer[],
  what: string,
): Promise<readonly Buffer[]> {
  const limit = performance.now() + MAX_SHRINKING_MS;
  const fails = async (tried: readonly Buffer[]): Promise<boolean> =>
    performance.now() < limit &&
    firstLine((await replay(target, prepared, tried)).problem) === firstLine(what);
  let kept = inputs;
  for (let count = 1; count < kept.length; count *= 2) {
    if (await fails(kept.slice(-count))) kept = kept.slice(-count);
  }
  const before = kept.slice(0, -1);
  let last = kept.at(-1) ?? Buffer.alloc(0);
  for (let size = last.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < last.length;) {
      const shorter = Buffer.concat([last.subarray(0, at), last.subarray(at + size)]);
      if (await fails([...before, shorter])) last = shorter;
      else at += size;
    }
  }
  return [...before, last];
}

async function isReallySlow(target: Target, prepared: Prepared, inputs: readonly Buffer[]): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if ((await replay(target, prepared, inputs)).lastMs < MAX_INPUT_MS) return false;
  }
  return true;
}

/** Takes what nobody caught, instead of whoever listened for it (such as a test runner) until the answer is called. */
function listenForStrays(listener: (error: unknown) => void): () => void {
  const restore = (['unhandledRejection', 'uncaughtException'] as const).map((event) => {
    const others = process.listeners(event as 'uncaughtException');
    process.removeAllListeners(event);
    process.on(event, listener);
    return () => {
      process.off(event, listener);
      for (const other of others) process.on(event, other);
    };
  });
  return () => restore.forEach((each) => each());
}

export async function runCampaign(target: Target, options: CampaignOptions): Promise<CampaignResult> {
  const { seed, inputs, onInput } = options;
  const prepared = await target.prepare();
  const strays: unknown[] = [];
  const listenNoMore = listenForStrays((error) => void strays.push(error));
  const begun = performance.now();
  const limit = begun + (options.limitMs ?? Infinity);
  // Code is compiled and caches fill in the beginning; what grows after that is a leak.
  const warm = Math.min(inputs >> 3, 20_000);
  let heapBefore: number | undefined;
  let episode: Episode | undefined;
  let faults = 0;
  let slowestMs = 0;
  let problem: string | undefined;
  /** By the input itself, so that it fails again without the time and the others around it. */
  let wasRaised = false;
  let index = 0;
  const takeStray = async () => {
    await breathe();
    const stray = strays.splice(0).find((error) => !target.isFault(error));
    if (stray !== undefined) problem ??= `later, with nobody listening: ${describe(stray)}`;
  };
  const endEpisode = async () => {
    const ending = episode;
    episode = undefined;
    try {
      await ending?.end?.();
    } catch (error) {
      problem ??= `at the episode's end: ${describe(error)}`;
    }
    await takeStray();
  };
  try {
    while (index < inputs) {
      episode ??= await prepared.begin(new Random(seed, -1 - index));
      onInput?.(index);
      const result = await feed(target, episode, inputOf(prepared, seed, index));
      if (result.faulted) faults++;
      if (result.ms > slowestMs) slowestMs = result.ms;
      problem = result.problem;
      wasRaised = problem !== undefined;
      if (problem === undefined && result.ms > MAX_INPUT_MS) {
        const slow = await isReallySlow(target, prepared, historyOf(target, prepared, seed, index));
        if (slow) problem = `took ${result.ms.toFixed(0)} ms`;
      }
      if (index % BREATH === BREATH - 1) await takeStray();
      index++;
      if (index % target.episode === 0 || problem !== undefined) await endEpisode();
      if (problem !== undefined) break;
      if (index === warm) heapBefore = heldBytes();
      if (performance.now() > limit) break;
    }
    if (problem === undefined) await endEpisode();
    const seconds = (performance.now() - begun) / 1000;
    const heapGrowthBytes = heapBefore === undefined ? 0 : heldBytes() - heapBefore;
    if (problem === undefined && heapGrowthBytes > MAX_HEAP_GROWTH)
      problem = `the heap grew by ${(heapGrowthBytes / 1024 / 1024).toFixed(0)} MiB`;
    const failing = Math.max(0, index - 1);
    const history = problem === undefined ? [] : historyOf(target, prepared, seed, failing);
    return {
      target: target.name,
      seed,
      inputs: index,
      faults,
      seconds,
      slowestMs,
      heapGrowthBytes,
      failure:
        problem === undefined
          ? undefined
          : {
              index: failing,
              what: problem,
              inputs: wasRaised ? await shrink(target, prepared, history, problem) : history,
            },
    };
  } finally {
    await episode?.end?.();
    listenNoMore();
  }
}
