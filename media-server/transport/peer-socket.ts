/**
 * A connected socket on the port that all transports share: spares the kernel and Node the address handling of each
 * packet. Works only where the system lets sockets share a port; see udp-port.ts.
 */
import type dgram from 'node:dgram';
import type { BurstSocket, DatagramBursts } from './datagram-bursts';
import { bindNow, closeQuietly, createSocket, resize, SendingSocket } from './udp-socket';

const SEND_BUFFER = 1024 * 1024;
const RECEIVE_BUFFER = 512 * 1024;

/** Where a socket is bound. */
export interface LocalPoint {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

export interface PeerSocketEvents {
  /** Not always from the peer: between bind and connect the system may deliver anybody's datagrams. */
  received(data: Buffer, address: string, port: number): void;
  closed?(): void;
}

/** A socket that talks to one remote address only. */
export class PeerSocket extends SendingSocket implements BurstSocket {
  readonly address: string;
  readonly port: number;
  /** The system reported that a datagram could not be delivered (a closed port, most often). */
  errors = 0;
  /** -1: only Node knows it. */
  readonly descriptor: number;
  readonly #events: PeerSocketEvents;
  readonly #bursts: DatagramBursts | undefined;
  #closed = false;

  /**
   * Throws what the system says when the port cannot be shared. `bursts`: by which it sends, where the system can do that;
   * one for all sockets of a thread.
   */
  constructor(
    local: LocalPoint,
    address: string,
    port: number,
    events: PeerSocketEvents,
    bursts: DatagramBursts | undefined,
  ) {
    super(createSocket(local.family, true));
    this.#events = events;
    this.#bursts = bursts;
    this.address = address;
    this.port = port;
    const { socket } = this;
    try {
      this.descriptor = bindShared(socket, local, bursts);
      socket.connect(port, address);
      socket.remoteAddress(); // throws unless connected
    } catch (error) {
      closeQuietly(socket);
      throw error;
    }
    socket.on('error', () => (this.errors += 1));
    socket.on('message', (data, remote) => events.received(data, remote.address, remote.port));
    resize(socket, RECEIVE_BUFFER, SEND_BUFFER);
  }

  send(datagram: Buffer): boolean {
    if (this.#closed || !this.mayBeSent()) return false;
    if (this.#bursts) this.#bursts.send(this, datagram);
    else this.sendAlone(datagram);
    return true;
  }
  sendAlone(datagram: Buffer): void {
    this.socket.send(datagram);
  }

  close(): void {
    if (this.#closed) return;
    // Its last words; afterwards the descriptor is somebody else's.
    this.#bursts?.flush();
    this.#closed = true;
    closeQuietly(this.socket);
    this.#events.closed?.();
  }
}

/** Binds at once. Returns the descriptor, which Node names of no socket that it opens itself: then -1. */
function bindShared(
  socket: dgram.Socket,
  { address, port }: LocalPoint,
  bursts: DatagramBursts | undefined,
): number {
  if (!bursts) {
    bindNow(socket, address, port);
    return -1;
  }
  const fd = bursts.bind(address, port);
  try {
    // From then on it is the socket's, and closed with it.
    socket.bind({ fd, exclusive: true });
    return fd;
  } catch (error) {
    bursts.unbind(fd);
    throw error;
  }
}
