/**
 * One media connection with the media server, from the offer to the end: the peer, its candidates in their order, its
 * time limits and its statistics. Whoever owns it knows what the offer is for and what happens after a failure.
 */
import type { ErrorCode } from '../../protocol/errors';
import { MAX_QUEUED_CANDIDATES } from '../../protocol/limits';
import type { IceCandidate } from '../../protocol/signaling';
import { Disposer } from '../disposer';
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import type { ConnectionStats } from './connection-stats';
import type { openPeer, Peer, PeerDirection } from './peer';
import { sampleStats } from './stats-sampler';

export interface NegotiationOptions {
  readonly openPeer: typeof openPeer;
  readonly timers: Timers;
  readonly direction: PeerDirection;
  readonly tracks: readonly MediaStreamTrack[];
  /** As the peer's: the picture in layers. */
  readonly layered?: boolean;
  /** Sends the request that carries the offer; false when there is no link. */
  readonly sendOffer: (sdp: string) => boolean;
  readonly sendCandidate: (candidate: IceCandidate) => boolean;
  /** As the peer's: takes the offer of an ICE restart to the hub. */
  readonly restart?: (sdpOffer: string) => Promise<string | null>;
  /** Media flows; again after each time that it came back by itself. */
  readonly onConnected: () => void;
  /** Once: nothing comes of this one any more. */
  readonly onFailed: (code: ErrorCode) => void;
  /** From the offer to the answer; null where people take their time in between. */
  readonly answerLimitMs: number | null;
}

/** A media server under load takes a second or two. */
export const ANSWER_LIMIT_MS = 10_000;
/** From the answer to connected media: ICE and DTLS take well under a second where UDP gets through at all. */
const CONNECT_LIMIT_MS = 10_000;
/** A connection that is `disconnected` often comes back by itself; after this long it does not. */
const DISCONNECTED_LIMIT_MS = 5_000;

export class Negotiation {
  readonly #options: NegotiationOptions;
  readonly #lifetime = new Disposer();
  readonly #remote = new Cell<MediaStream | null>(null);
  readonly #stats = new Cell<ConnectionStats | null>(null);
  /** Every candidate of this side, in order: the hub may have to hear them again. */
  readonly #candidates: IceCandidate[] = [];
  #told = 0;
  #peer: Peer | null = null;
  #offer: string | null = null;
  #offered = false;
  #answered = false;

  /** Begins at once. */
  constructor(options: NegotiationOptions) {
    this.#options = options;
    this.#begin().catch(() => this.#fail('internal'));
  }

  get answered(): boolean {
    return this.#answered;
  }
  /** Null until the answer is there. */
  get remote(): Store<MediaStream | null> {
    return this.#remote;
  }
  /** Null until connected. */
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }

  /** A second answer (the hub repeats itself after a lost connection) changes nothing. */
  async acceptAnswer(sdp: string): Promise<void> {
    const peer = this.#peer;
    // Before its offer is sent, an answer is one to another.
    if (peer === null || !this.#offered || this.#answered || this.#lifetime.disposed) return;
    this.#answered = true;
    try {
      await peer.acceptAnswer(sdp);
    } catch {
      this.#fail('sdp-rejected');
      return;
    }
    if (this.#lifetime.disposed) return;
    this.#remote.set(peer.remote);
    this.#limit(CONNECT_LIMIT_MS, () => {
      if (peer.connection.connectionState !== 'connected') this.#fail('media-failed');
    });
  }

  addIceCandidate(candidate: IceCandidate): void {
    this.#peer?.addIceCandidate(candidate);
  }

  /** A refused replacement leaves the old track, which is silence at worst. */
  replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): void {
    this.#peer?.replaceTrack(kind, track).catch(() => undefined);
  }

  /** After a lost link: what could not be sent meanwhile; with `all`, the offer and everything that followed it. */
  resend(all = false): void {
    if (this.#offer === null) return;
    if (!this.#answered && (all || !this.#offered)) {
      this.#told = 0;
      this.#offered = this.#options.sendOffer(this.#offer);
    }
    this.#tellCandidates();
  }

  /** Idempotent; leaves the tracks alone. */
  close(): void {
    this.#lifetime.dispose();
    this.#peer = null;
    this.#remote.set(null);
    this.#stats.set(null);
  }

  async #begin(): Promise<void> {
    const {
      openPeer,
      direction,
      tracks,
      timers,
      sendOffer,
      answerLimitMs,
      restart,
      layered = false,
    } = this.#options;
    const peer = await openPeer({
      direction,
      tracks,
      layered,
      ...(restart && { restart }),
      onCandidate: (candidate) => {
        if (this.#candidates.length >= MAX_QUEUED_CANDIDATES) return;
        this.#candidates.push(candidate);
        this.#tellCandidates();
      },
      onConnection: (state) => {
        if (!this.#lifetime.disposed) this.#connectionChanged(state, peer);
      },
    });
    this.#lifetime.add(() => {
      peer.close();
    });
    if (this.#lifetime.disposed) return;
    this.#peer = peer;
    const offer = await peer.createOffer();
    if (this.#lifetime.disposed) return;
    this.#offer = offer;
    this.#offered = sendOffer(offer);
    this.#tellCandidates();
    if (answerLimitMs === null) return;
    this.#lifetime.add(
      timers.after(answerLimitMs, () => {
        if (!this.#answered) this.#fail('media-server-timeout');
      }),
    );
  }

  /** They wait for their offer: the hub could not tell whose they are. */
  #tellCandidates(): void {
    if (!this.#offered) return;
    for (let next = this.#candidates[this.#told]; next !== undefined; next = this.#candidates[this.#told]) {
      if (!this.#options.sendCandidate(next)) return;
      this.#told += 1;
    }
  }

  #connectionChanged(state: RTCPeerConnectionState, peer: Peer): void {
    if (state === 'failed') {
      this.#fail('media-failed');
    } else if (state === 'disconnected') {
      this.#limit(DISCONNECTED_LIMIT_MS, () => {
        if (peer.connection.connectionState === 'disconnected') this.#fail('media-failed');
      });
    } else if (state === 'connected') {
      this.#measure(peer);
      this.#options.onConnected();
    }
  }

  #measure(peer: Peer): void {
    if (this.#stats.get() !== null) return;
    const sampler = sampleStats(peer.connection, this.#options.timers);
    this.#lifetime.add(sampler.subscribe(() => this.#stats.set(sampler.get())));
    this.#lifetime.add(() => {
      sampler.close();
    });
  }

  #limit(ms: number, task: () => void): void {
    this.#lifetime.add(
      this.#options.timers.after(ms, () => {
        if (!this.#lifetime.disposed) task();
      }),
    );
  }

  #fail(code: ErrorCode): void {
    if (this.#lifetime.disposed) return;
    this.close();
    this.#options.onFailed(code);
  }
}
