import { describe, expect, it } from 'vitest';
import { RemoteTable } from '../remote-table';
import type { Timers } from '../timers';
import type { IceCandidate, IceRole } from '../types';
import { IceAgent, type StunRegistry, type TransactionReceiver } from './agent';
import type { Base } from './candidate';
import { ATTRIBUTE, attributeOf, parseStun, STUN, StunBuilder } from './stun';

/** Time that passes when told to. */
class FakeTimers implements Timers {
  #now = 0;
  #entries: { at: number; run: () => void }[] = [];
  /** Timers that ran. */
  fired = 0;
  now(): number {
    return this.#now;
  }
  after(milliseconds: number, run: () => void) {
    const entry = { at: this.#now + milliseconds, run };
    this.#entries.push(entry);
    return { cancel: () => void (this.#entries = this.#entries.filter((other) => other !== entry)) };
  }
  get pending(): number {
    return this.#entries.length;
  }
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#entries.toSorted((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      this.#entries = this.#entries.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      this.fired++;
      next.run();
    }
    this.#now = end;
  }
}

const PEER = { usernameFragment: 'peer', password: 'password-of-the-peer-000' };

function remoteCandidate(changes: Partial<IceCandidate> = {}): IceCandidate {
  return {
    foundation: '1',
    component: 1,
    protocol: 'udp',
    priority: 2_130_706_431,
    address: '192.0.2.77',
    port: 5_000,
    type: 'host',
    relatedAddress: undefined,
    relatedPort: undefined,
    tcpType: undefined,
    ufrag: undefined,
    ...changes,
  };
}

/** An agent with one address and a peer that answers while `alive`. */
function scene(role: IceRole) {
  const timers = new FakeTimers();
  const transactions = new Map<string, TransactionReceiver>();
  const states: string[] = [];
  const sent: Buffer[] = [];
  const world = { alive: true, sent, states, timers, transactions, forged: false };
  const registry: StunRegistry = {
    addUser() {},
    removeUser() {},
    addTransaction: (id, receive) => void transactions.set(id, receive),
    removeTransaction: (id) => void transactions.delete(id),
  };
  const base: Base = {
    kind: 'host',
    address: '192.0.2.1',
    port: 4_000,
    family: 4,
    preference: 65_535,
    remotes: new RemoteTable(),
    send(datagram, address, port) {
      sent.push(datagram);
      const request = parseStun(datagram)!;
      if (request.type !== STUN.bindingRequest || !world.alive) return true;
      timers.after(20, () => {
        const answer = new StunBuilder(STUN.bindingSuccess, Buffer.from(request.transactionId, 'latin1'));
        answer.xorAddress(ATTRIBUTE.xorMappedAddress, base);
        const message = parseStun(answer.build(world.forged ? 'somebody else' : PEER.password))!;
        transactions.get(request.transactionId)?.(message, base, address, port);
      });
      return true;
    },
  };
  const agent = new IceAgent({
    role,
    registry,
    timers,
    relayOnly: false,
    events: {
      stateChanged: (state) => void states.push(state),
      pairSelected: () => {},
      remoteValidated: () => {},
    },
  });
  agent.addBase(base);
  const request = (useCandidate: boolean) => {
    const builder = new StunBuilder(STUN.bindingRequest);
    builder.text(ATTRIBUTE.username, `${agent.local.usernameFragment}:${PEER.usernameFragment}`);
    builder.uint32(ATTRIBUTE.priority, 1_853_824_767).bytes(ATTRIBUTE.iceControlling, Buffer.alloc(8));
    if (useCandidate) builder.bytes(ATTRIBUTE.useCandidate, Buffer.alloc(0));
    const message = parseStun(builder.build(agent.local.password))!;
    agent.receiveRequest(message, agent.local.usernameFragment, base, '192.0.2.77', 5_000);
  };
  return { ...world, world, agent, base, request };
}

describe('an ICE agent', () => {
  it('that controls checks, nominates and completes', () => {
    const { agent, timers, sent, states } = scene('controlling');
    agent.addRemoteCandidate(remoteCandidate());
    agent.setRemote(PEER, false);
    timers.advance(200);
    expect(states).toEqual(['checking', 'connected', 'completed']);
    expect(sent.map((datagram) => !!attributeOf(parseStun(datagram)!, ATTRIBUTE.useCandidate))).toEqual([
      false,
      true,
    ]);
    expect(agent.roundTripTime).toBeCloseTo(20, 0);
  });

  it('that is controlled learns an address from a check and waits for the nomination', () => {
    const { agent, timers, states, request } = scene('controlled');
    agent.setRemote(PEER, false);
    request(false);
    timers.advance(50);
    expect(states).toEqual(['checking', 'connected']);
    expect(agent.selected?.remote.type).toBe('prflx');
    request(true);
    expect(states).toEqual(['checking', 'connected', 'completed']);
  });

  it('is connected before it is completed, also where the nomination came with the first check', () => {
    const { agent, timers, states, request } = scene('controlled');
    agent.setRemote(PEER, false);
    request(true);
    timers.advance(50);
    expect(states).toEqual(['checking', 'connected', 'completed']);
  });

  it('believes no answer that is not signed by its peer', () => {
    const { agent, timers, world, states } = scene('controlling');
    world.forged = true;
    agent.addRemoteCandidate(remoteCandidate());
    agent.setRemote(PEER, false);
    timers.advance(40_000);
    expect(states).toEqual(['checking', 'failed']);
  });

  it('reports silence, comes back, and gives up when consent has expired', () => {
    const { agent, timers, world, states, transactions } = scene('controlling');
    agent.addRemoteCandidate(remoteCandidate());
    agent.setRemote(PEER, false);
    timers.advance(60_000);
    expect(states).toEqual(['checking', 'connected', 'completed']);
    world.alive = false;
    timers.advance(13_000);
    expect(states.slice(3)).toEqual(['disconnected']);
    world.alive = true;
    timers.advance(3_000);
    expect(states.slice(3)).toEqual(['disconnected', 'completed']);
    world.alive = false;
    timers.advance(40_000);
    expect(states.slice(5)).toEqual(['disconnected', 'failed']);
    expect(agent.selected).toBeUndefined();
    agent.close();
    expect([timers.pending, transactions.size]).toEqual([0, 0]);
  });

  it('sleeps while its peer is heard, but for consent', () => {
    const { agent, timers, sent, states } = scene('controlling');
    agent.addRemoteCandidate(remoteCandidate());
    agent.setRemote(PEER, false);
    timers.advance(1_000);
    const [checks, fired] = [sent.length, timers.fired];
    for (let second = 0; second < 60; second++) {
      agent.heard(timers.now());
      timers.advance(1_000);
    }
    expect(states).toEqual(['checking', 'connected', 'completed']);
    expect(sent.length - checks).toBeGreaterThanOrEqual(9);
    expect(sent.length - checks).toBeLessThanOrEqual(15);
    // For each check also its answer and, while that is on its way, a look or two; twice a second it was.
    expect(timers.fired - fired).toBeLessThan(90);
    agent.close();
  });

  it('keeps within its bounds whatever the peer names', () => {
    const { agent, timers, transactions, sent } = scene('controlling');
    agent.setRemote(PEER, false);
    for (let i = 0; i < 10_000; i++) agent.addRemoteCandidate(remoteCandidate({ port: 1 + i }));
    for (const address of [
      'host.local',
      '0.0.0.0',
      '239.1.2.3',
      'fe80::1',
      'ff02::1',
      '127.0.0.1',
      '::1',
      'x',
    ]) {
      agent.addRemoteCandidate(remoteCandidate({ address }));
    }
    timers.advance(500);
    expect(transactions.size).toBeLessThanOrEqual(100);
    expect(sent.length).toBeLessThan(150);
    agent.close();
  });
});
