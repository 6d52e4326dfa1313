/** UDP sockets as the transport uses them: literal addresses, bound at once, and nothing queued that would only come late. */
import dgram from 'node:dgram';

/** Above this many bytes waiting inside Node the system refuses packets, and sending more only adds delay. */
const MAX_SEND_QUEUE = 64 * 1024;
/** Asking for the queue costs; a full burst between two looks is still bounded. */
const QUEUE_CHECK_INTERVAL = 32;

/** Addresses are always literal: answering synchronously spares a trip through the resolver for each packet. */
const literalLookup: dgram.SocketOptions['lookup'] = (hostname, _options, done) =>
  done(null, hostname, hostname.includes(':') ? 6 : 4);

export function createSocket(family: 4 | 6, reuse: boolean): dgram.Socket {
  return dgram.createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    reuseAddr: reuse,
    lookup: literalLookup,
  });
}

/** Binds at once, thanks to the synchronous look-up. Throws what the system says. */
export function bindNow(socket: dgram.Socket, address: string, port: number): void {
  let failure: Error | undefined;
  const onError = (error: Error) => (failure = error);
  socket.once('error', onError);
  socket.bind({ address, port, exclusive: true });
  socket.off('error', onError);
  if (failure) throw failure;
}

export function closeQuietly(socket: dgram.Socket): void {
  try {
    socket.close();
  } catch {
    // It never ran.
  }
}

/** A socket that drops what would only be delayed while the system takes nothing. */
export class SendingSocket {
  protected readonly socket: dgram.Socket;
  #count = 0;
  #congested = false;

  constructor(socket: dgram.Socket) {
    this.socket = socket;
  }
  /** True when a packet may be handed over. */
  protected mayBeSent(): boolean {
    if (this.#congested || ++this.#count % QUEUE_CHECK_INTERVAL === 0) {
      this.#congested = this.socket.getSendQueueSize() > MAX_SEND_QUEUE;
    }
    return !this.#congested;
  }
}

/** Bytes; the system clips what it does not allow. */
export function resize(socket: dgram.Socket, receive: number, send: number): void {
  try {
    socket.setRecvBufferSize(receive);
    socket.setSendBufferSize(send);
  } catch {
    // The default will do.
  }
}
