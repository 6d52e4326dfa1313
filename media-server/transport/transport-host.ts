/**
 * The wire side of one media server: the shared UDP port, the certificate, and the table that says which transport a
 * datagram belongs to. STUN goes by user fragment or transaction, everything else by the remote address that ICE
 * validated; what fits nothing is dropped after a look at its first byte and its address.
 */
import { silentLogger, type Logger } from '../../protocol/log';
import { makeCertificate, loadCertificate, type DtlsCertificate } from './dtls/certificate';
import type { SrtpKeyingMaterial } from './dtls/association-secrets';
import type { IceAgent, StunRegistry, TransactionReceiver } from './ice/agent';
import type { Base } from './ice/candidate';
import { ATTRIBUTE, attributeOf, canonicalAddress, looksLikeStun, parseStun, STUN } from './ice/stun';
import { WireTransport } from './media-transport';
import { RemoteTable } from './remote-table';
import { SRTP_PROFILES, type SrtpProfile } from './srtp/profile';
import { makeSealer, SrtpSender } from './srtp/srtp-session';
import { SystemTimers, type Timers } from './timers';
import { TransportError } from './transport-error';
import type {
  Fingerprint,
  HostStats,
  MediaTransport,
  MediaTransportOptions,
  SrtpProfileName,
  TransportHost,
  TransportHostOptions,
} from './types';
import { DatagramBursts } from './datagram-bursts';
import { PeerSocket } from './peer-socket';
import { LocalSender, type PacketSender } from './sending/packet-sender';
import { SenderPool, type LegListener } from './sending/sender-pool';
import type { SendPath } from './sending/send-protocol';
import { openSystemUdp } from './system-udp';
import { UdpPort, type LocalSocket } from './udp-port';

/** A local socket as ICE sees it. */
export class HostBase implements Base {
  readonly kind = 'host';
  readonly preference: number;
  readonly remotes = new RemoteTable();
  readonly socket: LocalSocket;

  constructor(socket: LocalSocket, preference: number) {
    this.socket = socket;
    this.preference = preference;
  }
  get address(): string {
    return this.socket.address;
  }
  get port(): number {
    return this.socket.port;
  }
  get family(): 4 | 6 {
    return this.socket.family;
  }
  send(datagram: Buffer, address: string, port: number): boolean {
    return this.socket.send(datagram, address, port);
  }
}

/** What transports need of their host. */
export interface HostServices {
  readonly registry: StunRegistry;
  readonly certificate: DtlsCertificate;
  /** Numbers of RFC 5764, best first. */
  readonly srtpProfiles: readonly number[];
  readonly announcedAddresses: readonly string[];
  readonly timers: Timers;
  /** Of the present interfaces, on the shared port. */
  bases(): readonly HostBase[];
  /**
   * Sockets for one transport alone, on ports of their own; the caller closes them with closeBases. Undefined when the
   * configuration allows one port only.
   */
  openBases(): readonly HostBase[] | undefined;
  closeBases(bases: readonly HostBase[]): void;
  /** A connected socket for this remote address; undefined where the system does not allow it. */
  connect(base: HostBase, address: string, port: number): PeerSocket | undefined;
  /**
   * Encrypts and sends for one transport, by `leg` or in a thread; `path`: undefined when no socket could be connected to
   * it. To be closed by the caller.
   */
  openSender(
    profile: SrtpProfile,
    keys: SrtpKeyingMaterial,
    path: SendPath | undefined,
    leg: LegListener,
  ): PacketSender;
  /** STUN that came through a relay. Others than STUN are the transport's. */
  receiveStun(datagram: Buffer, base: Base, address: string, port: number): void;
  closed(transport: WireTransport): void;
}

const DEFAULT_PROFILES: readonly SrtpProfileName[] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'];

/** So many one core carries easily, and a thread costs memory and wake-ups. */
const SENDERS_BEFORE_THREADS = 128;

class UdpTransportHost implements TransportHost, HostServices, StunRegistry {
  readonly certificate: DtlsCertificate;
  readonly srtpProfiles: readonly number[];
  readonly announcedAddresses: readonly string[];
  readonly timers = SystemTimers;
  readonly #logger: Logger;
  readonly #bases = new Map<LocalSocket, HostBase>();
  readonly #dedicated = new Set<LocalSocket>();
  readonly #users = new Map<string, IceAgent>();
  readonly #transactions = new Map<string, TransactionReceiver>();
  readonly #transports = new Set<WireTransport>();
  #udp: UdpPort | undefined;
  #bursts: DatagramBursts | undefined;
  readonly #pool: SenderPool | undefined;
  readonly #sendersBeforeThreads: number;
  #localSenders = 0;
  #peerSockets = 0;
  #stray = 0;
  #closed = false;

  constructor(options: TransportHostOptions, certificate: DtlsCertificate) {
    this.certificate = certificate;
    this.srtpProfiles = (options.srtpProfiles ?? DEFAULT_PROFILES).map((name) => SRTP_PROFILES[name].id);
    this.announcedAddresses = (options.announcedAddresses ?? []).flatMap(
      (text) => canonicalAddress(text) ?? [],
    );
    this.#logger = options.logger ?? silentLogger;
    const { sending } = options;
    this.#sendersBeforeThreads = sending?.sendersBeforeThreads ?? SENDERS_BEFORE_THREADS;
    if (sending && sending.threads > 0) {
      this.#pool = new SenderPool({
        ...sending,
        logger: this.#logger,
        received: (data, localAddress, address, port) => {
          const local = this.#udp?.locals.find((socket) => socket.address === localAddress);
          if (local) this.#receive(data, local, address, port);
        },
      });
    }
  }

  async open(options: TransportHostOptions): Promise<void> {
    const system = await openSystemUdp();
    this.#bursts = system && new DatagramBursts(system);
    this.#udp = await UdpPort.open({ ...options, logger: this.#logger }, this.#receive);
    this.bases();
  }

  get registry(): StunRegistry {
    return this;
  }
  get port(): number {
    return this.#udp?.port ?? 0;
  }
  get fingerprint(): Fingerprint {
    return this.certificate.fingerprint;
  }

  createTransport(options: MediaTransportOptions): MediaTransport {
    if (this.#closed) throw new TransportError('closed', 'the media server is shutting down');
    const transport = new WireTransport(this, options);
    this.#transports.add(transport);
    return transport;
  }

  stats(): HostStats {
    return {
      transports: this.#transports.size,
      sockets: (this.#udp?.locals.length ?? 0) + this.#dedicated.size + this.#peerSockets,
      strayPackets: this.#stray,
      sendingThreads: this.#pool?.threads ?? 0,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const transport of [...this.#transports]) transport.close();
    await this.#pool?.close();
    await this.#udp?.close();
    this.#bases.clear();
  }

  // ---- HostServices

  bases(): readonly HostBase[] {
    const udp = this.#udp;
    if (!udp) return [];
    udp.refresh();
    udp.locals.forEach((socket, index) => {
      if (!this.#bases.has(socket)) this.#bases.set(socket, new HostBase(socket, 65_535 - index * 256));
    });
    for (const socket of this.#bases.keys()) {
      if (!udp.locals.includes(socket) && !this.#dedicated.has(socket)) this.#bases.delete(socket);
    }
    return udp.locals.flatMap((socket) => this.#bases.get(socket) ?? []);
  }

  openBases(): readonly HostBase[] | undefined {
    const sockets = this.#udp?.openDedicated();
    return sockets?.map((socket, index) => {
      const base = new HostBase(socket, 65_535 - index * 256);
      this.#dedicated.add(socket);
      this.#bases.set(socket, base);
      return base;
    });
  }

  closeBases(bases: readonly HostBase[]): void {
    for (const { socket } of bases) {
      this.#dedicated.delete(socket);
      this.#bases.delete(socket);
      void socket.close();
    }
  }

  connect(base: HostBase, address: string, port: number): PeerSocket | undefined {
    if (!base.socket.shared || this.#closed) return undefined;
    try {
      const events = {
        received: (data: Buffer, from: string, fromPort: number) =>
          this.#receive(data, base.socket, from, fromPort),
        closed: () => (this.#peerSockets -= 1),
      };
      const socket = new PeerSocket(base.socket, address, port, events, this.#bursts);
      this.#peerSockets += 1;
      return socket;
    } catch (error) {
      this.#logger.warn({ error: String(error) }, 'no connected socket, sending from the shared one');
      return undefined;
    }
  }

  openSender(
    profile: SrtpProfile,
    keys: SrtpKeyingMaterial,
    path: SendPath | undefined,
    leg: LegListener,
  ): PacketSender {
    const crowded = this.#localSenders >= this.#sendersBeforeThreads;
    const threaded = crowded && path ? this.#pool?.open(profile, keys, path, leg) : undefined;
    if (threaded) return threaded;
    this.#localSenders += 1;
    const srtp = new SrtpSender(makeSealer(profile, keys.localKey, keys.localSalt));
    return new LocalSender(srtp, leg, () => (this.#localSenders -= 1));
  }

  closed(transport: WireTransport): void {
    this.#transports.delete(transport);
  }

  // ---- StunRegistry

  addUser(usernameFragment: string, agent: IceAgent): void {
    this.#users.set(usernameFragment, agent);
  }
  removeUser(usernameFragment: string): void {
    this.#users.delete(usernameFragment);
  }
  addTransaction(id: string, receive: TransactionReceiver): void {
    this.#transactions.set(id, receive);
  }
  removeTransaction(id: string): void {
    this.#transactions.delete(id);
  }

  // ---- datagrams

  readonly #receive = (datagram: Buffer, local: LocalSocket, address: string, port: number): void => {
    const base = this.#bases.get(local);
    if (base === undefined || datagram.length === 0) return;
    if (datagram[0]! < 2) {
      this.receiveStun(datagram, base, address, port);
      return;
    }
    const receiver = base.remotes.find(address, port);
    if (receiver) receiver.receive(datagram, base, address, port);
    else this.#stray += 1;
  };

  receiveStun(datagram: Buffer, base: Base, address: string, port: number): void {
    try {
      if (!looksLikeStun(datagram)) {
        this.#stray += 1;
        return;
      }
      const type = datagram.readUInt16BE(0);
      if (type === STUN.bindingSuccess || type === STUN.bindingError) {
        const receive = this.#transactions.get(datagram.toString('latin1', 8, 20));
        const message = receive && parseStun(datagram);
        if (message) receive(message, base, address, port);
      } else if (type === STUN.bindingRequest) this.#receiveRequest(datagram, base, address, port);
    } catch (error) {
      this.#logger.error({ error: String(error) }, 'a STUN message was not handled');
    }
  }

  #receiveRequest(datagram: Buffer, base: Base, address: string, port: number): void {
    const message = parseStun(datagram);
    const username = message && attributeOf(message, ATTRIBUTE.username);
    if (!username || username.length > 512) return;
    const colon = username.indexOf(0x3a);
    if (colon < 1) return;
    const user = username.toString('latin1', 0, colon);
    this.#users.get(user)?.receiveRequest(message, user, base, address, port);
  }
}

/** Opens the port and makes the certificate. Raises TransportError `port-in-use` or `no-address`. */
export async function startTransportHost(options: TransportHostOptions = {}): Promise<TransportHost> {
  const pems = options.certificate;
  const certificate = pems ? loadCertificate(pems.cert, pems.key) : await makeCertificate();
  const host = new UdpTransportHost(options, certificate);
  await host.open(options);
  return host;
}
