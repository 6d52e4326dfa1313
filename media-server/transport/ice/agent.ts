/**
 * The ICE agent of one transport (RFC 8445): connectivity checks, nomination, role conflicts, restarts, and consent
 * (RFC 7675) while media flows. It neither owns sockets nor gathers: bases are given to it, datagrams that are STUN
 * come in parsed, and what it decides goes out through AgentEvents.
 *
 * One data stream with one component means one check list (its Generation's), so nothing is ever frozen: pairs are checked
 * in the order of their priority, triggered ones at once.
 */
import { randomBytes } from 'node:crypto';
import type { Timer, Timers } from '../timers';
import type { CandidatePair, IceCandidate, IceParameters, IceRole, IceState } from '../types';
import { makeCandidate, priorityOf, type Base } from './candidate';
import { Generation, type Check, type IcePair } from './generation';
import {
  ATTRIBUTE,
  attributeOf,
  errorCodeOf,
  hasIntegrity,
  STUN,
  StunBuilder,
  xorAddressOf,
  type StunMessage,
} from './stun';

export interface AgentEvents {
  stateChanged(state: IceState): void;
  /** Data goes over this pair from now on. */
  pairSelected(pair: IcePair, description: CandidatePair): void;
  /**
   * Whoever sends from here knows our ICE password: its packets may be looked at.
   * `proven`: it also answered a check of ours, so the address is not forged.
   */
  remoteValidated(base: Base, address: string, port: number, proven: boolean): void;
}

/** Finds the agent that a STUN message is meant for; shared by all agents of a host. */
export interface StunRegistry {
  addUser(usernameFragment: string, agent: IceAgent): void;
  removeUser(usernameFragment: string): void;
  addTransaction(id: string, receive: TransactionReceiver): void;
  removeTransaction(id: string): void;
}
export type TransactionReceiver = (message: StunMessage, base: Base, address: string, port: number) => void;

/** Pace of new checks, and the grain of everything else while checking. */
const PACE = 20;
/** Grain of the watch over an established pair, once there is something to watch. */
const IDLE_INTERVAL = 500;
const FIRST_RETRANSMIT = 100;
const MAX_RETRANSMIT_INTERVAL = 1_600;
const MAX_ATTEMPTS = 7;
/** From the first pair on; after that a peer that never answered is given up. */
const CHECKING_TIMEOUT = 30_000;
/** A relayed pair is only nominated when nothing better appeared for this long. */
const RELAY_PATIENCE = 150;
/** RFC 7675: consent lasts 30 s and is asked for every 4 to 6 s. */
const CONSENT_LIFETIME = 30_000;
const CONSENT_INTERVAL = 5_000;
/** Nothing heard for this long: ask more often. */
const SILENCE = 2_500;
const DISCONNECTED_AFTER = 6_000;
/** Browsers repeat a nomination with every ping, at most 2.5 s apart. */
const NOMINATION_LIFETIME = 6_000;

const ICE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function iceText(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += ICE_CHARACTERS[byte & 63]!;
  return text;
}

export interface AgentOptions {
  readonly role: IceRole;
  readonly registry: StunRegistry;
  readonly events: AgentEvents;
  readonly timers: Timers;
  readonly relayOnly: boolean;
}

export class IceAgent {
  readonly #registry: StunRegistry;
  readonly #events: AgentEvents;
  readonly #timers: Timers;
  readonly #relayOnly: boolean;
  readonly #tieBreaker = randomBytes(8);
  readonly #bases: Base[] = [];
  #role: IceRole;
  #remoteLite = false;
  #state: IceState = 'new';
  #current: Generation;
  /** Still answered, and carrying the media, until the current one has a selected pair. */
  #previous: Generation | undefined;
  #selected: IcePair | undefined;
  #timer: Timer | undefined;
  #timerInterval = 0;
  #heardAt = 0;
  #consentAt = 0;
  #nextConsentCheck = 0;
  #roundTripTime: number | undefined;

  constructor(options: AgentOptions) {
    this.#registry = options.registry;
    this.#events = options.events;
    this.#timers = options.timers;
    this.#relayOnly = options.relayOnly;
    this.#role = options.role;
    this.#current = this.#newGeneration();
  }

  get local(): IceParameters {
    return this.#current.local;
  }
  get remote(): IceParameters | undefined {
    return this.#current.remote;
  }
  get role(): IceRole {
    return this.#role;
  }
  get state(): IceState {
    return this.#state;
  }
  get selected(): IcePair | undefined {
    return this.#selected;
  }
  /** Milliseconds, smoothed. */
  get roundTripTime(): number | undefined {
    return this.#roundTripTime;
  }

  /** An authentic packet of any kind came from the peer: a sign of life that spares checks. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  // ---- configuration

  addBase(base: Base): void {
    if (this.#relayOnly && base.kind !== 'relay') return;
    this.#bases.push(base);
    for (const remote of this.#current.remotes)
      this.#current.addPair(base, remote, this.#role, this.#selected);
    this.#wake();
  }

  /** The base is gone: what went over it needs another pair, if there is one. */
  removeBase(base: Base): void {
    const index = this.#bases.indexOf(base);
    if (index < 0) return;
    this.#bases.splice(index, 1);
    for (const generation of [this.#current, this.#previous]) {
      for (const pair of generation?.pairs ?? []) {
        if (pair.base !== base) continue;
        this.#endCheck(pair);
        pair.state = 'failed';
        pair.nominated = false;
      }
    }
    if (this.#selected?.base === base) this.#reconsider();
  }

  /** New credentials on the peer's side belong to the current local ones: who restarts calls restart() first. */
  setRemote(remote: IceParameters, lite: boolean): void {
    const generation = this.#current;
    this.#remoteLite = lite;
    if (lite) this.#role = 'controlling';
    const known = generation.remote;
    if (known?.usernameFragment === remote.usernameFragment && known.password === remote.password) return;
    generation.remote = remote;
    if (generation.startedAt === 0) generation.startedAt = this.#timers.now();
    if (this.#state === 'new' || this.#state === 'failed') this.#setState('checking');
    this.#wake();
  }

  addRemoteCandidate(candidate: IceCandidate): void {
    const usable = this.#current.addRemote(candidate);
    if (!usable) return;
    for (const base of this.#bases) this.#current.addPair(base, usable, this.#role, this.#selected);
    this.#wake();
  }

  restart(): IceParameters {
    if (this.#state === 'closed') return this.#current.local;
    if (this.#previous) this.#dropGeneration(this.#previous);
    this.#previous = this.#current;
    this.#current = this.#newGeneration();
    // Without a pair that carries media there is nothing to keep.
    if (!this.#selected) {
      this.#dropGeneration(this.#previous);
      this.#previous = undefined;
    }
    if (this.#state === 'failed' || this.#state === 'disconnected') this.#setState('checking');
    return this.#current.local;
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#previous) this.#dropGeneration(this.#previous);
    this.#dropGeneration(this.#current);
    this.#previous = undefined;
    this.#selected = undefined;
    this.#bases.length = 0;
    this.#state = 'closed';
  }

  #newGeneration(): Generation {
    // RFC 8445 asks for 24 and 128 random bits at least: 8 and 24 characters of 6 bits.
    const local = { usernameFragment: iceText(8), password: iceText(24) };
    this.#registry.addUser(local.usernameFragment, this);
    return new Generation(local);
  }

  #dropGeneration(generation: Generation): void {
    this.#registry.removeUser(generation.local.usernameFragment);
    for (const pair of generation.pairs) this.#endCheck(pair);
    generation.clear();
  }

  // ---- incoming STUN

  /** A Binding request whose user name begins with one of our fragments. */
  receiveRequest(message: StunMessage, user: string, base: Base, address: string, port: number): void {
    const generation =
      user === this.#current.local.usernameFragment
        ? this.#current
        : user === this.#previous?.local.usernameFragment
          ? this.#previous
          : undefined;
    if (!generation || this.#state === 'closed') return;
    if (this.#relayOnly && base.kind !== 'relay') return;
    if (!hasIntegrity(message, generation.local.password)) return;
    const priority = attributeOf(message, ATTRIBUTE.priority);
    if (!priority || priority.length !== 4) return;
    if (this.#settleRoleConflict(message, generation, base, address, port)) return;

    const response = new StunBuilder(STUN.bindingSuccess, Buffer.from(message.transactionId, 'latin1'));
    response.xorAddress(ATTRIBUTE.xorMappedAddress, { address, port });
    base.send(response.build(generation.local.password), address, port);
    this.#heardAt = this.#timers.now();
    this.#events.remoteValidated(base, address, port, false);

    const pair = this.#pairFor(generation, base, address, port, priority.readUInt32BE(0));
    if (!pair) return;
    if (this.#role === 'controlled' && attributeOf(message, ATTRIBUTE.useCandidate)) {
      pair.nominated = true;
      pair.nominatedAt = this.#heardAt;
    }
    if (pair.state === 'succeeded') {
      if (pair.nominated) this.#reconsider();
    } else if (generation.remote && pair.state !== 'in-progress') {
      this.#sendCheck(pair, false); // triggered: not paced
    }
    this.#wake();
  }

  /** True when the request was answered with 487. RFC 8445 section 7.3.1.1. */
  #settleRoleConflict(
    message: StunMessage,
    generation: Generation,
    base: Base,
    address: string,
    port: number,
  ): boolean {
    const type = this.#role === 'controlling' ? ATTRIBUTE.iceControlling : ATTRIBUTE.iceControlled;
    const theirs = attributeOf(message, type);
    if (!theirs || theirs.length !== 8) return false;
    const oursIsLarger = Buffer.compare(this.#tieBreaker, theirs) >= 0;
    if (oursIsLarger === (this.#role === 'controlling')) {
      const refusal = new StunBuilder(STUN.bindingError, Buffer.from(message.transactionId, 'latin1'));
      base.send(refusal.error(487, 'Role Conflict').build(generation.local.password), address, port);
      return true;
    }
    this.#switchRole();
    return false;
  }

  #switchRole(): void {
    this.#role = this.#role === 'controlling' ? 'controlled' : 'controlling';
    this.#current.sort(this.#role);
    this.#previous?.sort(this.#role);
  }

  /** The pair of this address, made from a peer-reflexive candidate where there is none. */
  #pairFor(
    generation: Generation,
    base: Base,
    address: string,
    port: number,
    priority: number,
  ): IcePair | undefined {
    const known = generation.findPair(base, address, port);
    if (known) return known;
    const remote = generation.remoteAt(address, port, priority);
    return remote && generation.addPair(base, remote, this.#role, this.#selected);
  }

  #receiveResponse(pair: IcePair, message: StunMessage, base: Base, address: string, port: number): void {
    const { check } = pair;
    const { remote } = pair.generation;
    if (!check || !remote || check.id !== message.transactionId) return;
    // Symmetric, or it is not an answer to this check (RFC 8445 section 7.2.5.2.1).
    if (base !== pair.base || address !== pair.remote.address || port !== pair.remote.port) return;
    if (!hasIntegrity(message, remote.password)) return;
    this.#endCheck(pair);
    if (message.type === STUN.bindingError) {
      if (errorCodeOf(message) === 487) {
        if (check.role === this.#role) this.#switchRole();
        this.#sendCheck(pair, false);
      } else pair.state = 'failed';
      this.#wake();
      return;
    }
    const now = this.#timers.now();
    pair.mapped = xorAddressOf(message, ATTRIBUTE.xorMappedAddress);
    pair.state = 'succeeded';
    if (pair.generation.firstValidAt === 0) pair.generation.firstValidAt = now;
    if (check.nominating) {
      pair.nominated = true;
      pair.nominatedAt = now;
    }
    this.#heardAt = now;
    this.#events.remoteValidated(base, address, port, true);
    // A retransmitted check has an ambiguous round trip (Karn).
    if (check.attempts === 1) this.#measured(now - check.sentAt);
    if (pair === this.#selected) this.#consentAt = now;
    this.#reconsider();
    if (this.#role === 'controlling') this.#nominate(pair.generation, now);
    this.#wake();
  }

  #measured(roundTrip: number): void {
    this.#roundTripTime =
      this.#roundTripTime === undefined ? roundTrip : this.#roundTripTime * 0.75 + roundTrip * 0.25;
  }

  // ---- outgoing checks

  #sendCheck(pair: IcePair, nominating: boolean): void {
    const { local, remote } = pair.generation;
    if (!remote) return;
    this.#endCheck(pair);
    const request = new StunBuilder(STUN.bindingRequest);
    request.text(ATTRIBUTE.username, `${remote.usernameFragment}:${local.usernameFragment}`);
    request.uint32(ATTRIBUTE.priority, priorityOf('prflx', pair.base.preference));
    request.bytes(
      this.#role === 'controlling' ? ATTRIBUTE.iceControlling : ATTRIBUTE.iceControlled,
      this.#tieBreaker,
    );
    if (nominating) request.bytes(ATTRIBUTE.useCandidate, Buffer.alloc(0));
    const now = this.#timers.now();
    const check: Check = {
      id: request.transactionId.toString('latin1'),
      datagram: request.build(remote.password),
      nominating,
      role: this.#role,
      sentAt: now,
      attempts: 1,
      nextAt: now + FIRST_RETRANSMIT,
    };
    pair.check = check;
    // An established pair stays one while its consent is refreshed.
    if (pair.state !== 'succeeded') pair.state = 'in-progress';
    this.#registry.addTransaction(check.id, (message, base, address, port) =>
      this.#receiveResponse(pair, message, base, address, port),
    );
    pair.base.send(check.datagram, pair.remote.address, pair.remote.port);
  }

  #endCheck(pair: IcePair): void {
    if (pair.check) this.#registry.removeTransaction(pair.check.id);
    pair.check = undefined;
  }

  #retransmit(pair: IcePair, now: number): void {
    const { check } = pair;
    if (!check || now < check.nextAt) return;
    if (check.attempts >= MAX_ATTEMPTS) {
      this.#endCheck(pair);
      if (pair !== this.#selected) pair.state = 'failed';
      return;
    }
    check.nextAt = now + Math.min(FIRST_RETRANSMIT * 2 ** check.attempts, MAX_RETRANSMIT_INTERVAL);
    check.attempts += 1;
    pair.base.send(check.datagram, pair.remote.address, pair.remote.port);
  }

  // ---- selection

  /** The pair to use: nominated before valid, then by priority; a nomination that the peer stopped repeating is void. */
  #reconsider(): void {
    const { pairs } = this.#current;
    const now = this.#timers.now();
    const valid = pairs.filter((pair) => pair.state === 'succeeded');
    const nominated = valid.filter((pair) => pair.nominated);
    const fresh = nominated.filter((pair) => now - pair.nominatedAt < NOMINATION_LIFETIME);
    const selected = this.#selected;
    const keeps =
      selected !== undefined && selected.generation === this.#current && selected.state === 'succeeded';
    const pool = fresh.length > 0 ? fresh : nominated.length > 0 ? nominated : valid;
    const best = this.#role === 'controlling' && keeps && selected.nominated ? selected : pool[0];
    if (best && best !== selected) this.#select(best, now);
    if (!best) return;
    // Whoever waits for the first path hears of it, also where it was nominated before it was found to work.
    if (this.#state === 'checking') this.#setState('connected');
    this.#setState(best.nominated ? 'completed' : 'connected');
  }

  #select(pair: IcePair, now: number): void {
    this.#selected = pair;
    this.#consentAt = now;
    this.#nextConsentCheck = now + this.#consentDelay();
    if (this.#previous) {
      this.#dropGeneration(this.#previous);
      this.#previous = undefined;
    }
    this.#events.pairSelected(pair, this.describe(pair));
  }

  describe(pair: IcePair): CandidatePair {
    const { base, mapped, remote } = pair;
    const ufrag = pair.generation.local.usernameFragment;
    const reflexive = mapped && (mapped.address !== base.address || mapped.port !== base.port);
    const local =
      reflexive && base.kind === 'host'
        ? makeCandidate('prflx', base, mapped.address, mapped.port, ufrag)
        : makeCandidate(base.kind, base, base.address, base.port, ufrag);
    return { local, remote };
  }

  #consentDelay(): number {
    return CONSENT_INTERVAL * (0.8 + Math.random() * 0.4);
  }

  // ---- time

  /** Makes sure that the clock runs as fast as there is work for. */
  #wake(): void {
    if (this.#state === 'closed') return;
    const busy = this.#isBusy();
    const interval = busy ? PACE : this.#idleInterval();
    if (this.#timer && this.#timerInterval <= interval) return;
    if (!busy && !this.#selected && this.#state !== 'checking') return;
    this.#timer?.cancel();
    // The first check of a burst goes out in the next turn of the event loop, the others at their pace.
    const delay = busy && this.#timerInterval !== PACE ? 0 : interval;
    this.#timerInterval = interval;
    this.#timer = this.#timers.after(delay, () => {
      this.#timer = undefined;
      this.#tick();
      this.#wake();
    });
  }

  /** While the peer is heard, nothing needs a look before its consent is to be asked for again. */
  #idleInterval(): number {
    const selected = this.#selected;
    if (!selected || selected.check) return IDLE_INTERVAL;
    const due = Math.min(this.#nextConsentCheck, this.#heardAt + SILENCE);
    return Math.max(IDLE_INTERVAL, due - this.#timers.now());
  }

  #isBusy(): boolean {
    const { remote, pairs } = this.#current;
    if (remote === undefined) return false;
    let nominationDue = this.#role === 'controlling';
    let anyValid = false;
    for (const pair of pairs) {
      if (pair.state === 'waiting' || pair.check !== undefined) return true;
      if (pair.nominated) nominationDue = false;
      if (pair.state === 'succeeded') anyValid = true;
    }
    return nominationDue && anyValid;
  }

  #tick(): void {
    const now = this.#timers.now();
    const generation = this.#current;
    for (const pair of generation.pairs) this.#retransmit(pair, now);
    if (generation.remote) {
      const next = generation.pairs.find((pair) => pair.state === 'waiting');
      if (next) this.#sendCheck(next, false);
      if (this.#role === 'controlling') this.#nominate(generation, now);
    }
    if (this.#selected) this.#watchConsent(this.#selected, now);
    else if (this.#state === 'checking' && now - generation.startedAt > CHECKING_TIMEOUT)
      this.#setState('failed');
  }

  #nominate(generation: Generation, now: number): void {
    if (generation.pairs.some((pair) => pair.nominated || pair.check?.nominating)) return;
    const best = generation.pairs.find((pair) => pair.state === 'succeeded');
    if (!best) return;
    const relayed = best.base.kind === 'relay' || best.remote.type === 'relay';
    if (relayed && now - generation.firstValidAt < RELAY_PATIENCE && !this.#remoteLite) return;
    this.#sendCheck(best, true);
  }

  #watchConsent(pair: IcePair, now: number): void {
    // The old pair of a restart is retransmitted here, its generation is not current.
    if (pair.generation !== this.#current) this.#retransmit(pair, now);
    const silence = now - this.#heardAt;
    if (now - this.#consentAt > CONSENT_LIFETIME) {
      pair.state = 'failed';
      pair.nominated = false;
      this.#endCheck(pair);
      this.#selected = undefined;
      this.#setState('failed');
      return;
    }
    if (silence > DISCONNECTED_AFTER) this.#setState('disconnected');
    else if (this.#state === 'disconnected') this.#setState(pair.nominated ? 'completed' : 'connected');
    if (!pair.check && (now >= this.#nextConsentCheck || silence > SILENCE)) {
      this.#nextConsentCheck = now + this.#consentDelay();
      this.#sendCheck(pair, this.#role === 'controlling' && pair.nominated);
    }
  }

  #setState(state: IceState): void {
    if (state === this.#state || this.#state === 'closed') return;
    this.#state = state;
    this.#events.stateChanged(state);
  }
}
