/**
 * One user's calls, one at a time: what the user wants and what the hub tells go through the state machine of
 * protocol/call.ts; messages and media follow its transitions. The name belongs to the Registrar, tones and the list of
 * recent calls listen from outside.
 */
import {
  afterResuming,
  callEventOf,
  IDLE,
  nextCall,
  RESUME_WINDOW_MS,
  type CallEvent,
  type CallState,
} from '../../../protocol/call';
import type { ErrorCode } from '../../../protocol/errors';
import type { Replies, SeenAndHeard } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { ConnectionStats } from '../../media/connection-stats';
import { ANSWER_LIMIT_MS, Negotiation } from '../../media/negotiation';
import type { OutgoingMedia } from '../../media/outgoing-media';
import type { openPeer } from '../../media/peer';
import { RestartRequest } from '../../media/restart-request';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';
import type { Timers } from '../../timers';

export interface CallSessionOptions {
  readonly client: EndpointClient<'/one2one'>;
  readonly media: Pick<OutgoingMedia, 'tracks' | 'onTrack'>;
  /** What of this user can be seen and heard; the other side is told. */
  readonly presence: Store<SeenAndHeard>;
  /** Opens the devices for a call, with the camera or without; never rejects. */
  readonly openDevices: (withCamera: boolean) => Promise<void>;
  /** Lets go of them after it. */
  readonly releaseDevices: () => void;
  /** The name under which this user is registered. */
  readonly ownName: () => string;
  readonly newCallId: () => string;
  readonly openPeer: typeof openPeer;
  readonly timers: Timers;
}

/** The hub keeps a lost call for `RESUME_WINDOW_MS` after it noticed; we may have noticed later. */
const COME_BACK_LIMIT_MS = RESUME_WINDOW_MS + 5_000;
/** Fresh offers in a row; then something is in the way that no other one removes. */
const MAX_RENEWALS = 4;
const RENEWAL_PAUSE_MS = 1_000;

export class CallSession {
  readonly #options: CallSessionOptions;
  readonly #machine: Machine<CallState, CallEvent>;
  readonly #lifetime = new Disposer();
  readonly #picture = new Cell<MediaStream | null>(null);
  readonly #stats = new Cell<ConnectionStats | null>(null);
  readonly #peerMedia = new Cell<SeenAndHeard | null>(null);
  readonly #transitions = new Set<(from: CallState, to: CallState) => void>();
  /** What belongs to the present call. */
  #call = new Disposer();
  #negotiation: Negotiation | null = null;
  readonly #restart = new RestartRequest((sdpOffer) => {
    const state = this.#machine.get();
    const named = 'callId' in state && state.callId !== undefined && { callId: state.callId };
    this.#options.client.send({ id: 'restart', sdpOffer, ...named });
  });
  #cancelComeBack: () => void = () => undefined;
  #linked: boolean;
  /** Offers in a row that came to nothing, while the call stands. */
  #renewals = 0;
  #renewWhenBack = false;

  constructor(options: CallSessionOptions) {
    this.#options = options;
    this.#linked = options.client.state.get().at === 'ready';
    this.#machine = new Machine(IDLE, nextCall, (from, to) => this.#stepped(from, to));
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged()));
    this.#lifetime.add(
      options.media.onTrack((kind, track) => {
        this.#negotiation?.replaceTrack(kind, track);
      }),
    );
    this.#lifetime.add(options.presence.subscribe(() => this.#tellMedia()));
  }

  get state(): Store<CallState> {
    return this.#machine;
  }
  /** The other side's picture and sound; null without media. */
  get picture(): Store<MediaStream | null> {
    return this.#picture;
  }
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }

  /** What of the other side can be seen and heard; null as long as it does not say. */
  get peerMedia(): Store<SeenAndHeard | null> {
    return this.#peerMedia;
  }

  /** Hears each step from one state to another. Answers its unsubscribe. */
  onTransition(listener: (from: CallState, to: CallState) => void): () => void {
    this.#transitions.add(listener);
    return () => {
      this.#transitions.delete(listener);
    };
  }

  dial(peer: string, withCamera: boolean): void {
    const callId = this.#options.newCallId();
    if (!this.#machine.dispatch({ type: 'dial', peer, callId })) return;
    const { client, ownName } = this.#options;
    void this.#negotiate(withCamera, null, (sdpOffer) =>
      client.send({ id: 'call', to: peer, from: ownName(), sdpOffer, callId }),
    );
  }

  accept(withCamera: boolean): void {
    const before = this.#machine.get();
    if (before.at !== 'ringing' || !this.#machine.dispatch({ type: 'accept' })) return;
    const { client } = this.#options;
    const { peer, callId } = before;
    void this.#negotiate(withCamera, ANSWER_LIMIT_MS, (sdpOffer) =>
      client.send({
        id: 'incomingCallResponse',
        from: peer,
        callResponse: 'accept',
        sdpOffer,
        ...(callId !== undefined && { callId }),
      }),
    );
  }

  decline(): void {
    const before = this.#machine.get();
    if (before.at !== 'ringing' || !this.#machine.dispatch({ type: 'decline' })) return;
    this.#reject(before.peer, before.callId, 'declined');
  }

  hangUp(): void {
    const before = this.#machine.get();
    if (before.at === 'ringing') return this.decline();
    const named = 'callId' in before && before.callId !== undefined && { callId: before.callId };
    if (this.#machine.dispatch({ type: 'hang-up', now: this.#now() }))
      this.#options.client.send({ id: 'stop', ...named });
  }

  dismiss(): void {
    this.#machine.dispatch({ type: 'dismiss' });
  }

  /** Idempotent; a running call ends for the other side with the link, which belongs to whoever opened it. */
  close(): void {
    this.#cancelComeBack();
    this.#transitions.clear();
    this.#lifetime.dispose();
    this.#call.dispose();
    this.#negotiation = null;
  }

  async #negotiate(
    withCamera: boolean,
    answerLimitMs: number | null,
    sendOffer: (sdp: string) => boolean,
  ): Promise<void> {
    const call = this.#call;
    await this.#options.openDevices(withCamera);
    // Without any device one still hears and sees the other side.
    if (call.disposed) return;
    this.#offer(answerLimitMs, (sdp) => {
      const sent = sendOffer(sdp);
      this.#tellMedia();
      return sent;
    });
  }

  #offer(answerLimitMs: number | null, sendOffer: (sdp: string) => boolean): void {
    const { client, media, openPeer, timers } = this.#options;
    const call = this.#call;
    const negotiation = new Negotiation({
      openPeer,
      timers,
      direction: 'sendrecv',
      tracks: media.tracks,
      answerLimitMs,
      sendOffer,
      sendCandidate: (candidate) => client.send({ id: 'onIceCandidate', candidate }),
      restart: (offer) => this.#restart.ask(offer),
      onConnected: () => {
        this.#renewals = 0;
        this.#machine.dispatch({ type: 'connected', now: this.#now() });
      },
      onFailed: (code) => {
        this.#failed(code);
      },
    });
    this.#negotiation = negotiation;
    call.add(() => {
      negotiation.close();
    });
    call.add(
      negotiation.remote.subscribe(() => {
        // Not of one that another offer has replaced.
        if (this.#negotiation === negotiation) this.#picture.set(negotiation.remote.get());
      }),
    );
    call.add(negotiation.stats.subscribe(() => this.#stats.set(negotiation.stats.get())));
  }

  /** The way of the media is lost, but not the call: another offer, as soon as the hub can hear it. */
  #renew(): void {
    const call = this.#call;
    this.#negotiation = null;
    // Of the connection that is given up: it must not meet the endpoint of the next one.
    this.#restart.settle(null);
    this.#renewals += 1;
    this.#stats.set(null);
    const delay = this.#renewals === 1 ? 0 : RENEWAL_PAUSE_MS;
    call.add(
      this.#options.timers.after(delay, () => {
        if (call.disposed) return;
        if (this.#linked) this.#offerAnew();
        else this.#renewWhenBack = true;
      }),
    );
  }

  /** An offer from the time without a network knows no way through the one that is back. */
  #isRenewing(): boolean {
    return this.#renewals > 0 && this.#negotiation?.answered === false;
  }

  #offerAnew(): void {
    this.#negotiation?.close();
    const { client } = this.#options;
    this.#renewWhenBack = false;
    const state = this.#machine.get();
    if (state.at !== 'live' && state.at !== 'interrupted') return;
    const { callId } = state;
    this.#offer(ANSWER_LIMIT_MS, (sdpOffer) =>
      client.send({ id: 'renew', sdpOffer, ...(callId !== undefined && { callId }) }),
    );
  }

  #stepped(from: CallState, to: CallState): void {
    if (from === to) return;
    const begins = (from.at === 'idle' || from.at === 'ended') && to.at !== 'idle' && to.at !== 'ended';
    const ends = to.at === 'ended' && from.at !== 'ended';
    if (begins || ends) {
      this.#renewals = 0;
      this.#renewWhenBack = false;
      this.#restart.settle(null);
      this.#call.dispose();
      this.#call = new Disposer();
      this.#negotiation = null;
      this.#picture.set(null);
      this.#stats.set(null);
      this.#peerMedia.set(null);
    }
    if (ends) {
      this.#cancelComeBack();
      this.#options.releaseDevices();
    }
    for (const listener of [...this.#transitions]) listener(from, to);
  }

  #linkChanged(): void {
    const linked = this.#options.client.state.get().at === 'ready';
    if (linked === this.#linked) return;
    this.#linked = linked;
    if (linked) return; // the Registrar registers again, and its answer tells how things stand
    this.#machine.dispatch({ type: 'socket-lost' });
    this.#cancelComeBack();
    this.#cancelComeBack = this.#options.timers.after(COME_BACK_LIMIT_MS, () => {
      if (!this.#linked)
        this.#machine.dispatch({ type: 'failed', now: this.#now(), code: 'hub-unreachable' });
    });
  }

  #receive(reply: Replies['/one2one']): void {
    switch (reply.id) {
      case 'iceCandidate':
        this.#negotiation?.addIceCandidate(reply.candidate);
        return;
      case 'registerResponse':
        this.#registered(reply);
        return;
      case 'incomingCall':
        this.#incoming(reply);
        return;
      case 'error':
        if (this.#restart.settle(null)) return;
        this.#refusedByHub(reply.code ?? 'internal');
        return;
      case 'callResponse':
      case 'startCommunication': {
        const event = callEventOf(reply, this.#now());
        if (event === null || !this.#machine.dispatch(event)) return;
        if ('sdpAnswer' in reply) void this.#negotiation?.acceptAnswer(reply.sdpAnswer);
        return;
      }
      case 'ringing':
      case 'stopCommunication':
      case 'peerConnection': {
        const event = callEventOf(reply, this.#now());
        if (event !== null) this.#machine.dispatch(event);
        return;
      }
      case 'renewed':
        if (isOf(this.#machine.get(), reply.callId)) void this.#negotiation?.acceptAnswer(reply.sdpAnswer);
        return;
      case 'restarted':
        if (isOf(this.#machine.get(), reply.callId))
          this.#restart.settle(reply.response === 'accepted' ? reply.sdpAnswer : null);
        return;
      case 'peerMedia':
        if (isOf(this.#machine.get(), reply.callId)) {
          const { camera, microphone, screen } = reply;
          this.#peerMedia.set({ camera, microphone, screen });
        }
        return;
      case 'welcome':
      case 'mediaServer':
      case 'users':
        return;
    }
  }

  /** A call that is being made or stands; the hub keeps it for the other side until that one can use it. */
  #tellMedia(): void {
    const state = this.#machine.get();
    if (state.at === 'idle' || state.at === 'ended' || state.at === 'ringing') return;
    const { callId } = state;
    this.#options.client.send({
      id: 'media',
      ...this.#options.presence.get(),
      ...(callId !== undefined && { callId }),
    });
  }

  #registered(reply: Extract<Replies['/one2one'], { id: 'registerResponse' }>): void {
    this.#cancelComeBack();
    const before = this.#machine.get();
    const event = callEventOf(reply, this.#now());
    if (event !== null) this.#machine.dispatch(event);
    if (reply.response === 'rejected' || reply.resumed === undefined) return;
    const { resumed } = reply;
    this.#tellMedia();
    switch (afterResuming(before, resumed)) {
      case 'stop':
        this.#options.client.send({
          id: 'stop',
          ...(resumed.callId !== undefined && { callId: resumed.callId }),
        });
        return;
      case 'answer-again':
        this.#negotiation?.resend(true);
        return;
      case 'nothing':
        if (this.#renewWhenBack || this.#isRenewing()) this.#offerAnew();
        else {
          this.#restart.repeat();
          this.#negotiation?.resend();
        }
        return;
    }
  }

  #incoming(reply: Extract<Replies['/one2one'], { id: 'incomingCall' }>): void {
    const event = callEventOf(reply, this.#now());
    if (event === null || this.#machine.dispatch(event)) return;
    const state = this.#machine.get();
    // Declined before, or already known; everything else finds this user occupied.
    const mine = state.at === 'idle' || state.at === 'ended' ? state.over : state.callId;
    if (reply.callId === undefined || reply.callId !== mine) this.#reject(reply.from, reply.callId, 'busy');
    else if (state.at === 'idle' || state.at === 'ended') this.#reject(reply.from, reply.callId, 'declined');
  }

  #reject(from: string, callId: string | undefined, message: string): void {
    this.#options.client.send({
      id: 'incomingCallResponse',
      from,
      callResponse: 'reject',
      message,
      ...(callId !== undefined && { callId }),
    });
  }

  /** What the hub did not accept ends a call that does not stand yet; a standing one goes on. */
  #refusedByHub(code: ErrorCode): void {
    // An older hub does not know every message; the calls themselves it knows.
    if (code === 'unknown-message') return;
    const { at } = this.#machine.get();
    if (at === 'dialing' || at === 'connecting')
      this.#machine.dispatch({ type: 'failed', now: this.#now(), code });
  }

  /** Media is lost for good: the hub and the other side should know. */
  #failed(code: ErrorCode): void {
    const before = this.#machine.get();
    const stands = before.at === 'live' || before.at === 'interrupted';
    if (
      stands &&
      this.#renewals < MAX_RENEWALS &&
      (code === 'media-failed' || code === 'media-server-timeout')
    )
      return this.#renew();
    const named = 'callId' in before && before.callId !== undefined && { callId: before.callId };
    if (this.#machine.dispatch({ type: 'failed', now: this.#now(), code }))
      this.#options.client.send({ id: 'stop', ...named });
  }

  #now(): number {
    return this.#options.timers.now();
  }
}

/** Whether a message is about this call; one that names none is. */
function isOf(state: CallState, callId: string | undefined): boolean {
  return callId === undefined || !('callId' in state) || state.callId === callId;
}
