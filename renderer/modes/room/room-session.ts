/**
 * One's stay in a room, from the door to the door: enters through the hub, connects directly to the other one, finds new
 * paths when the network changes, and enters again when the hub was away. The steps are protocol/room.ts's; the camera
 * belongs to the OutgoingMedia it was given.
 */
import * as v from 'valibot';
import { nextMeeting, meetingEventOf, type MeetingEvent, type MeetingState } from '../../../protocol/room';
import { roomChannelMessage, type RoomChannelMessage } from '../../../protocol/room-channel';
import type { Replies } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { ConnectionStats } from '../../media/connection-stats';
import type { DirectPeer, openDirectPeer } from '../../media/direct-peer';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { watchSilence } from '../../media/silence';
import { sampleStats } from '../../media/stats-sampler';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';
import type { Timers } from '../../timers';
import { RoomChat } from './room-chat';

/** What of somebody can be seen and heard. */
export type Presence = Omit<Extract<RoomChannelMessage, { type: 'media' }>, 'type'>;

export interface RoomSessionOptions {
  readonly client: EndpointClient<'/room'>;
  readonly media: Pick<OutgoingMedia, 'tracks' | 'onTrack'>;
  /** One's own, to be told to the other one. */
  readonly presence: Store<Presence>;
  readonly openPeer: typeof openDirectPeer;
  /** Read for each connection. */
  readonly iceServers: () => readonly RTCIceServer[];
  readonly timers: Timers;
}

/** A connection that is `disconnected` often comes back by itself; then a new path is looked for. */
const PATIENCE_MS = 1_500;
/** Between two searches for a path; each takes the browser a few seconds. The polite one leaves the other a head start. */
const SEARCH_PERIOD_MS = 6_000;
const HEAD_START_MS = 1_500;
/** After a lost link the hub may hold our old place for this long, and call the room full because of ourselves. */
const GHOST_MS = 15_000;
const GHOST_RETRY_MS = 1_000;

export class RoomSession {
  readonly #options: RoomSessionOptions;
  readonly #machine: Machine<MeetingState, MeetingEvent>;
  readonly #lifetime = new Disposer();
  readonly #remote = new Cell<MediaStream | null>(null);
  readonly #stats = new Cell<ConnectionStats | null>(null);
  readonly #otherPresence = new Cell<Presence | null>(null);
  readonly chat: RoomChat;
  /** What belongs to the present connection with the other one. */
  #meeting = new Disposer();
  #peer: DirectPeer | null = null;
  #cancelSearch: () => void = () => undefined;
  #cancelJoin: () => void = () => undefined;
  #asked = false;
  /** Offers that came with this connection, and how many there were when one was asked for last. */
  #offers = 0;
  #askedAfter: number | null = null;
  #askedAt = 0;
  #lostAt: number | null = null;
  /** Proves to the hub that who holds our place is ourselves. */
  #secret: string | undefined;

  constructor(options: RoomSessionOptions) {
    this.#options = options;
    this.chat = new RoomChat(options.timers);
    this.#machine = new Machine<MeetingState, MeetingEvent>({ at: 'idle' }, nextMeeting, (from, to) =>
      this.#stepped(from, to),
    );
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged()));
    this.#lifetime.add(options.media.onTrack((kind, track) => this.#peer?.replaceTrack(kind, track)));
    this.#lifetime.add(options.presence.subscribe(() => this.#tellPresence()));
  }

  get state(): Store<MeetingState> {
    return this.#machine;
  }
  /** The other one's sound and picture; null without a connection. */
  get remote(): Store<MediaStream | null> {
    return this.#remote;
  }
  /** Null until connected. */
  get stats(): Store<ConnectionStats | null> {
    return this.#stats;
  }
  /** Null where the other one does not say. */
  get otherPresence(): Store<Presence | null> {
    return this.#otherPresence;
  }

  join(room: string): void {
    this.#lostAt = null;
    this.#secret = undefined;
    this.#machine.dispatch({ type: 'join', room });
  }

  leave(): void {
    this.#machine.dispatch({ type: 'leave' });
  }

  /** False when it could not be sent; it is not in the chat then. */
  say(text: string): boolean {
    const result = v.safeParse(roomChannelMessage, { type: 'text', text });
    if (!result.success || result.output.type !== 'text' || !this.#tell(result.output)) return false;
    this.chat.wrote(result.output.text);
    return true;
  }

  /** The computer moved to another network: the old path is dead, whatever the connection still believes. */
  networkChanged(): void {
    this.#restart();
  }

  /** Idempotent. The client belongs to whoever opened it. */
  close(): void {
    this.leave();
    this.#lifetime.dispose();
    this.#endMeeting();
  }

  #stepped(from: MeetingState, to: MeetingState): void {
    if (to.at === 'joining') this.#join();
    else this.#cancelJoin();
    // While the hub is away, the direct connection goes on; entering again replaces it.
    if (to.at === 'connecting' || to.at === 'waiting' || !isInside(to)) this.#endMeeting();
    if (to.at === 'connecting') this.#meet(to.role === 'polite', to.room);
    if (to.at === 'interrupted') this.#search(PATIENCE_MS);
    if (to.at === 'live') {
      this.#lostAt = null;
      this.#cancelSearch();
    }
    if (to.at === 'idle') {
      if (isInside(from)) this.#options.client.send({ id: 'leave' });
      this.chat.clear();
    }
  }

  #linkChanged(): void {
    const link = this.#options.client.state.get();
    const state = this.#machine.get();
    if (link.at !== 'ready') {
      this.#asked = false;
      // Before the first contact there is nothing to lose: entering waits for the hub.
      const lost = isInside(state) && state.at !== 'joining' && state.at !== 'offline';
      if (!lost) return;
      this.#lostAt = this.#options.timers.now();
      this.#machine.dispatch({ type: 'socket-lost' });
    } else if (state.at === 'offline') {
      this.#machine.dispatch({ type: 'retry' });
    } else if (state.at === 'joining' && !this.#asked) {
      this.#join();
    }
  }

  #join(): void {
    this.#cancelJoin();
    const state = this.#machine.get();
    if (state.at !== 'joining') return;
    const proof = this.#secret !== undefined && { secret: this.#secret };
    this.#asked = this.#options.client.send({ id: 'join', roomId: state.room, ...proof });
  }

  #receive(reply: Replies['/room']): void {
    switch (reply.id) {
      case 'webrtc_offer':
        this.#offers += 1;
        this.#peer?.receiveDescription('offer', reply.sdp);
        return;
      case 'webrtc_answer':
        this.#peer?.receiveDescription('answer', reply.sdp);
        return;
      case 'webrtc_ice_candidate':
        if (reply.candidate !== '') this.#peer?.receiveCandidate(reply.candidate, reply.label ?? null);
        return;
      case 'full_room':
        if (this.#heldByOurselves()) this.#joinLater();
        else this.#machine.dispatch({ type: 'full' });
        return;
      case 'error':
        // In the room, it concerns one message to somebody who may just have left.
        if (this.#machine.get().at === 'joining')
          this.#machine.dispatch({ type: 'failed', code: reply.code ?? 'internal' });
        return;
      case 'room_created':
      case 'room_joined':
      case 'start_call':
      case 'peer_left':
      case 'welcome':
      case 'mediaServer': {
        if ('secret' in reply) this.#secret = reply.secret;
        const event = meetingEventOf(reply);
        if (event === null || this.#machine.dispatch(event)) return;
        // Already together: the other one needs a new path, and asks us to offer it.
        if (reply.id === 'start_call') this.#peer?.restartIce();
        return;
      }
    }
  }

  #heldByOurselves(): boolean {
    return this.#lostAt !== null && this.#options.timers.now() - this.#lostAt < GHOST_MS;
  }

  #joinLater(): void {
    this.#cancelJoin();
    this.#cancelJoin = this.#options.timers.after(GHOST_RETRY_MS, () => this.#join());
  }

  #meet(polite: boolean, roomId: string): void {
    const { client, media, openPeer, iceServers } = this.#options;
    const meeting = new Disposer();
    this.#meeting = meeting;
    const peer = openPeer({
      polite,
      tracks: media.tracks,
      iceServers: iceServers(),
      sendDescription: (type, sdp) =>
        void client.send({ id: type === 'offer' ? 'webrtc_offer' : 'webrtc_answer', roomId, sdp }),
      sendCandidate: (candidate, label) =>
        void client.send({ id: 'webrtc_ice_candidate', roomId, label, candidate }),
      onConnection: (state) => {
        if (!meeting.disposed) this.#connectionChanged(state);
      },
      onChannel: (open) => {
        if (meeting.disposed) return;
        this.chat.setOpen(open);
        if (open) this.#tellPresence();
      },
      onText: (text) => {
        if (!meeting.disposed) this.#heard(text);
      },
      onRejected: () => {
        // An established connection survives a description that makes no sense.
        if (!meeting.disposed && this.#machine.get().at === 'connecting')
          this.#machine.dispatch({ type: 'failed', code: 'sdp-rejected' });
      },
    });
    meeting.add(() => {
      peer.close();
    });
    this.#peer = peer;
    this.#offers = 0;
    this.#askedAfter = null;
    this.#remote.set(peer.remote);
    this.#search(SEARCH_PERIOD_MS * 2);
    // The other one has been waiting for it, and offers.
    if (polite) client.send({ id: 'start_call', roomId });
  }

  #connectionChanged(state: RTCPeerConnectionState): void {
    const peer = this.#peer;
    if (peer === null) return;
    if (state === 'connected') {
      this.#machine.dispatch({ type: 'connected', now: this.#options.timers.now() });
      this.#measure(peer);
    } else if (state === 'disconnected') {
      this.#machine.dispatch({ type: 'disconnected' });
      // Perhaps the link is dead as well.
      this.#options.client.doubt();
    } else if (state === 'failed') {
      this.#machine.dispatch({ type: 'disconnected' });
      this.#restart();
    }
  }

  /** Looks for another path from time to time, until connected; a person who wants to give up has a button. */
  #search(delay: number): void {
    this.#cancelSearch();
    const headStart = this.#isPolite() ? HEAD_START_MS : 0;
    this.#cancelSearch = this.#options.timers.after(delay + headStart, () => {
      this.#restart();
      this.#search(SEARCH_PERIOD_MS);
    });
  }

  /**
   * The polite one asks the other one to offer. When both offer at once it would have to take its own offer back, after
   * which Chromium receives the other one's picture and shows it no more. Only when nobody answered the last time does it
   * offer by itself.
   */
  #restart(): void {
    const state = this.#machine.get();
    if (this.#peer === null || !('role' in state)) return;
    const now = this.#options.timers.now();
    const unanswered = this.#askedAfter === this.#offers;
    // Changes of network come in bursts: what was asked a moment ago is on its way.
    if (unanswered && now - this.#askedAt < HEAD_START_MS) return;
    if (state.role === 'impolite' || unanswered) {
      this.#askedAfter = null;
      this.#peer.restartIce();
    } else if (this.#options.client.send({ id: 'start_call', roomId: state.room })) {
      this.#askedAfter = this.#offers;
      this.#askedAt = now;
    }
  }

  #isPolite(): boolean {
    const state = this.#machine.get();
    return 'role' in state && state.role === 'polite';
  }

  #measure(peer: DirectPeer): void {
    if (this.#stats.get() !== null) return;
    const sampler = sampleStats(peer.connection, this.#options.timers);
    this.#meeting.add(sampler.subscribe(() => this.#stats.set(sampler.get())));
    this.#meeting.add(() => {
      sampler.close();
    });
    this.#meeting.add(
      watchSilence(peer.connection, this.#options.timers, {
        onDoubt: () => {
          this.#options.client.doubt();
        },
        onSilence: () => {
          this.#restart();
        },
      }),
    );
  }

  #heard(raw: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(raw);
    } catch {
      return;
    }
    const result = v.safeParse(roomChannelMessage, parsed);
    // What this version does not know is not for it.
    if (!result.success) return;
    if (result.output.type === 'text') this.chat.heard(result.output.text);
    else this.#otherPresence.set(result.output);
  }

  #tellPresence(): void {
    this.#tell({ type: 'media', ...this.#options.presence.get() });
  }

  #tell(message: RoomChannelMessage): boolean {
    return this.#peer?.sendText(JSON.stringify(message)) ?? false;
  }

  #endMeeting(): void {
    this.#cancelSearch();
    this.#meeting.dispose();
    this.#peer = null;
    this.#remote.set(null);
    this.#stats.set(null);
    this.#otherPresence.set(null);
    this.chat.setOpen(false);
  }
}

export type InsideState = Exclude<MeetingState, { at: 'idle' | 'full' | 'ended' }>;

/** In the room, or on the way into it. */
export function isInside(state: MeetingState): state is InsideState {
  return state.at !== 'idle' && state.at !== 'full' && state.at !== 'ended';
}
