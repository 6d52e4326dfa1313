/**
 * One allocation on a TURN server (RFC 8656): an address there that is a base like any other. Peers are bound to
 * channels, which carry permission and spare 32 bytes per packet; everything is refreshed in time and released at the end.
 */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { RemoteTable } from '../remote-table';
import type { Timer, Timers } from '../timers';
import { TransportError } from '../transport-error';
import type { TurnServer } from '../types';
import type { Base } from './candidate';
import {
  ATTRIBUTE,
  attributeOf,
  canonicalAddress,
  errorCodeOf,
  hasIntegrity,
  parseStun,
  STUN,
  StunBuilder,
  xorAddressOf,
  type SocketAddress,
  type StunMessage,
} from './stun';
import { openTurnLink, type TurnLink } from './turn-link';

const SUCCESS = 0x100;
const ERROR = 0x110;
const DATA_INDICATION = 0x017;
const UDP = 17 << 24;
/** REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.8); without it a server gives an IPv4 address. */
const IPV6 = 2 << 24;
const FIRST_CHANNEL = 0x4000;
/** Checks go to each remote candidate; more than this no peer has. */
const MAX_PEERS = 64;
/** What a peer is sent before its channel stands. */
const MAX_HELD = 8;
const RETRANSMIT = 250;
const MAX_ATTEMPTS = 5;
const STREAM_TIMEOUT = 5_000;
/** Channels live ten minutes, their permissions five. */
const CHANNEL_REFRESH = 4 * 60_000;
const MIN_REFRESH = 20_000;

interface Peer {
  readonly address: string;
  readonly port: number;
  readonly channel: number;
  bound: boolean;
  held: Buffer[];
  timer: Timer | undefined;
}

interface Pending {
  resolve(message: StunMessage): void;
  reject(error: TransportError): void;
  timer: Timer;
}

export interface TurnEvents {
  /** A datagram from a peer, through the server. */
  received(datagram: Buffer, base: TurnAllocation, address: string, port: number): void;
  /** The allocation is no longer there. */
  lost(allocation: TurnAllocation, reason: string): void;
}

export class TurnAllocation implements Base {
  readonly kind = 'relay';
  readonly preference: number;
  readonly remotes = new RemoteTable();
  address = '';
  port = 0;
  readonly family: 4 | 6;
  /** Our address as the server sees it. */
  mapped: SocketAddress | undefined;
  readonly #server: TurnServer;
  readonly #timers: Timers;
  readonly #events: TurnEvents;
  readonly #pending = new Map<string, Pending>();
  readonly #peers = new Map<string, Peer>();
  readonly #channels = new Map<number, Peer>();
  #link: TurnLink | undefined;
  #realm = '';
  #nonce: Buffer = Buffer.alloc(0);
  #key: Buffer | undefined;
  #refreshTimer: Timer | undefined;
  #closed = false;

  /** `family`: of the address that the server is asked for, whatever the family of the way to it. */
  constructor(server: TurnServer, family: 4 | 6, preference: number, timers: Timers, events: TurnEvents) {
    this.#server = server;
    this.family = family;
    this.preference = preference;
    this.#timers = timers;
    this.#events = events;
  }

  /** Rejects with TransportError `turn`. */
  async allocate(): Promise<void> {
    try {
      const found = await lookup(this.#server.host);
      if (this.#closed) throw new Error('closed');
      const link = await openTurnLink(this.#server, found.address, {
        message: (message) => this.#receive(message),
        lost: (reason) => this.#lose(reason),
      });
      this.#link = link;
      if (this.#closed) throw new Error('closed');
      const answer = await this.#request(STUN.allocate, (builder) => {
        if (this.family === 6) builder.uint32(ATTRIBUTE.requestedAddressFamily, IPV6);
        return builder.uint32(ATTRIBUTE.requestedTransport, UDP);
      });
      const relayed = xorAddressOf(answer, ATTRIBUTE.xorRelayedAddress);
      if (!relayed) throw new Error('no relayed address in the answer');
      if (isIPv4(relayed.address) !== (this.family === 4)) throw new Error('an address of the other family');
      this.address = relayed.address;
      this.port = relayed.port;
      this.mapped = xorAddressOf(answer, ATTRIBUTE.xorMappedAddress);
      this.#scheduleRefresh(answer);
    } catch (error) {
      this.close();
      // It may have been closed while the link was being opened.
      this.#link?.close();
      if (error instanceof TransportError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new TransportError('turn', `TURN server ${this.#server.host}: ${reason}`);
    }
  }

  send(datagram: Buffer, address: string, port: number): boolean {
    if (this.#closed || !this.#link) return false;
    const peer = this.#peers.get(`${address} ${port}`) ?? this.#addPeer(address, port);
    if (!peer) return false;
    if (peer.bound) return this.#link.send(channelData(peer.channel, datagram));
    if (peer.held.length >= MAX_HELD) return false;
    peer.held.push(Buffer.from(datagram));
    return true;
  }

  /** Gives the allocation back. Idempotent; no callback follows. */
  close(): void {
    if (this.#closed) return;
    if (this.#key) {
      const release = new StunBuilder(STUN.refresh).uint32(ATTRIBUTE.lifetime, 0);
      this.#link?.send(this.#sign(release));
    }
    this.#end();
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#end();
    this.#events.lost(this, reason);
  }

  #end(): void {
    this.#closed = true;
    this.#refreshTimer?.cancel();
    for (const peer of this.#peers.values()) peer.timer?.cancel();
    this.#peers.clear();
    this.#channels.clear();
    for (const pending of [...this.#pending.values()]) {
      pending.timer.cancel();
      pending.reject(new TransportError('turn', 'closed'));
    }
    this.#pending.clear();
    this.#link?.close();
  }

  // ---- requests

  #sign(builder: StunBuilder): Buffer {
    if (!this.#key) return builder.build(undefined, false);
    builder.text(ATTRIBUTE.username, this.#server.username);
    builder.text(ATTRIBUTE.realm, this.#realm);
    builder.bytes(ATTRIBUTE.nonce, this.#nonce);
    return builder.build(this.#key, false);
  }

  /** With one more try when the server asks for credentials or has a new nonce. */
  async #request(method: number, fill: (builder: StunBuilder) => StunBuilder): Promise<StunMessage> {
    for (let attempt = 0; ; attempt++) {
      const builder = fill(new StunBuilder(method));
      const answer = await this.#exchange(this.#sign(builder), builder.transactionId.toString('latin1'));
      if ((answer.type & ERROR) !== ERROR) return answer;
      const code = errorCodeOf(answer);
      if (attempt >= 2 || (code !== 401 && code !== 438) || !this.#takeChallenge(answer, code)) {
        throw new TransportError('turn', `TURN server ${this.#server.host} refused with ${code}`);
      }
    }
  }

  /** False when the answer to our credentials is that they are wrong. */
  #takeChallenge(answer: StunMessage, code: number): boolean {
    const realm = attributeOf(answer, ATTRIBUTE.realm)?.toString('utf8') ?? this.#realm;
    const nonce = attributeOf(answer, ATTRIBUTE.nonce);
    if (!nonce || nonce.length > 763 || realm.length > 763 || (code === 401 && this.#key)) return false;
    const { username, password } = this.#server;
    this.#realm = realm;
    this.#nonce = Buffer.from(nonce);
    this.#key = createHash('md5').update(`${username}:${realm}:${password}`).digest();
    return true;
  }

  #exchange(message: Buffer, id: string): Promise<StunMessage> {
    return new Promise((resolve, reject) => {
      const link = this.#link;
      if (this.#closed || !link) {
        reject(new TransportError('turn', 'closed'));
        return;
      }
      let attempts = 0;
      const next = () => {
        if (attempts >= (link.reliable ? 1 : MAX_ATTEMPTS)) {
          this.#pending.delete(id);
          reject(new TransportError('turn', `TURN server ${this.#server.host} does not answer`));
          return;
        }
        link.send(message);
        const wait = link.reliable ? STREAM_TIMEOUT : RETRANSMIT * 2 ** attempts;
        attempts += 1;
        this.#pending.set(id, { resolve, reject, timer: this.#timers.after(wait, next) });
      };
      next();
    });
  }

  #scheduleRefresh(answer: StunMessage): void {
    const seconds = attributeOf(answer, ATTRIBUTE.lifetime);
    const lifetime = (seconds?.length === 4 ? seconds.readUInt32BE(0) : 600) * 1_000;
    // Half of it leaves time to try again; the cap keeps the number inside what timers take.
    const delay = Math.min(Math.max(lifetime / 2, MIN_REFRESH), 3_600_000);
    this.#refreshTimer = this.#timers.after(delay, () => {
      this.#request(STUN.refresh, (builder) => builder.uint32(ATTRIBUTE.lifetime, 600)).then(
        (refreshed) => {
          if (!this.#closed) this.#scheduleRefresh(refreshed);
        },
        (error: unknown) => this.#lose(String(error)),
      );
    });
  }

  // ---- peers

  #addPeer(address: string, port: number): Peer | undefined {
    if (this.#peers.size >= MAX_PEERS || isIPv4(address) !== (this.family === 4)) return undefined;
    const channel = FIRST_CHANNEL + this.#peers.size;
    const peer: Peer = { address, port, channel, bound: false, held: [], timer: undefined };
    this.#peers.set(`${address} ${port}`, peer);
    this.#channels.set(channel, peer);
    this.#bind(peer);
    return peer;
  }

  #bind(peer: Peer): void {
    const { address, port, channel } = peer;
    this.#request(STUN.channelBind, (builder) =>
      builder
        .uint32(ATTRIBUTE.channelNumber, channel << 16)
        .xorAddress(ATTRIBUTE.xorPeerAddress, { address, port }),
    ).then(
      () => {
        if (this.#closed) return;
        peer.bound = true;
        for (const datagram of peer.held.splice(0)) this.#link?.send(channelData(channel, datagram));
        peer.timer = this.#timers.after(CHANNEL_REFRESH, () => this.#bind(peer));
      },
      // A peer that the server does not reach (403) is just no pair.
      () => {
        peer.bound = false;
        peer.held = [];
      },
    );
  }

  // ---- what the server sends

  #receive(message: Buffer): void {
    if (this.#closed || message.length < 4) return;
    if ((message[0]! & 0xc0) === 0x40) {
      const peer = this.#channels.get(message.readUInt16BE(0));
      const length = message.readUInt16BE(2);
      if (!peer || 4 + length > message.length) return;
      this.#events.received(message.subarray(4, 4 + length), this, peer.address, peer.port);
      return;
    }
    const stun = parseStun(message);
    if (!stun) return;
    if (stun.type === DATA_INDICATION) {
      const from = xorAddressOf(stun, ATTRIBUTE.xorPeerAddress);
      const data = attributeOf(stun, ATTRIBUTE.data);
      const address = from && canonicalAddress(from.address);
      if (from && address && data) this.#events.received(Buffer.from(data), this, address, from.port);
      return;
    }
    const pending = this.#pending.get(stun.transactionId);
    if (!pending || (stun.type & SUCCESS) === 0) return;
    // What changes anything here must come from the server; a refusal may be unsigned (RFC 8489 section 9.2.4).
    if ((stun.type & ERROR) !== ERROR && this.#key && !hasIntegrity(stun, this.#key)) return;
    this.#pending.delete(stun.transactionId);
    pending.timer.cancel();
    pending.resolve(stun);
  }
}

function channelData(channel: number, datagram: Buffer): Buffer {
  const message = Buffer.allocUnsafe(4 + datagram.length);
  message.writeUInt16BE(channel, 0);
  message.writeUInt16BE(datagram.length, 2);
  datagram.copy(message, 4);
  return message;
}
