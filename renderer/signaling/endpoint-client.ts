/**
 * One connection to one endpoint of the hub: opens, introduces itself with `hello`, guards what comes in, notices a dead
 * link and comes back with back-off. It knows nothing of sessions; whoever owns it hears `ready` again after a loss and
 * decides what to send anew.
 */
import * as v from 'valibot';
import { MAX_SIGNALING_FRAME } from '../../protocol/limits';
import {
  replyGuards,
  SILENT_SOCKET_CODE,
  type EndpointPath,
  type MediaServerState,
  type Replies,
  type Requests,
  type Welcome,
} from '../../protocol/signaling';
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';

export type LinkState =
  | { readonly at: 'connecting' }
  /** `mediaServer` follows the hub's messages; the rest is as welcomed. */
  | { readonly at: 'ready'; readonly welcome: Welcome; readonly mediaServer: MediaServerState }
  /** Lost or refused; tries again at `retryAt`. `attempt` counts failures in a row. */
  | { readonly at: 'waiting'; readonly attempt: number; readonly retryAt: number }
  | { readonly at: 'closed' };

/** The part of a browser's WebSocket that is used; tests bring their own. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}
export type OpenSocket = (url: string) => Socket;

export interface EndpointClientOptions<P extends EndpointPath> {
  /** Base of the wire, such as `wss://localhost:8443`. */
  readonly hubUrl: string;
  readonly path: P;
  readonly openSocket: OpenSocket;
  readonly timers: Timers;
  /**
   * False while this computer knows that there is no way to the hub. Trying all the same would harm: browsers make those
   * wait seconds whose connections have failed often.
   */
  readonly reachable?: (hubUrl: string) => boolean;
  /** In [0, 1): spreads reconnections. */
  readonly random: () => number;
}

/** A hub on a LAN answers within milliseconds; a phone on a weak network within a few seconds. */
const WELCOME_LIMIT_MS = 8_000;
/** After a loss: systems double the pauses of a connection that is not answered, and a new one begins anew. */
const RETRY_WELCOME_LIMIT_MS = 4_000;
/** Silence after which the link is asked whether it lives; browsers hide the protocol's own pings from pages. */
const QUIET_MS = 10_000;
/** No answer to that within this time means that the link is dead. */
const PROBE_LIMIT_MS = 4_000;
/** A rival that got through first waits this long for the old link's answer to the same question. */
const COURTESY_MS = 300;
/** A rival that has not got through by then was begun too early. */
const RIVAL_LIMIT_MS = 2_000;
/** Where there is no way at all, the next one is tried soon: the network may be back at any moment. */
const RIVAL_PAUSE_MS = 1_000;
const FIRST_RETRY_MS = 250;
/** A session that waits has to be back within five seconds of the network's return, which nobody may tell. */
const LAST_RETRY_MS = 2_000;
const OPEN = 1;

/** Milliseconds to wait before attempt number `attempt` (from 1): doubling, capped, with up to a quarter of jitter. */
export function retryDelay(attempt: number, random: number): number {
  const base = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(base * (0.875 + random * 0.25));
}

export class EndpointClient<P extends EndpointPath> {
  readonly #options: EndpointClientOptions<P>;
  readonly #state = new Cell<LinkState>({ at: 'connecting' });
  readonly #listeners = new Set<(reply: Replies[P]) => void>();
  #socket: Socket | null = null;
  #attempt = 0;
  #cancelTimer: () => void = () => undefined;
  #probing = false;
  /** Another link that is tried while this one is in doubt. */
  #rival: Socket | null = null;
  #cancelRival: () => void = () => undefined;

  constructor(options: EndpointClientOptions<P>) {
    this.#options = options;
    this.#connect();
  }

  get state(): Store<LinkState> {
    return this.#state;
  }

  /** Hears every guarded reply except `welcome` and `mediaServer`, which are in the state. Answers its unsubscribe. */
  on(listener: (reply: Replies[P]) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** False when there is no open link: nothing is queued, since a session does not outlive its socket. */
  send(request: Requests[P]): boolean {
    const socket = this.#socket;
    if (this.#state.get().at !== 'ready' || socket === null || socket.readyState !== OPEN) return false;
    socket.send(JSON.stringify(request));
    return true;
  }

  /** Skips the rest of a back-off: the network came back, or the user is impatient. */
  retryNow(): void {
    if (this.#state.get().at === 'waiting') this.#connect();
  }

  /** The computer moved to another network: a link that does not answer quickly is dead, whatever the socket believes. */
  probe(): void {
    const { at } = this.#state.get();
    if (at === 'waiting') this.#connect();
    // What is being made was begun from the old address.
    else if (at === 'connecting') this.reconnect();
    else if (at === 'ready') this.#challenge();
  }

  /** Something else has gone silent, perhaps for a moment: is this link alive? */
  doubt(): void {
    if (this.#state.get().at === 'ready' && this.#rival === null) this.#challenge();
  }

  /**
   * Asks whether the link lives, and tries another one meanwhile. Where that gets through and the old one keeps silent, it
   * takes over; while nothing gets through, nothing is lost yet.
   */
  #challenge(): void {
    this.#ask(PROBE_LIMIT_MS, () => this.#lost());
    this.#openRival();
  }

  #openRival(): void {
    this.#dropRival();
    const { openSocket, hubUrl, path, timers } = this.#options;
    if (!this.#isReachable()) return this.#rivalLater();
    let rival: Socket;
    try {
      rival = openSocket(hubUrl + path);
    } catch {
      return;
    }
    this.#rival = rival;
    this.#cancelRival = timers.after(RIVAL_LIMIT_MS, () => {
      if (this.#rival === rival) this.#openRival();
    });
    rival.addEventListener('error', () => undefined);
    rival.addEventListener('close', () => {
      if (this.#rival !== rival) return;
      this.#dropRival();
      this.#rivalLater();
    });
    rival.addEventListener('open', () => {
      if (this.#rival !== rival) return;
      this.#cancelRival();
      this.#cancelRival = timers.after(COURTESY_MS, () => {
        if (this.#rival !== rival) return;
        if (rival.readyState !== OPEN) return this.#openRival();
        this.#rival = null;
        this.#drop(SILENT_SOCKET_CODE);
        this.#adopt(rival);
        greet(rival);
      });
    });
  }

  #rivalLater(): void {
    this.#cancelRival = this.#options.timers.after(RIVAL_PAUSE_MS, () => this.#openRival());
  }

  #isReachable(): boolean {
    const { reachable, hubUrl } = this.#options;
    return reachable?.(hubUrl) ?? true;
  }

  #dropRival(): void {
    this.#cancelRival();
    const rival = this.#rival;
    this.#rival = null;
    if (rival !== null) closeQuietly(rival);
  }

  /** A fresh link at once: answers that are still under way on the old one are not wanted any more. */
  reconnect(): void {
    if (this.#state.get().at === 'closed') return;
    this.#drop();
    this.#connect();
  }

  close(): void {
    if (this.#state.get().at === 'closed') return;
    this.#drop();
    this.#state.set({ at: 'closed' });
    this.#listeners.clear();
  }

  #connect(): void {
    this.#cancelTimer();
    let socket: Socket;
    try {
      socket = this.#options.openSocket(this.#options.hubUrl + this.#options.path);
    } catch {
      // A malformed address: no other try will do better, but the address may be corrected meanwhile.
      this.#state.set({ at: 'connecting' });
      this.#lost();
      return;
    }
    this.#adopt(socket);
    socket.addEventListener('open', () => {
      if (this.#socket === socket) greet(socket);
    });
  }

  #adopt(socket: Socket): void {
    this.#cancelTimer();
    this.#socket = socket;
    this.#state.set({ at: 'connecting' });
    const current = (task: () => void) => () => {
      if (this.#socket === socket) task();
    };
    socket.addEventListener(
      'close',
      current(() => this.#lost()),
    );
    // An error is always followed by a close, which does the work.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('message', (event) => {
      if (this.#socket === socket) this.#receive(event.data);
    });
    const limit = this.#attempt === 0 ? WELCOME_LIMIT_MS : RETRY_WELCOME_LIMIT_MS;
    this.#cancelTimer = this.#options.timers.after(limit, () => this.#lost());
  }

  #receive(data: unknown): void {
    if (this.#state.get().at === 'ready') this.#watchForSilence();
    if (typeof data !== 'string' || data.length > MAX_SIGNALING_FRAME) return;
    const reply = this.#guard(data);
    if (reply === null) return;
    const state = this.#state.get();
    if (reply.id === 'welcome') {
      this.#attempt = 0;
      const answersProbe = this.#probing && state.at === 'ready' && state.mediaServer === reply.mediaServer;
      this.#probing = false;
      this.#dropRival();
      if (!answersProbe) this.#state.set({ at: 'ready', welcome: reply, mediaServer: reply.mediaServer });
      this.#watchForSilence();
      return;
    }
    if (reply.id === 'mediaServer') {
      if (state.at !== 'ready') return;
      // Another media server may have come back, with other abilities.
      const welcome =
        reply.overlays === undefined ? state.welcome : { ...state.welcome, overlays: reply.overlays };
      this.#state.set({ ...state, welcome, mediaServer: reply.state });
      return;
    }
    for (const listener of [...this.#listeners]) listener(reply as Replies[P]);
  }

  #guard(data: string): v.InferOutput<(typeof replyGuards)[P]> | null {
    let raw: unknown;
    try {
      raw = JSON.parse(data);
    } catch {
      return null;
    }
    const result = v.safeParse(replyGuards[this.#options.path], raw);
    // What this version does not know is not for it.
    return result.success ? result.output : null;
  }

  /** Before the welcome, the limit for that one holds instead. */
  #watchForSilence(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.timers.after(QUIET_MS, () => {
      this.#ask(PROBE_LIMIT_MS, () => this.#lost());
    });
  }

  #ask(limitMs: number, onSilence: () => void): void {
    this.#cancelTimer();
    this.#probing = true;
    if (this.#socket?.readyState === OPEN) greet(this.#socket);
    this.#cancelTimer = this.#options.timers.after(limitMs, onSilence);
  }

  #lost(): void {
    this.#drop(SILENT_SOCKET_CODE);
    this.#attempt += 1;
    const delay = retryDelay(this.#attempt, this.#options.random());
    this.#state.set({ at: 'waiting', attempt: this.#attempt, retryAt: this.#options.timers.now() + delay });
    this.#retryAfter(delay);
  }

  #retryAfter(delay: number): void {
    this.#cancelTimer = this.#options.timers.after(delay, () => {
      if (this.#isReachable()) this.#connect();
      else this.#retryAfter(RIVAL_PAUSE_MS);
    });
  }

  #drop(code = 1000): void {
    this.#cancelTimer();
    this.#probing = false;
    this.#dropRival();
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) closeQuietly(socket, code);
  }
}

function greet(socket: Socket): void {
  socket.send(JSON.stringify({ id: 'hello', version: 1 }));
}

function closeQuietly(socket: Socket, code = 1000): void {
  try {
    socket.close(code);
  } catch {
    // Some sockets refuse to be closed while connecting; they are forgotten either way.
  }
}
