/**
 * A broadcast from the button to the end, on the presenter's side: one upstream for all viewers, kept through a lost
 * hub or media server with the same camera. What is sent belongs to the OutgoingMedia it was given.
 */
import { nextPresenter, type PresenterEvent, type PresenterState } from '../../../protocol/broadcast';
import type { ErrorCode } from '../../../protocol/errors';
import type { Replies } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { ConnectionStats } from '../../media/connection-stats';
import { ANSWER_LIMIT_MS, Negotiation } from '../../media/negotiation';
import type { OutgoingMedia } from '../../media/outgoing-media';
import type { openPeer } from '../../media/peer';
import { RestartRequest } from '../../media/restart-request';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';
import type { Timers } from '../../timers';
import { isUsable, Recovery } from './recovery';

export interface PresenterSessionOptions {
  readonly client: EndpointClient<'/one2many'>;
  readonly media: Pick<OutgoingMedia, 'tracks' | 'ready' | 'onTrack'>;
  readonly openPeer: typeof openPeer;
  readonly timers: Timers;
  readonly random: () => number;
}

/** The hub notices within this time that our old connection is dead, and frees the channel that it held. */
const CHANNEL_FREED_MS = 12_000;
const CHANNEL_RETRY_MS = 1_000;

export class PresenterSession {
  readonly #options: PresenterSessionOptions;
  readonly #machine: Machine<PresenterState, PresenterEvent>;
  readonly #lifetime = new Disposer();
  readonly #recovery: Recovery;
  readonly #stats = new Cell<ConnectionStats | null>(null);
  /** What belongs to the present offer. */
  #round = new Disposer();
  #negotiation: Negotiation | null = null;
  readonly #restart = new RestartRequest((sdpOffer) => {
    this.#options.client.send({ id: 'restart', sdpOffer });
  });
  #key: string | undefined;
  /** Proves that a channel that is taken is held by our own old connection. */
  #secret: string | undefined;
  /** When the link was lost last; the channel may be held by our own old connection for a while after. */
  #lostAt: number | null = null;
  #reference: string | undefined;

  constructor(options: PresenterSessionOptions) {
    this.#options = options;
    this.#recovery = new Recovery(options.timers, options.random);
    this.#machine = new Machine<PresenterState, PresenterEvent>({ at: 'idle' }, nextPresenter, (from, to) =>
      this.#stepped(from, to),
    );
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged()));
    this.#lifetime.add(
      options.media.onTrack((kind, track) => {
        this.#negotiation?.replaceTrack(kind, track);
      }),
    );
  }

  get state(): Store<PresenterState> {
    return this.#machine;
  }
  /** Null until connected. */
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }
  /** Of the last refusal, to find it in the hub's log. */
  get reference(): string | undefined {
    return this.#reference;
  }

  /** `channel`: empty for the default one. `key`: where the hub asks for one. */
  present(channel: string, key?: string): void {
    this.#key = key === '' ? undefined : key;
    this.#reference = undefined;
    this.#secret = undefined;
    this.#lostAt = null;
    this.#recovery.succeeded();
    this.#machine.dispatch({ type: 'present', channel });
  }

  stop(): void {
    const unanswered = this.#machine.get().at === 'starting' && this.#negotiation !== null;
    if (!this.#machine.dispatch({ type: 'stop', now: this.#now() })) return;
    // An answer may be under way that could be taken for the next one's: it shall not find anybody.
    if (unanswered) this.#options.client.reconnect();
    else this.#options.client.send({ id: 'stop' });
  }

  dismiss(): void {
    this.#machine.dispatch({ type: 'dismiss' });
  }

  /** Idempotent. The client belongs to whoever opened it. */
  close(): void {
    this.#recovery.cancel();
    this.#round.dispose();
    this.#lifetime.dispose();
    this.#negotiation = null;
  }

  #stepped(from: PresenterState, to: PresenterState): void {
    if (from === to) return;
    this.#recovery.cancel();
    if (to.at === 'starting' || to.at === 'interrupted' || to.at === 'ended') {
      this.#restart.settle(null);
      this.#round.dispose();
      this.#round = new Disposer();
      this.#negotiation = null;
      this.#stats.set(null);
    }
    if (to.at === 'starting') this.#advance();
    if (to.at === 'interrupted') this.#planRetry();
  }

  #linkChanged(): void {
    const link = this.#options.client.state.get();
    const state = this.#machine.get();
    if (state.at === 'interrupted') {
      if (link.at !== 'ready' && state.why === 'socket') this.#lostAt ??= this.#now();
      this.#planRetry();
    } else if (state.at === 'starting' && this.#negotiation === null) {
      this.#advance();
    } else if (state.at === 'starting' || state.at === 'connecting' || state.at === 'on-air') {
      if (link.at !== 'ready') {
        this.#lostAt = this.#now();
        this.#machine.dispatch({ type: 'socket-lost' });
      } else if (link.mediaServer !== 'ready') this.#machine.dispatch({ type: 'media-server-lost' });
    }
  }

  #planRetry(): void {
    this.#recovery.plan(this.#options.client.state.get(), () => {
      this.#machine.dispatch({ type: 'retry' });
    });
  }

  /** Begins as soon as hub, media server and devices are there. */
  #advance(): void {
    if (!isUsable(this.#options.client.state.get())) return;
    const round = this.#round;
    const { media } = this.#options;
    void media.ready().then(() => {
      if (round.disposed || this.#negotiation !== null || this.#machine.get().at !== 'starting') return;
      if (!isUsable(this.#options.client.state.get())) return;
      // The preview says which device is missing and why.
      if (media.tracks.length === 0) this.stop();
      else this.#negotiate(round);
    });
  }

  #negotiate(round: Disposer): void {
    const { client, media, openPeer, timers } = this.#options;
    const state = this.#machine.get();
    if (state.at !== 'starting') return;
    const { channel } = state;
    const key = this.#key;
    const secret = this.#secret;
    const negotiation = new Negotiation({
      openPeer,
      timers,
      direction: 'sendonly',
      tracks: media.tracks,
      layered: true,
      answerLimitMs: ANSWER_LIMIT_MS,
      sendOffer: (sdpOffer) =>
        client.send({
          id: 'presenter',
          sdpOffer,
          ...(channel !== '' && { channel }),
          ...(key !== undefined && { key }),
          ...(secret !== undefined && { secret }),
        }),
      sendCandidate: (candidate) => client.send({ id: 'onIceCandidate', candidate }),
      restart: (offer) => this.#restart.ask(offer),
      onConnected: () => {
        this.#recovery.succeeded();
        this.#lostAt = null;
        this.#machine.dispatch({ type: 'connected', now: this.#now() });
      },
      onFailed: (code) => {
        this.#mediaFailed(code);
        // The late answer to this one must not be taken for the next one's.
        if (code === 'media-server-timeout') client.reconnect();
      },
    });
    this.#negotiation = negotiation;
    round.add(() => {
      negotiation.close();
    });
    round.add(negotiation.stats.subscribe(() => this.#stats.set(negotiation.stats.get())));
  }

  #receive(reply: Replies['/one2many']): void {
    const state = this.#machine.get();
    switch (reply.id) {
      case 'presenterResponse':
        if (reply.response === 'accepted') {
          this.#secret = reply.secret;
          if (this.#machine.dispatch({ type: 'accepted' }))
            void this.#negotiation?.acceptAnswer(reply.sdpAnswer);
        } else {
          this.#refused(reply.code ?? 'internal', reply.ref);
        }
        return;
      case 'restarted':
        this.#restart.settle(reply.response === 'accepted' ? reply.sdpAnswer : null);
        return;
      case 'iceCandidate':
        this.#negotiation?.addIceCandidate(reply.candidate);
        return;
      case 'stopCommunication':
      case 'error':
        if (reply.id === 'error' && this.#restart.settle(null)) return;
        if (state.at === 'idle' || state.at === 'ended') return;
        this.#reference = reply.ref;
        if (reply.code !== undefined && isMediaTrouble(reply.code)) this.#mediaFailed(reply.code);
        else this.#machine.dispatch({ type: 'failed', now: this.#now(), code: reply.code ?? 'internal' });
        return;
      case 'viewerResponse':
      case 'channels':
      case 'welcome':
      case 'mediaServer':
        return;
    }
  }

  #refused(code: ErrorCode, ref: string | undefined): void {
    if (this.#machine.get().at !== 'starting') return;
    this.#reference = ref;
    if (code === 'presenter-busy' && this.#isHeldByUs()) {
      // Our own old connection still has the channel: the hub has not noticed yet that it is dead.
      this.#machine.dispatch({ type: 'socket-lost' });
      this.#recovery.cancel();
      this.#round.add(
        this.#options.timers.after(CHANNEL_RETRY_MS, () => {
          this.#planRetry();
        }),
      );
    } else if (isMediaTrouble(code)) {
      this.#mediaFailed(code);
    } else {
      this.#machine.dispatch({ type: 'refused', now: this.#now(), code });
    }
  }

  #isHeldByUs(): boolean {
    return this.#lostAt !== null && this.#now() - this.#lostAt < CHANNEL_FREED_MS;
  }

  #mediaFailed(code: ErrorCode): void {
    if (this.#recovery.mayGoOn(code) && code !== 'sdp-rejected' && code !== 'internal')
      this.#machine.dispatch({ type: 'media-server-lost' });
    else this.#machine.dispatch({ type: 'failed', now: this.#now(), code });
  }

  #now(): number {
    return this.#options.timers.now();
  }
}

/** What another try may heal. */
export function isMediaTrouble(code: ErrorCode): boolean {
  return code === 'media-server-unavailable' || code === 'media-server-timeout' || code === 'media-failed';
}
