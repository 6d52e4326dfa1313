/**
 * One connection of `/room`: outside, alone in a room, or with one other. The hub relays what the two tell each other
 * and nothing else: media goes directly between them. Where a message goes follows from the room that the connection
 * entered; the `roomId` in it only has to agree.
 */
import { cleanName } from '../../protocol/names';
import { nextMember } from '../../protocol/room';
import type { MemberEvent, MemberState } from '../../protocol/room';
import type { Replies } from '../../protocol/signaling';
import { ProtocolFault, Refusal } from '../failures';
import type { Connection, Session, SessionRequest } from '../mode';
import { sameSecret } from '../secret';
import type { RoomBook } from './room-book';

type Request = SessionRequest<'/room'>;

export class RoomSession implements Session<'/room'> {
  readonly #connection: Connection<'/room'>;
  readonly #book: RoomBook<RoomSession>;
  readonly #newSecret: () => string;
  #state: MemberState = { at: 'outside' };
  /** As the client wrote it: what comes back to it must compare equal in its page. */
  #roomId = '';
  /** By which the same member is known again, on another connection. */
  #secret: string | undefined;

  /** @param newSecret makes one that cannot be guessed */
  constructor(connection: Connection<'/room'>, book: RoomBook<RoomSession>, newSecret: () => string) {
    this.#newSecret = newSecret;
    this.#connection = connection;
    this.#book = book;
  }

  get state(): MemberState {
    return this.#state;
  }

  handle(request: Request): void {
    switch (request.id) {
      case 'join':
        return this.#join(request.roomId, request.secret);
      case 'leave':
        return this.#leave();
      case 'start_call':
        return this.#relay(request.roomId, { id: 'start_call' });
      case 'webrtc_offer':
        return this.#relay(request.roomId, { id: 'webrtc_offer', sdp: request.sdp });
      case 'webrtc_answer':
        return this.#relay(request.roomId, { id: 'webrtc_answer', sdp: request.sdp });
      case 'webrtc_ice_candidate': {
        const { id, candidate, label } = request;
        return this.#relay(request.roomId, { id, candidate, ...(label !== undefined && { label }) });
      }
    }
  }

  closed(): void {
    this.#leave();
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  #join(roomId: string, secret: string | undefined): void {
    const room = cleanName(roomId);
    if (room === null) {
      throw new Refusal(
        'name-invalid',
        'This room name cannot be used. Choose another one, of up to 64 characters.',
      );
    }
    // The same member may be back before the hub has noticed that the last connection is dead.
    for (const ghost of this.#book.membersOf(room)) {
      if (ghost !== this && sameSecret(secret, ghost.#secret)) ghost.#leave();
    }
    // Coming back to one's own room finds the place that one leaves.
    if (this.#book.roomOf(this) !== room && !this.#book.hasPlace(room)) {
      const full = new Refusal(
        'room-full',
        'There are two people in this room already. Try again later, or take another room.',
        {
          retryable: true,
        },
      );
      const failure = this.#connection.failure(full);
      if (failure) this.#connection.send({ ...failure, id: 'full_room', roomId });
      return;
    }
    this.#leave();
    this.#book.enter(this, room);
    this.#roomId = roomId;
    const peer = this.#book.peerOf(this);
    if (peer) {
      this.#dispatch({ type: 'joined', room });
      peer.#dispatch({ type: 'peer-came' });
    } else {
      this.#dispatch({ type: 'created', room });
    }
    this.#secret = this.#connection.greeted ? this.#newSecret() : undefined;
    const proof = this.#secret !== undefined && { secret: this.#secret };
    this.#connection.send({ id: peer ? 'room_joined' : 'room_created', roomId, ...proof });
  }

  #leave(): void {
    if (this.#state.at === 'outside') return;
    const peer = this.#book.peerOf(this);
    this.#book.leave(this);
    this.#dispatch({ type: 'left' });
    if (!peer) return;
    peer.#dispatch({ type: 'peer-left' });
    peer.#connection.send({ id: 'peer_left' });
  }

  #relay(roomId: string, message: Replies['/room']): void {
    if (this.#state.at === 'outside')
      throw new ProtocolFault('wrong-state', 'Join a room before talking to somebody in it.');
    if (roomId !== this.#roomId && cleanName(roomId) !== this.#state.room) {
      throw new ProtocolFault('wrong-state', 'This connection is in another room.');
    }
    // The other one may have left a moment ago, which this client will hear next: nobody is there to be told.
    const peer = this.#book.peerOf(this);
    if (peer) peer.#connection.send(message);
  }

  #dispatch(event: MemberEvent): void {
    const next = nextMember(this.#state, event);
    if (!next) throw new Error(`illegal room event ${event.type} while ${this.#state.at}`);
    this.#connection.logger.info({ from: this.#state.at, to: next.at, event: event.type }, 'room session');
    this.#state = next;
  }
}
