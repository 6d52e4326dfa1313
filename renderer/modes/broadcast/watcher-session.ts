/**
 * One viewer: asks for the channel, waits by itself while nobody presents, and shows what comes, again after a lost hub
 * or media server.
 */
import { nextWatcher, type WatcherEvent, type WatcherState } from '../../../protocol/broadcast';
import type { ErrorCode } from '../../../protocol/errors';
import type { Replies } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { ConnectionStats } from '../../media/connection-stats';
import { ANSWER_LIMIT_MS, Negotiation } from '../../media/negotiation';
import type { openPeer } from '../../media/peer';
import { RestartRequest } from '../../media/restart-request';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';
import type { Timers } from '../../timers';
import { isMediaTrouble } from './presenter-session';
import { isUsable, Recovery } from './recovery';

export interface WatcherSessionOptions {
  readonly client: EndpointClient<'/one2many'>;
  readonly openPeer: typeof openPeer;
  readonly timers: Timers;
  readonly random: () => number;
}

export class WatcherSession {
  readonly #options: WatcherSessionOptions;
  readonly #machine: Machine<WatcherState, WatcherEvent>;
  readonly #lifetime = new Disposer();
  readonly #recovery: Recovery;
  readonly #picture = new Cell<MediaStream | null>(null);
  readonly #stats = new Cell<ConnectionStats | null>(null);
  #round = new Disposer();
  #negotiation: Negotiation | null = null;
  readonly #restart = new RestartRequest((sdpOffer) => {
    this.#options.client.send({ id: 'restart', sdpOffer });
  });

  constructor(options: WatcherSessionOptions) {
    this.#options = options;
    this.#recovery = new Recovery(options.timers, options.random);
    this.#machine = new Machine<WatcherState, WatcherEvent>({ at: 'idle' }, nextWatcher, (from, to) =>
      this.#stepped(from, to),
    );
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged()));
  }

  get state(): Store<WatcherState> {
    return this.#machine;
  }
  /** What is shown: null without a broadcast. */
  get picture(): Store<MediaStream | null> {
    return this.#picture;
  }
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }

  /** `channel`: empty for the default one. */
  watch(channel: string): void {
    this.#recovery.succeeded();
    this.#machine.dispatch({ type: 'watch', channel });
  }

  leave(): void {
    if (this.#machine.dispatch({ type: 'leave' })) this.#options.client.send({ id: 'stop' });
  }

  /** Idempotent. The client belongs to whoever opened it. */
  close(): void {
    this.#recovery.cancel();
    this.#round.dispose();
    this.#lifetime.dispose();
    this.#negotiation = null;
  }

  #stepped(from: WatcherState, to: WatcherState): void {
    if (from === to) return;
    this.#recovery.cancel();
    if (to.at !== 'live') {
      this.#restart.settle(null);
      this.#round.dispose();
      this.#round = new Disposer();
      this.#negotiation = null;
      this.#picture.set(null);
      this.#stats.set(null);
    }
    if (to.at === 'connecting') this.#advance();
    if (to.at === 'interrupted') this.#planRetry();
  }

  #linkChanged(): void {
    const link = this.#options.client.state.get();
    const state = this.#machine.get();
    switch (state.at) {
      case 'idle':
      case 'ended':
        return;
      case 'interrupted':
        return this.#planRetry();
      case 'connecting':
        if (this.#negotiation === null) return this.#advance();
        break;
      case 'live':
      case 'waiting':
        break;
    }
    if (link.at !== 'ready') this.#machine.dispatch({ type: 'socket-lost' });
    else if (link.mediaServer !== 'ready' && state.at !== 'waiting')
      this.#machine.dispatch({ type: 'media-server-lost' });
  }

  #planRetry(): void {
    this.#recovery.plan(this.#options.client.state.get(), () => {
      this.#machine.dispatch({ type: 'retry' });
    });
  }

  #advance(): void {
    const { client, openPeer, timers } = this.#options;
    const state = this.#machine.get();
    if (state.at !== 'connecting' || !isUsable(client.state.get())) return;
    const { channel } = state;
    const negotiation = new Negotiation({
      openPeer,
      timers,
      direction: 'recvonly',
      tracks: [],
      answerLimitMs: ANSWER_LIMIT_MS,
      sendOffer: (sdpOffer) => client.send({ id: 'viewer', sdpOffer, ...(channel !== '' && { channel }) }),
      sendCandidate: (candidate) => client.send({ id: 'onIceCandidate', candidate }),
      restart: (offer) => this.#restart.ask(offer),
      onConnected: () => {
        this.#recovery.succeeded();
        this.#machine.dispatch({ type: 'connected', now: timers.now() });
      },
      onFailed: (code) => {
        this.#mediaFailed(code);
        if (code === 'media-server-timeout') client.reconnect();
      },
    });
    this.#negotiation = negotiation;
    this.#round.add(() => {
      negotiation.close();
    });
    this.#round.add(negotiation.remote.subscribe(() => this.#picture.set(negotiation.remote.get())));
    this.#round.add(negotiation.stats.subscribe(() => this.#stats.set(negotiation.stats.get())));
  }

  #receive(reply: Replies['/one2many']): void {
    switch (reply.id) {
      case 'viewerResponse':
        if (reply.response === 'accepted') {
          if (this.#machine.dispatch({ type: 'accepted' }))
            void this.#negotiation?.acceptAnswer(reply.sdpAnswer);
        } else {
          this.#refused(reply.code ?? 'internal');
        }
        return;
      case 'restarted':
        this.#restart.settle(reply.response === 'accepted' ? reply.sdpAnswer : null);
        return;
      case 'iceCandidate':
        this.#negotiation?.addIceCandidate(reply.candidate);
        return;
      case 'channels':
        this.#machine.dispatch({ type: 'channels', channels: reply.channels });
        return;
      case 'stopCommunication':
        if (reply.code !== undefined && isMediaTrouble(reply.code)) this.#mediaFailed(reply.code);
        else this.#machine.dispatch({ type: 'stopped' });
        return;
      case 'error':
        if (this.#restart.settle(null)) return;
        this.#refusedFor(reply.code ?? 'internal');
        return;
      case 'presenterResponse':
      case 'welcome':
      case 'mediaServer':
        return;
    }
  }

  #refused(code: ErrorCode): void {
    if (this.#machine.get().at !== 'connecting') return;
    if (isMediaTrouble(code)) this.#mediaFailed(code);
    else this.#machine.dispatch({ type: 'refused', code });
  }

  #refusedFor(code: ErrorCode): void {
    const { at } = this.#machine.get();
    if (at !== 'connecting' && at !== 'live') return;
    if (isMediaTrouble(code)) this.#mediaFailed(code);
    else this.#machine.dispatch({ type: 'failed', code });
  }

  #mediaFailed(code: ErrorCode): void {
    if (this.#recovery.mayGoOn(code) && code !== 'sdp-rejected' && code !== 'internal')
      this.#machine.dispatch({ type: 'media-server-lost' });
    else this.#machine.dispatch({ type: 'failed', code });
  }
}
