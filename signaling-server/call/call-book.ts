/**
 * Who is registered on this hub, over which connection, and who is in which call with whom. Synchronous, and the only
 * place where users and calls are linked: a user is in at most one call, a name belongs to at most one user, and a
 * connection speaks for at most one user. It decides and keeps; telling people, media and timers are the exchange's.
 */
import { HUB_CALL_START, otherRole } from '../../protocol/call';
import type { CallRole, HubCallState } from '../../protocol/call';
import { cleanName } from '../../protocol/names';
import type { Replies, SeenAndHeard } from '../../protocol/signaling';
import { Refusal } from '../failures';
import { busy } from './farewell';
import { sameSecret } from '../secret';
import type { WebRtcLeg } from '../webrtc-leg';

/** A registered user; `line` is null while the connection is lost and the name is held. */
export interface User<Line> {
  readonly name: string;
  line: Line | null;
  /** Proves the same identity after a lost connection; undefined for those who did not say `hello`. */
  secret: string | undefined;
  call: Call<Line> | null;
  /** Takes this user's candidates; a fresh one after each call. */
  leg: WebRtcLeg;
  /** What ended the last call, for a client that was not there to hear it. */
  lastWords: { readonly message: Replies['/one2one']; readonly at: number } | null;
  /** Cancels the timer that frees a held name. */
  stopHolding: (() => void) | null;
}

/** One side of a call. */
export interface Side<Line> {
  readonly user: User<Line>;
  /** Null for the callee until it accepts. */
  offer: string | null;
  /** This side's name of the call; undefined for a client that knows no such names. */
  callId: string | undefined;
  /** True when this side sent `call` and so waits for `callResponse`. */
  called: boolean;
  /** What this side was told about the call, to be said again after a lost connection. */
  readonly told: Replies['/one2one'][];
  /** What of this side can be seen and heard, as it said last; null until it did. */
  media: SeenAndHeard | null;
  /** The connection on which it said so, and what it was told of the other side on it. */
  mediaLine: Line | null;
  mediaHeard: SeenAndHeard | null;
}

export interface Call<Line> {
  readonly id: string;
  readonly caller: Side<Line>;
  readonly callee: Side<Line>;
  /** Milliseconds since 1970. */
  readonly since: number;
  state: HubCallState;
}

export interface Registration<Line> {
  readonly user: User<Line>;
  /** The user was there already and speaks over another connection now. */
  readonly moved: boolean;
}

export class CallBook<Line> {
  readonly #users = new Map<string, User<Line>>();
  readonly #byLine = new Map<Line, User<Line>>();
  readonly #calls = new Map<string, Call<Line>>();
  readonly #newLeg: (user: User<Line>) => WebRtcLeg;

  /** @param newLeg makes what takes a user's candidates. */
  constructor(newLeg: (user: User<Line>) => WebRtcLeg) {
    this.#newLeg = newLeg;
  }

  get userCount(): number {
    return this.#users.size;
  }

  get callCount(): number {
    return this.#calls.size;
  }

  users(): IterableIterator<User<Line>> {
    return this.#users.values();
  }

  calls(): IterableIterator<Call<Line>> {
    return this.#calls.values();
  }

  userOf(line: Line): User<Line> | undefined {
    return this.#byLine.get(line);
  }

  /**
   * Gives the name to the connection. One that has another name loses that one; a refused one keeps what it has.
   * @param secret makes it the same user again who holds the name, on whatever connection they were.
   * @throws Refusal `name-invalid`, `name-taken`, `wrong-state` (in a call, under another name).
   */
  register(line: Line, rawName: string, secret: string | undefined): Registration<Line> {
    const name = cleanName(rawName);
    if (name === null) throw invalidName(rawName);
    const current = this.#byLine.get(line);
    if (current?.name === name) return { user: current, moved: false };
    if (current?.call)
      throw new Refusal('wrong-state', 'You are in a call. Hang up before you change your name.');
    const holder = this.#users.get(name);
    if (holder && !sameSecret(secret, holder.secret)) {
      throw new Refusal('name-taken', `User ${name} is already registered`);
    }
    if (current) this.remove(current);
    if (holder) {
      this.#attach(holder, line);
      return { user: holder, moved: true };
    }
    const user = this.#newUser(name);
    this.#users.set(name, user);
    this.#attach(user, line);
    return { user, moved: false };
  }

  /** The user stays, without a connection. */
  detach(user: User<Line>): void {
    if (user.line !== null) this.#byLine.delete(user.line);
    user.line = null;
  }

  /** The name is free again. The user must not be in a call any more. */
  remove(user: User<Line>): void {
    if (user.call) throw new Error('a user was removed during a call');
    user.stopHolding?.();
    user.stopHolding = null;
    this.detach(user);
    user.leg.close();
    if (this.#users.get(user.name) === user) this.#users.delete(user.name);
  }

  /**
   * Whom a user may call: somebody else who is free, or who is calling this very user at this moment.
   * @throws Refusal `self-call`, `unknown-user`, `user-busy`.
   */
  callable(caller: User<Line>, rawName: string): User<Line> {
    const callee = this.#users.get(cleanName(rawName) ?? '');
    if (!callee)
      throw new Refusal('unknown-user', `User ${rawName.trim()} is not registered`, { retryable: true });
    if (callee === caller) throw new Refusal('self-call', 'You cannot call yourself. Choose somebody else.');
    if (callee.call && !this.isCalling(callee, caller)) {
      throw new Refusal('user-busy', busy(callee.name), { retryable: true });
    }
    return callee;
  }

  /** Whether `caller` is ringing `callee` right now. */
  isCalling(caller: User<Line>, callee: User<Line>): boolean {
    const call = caller.call;
    return call?.state.at === 'ringing' && call.caller.user === caller && call.callee.user === callee;
  }

  /** Both must be free. */
  open(id: string, caller: Side<Line>, callee: Side<Line>, now: number): Call<Line> {
    if (caller.user.call || callee.user.call)
      throw new Error('a call was opened with somebody who is in one');
    const call: Call<Line> = { id, caller, callee, since: now, state: HUB_CALL_START };
    this.#calls.set(id, call);
    caller.user.call = call;
    callee.user.call = call;
    // The caller's candidates may have come ahead of its offer; the callee has no offer yet, so its are left-overs.
    this.renewLeg(callee.user);
    return call;
  }

  /** Both are free again. */
  close(call: Call<Line>): void {
    this.#calls.delete(call.id);
    for (const { user } of [call.caller, call.callee]) {
      user.call = null;
      this.renewLeg(user);
    }
  }

  #newUser(name: string): User<Line> {
    const user = { name, line: null, secret: undefined, call: null, lastWords: null, stopHolding: null };
    // The leg needs the user to send through, and the user has a leg from its first moment on.
    const whole: User<Line> = Object.assign(user, { leg: undefined as unknown as WebRtcLeg });
    whole.leg = this.#newLeg(whole);
    return whole;
  }

  /** For another negotiation: what belongs to the one before goes nowhere any more. */
  renewLeg(user: User<Line>): void {
    user.leg.close();
    user.leg = this.#newLeg(user);
  }

  #attach(user: User<Line>, line: Line): void {
    user.stopHolding?.();
    user.stopHolding = null;
    this.detach(user);
    user.line = line;
    this.#byLine.set(line, user);
  }
}

/** Which side of the call this user is; the user must be one of the two. */
export function roleOf<Line>(call: Call<Line>, user: User<Line>): CallRole {
  return call.caller.user === user ? 'caller' : 'callee';
}

export function peerOf<Line>(call: Call<Line>, user: User<Line>): User<Line> {
  return call[otherRole(roleOf(call, user))].user;
}

function invalidName(rawName: string): Refusal {
  return rawName.trim() === ''
    ? new Refusal('name-invalid', 'empty user name: type the name under which others can call you.')
    : new Refusal('name-invalid', 'This name cannot be used. Choose another one, of up to 64 characters.');
}
