/**
 * What one set of ICE credentials stands for (RFC 8445 section 6.1.2): the peer's candidates and the check list of pairs
 * that they form with our bases, best first. When a pair is checked and which one is used is the agent's decision.
 */
import type { IceCandidate, IceParameters, IceRole } from '../types';
import { canPair, comparePairs, priorityOf, usableRemote, type Base } from './candidate';

export interface IcePair {
  readonly base: Base;
  readonly remote: IceCandidate;
  readonly localPriority: number;
  readonly remotePriority: number;
  readonly generation: Generation;
  state: 'waiting' | 'in-progress' | 'succeeded' | 'failed';
  /** Controlled: the peer has asked for this pair. Controlling: it answered our nomination. */
  nominated: boolean;
  nominatedAt: number;
  check: Check | undefined;
  /** Address of ours as the peer sees it. */
  mapped: { address: string; port: number } | undefined;
}

/** A request under way. */
export interface Check {
  readonly id: string;
  readonly datagram: Buffer;
  readonly nominating: boolean;
  readonly role: IceRole;
  readonly sentAt: number;
  attempts: number;
  nextAt: number;
}

/** RFC 8445 section 6.1.2.5 says 100. */
const MAX_PAIRS = 100;
const MAX_REMOTE_CANDIDATES = 64;

export class Generation {
  readonly local: IceParameters;
  remote: IceParameters | undefined;
  startedAt = 0;
  firstValidAt = 0;
  readonly #pairs: IcePair[] = [];
  readonly #remotes: IceCandidate[] = [];

  constructor(local: IceParameters) {
    this.local = local;
  }

  /** Best first. */
  get pairs(): readonly IcePair[] {
    return this.#pairs;
  }
  get remotes(): readonly IceCandidate[] {
    return this.#remotes;
  }

  /** The candidate as it is used; undefined when it is of no use, not of these credentials, or known. */
  addRemote(candidate: IceCandidate): IceCandidate | undefined {
    const { ufrag } = candidate;
    if (ufrag !== undefined && this.remote && ufrag !== this.remote.usernameFragment) return undefined;
    const usable = usableRemote(candidate);
    if (!usable || this.#remotes.length >= MAX_REMOTE_CANDIDATES) return undefined;
    if (this.#findRemote(usable.address, usable.port)) return undefined;
    this.#remotes.push(usable);
    return usable;
  }

  /** Undefined when the two cannot be paired. A full list gives up a failed pair, but not `selected`. */
  addPair(
    base: Base,
    remote: IceCandidate,
    role: IceRole,
    selected: IcePair | undefined,
  ): IcePair | undefined {
    if (!canPair(base, remote)) return undefined;
    if (this.#pairs.length >= MAX_PAIRS) {
      const failed = this.#pairs.findIndex((pair) => pair.state === 'failed' && pair !== selected);
      if (failed < 0) return undefined;
      this.#pairs.splice(failed, 1);
    }
    const pair: IcePair = {
      base,
      remote,
      localPriority: priorityOf(base.kind, base.preference),
      remotePriority: remote.priority,
      generation: this,
      state: 'waiting',
      nominated: false,
      nominatedAt: 0,
      check: undefined,
      mapped: undefined,
    };
    this.#pairs.push(pair);
    this.sort(role);
    return pair;
  }

  findPair(base: Base, address: string, port: number): IcePair | undefined {
    return this.#pairs.find(
      (pair) => pair.base === base && pair.remote.port === port && pair.remote.address === address,
    );
  }

  /** The candidate of an address from which a check came: peer-reflexive when it is new, undefined when there are too many. */
  remoteAt(address: string, port: number, priority: number): IceCandidate | undefined {
    const known = this.#findRemote(address, port);
    if (known || this.#remotes.length >= MAX_REMOTE_CANDIDATES) return known;
    const remote: IceCandidate = {
      foundation: `prflx${this.#remotes.length}`,
      component: 1,
      protocol: 'udp',
      priority,
      address,
      port,
      type: 'prflx',
      relatedAddress: undefined,
      relatedPort: undefined,
      tcpType: undefined,
      ufrag: undefined,
    };
    this.#remotes.push(remote);
    return remote;
  }

  /** The order depends on who controls. */
  sort(role: IceRole): void {
    this.#pairs.sort((a, b) => comparePairs(a, b, role));
  }

  clear(): void {
    this.#pairs.length = 0;
    this.#remotes.length = 0;
  }

  #findRemote(address: string, port: number): IceCandidate | undefined {
    return this.#remotes.find((known) => known.address === address && known.port === port);
  }
}
