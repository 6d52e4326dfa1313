/**
 * The UDP port that all transports of a server share: one socket per local address, and where the system allows it one
 * connected socket per established peer on the same port (peer-socket.ts). Datagrams come out with their local and remote address; who they belong to is decided by others, always by
 * the remote address, because between bind and connect a new socket may catch anybody's packets.
 */
import type dgram from 'node:dgram';
import type { Logger } from '../../protocol/log';
import { localAddresses, type AddressFilter, type LocalAddress } from './local-addresses';
import { TransportError } from './transport-error';
import { bindNow, closeQuietly, createSocket, resize, SendingSocket } from './udp-socket';

export type DatagramHandler = (data: Buffer, local: LocalSocket, address: string, port: number) => void;

/** Bursts of many keyframes must fit; the system clips what it does not allow. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;
const SEND_BUFFER = 1024 * 1024;
const EPHEMERAL_ATTEMPTS = 20;
const REFRESH_INTERVAL = 2_000;

/** The shared socket of one local address. */
export class LocalSocket extends SendingSocket {
  readonly address: string;
  readonly family: 4 | 6;
  readonly loopback: boolean;
  readonly interfaceName: string;
  readonly port: number;
  /** Connected sockets may be put on the same port. */
  readonly shared: boolean;
  errors = 0;
  #closed = false;

  constructor(local: LocalAddress, port: number, shared: boolean, handler: DatagramHandler) {
    super(createSocket(local.family, shared));
    this.address = local.address;
    this.family = local.family;
    this.loopback = local.loopback;
    this.interfaceName = local.interfaceName;
    this.shared = shared;
    const { socket } = this;
    try {
      bindNow(socket, local.address, port);
    } catch (error) {
      closeQuietly(socket);
      throw error;
    }
    this.port = socket.address().port;
    socket.on('error', () => (this.errors += 1));
    socket.on('message', (data, remote) => handler(data, this, remote.address, remote.port));
    resize(socket, RECEIVE_BUFFER, SEND_BUFFER);
  }

  send(datagram: Buffer, address: string, port: number): boolean {
    if (this.#closed || !this.mayBeSent()) return false;
    this.socket.send(datagram, port, address);
    return true;
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

export interface UdpPortOptions extends AddressFilter {
  readonly port?: number | undefined;
  readonly portRange?: { readonly min: number; readonly max: number } | undefined;
  readonly connectedSockets?: boolean | undefined;
  readonly logger: Logger;
}

export class UdpPort {
  readonly port: number;
  /** Whether connected sockets may share the port. */
  readonly sharing: boolean;
  readonly #options: UdpPortOptions;
  readonly #handler: DatagramHandler;
  readonly #locals: LocalSocket[] = [];
  #refreshedAt = 0;
  #closed = false;

  private constructor(port: number, sharing: boolean, options: UdpPortOptions, handler: DatagramHandler) {
    this.port = port;
    this.sharing = sharing;
    this.#options = options;
    this.#handler = handler;
    this.#bindNew();
  }

  /** Raises TransportError `port-in-use` or `no-address`. */
  static async open(options: UdpPortOptions, handler: DatagramHandler): Promise<UdpPort> {
    const addresses = localAddresses(options);
    if (addresses.length === 0) throw new TransportError('no-address', 'no network address to listen on');
    const sharing = options.connectedSockets !== false && (await canSharePort());
    const port = await choosePort(options, addresses);
    const udpPort = new UdpPort(port, sharing, options, handler);
    if (udpPort.#locals.length > 0) return udpPort;
    throw new TransportError('port-in-use', `UDP port ${port} cannot be used`);
  }

  get locals(): readonly LocalSocket[] {
    return this.#locals;
  }

  /** Interfaces come and go (wireless, VPN): binds the new addresses. Cheap to call often. */
  refresh(): void {
    const now = performance.now();
    if (this.#closed || now - this.#refreshedAt < REFRESH_INTERVAL) return;
    this.#bindNew();
  }

  #bindNew(): void {
    this.#refreshedAt = performance.now();
    const current = localAddresses(this.#options);
    for (const local of current) {
      if (this.#locals.some((known) => known.address === local.address)) continue;
      try {
        this.#locals.push(new LocalSocket(local, this.port, this.sharing, this.#handler));
      } catch (error) {
        // An address may be tentative (IPv6) or just gone.
        this.#options.logger.warn(
          { address: local.address, port: this.port, error: String(error) },
          'cannot bind',
        );
      }
    }
    for (const local of [...this.#locals]) {
      if (current.some((known) => known.address === local.address)) continue;
      this.#locals.splice(this.#locals.indexOf(local), 1);
      void local.close();
    }
  }

  /**
   * One more socket per address, on other ports: any, or of the configured range. Undefined when there is only the one
   * port, because a firewall or a port mapping knows no other.
   */
  openDedicated(): LocalSocket[] | undefined {
    const { port, portRange } = this.#options;
    if (this.#closed || (port !== undefined && port !== 0)) return undefined;
    return this.#locals.flatMap((local) => {
      for (const candidate of portRange ? shuffled(portRange) : [0]) {
        try {
          return [new LocalSocket(local, candidate, false, this.#handler)];
        } catch {
          // Taken.
        }
      }
      return [];
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#locals.splice(0).map((local) => local.close()));
  }
}

/** All ports of the range, beginning somewhere. */
function shuffled({ min, max }: { readonly min: number; readonly max: number }): number[] {
  const count = Math.max(0, max - min + 1);
  const first = Math.floor(Math.random() * count);
  return Array.from({ length: count }, (_, i) => min + ((first + i) % count));
}

/**
 * A port that is free on every address. Taken without address reuse first: with it, two servers could sit on one port
 * and neither would notice.
 */
async function choosePort(options: UdpPortOptions, addresses: readonly LocalAddress[]): Promise<number> {
  const { port, portRange } = options;
  if (port !== undefined && port !== 0) {
    if (await isFree(port, addresses)) return port;
    throw new TransportError('port-in-use', `UDP port ${port} is in use`);
  }
  if (portRange && port === undefined) {
    for (let candidate = portRange.min; candidate <= portRange.max; candidate++) {
      if (await isFree(candidate, addresses)) return candidate;
    }
    throw new TransportError(
      'port-in-use',
      `all UDP ports from ${portRange.min} to ${portRange.max} are in use`,
    );
  }
  for (let attempt = 0; attempt < EPHEMERAL_ATTEMPTS; attempt++) {
    const candidate = await ephemeralPort(addresses[0]!);
    if (await isFree(candidate, addresses)) return candidate;
  }
  throw new TransportError('port-in-use', 'no free UDP port');
}

async function ephemeralPort({ address, family }: LocalAddress): Promise<number> {
  const socket = createSocket(family, false);
  try {
    bindNow(socket, address, 0);
    return socket.address().port;
  } catch (error) {
    throw new TransportError('no-address', `cannot open a UDP socket on ${address}: ${String(error)}`);
  } finally {
    await closed(socket);
  }
}

async function isFree(port: number, addresses: readonly LocalAddress[]): Promise<boolean> {
  const sockets: dgram.Socket[] = [];
  try {
    for (const { address, family } of addresses) {
      const socket = createSocket(family, false);
      sockets.push(socket);
      try {
        bindNow(socket, address, port);
      } catch (error) {
        // An address that cannot be bound at all (tentative IPv6) says nothing about the port.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') return false;
      }
    }
    return true;
  } finally {
    await Promise.all(sockets.map(closed));
  }
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve();
    }
  });
}

let sharingProbe: Promise<boolean> | undefined;

/** Tried once per process with real packets. On Windows it is undefined who gets a packet, whatever a trial says. */
function canSharePort(): Promise<boolean> {
  if (process.platform === 'win32') return Promise.resolve(false);
  sharingProbe ??= probeSharing();
  return sharingProbe;
}

const PROBE_TIMEOUT = 500;

async function probeSharing(): Promise<boolean> {
  const sockets = [
    createSocket(4, true),
    createSocket(4, true),
    createSocket(4, false),
    createSocket(4, false),
  ];
  const [shared, connected, friend, stranger] = sockets as [
    dgram.Socket,
    dgram.Socket,
    dgram.Socket,
    dgram.Socket,
  ];
  let timeout: NodeJS.Timeout | undefined;
  try {
    const home = '127.0.0.1';
    bindNow(friend, home, 0);
    bindNow(stranger, home, 0);
    bindNow(shared, home, 0);
    const { port } = shared.address();
    bindNow(connected, home, port);
    connected.connect(friend.address().port, home);
    connected.remoteAddress();
    const right = (socket: dgram.Socket, sender: dgram.Socket) =>
      new Promise<boolean>((resolve) => {
        socket.on('error', () => resolve(false));
        socket.on('message', (_, remote) => resolve(remote.port === sender.address().port));
      });
    const both = Promise.all([right(connected, friend), right(shared, stranger)]);
    friend.send('friend', port, home);
    stranger.send('stranger', port, home);
    const tooLate = new Promise<boolean[]>((resolve) => {
      timeout = setTimeout(() => resolve([false]), PROBE_TIMEOUT);
    });
    return (await Promise.race([both, tooLate])).every(Boolean);
  } catch {
    return false;
  } finally {
    clearTimeout(timeout);
    await Promise.all(sockets.map(closed));
  }
}
