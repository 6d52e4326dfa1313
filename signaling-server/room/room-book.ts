/**
 * Which rooms there are on this hub and who is in them. A room begins with the first one who enters, holds two, and
 * vanishes with the last one who leaves. Synchronous: between a look and an entry nothing can happen.
 */
import { ROOM_CAPACITY } from '../../protocol/room';

export class RoomBook<Member> {
  readonly #rooms = new Map<string, Set<Member>>();
  readonly #roomOf = new Map<Member, string>();

  get size(): number {
    return this.#rooms.size;
  }

  roomOf(member: Member): string | undefined {
    return this.#roomOf.get(member);
  }

  /** The other one in this member's room. */
  peerOf(member: Member): Member | undefined {
    const room = this.#roomOf.get(member);
    if (room === undefined) return undefined;
    for (const other of this.#rooms.get(room) ?? []) if (other !== member) return other;
    return undefined;
  }

  /** Who is in it, the first one first. */
  membersOf(room: string): readonly Member[] {
    return [...(this.#rooms.get(room) ?? [])];
  }

  /** Whether somebody who is not in it would find a place. */
  hasPlace(room: string): boolean {
    return (this.#rooms.get(room)?.size ?? 0) < ROOM_CAPACITY;
  }

  /** @throws Error when the member is in a room already or there is no place: the caller has to look first. */
  enter(member: Member, room: string): void {
    if (this.#roomOf.has(member) || !this.hasPlace(room)) throw new Error('entered without a look');
    const members = this.#rooms.get(room) ?? new Set();
    members.add(member);
    this.#rooms.set(room, members);
    this.#roomOf.set(member, room);
  }

  leave(member: Member): void {
    const room = this.#roomOf.get(member);
    if (room === undefined) return;
    this.#roomOf.delete(member);
    const members = this.#rooms.get(room);
    members?.delete(member);
    if (members?.size === 0) this.#rooms.delete(room);
  }
}
