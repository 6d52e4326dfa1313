/**
 * Looks after a connection when the computer moves to another network: browsers take five seconds and more to doubt a path
 * that has just died, and many systems tell nobody of another address. A path on which nothing comes in any more gets an
 * ICE restart (RFC 8445, section 9), which keeps everything but the path; where the other side has none, or nothing comes
 * of it, the connection is given up early, and its session makes a new one. A path that lives is left alone.
 */
import type { Timers } from '../timers';
import type { openPeer, Peer, PeerOptions } from './peer';
import { received, watchSilence } from './silence';

/** Media servers answer with reports or media many times a second. */
const SILENCE_MS = 800;
/** What was under way when the path died comes in, and is counted: Chromium answers with statistics of 50 ms ago. */
const SETTLE_MS = 100;
/** For the link to the hub to be found dead and replaced, and the media server to answer. */
const RESTART_ANSWER_MS = 2_500;
/** A new path is found within a few round trips, or there is none. */
const RESTART_CONNECT_MS = 1_200;

export interface NetworkWatchOptions {
  readonly openPeer: typeof openPeer;
  /** Answers its end. */
  readonly onNetworkChange: (listener: () => void) => () => void;
  /** A path has gone silent, and no system has told why: other links may be dead as well. */
  readonly onDoubt: () => void;
  readonly timers: Timers;
}

/** Opens peers that mend what another network has cut off, or else report `failed` soon. */
export function watchingNetwork(options: NetworkWatchOptions): typeof openPeer {
  return async (peerOptions) => {
    let path: WatchedPath | null = null;
    const peer = await options.openPeer({
      ...peerOptions,
      onConnection(state) {
        peerOptions.onConnection(state);
        path?.changed(state);
      },
    });
    const watched = new WatchedPath(peer, peerOptions, options);
    path = watched;
    return {
      ...peer,
      close() {
        watched.close();
        peer.close();
      },
    };
  };
}

class WatchedPath {
  readonly #peer: Peer;
  readonly #peerOptions: PeerOptions;
  readonly #options: NetworkWatchOptions;
  readonly #unhear: () => void;
  #cancel: () => void = () => undefined;
  readonly #unwatch: () => void;
  #closed = false;
  #restarting = false;
  /** The network changed once more while a restart was under way: what it was made for is past. */
  #changedAgain = false;

  constructor(peer: Peer, peerOptions: PeerOptions, options: NetworkWatchOptions) {
    this.#peer = peer;
    this.#peerOptions = peerOptions;
    this.#options = options;
    this.#unhear = options.onNetworkChange(() => {
      this.#check();
    });
    this.#unwatch = watchSilence(peer.connection, options.timers, {
      onDoubt: options.onDoubt,
      onSilence: () => {
        if (!this.#restarting) void this.#mend();
      },
    });
  }

  changed(state: RTCPeerConnectionState): void {
    if (this.#closed || state !== 'disconnected') return;
    this.#options.onDoubt();
    // It often comes back by itself.
    if (!this.#restarting)
      this.#later(SILENCE_MS, () => {
        this.#check();
      });
  }

  close(): void {
    this.#closed = true;
    this.#unhear();
    this.#cancel();
    this.#unwatch();
  }

  #check(): void {
    if (this.#restarting) {
      this.#changedAgain = true;
      return;
    }
    this.#cancel();
    const state = this.#peer.connection.connectionState;
    if (state === 'disconnected') return void this.#mend();
    if (state !== 'connected' && state !== 'connecting') return;
    this.#later(SETTLE_MS, () => void this.#listen());
  }

  async #listen(): Promise<void> {
    const before = await received(this.#peer.connection);
    if (this.#closed || this.#restarting) return;
    // One that is still being made looks for its way from the old address.
    this.#later(SILENCE_MS - SETTLE_MS, () => void this.#ifSilentSince(before, () => void this.#mend()));
  }

  async #mend(): Promise<void> {
    const { restart } = this.#peerOptions;
    const settled = this.#peer.connection.signalingState === 'stable';
    if (this.#closed || this.#restarting) return;
    if (restart === undefined || !settled) return this.#giveUp();
    this.#restarting = true;
    this.#changedAgain = false;
    // Silence in any of its steps ends it: one that has been given up has closed this path.
    this.#later(RESTART_ANSWER_MS, () => this.#giveUp());
    try {
      const answer = await restart(await this.#peer.createRestart());
      if (this.#closed) return;
      if (answer === null) return this.#giveUp();
      await this.#peer.acceptAnswer(answer);
    } catch {
      return this.#giveUp();
    }
    this.#restarting = false;
    const before = await received(this.#peer.connection);
    if (this.#closed) return;
    if (this.#changedAgain) return this.#check();
    this.#later(RESTART_CONNECT_MS, () => void this.#ifSilentSince(before, () => this.#giveUp()));
  }

  #giveUp(): void {
    if (!this.#closed) this.#peerOptions.onConnection('failed');
  }

  async #ifSilentSince(before: number | null, task: () => void): Promise<void> {
    const now = await received(this.#peer.connection);
    if (!this.#closed && now !== null && now === before) task();
  }

  #later(ms: number, task: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.timers.after(ms, task);
  }
}
