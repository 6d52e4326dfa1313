/**
 * One mirror from the button to the end: keeps the link, makes a peer for each round, and brings the picture back by
 * itself after the media server or the hub was away. The camera belongs to the LocalMedia it was given, and stays on
 * meanwhile. Serves the magic mirror as well, whose `start` carries an overlay.
 */
import type { ErrorCode, Failure } from '../../../protocol/errors';
import { MIRROR_IDLE, isRunning, next, type MirrorEvent, type MirrorState } from '../../../protocol/mirror';
import type { Replies, Requests } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { ConnectionStats } from '../../media/connection-stats';
import type { LocalMedia } from '../../media/local-media';
import type { openPeer, Peer } from '../../media/peer';
import { RestartRequest } from '../../media/restart-request';
import { sampleStats } from '../../media/stats-sampler';
import { retryDelay, type EndpointClient, type LinkState } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';
import type { Timers } from '../../timers';

export type MirrorPath = '/helloworld' | '/magicmirror';
type StartRequest<P extends MirrorPath> = Extract<Requests[P], { id: 'start' }>;

export interface MirrorSessionOptions<P extends MirrorPath> {
  readonly client: EndpointClient<P>;
  readonly media: Pick<LocalMedia, 'tracks' | 'ready' | 'onTrack'>;
  readonly openPeer: typeof openPeer;
  readonly timers: Timers;
  readonly random: () => number;
  /** What `start` carries beside the offer; read for each round. */
  readonly start: (sdpOffer: string) => StartRequest<P>;
}

/** From the offer to the answer; a media server under load takes a second or two. */
const ANSWER_LIMIT_MS = 10_000;
/** From the answer to connected media: ICE and DTLS take well under a second where UDP gets through at all. */
const CONNECT_LIMIT_MS = 10_000;
/** A connection that is `disconnected` often comes back by itself; after this long it does not. */
const DISCONNECTED_LIMIT_MS = 3_000;
/** Rounds in a row that never connected; then something is in the way that no other try removes. */
const MAX_FRUITLESS_ROUNDS = 4;

export class MirrorSession<P extends MirrorPath> {
  readonly returned = new Cell<MediaStream | null>(null);
  readonly #options: MirrorSessionOptions<P>;
  readonly #machine: Machine<MirrorState, MirrorEvent>;
  readonly #stats = new Cell<ConnectionStats | null>(null);
  /** What belongs to the present round: its peer, its timers. */
  #round = new Disposer();
  readonly #lifetime = new Disposer();
  #peer: Peer | null = null;
  readonly #restart = new RestartRequest((sdpOffer) => {
    this.#send({ id: 'restart', sdpOffer });
  });
  #offered = false;
  #fruitless = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(options: MirrorSessionOptions<P>) {
    this.#options = options;
    this.#machine = new Machine(MIRROR_IDLE, next, (from, to) => this.#stepped(from, to));
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged(options.client.state.get())));
    this.#lifetime.add(
      options.media.onTrack((kind, track) => {
        this.#peer?.replaceTrack(kind, track).catch(() => undefined);
      }),
    );
  }

  get state(): Store<MirrorState> {
    return this.#machine;
  }
  /** Null until a round is connected. */
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }

  start(): void {
    this.#fruitless = 0;
    if (!isRunning(this.#machine.get())) this.#machine.dispatch({ type: 'start' });
  }

  stop(): void {
    const unanswered = this.#machine.get().at === 'starting' && this.#offered;
    if (!this.#machine.dispatch({ type: 'stop' })) return;
    // An answer may be under way that could be taken for the next round's: it shall not find anybody.
    if (unanswered) this.#options.client.reconnect();
    else this.#send({ id: 'stop' });
  }

  /** Idempotent. The client belongs to whoever opened it. */
  close(): void {
    this.#cancelRetry();
    this.#round.dispose();
    this.#lifetime.dispose();
    this.#peer = null;
    this.returned.set(null);
  }

  #stepped(from: MirrorState, to: MirrorState): void {
    this.#cancelRetry();
    if (from.round !== to.round || !isRunning(to)) {
      this.#restart.settle(null);
      this.#round.dispose();
      this.#peer = null;
      this.#offered = false;
      this.returned.set(null);
      this.#stats.set(null);
    }
    if (to.at === 'starting') {
      this.#round = new Disposer();
      this.#advance();
    }
    if (to.at === 'interrupted') this.#planRetry(this.#options.client.state.get());
  }

  #linkChanged(link: LinkState): void {
    const state = this.#machine.get();
    if (state.at === 'interrupted') {
      this.#planRetry(link);
    } else if (isRunning(state) && link.at !== 'ready' && this.#offered) {
      this.#machine.dispatch({ type: 'lost', failure: failure('hub-unreachable') });
    } else if (isRunning(state) && link.at === 'ready' && link.mediaServer !== 'ready' && this.#offered) {
      this.#machine.dispatch({ type: 'lost', failure: failure('media-server-unavailable') });
    } else if (state.at === 'starting' && !this.#offered) {
      this.#advance();
    }
  }

  /** At once when what was missing is back; with growing pauses when it was there all along. */
  #planRetry(link: LinkState): void {
    this.#cancelRetry();
    if (link.at !== 'ready' || link.mediaServer !== 'ready') return;
    const delay = this.#fruitless === 0 ? 0 : retryDelay(this.#fruitless, this.#options.random());
    this.#cancelRetry = this.#options.timers.after(delay, () => {
      this.#machine.dispatch({ type: 'start' });
    });
  }

  /** Begins the round's work as soon as the link and the media server are there. */
  #advance(): void {
    const link = this.#options.client.state.get();
    if (link.at !== 'ready' || link.mediaServer !== 'ready' || this.#peer !== null) return;
    const round = this.#round;
    if (this.#offered) return;
    this.#offered = true;
    this.#negotiate(round).catch((error: unknown) => {
      if (round.disposed) return;
      const message = error instanceof Error ? error.message : '';
      this.#machine.dispatch({
        type: 'failed',
        round: this.#machine.get().round,
        failure: { code: 'internal', message, retryable: false },
      });
    });
  }

  async #negotiate(round: Disposer): Promise<void> {
    const { media, openPeer, timers } = this.#options;
    await media.ready();
    if (round.disposed) return;
    if (media.tracks.length === 0) {
      // The preview says which device is missing and why.
      this.#offered = false;
      this.#machine.dispatch({ type: 'stop' });
      return;
    }
    // Candidates wait for their offer: the hub could not tell whose they are.
    const early: Requests[P][] = [];
    let sent = false;
    const peer = await openPeer({
      direction: 'sendrecv',
      tracks: media.tracks,
      restart: (offer) => this.#restart.ask(offer),
      onCandidate: (candidate) => {
        const request = { id: 'onIceCandidate', candidate } as Requests[P];
        if (sent) this.#send(request);
        else early.push(request);
      },
      onConnection: (state) => {
        if (!round.disposed) this.#connectionChanged(state, round);
      },
    });
    round.add(() => {
      peer.close();
    });
    if (round.disposed) return;
    this.#peer = peer;
    performance.mark('callcast:create-offer');
    const offer = await peer.createOffer();
    if (round.disposed) return;
    if (!this.#send(this.#options.start(offer))) {
      this.#machine.dispatch({ type: 'lost', failure: failure('hub-unreachable') });
      return;
    }
    sent = true;
    for (const request of early) this.#send(request);
    round.add(
      timers.after(ANSWER_LIMIT_MS, () => {
        if (this.#machine.get().at !== 'starting') return;
        this.#fail(failure('media-server-timeout'));
        this.#options.client.reconnect();
      }),
    );
  }

  #receive(reply: Replies[P]): void {
    const message: Replies[MirrorPath] = reply;
    switch (message.id) {
      case 'startResponse':
        void this.#answered(message.sdpAnswer);
        return;
      case 'iceCandidate':
        this.#peer?.addIceCandidate(message.candidate);
        return;
      case 'restarted':
        this.#restart.settle(message.response === 'accepted' ? message.sdpAnswer : null);
        return;
      case 'error':
        if (this.#restart.settle(null)) return;
        this.#fail({
          code: message.code ?? 'internal',
          message: message.message,
          retryable: message.retryable ?? false,
          ...(message.ref === undefined ? {} : { ref: message.ref }),
        });
        return;
      case 'welcome':
      case 'mediaServer':
        return;
    }
  }

  async #answered(sdpAnswer: string): Promise<void> {
    const round = this.#round;
    const peer = this.#peer;
    const state = this.#machine.get();
    if (peer === null || state.at !== 'starting') return;
    try {
      await peer.acceptAnswer(sdpAnswer);
    } catch {
      if (!round.disposed) this.#fail({ ...failure('sdp-rejected'), retryable: false });
      return;
    }
    if (round.disposed) return;
    this.returned.set(peer.remote);
    this.#machine.dispatch({ type: 'answered', round: state.round, now: this.#options.timers.now() });
    round.add(
      this.#options.timers.after(CONNECT_LIMIT_MS, () => {
        if (peer.connection.connectionState !== 'connected') this.#fail(failure('media-failed'));
      }),
    );
  }

  #connectionChanged(state: RTCPeerConnectionState, round: Disposer): void {
    const peer = this.#peer;
    if (peer === null) return;
    if (state === 'connected') {
      this.#fruitless = 0;
      if (this.#stats.get() !== null) return;
      const sampler = sampleStats(peer.connection, this.#options.timers);
      round.add(sampler.subscribe(() => this.#stats.set(sampler.get())));
      round.add(() => {
        sampler.close();
      });
    } else if (state === 'failed') {
      this.#fail(failure('media-failed'));
    } else if (state === 'disconnected') {
      round.add(
        this.#options.timers.after(DISCONNECTED_LIMIT_MS, () => {
          if (peer.connection.connectionState === 'disconnected') this.#fail(failure('media-failed'));
        }),
      );
    }
  }

  /** A failure of the present round: another try follows where that may help, and not for ever. */
  #fail(found: Failure): void {
    const state = this.#machine.get();
    if (!isRunning(state)) return;
    this.#fruitless += 1;
    // An absent media server is waited for as long as it takes; the user sees why.
    const hopeless = this.#fruitless >= MAX_FRUITLESS_ROUNDS && found.code !== 'media-server-unavailable';
    this.#machine.dispatch({
      type: 'failed',
      round: state.round,
      failure: hopeless ? { ...found, retryable: false } : found,
    });
  }

  #send(
    request: { readonly id: 'stop' } | { readonly id: 'restart'; readonly sdpOffer: string } | Requests[P],
  ): boolean {
    return this.#options.client.send(request);
  }
}

/** Failures that this side finds by itself; the screen has the words. */
function failure(code: ErrorCode): Failure {
  return { code, message: code, retryable: true };
}
