/**
 * Keeps the embedded media server alive: starts its process, learns its address, starts it anew with back-off when it
 * dies, and ends it. How a process is made is handed in (a Node child, an Electron utility process): this file knows
 * only what both can do. The process on its side ends when its channel to us closes, so that none outlives a crash.
 */
import type { Logger } from '../protocol/log';
import type { MediaServerMessage, MediaServerTrouble } from '../protocol/media-server-process';
import type { Clock } from './clock';

/** A running media server process. */
export interface MediaServerProcess {
  readonly pid: number | undefined;
  /** What it posts to its parent: `{ type: 'ready', url }` once it accepts connections. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the process could not be started. `code` is null when it was killed. */
  onExit(listener: (code: number | null) => void): void;
  /** Asks it to end. */
  stop(): void;
  /** Ends it, whatever it is doing. */
  kill(): void;
}

export type SpawnMediaServer = () => MediaServerProcess;

export type SupervisorState =
  | { readonly at: 'starting' }
  | { readonly at: 'ready'; readonly url: string; readonly pid: number | undefined }
  /** It died, or could not start; the next attempt follows after `pauseMs`. `why`: what it said itself. */
  | { readonly at: 'down'; readonly pauseMs: number; readonly why?: MediaServerTrouble }
  | { readonly at: 'closed' };

export interface SupervisorOptions {
  readonly spawn: SpawnMediaServer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onState: (state: SupervisorState) => void;
}

/** A cold start on a busy machine takes some 2 s. */
const START_LIMIT_MS = 20_000;
/** The first restart comes at once: users are waiting for their picture. */
const BACK_OFF_MS = [0, 250, 1_000, 3_000, 10_000] as const;
/** Having lived so long, its death counts as the first. */
const STABLE_MS = 30_000;
/** Between asking it to end and ending it. */
const STOP_GRACE_MS = 1_500;

export class MediaServerSupervisor {
  readonly #options: SupervisorOptions;
  #state: SupervisorState = { at: 'starting' };
  #process: MediaServerProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #deaths = 0;
  #cancelTimer: () => void = () => {};

  /** Starts at once. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#spawn();
  }

  get state(): SupervisorState {
    return this.#state;
  }

  /** Ends the process and resolves when it is gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#state.at !== 'closed') {
      this.#cancelTimer();
      this.#become({ at: 'closed' });
      const child = this.#process;
      child?.stop();
      const cancel = this.#options.clock.after(STOP_GRACE_MS, () => child?.kill());
      await this.#exited;
      cancel();
    }
    await this.#exited;
  }

  #spawn(): void {
    this.#become({ at: 'starting' });
    const startedAt = this.#options.clock.monotonic();
    let child: MediaServerProcess;
    try {
      child = this.#options.spawn();
    } catch (error) {
      this.#options.logger.error({ error }, 'the media server cannot be started');
      this.#died(startedAt);
      return;
    }
    this.#process = child;
    let why: MediaServerTrouble | undefined;
    this.#cancelTimer = this.#options.clock.after(START_LIMIT_MS, () => {
      this.#options.logger.error({ pid: child.pid }, 'the media server did not get ready in time');
      child.kill();
    });
    child.onMessage((message) => {
      why = troubleOf(message) ?? why;
      // It has nothing more to do, but does not end as long as its channel to us is open.
      if (hasFailed(message) && this.#state.at === 'starting') child.kill();
      const url = readyUrl(message);
      if (url === undefined || this.#process !== child || this.#state.at !== 'starting') return;
      this.#cancelTimer();
      this.#options.logger.info({ url, pid: child.pid }, 'media server ready');
      this.#become({ at: 'ready', url, pid: child.pid });
    });
    this.#exited = new Promise((resolve) => {
      child.onExit((code) => {
        resolve();
        if (this.#process !== child) return;
        this.#process = undefined;
        this.#cancelTimer();
        if (this.#state.at === 'closed') return;
        this.#options.logger.error({ code, pid: child.pid }, 'the media server ended unexpectedly');
        this.#died(startedAt, why);
      });
    });
  }

  #died(startedAt: number, why?: MediaServerTrouble): void {
    if (this.#options.clock.monotonic() - startedAt >= STABLE_MS) this.#deaths = 0;
    const pauseMs = BACK_OFF_MS[Math.min(this.#deaths, BACK_OFF_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    this.#become({ at: 'down', pauseMs, ...(why && { why }) });
    this.#cancelTimer = this.#options.clock.after(pauseMs, () => this.#spawn());
  }

  #become(state: SupervisorState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

/** Only an address on this machine: the process is ours, but what it says is still input. */
function readyUrl(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, url } = message as { type?: unknown; url?: unknown };
  if (type !== 'ready' || typeof url !== 'string') return undefined;
  return /^ws:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d{1,5}\/[\w/-]*$/.test(url) ? url : undefined;
}

function hasFailed(message: unknown): message is { readonly type: 'failed'; readonly why?: unknown } {
  const failed: MediaServerMessage['type'] = 'failed';
  return typeof message === 'object' && message !== null && 'type' in message && message.type === failed;
}

function troubleOf(message: unknown): MediaServerTrouble | undefined {
  return hasFailed(message) && message.why === 'udp-ports-taken' ? message.why : undefined;
}
