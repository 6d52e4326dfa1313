/**
 * Finds the candidates of one transport: host addresses at once, server-reflexive and relayed ones as servers answer.
 * Bases go to the agent whether or not gathering was asked for, so that a peer's checks are answered from the start.
 */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import type { Logger } from '../../../protocol/log';
import type { Timer } from '../timers';
import type { HostBase, HostServices } from '../transport-host';
import type { GatheringState, IceCandidate, MediaTransportOptions, StunServer, TurnServer } from '../types';
import type { IceAgent } from './agent';
import { makeCandidate, type Base } from './candidate';
import { TurnAllocation } from './turn-allocation';
import { ATTRIBUTE, canonicalAddress, STUN, StunBuilder, xorAddressOf } from './stun';

export interface GathererEvents {
  candidate(candidate: IceCandidate): void;
  stateChanged(state: GatheringState): void;
  /** A datagram that came through a relay. */
  relayed(datagram: Buffer, base: Base, address: string, port: number): void;
}

/** Servers that do not answer must not keep the peer waiting for the end of candidates. */
const GATHERING_TIMEOUT = 5_000;
const RETRANSMITS = [0, 100, 300, 700, 1_500, 3_000] as const;

export class CandidateGatherer {
  readonly #host: HostServices;
  readonly #agent: IceAgent;
  readonly #options: MediaTransportOptions;
  readonly #logger: Logger;
  readonly #events: GathererEvents;
  readonly #bases: readonly HostBase[];
  readonly #owned: readonly HostBase[];
  readonly #allocations: TurnAllocation[] = [];
  readonly #disposers = new Set<() => void>();
  #candidates: IceCandidate[] = [];
  #state: GatheringState = 'new';
  #round = 0;
  #closed = false;

  constructor(
    host: HostServices,
    agent: IceAgent,
    options: MediaTransportOptions,
    logger: Logger,
    events: GathererEvents,
  ) {
    this.#host = host;
    this.#agent = agent;
    this.#options = options;
    this.#logger = logger;
    this.#events = events;
    const names = options.networkInterfaces ?? [];
    // On the shared port the remote address tells transports apart, so two of them cannot talk to each other, nor to one
    // third party on its shared port. Who offers (browsers do it nearly always) therefore uses ports of its own.
    this.#owned = (options.role === 'controlling' && !options.relayOnly && host.openBases()) || [];
    this.#bases = (this.#owned.length > 0 ? this.#owned : host.bases()).filter(
      (base) => names.length === 0 || names.includes(base.socket.interfaceName),
    );
    for (const base of this.#bases) agent.addBase(base);
  }

  get state(): GatheringState {
    return this.#state;
  }
  get candidates(): readonly IceCandidate[] {
    return this.#candidates;
  }

  start(): void {
    if (this.#state !== 'new' || this.#closed) return;
    this.#gather();
  }

  /** New credentials: the same candidates again, under the new name. */
  restart(): void {
    if (this.#state === 'new' || this.#closed) return;
    this.#dispose();
    this.#gather();
  }

  close(): void {
    this.#closed = true;
    this.#dispose();
    for (const allocation of this.#allocations.splice(0)) allocation.close();
    this.#host.closeBases(this.#owned);
  }

  #dispose(): void {
    for (const dispose of [...this.#disposers]) dispose();
    this.#disposers.clear();
  }

  #gather(): void {
    const round = ++this.#round;
    this.#candidates = [];
    this.#setState('gathering');
    const immediate = setImmediate(() => {
      this.#disposers.delete(cancel);
      if (!this.#options.relayOnly) for (const base of this.#bases) this.#addHost(base);
      const { stunServers = [], turnServers = [] } = this.#options;
      const work = [
        ...(this.#options.relayOnly ? [] : stunServers.map((server) => this.#reflexive(server))),
        ...turnServers.flatMap((server, index) => [
          this.#relay(server, 4, 65_535 - index * 256),
          this.#relay(server, 6, 65_535 - index * 256 - 128),
        ]),
      ];
      if (work.length === 0) {
        this.#setState('complete');
        return;
      }
      void Promise.allSettled(work).then(() => {
        if (round === this.#round && !this.#closed) this.#setState('complete');
      });
    });
    const cancel = () => clearImmediate(immediate);
    this.#disposers.add(cancel);
  }

  #setState(state: GatheringState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.stateChanged(state);
  }

  #add(candidate: IceCandidate): void {
    if (this.#closed) return;
    if (
      this.#candidates.some(
        ({ address, port, type }) =>
          address === candidate.address && port === candidate.port && type === candidate.type,
      )
    )
      return;
    this.#candidates.push(candidate);
    this.#events.candidate(candidate);
  }

  #addHost(base: HostBase): void {
    const { externalIPv4, externalIPv6 } = this.#options;
    const ufrag = this.#agent.local.usernameFragment;
    const external = canonicalAddress((base.family === 4 ? externalIPv4 : externalIPv6) ?? '');
    this.#add(makeCandidate('host', base, external ?? base.address, base.port, ufrag));
    if (base.socket.loopback || external !== undefined) return;
    for (const address of this.#host.announcedAddresses) {
      if (isIPv4(address) === (base.family === 4))
        this.#add(makeCandidate('host', base, address, base.port, ufrag));
    }
  }

  // ---- server-reflexive

  async #reflexive(server: StunServer): Promise<void> {
    const addresses = await lookup(server.host, { all: true }).catch((error: unknown) => {
      this.#logger.warn({ server: server.host, error: String(error) }, 'STUN server not found');
      return [];
    });
    if (this.#closed) return;
    await Promise.allSettled(
      this.#bases.flatMap((base) => {
        const found = addresses.find(({ family }) => family === base.family);
        const address = found && canonicalAddress(found.address);
        return address === undefined ? [] : [this.#askForMapping(base, address, server.port)];
      }),
    );
  }

  /** One Binding transaction (RFC 8489 section 6.2.1); resolves when it is over, whatever came of it. */
  #askForMapping(base: HostBase, address: string, port: number): Promise<void> {
    const request = new StunBuilder(STUN.bindingRequest);
    const id = request.transactionId.toString('latin1');
    const datagram = request.build(undefined, true);
    const { registry, timers } = this.#host;
    return new Promise((resolve) => {
      const pending: Timer[] = [];
      const finish = () => {
        for (const timer of pending) timer.cancel();
        registry.removeTransaction(id);
        this.#disposers.delete(finish);
        resolve();
      };
      this.#disposers.add(finish);
      registry.addTransaction(id, (message, from, fromAddress, fromPort) => {
        if (from !== base || fromAddress !== address || fromPort !== port) return;
        const mapped =
          message.type === STUN.bindingSuccess && xorAddressOf(message, ATTRIBUTE.xorMappedAddress);
        if (mapped && (mapped.address !== base.address || mapped.port !== base.port)) {
          const { usernameFragment } = this.#agent.local;
          this.#add(
            makeCandidate('srflx', base, mapped.address, mapped.port, usernameFragment, `${address}:${port}`),
          );
        }
        finish();
      });
      for (const delay of RETRANSMITS) {
        pending.push(timers.after(delay, () => void base.send(datagram, address, port)));
      }
      pending.push(timers.after(GATHERING_TIMEOUT, finish));
    });
  }

  // ---- relayed

  /**
   * One allocation for each family (RFC 8656 has both in one, but most servers of today know RFC 6156 only). Allocations
   * outlive ICE restarts: the same address under new credentials.
   */
  async #relay(server: TurnServer, family: 4 | 6, preference: number): Promise<void> {
    const standing = this.#allocations.find((allocation) => allocation.preference === preference);
    if (standing) {
      this.#addRelayed(standing);
      return;
    }
    const allocation = new TurnAllocation(server, family, preference, this.#host.timers, {
      received: (datagram, base, address, port) => this.#events.relayed(datagram, base, address, port),
      lost: (lost, reason) => {
        this.#logger.warn({ server: server.host, reason }, 'TURN allocation lost');
        this.#allocations.splice(this.#allocations.indexOf(lost), 1);
        this.#agent.removeBase(lost);
      },
    });
    const abandon = () => allocation.close();
    this.#disposers.add(abandon);
    try {
      await allocation.allocate();
    } catch (error) {
      // Many servers have one family only.
      this.#logger[family === 4 ? 'warn' : 'debug'](
        { server: server.host, family, error: String(error) },
        'no relayed candidate',
      );
      return;
    } finally {
      this.#disposers.delete(abandon);
    }
    if (this.#closed) {
      allocation.close();
      return;
    }
    this.#allocations.push(allocation);
    this.#agent.addBase(allocation);
    this.#addRelayed(allocation);
  }

  #addRelayed(allocation: TurnAllocation): void {
    const { usernameFragment } = this.#agent.local;
    const server = `${allocation.address}`;
    const candidate = makeCandidate(
      'relay',
      allocation,
      allocation.address,
      allocation.port,
      usernameFragment,
      server,
    );
    const { mapped } = allocation;
    // The related address of a relayed candidate is the mapped one (RFC 8839 section 5.1).
    this.#add({
      ...candidate,
      relatedAddress: mapped?.address ?? allocation.address,
      relatedPort: mapped?.port ?? 0,
    });
  }
}
