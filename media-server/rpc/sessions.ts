/**
 * Sessions: who keeps objects alive and where their events go. A session is a mere name until it touches an object, it
 * outlives its socket, it moves to whichever socket asked last, and the garbage collector takes it one to two periods
 * after its last sign of life. Owns all of that; sockets and objects only ask.
 */
import type { Logger } from '../../protocol/log';
import type { Cancel, Clock } from '../clock';
import { KurentoError } from '../model/kurento-error';
import type { Holder, MediaObject } from '../model/media-object';
import type { ObjectRegistry } from '../model/object-registry';
import { RequestCache } from './request-cache';

/** Where frames go; a socket. */
export interface Outlet {
  send(frame: string): void;
  /** The session is gone; its name may come to life again. */
  sessionEnded(session: Session): void;
}

export class Session implements Holder {
  readonly id: string;
  readonly cache: RequestCache;
  /** The socket that asked last; undefined while there is none. */
  outlet: Outlet | undefined;
  /** Sockets that belong to it and are open: they keep it alive without saying anything. */
  readonly outlets = new Set<Outlet>();
  /** Had a sign of life since the collector last looked. */
  alive = true;

  constructor(id: string, clock: Clock) {
    this.id = id;
    this.cache = new RequestCache(clock);
  }
  deliver(frame: string): void {
    this.outlet?.send(frame);
  }
}

export interface SessionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: ObjectRegistry;
  readonly newId: () => string;
  readonly periodMs: number;
  readonly maxSessions: number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #stopCollector: Cancel;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#stopCollector = options.clock.every(options.periodMs, () => this.#collect());
  }
  ids(): string[] {
    return [...this.#sessions.keys()];
  }
  get size(): number {
    return this.#sessions.size;
  }
  /** Undefined for a mere name, too. */
  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }
  /** Throws 40007. */
  get(id: string): Session {
    const session = this.find(id);
    if (!session) throw new KurentoError('INVALID_SESSION', 'Invalid session');
    return session;
  }
  /** A name that becomes a session as soon as it touches an object. */
  propose(id: string = this.#options.newId()): Session {
    return this.find(id) ?? new Session(id, this.#options.clock);
  }
  /** The session exists from now on. */
  admit(session: Session): void {
    session.alive = true;
    if (this.#sessions.get(session.id) === session) return;
    if (this.#sessions.size >= this.#options.maxSessions) {
      throw new KurentoError(
        'NOT_ENOUGH_RESOURCES',
        `The server has at most ${this.#options.maxSessions} sessions`,
      );
    }
    this.#sessions.set(session.id, session);
    this.#options.logger.debug({ session: session.id }, 'session begins');
  }
  /** The session uses the object, and so keeps it alive. */
  touch(session: Session, object: MediaObject): void {
    this.admit(session);
    this.#options.registry.ref(session, object);
  }
  /** Events go to this socket from now on. */
  attach(session: Session, outlet: Outlet): void {
    session.outlets.add(outlet);
    session.outlet = outlet;
    session.alive = true;
  }
  detach(session: Session, outlet: Outlet): void {
    session.outlets.delete(outlet);
    if (session.outlet === outlet) session.outlet = undefined;
    // The time without a socket counts from here.
    session.alive = true;
  }
  /** Ends a session on its own wish. Unknown ones are no error. */
  end(id: string, andRelease: boolean): void {
    const session = this.#sessions.get(id);
    if (session) this.#drop(session, andRelease, 'session ends');
  }
  #drop(session: Session, andRelease: boolean, why: string): void {
    this.#sessions.delete(session.id);
    for (const outlet of session.outlets) outlet.sessionEnded(session);
    const objects = this.#options.registry.heldBy(session);
    this.#options.registry.dropHolder(session, andRelease);
    this.#options.logger.debug({ session: session.id, objects }, why);
  }
  #collect(): void {
    for (const session of [...this.#sessions.values()]) {
      session.cache.sweep();
      if (session.outlets.size > 0) continue;
      if (session.alive) session.alive = false;
      else this.#drop(session, false, 'session collected');
    }
  }
  close(): void {
    this.#stopCollector();
    this.#sessions.clear();
  }
}
