/**
 * The sockets that the hub listens on: one server per address, so that sharing on the network can begin and end while
 * connections over loopback go on. Owns ports and TCP connections; what is spoken on them is the handlers' business.
 */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../protocol/log';
import { isLoopback } from './addresses';

export interface Tls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface ListenersOptions {
  /** Undefined: plain HTTP. */
  readonly tls: Tls | undefined;
  readonly onRequest: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly logger: Logger;
}

/** The port (or an address) cannot be had; the message is a sentence for the user. */
export class CannotListen extends Error {
  readonly taken: boolean;

  constructor(message: string, taken: boolean) {
    super(message);
    this.name = 'CannotListen';
    this.taken = taken;
  }
}

/** TCP connections to one address, before anything is spoken on them. */
const MAX_SOCKETS = 2_000;
/** Nobody needs longer to say what he wants. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** With port 0 the first address chooses; another process may have that port on the second one. */
const PORT_ATTEMPTS = 5;

interface Listener {
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #open = new Map<string, Listener>();
  #port = 0;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get addresses(): string[] {
    return [...this.#open.keys()];
  }

  /** Listens on loopback. The first call decides the port (0: any that is free). */
  async openLoopback(addresses: readonly string[], port: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#port = port;
        for (const address of addresses) await this.#listen(address);
        if (this.#open.size === 0)
          throw new CannotListen('This machine has no loopback address to listen on.', false);
        return;
      } catch (error) {
        await this.close();
        const again = port === 0 && error instanceof CannotListen && error.taken && attempt < PORT_ATTEMPTS;
        if (!again) throw error;
      }
    }
  }

  /**
   * Listens on these addresses beside loopback and no others: closes what is not among them, with its connections.
   * @throws CannotListen when an address cannot be had; the others are opened all the same
   */
  async share(addresses: readonly string[]): Promise<void> {
    const wanted = new Set(addresses.filter((address) => !isLoopback(address)));
    for (const [address, listener] of [...this.#open]) {
      if (isLoopback(address) || wanted.has(address)) continue;
      this.#open.delete(address);
      await end(listener);
    }
    const failures: unknown[] = [];
    for (const address of wanted) {
      if (this.#open.has(address)) continue;
      await this.#listen(address).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async close(): Promise<void> {
    const listeners = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(listeners.map(end));
  }

  async #listen(address: string): Promise<void> {
    const server = this.#createServer();
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    try {
      await listening(server, address, this.#port);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // A machine without IPv6 has no ::1; the other loopback address does.
      if (isLoopback(address) && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return;
      throw new CannotListen(sentence(address, this.#port, code), code === 'EADDRINUSE');
    }
    server.on('error', (error) => this.#options.logger.error({ error, address }, 'a listener failed'));
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') this.#port = bound.port;
    this.#open.set(address, { server, sockets });
  }

  #createServer(): Server {
    const { tls, onRequest, onUpgrade } = this.#options;
    const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
    const server = tls
      ? createHttpsServer({ ...limits, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' }, onRequest)
      : createHttpServer(limits, onRequest);
    server.on('upgrade', onUpgrade);
    server.maxConnections = MAX_SOCKETS;
    server.on('clientError', (_error: Error, socket: Duplex) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    return server;
  }
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: true }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function end({ server, sockets }: Listener): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

function sentence(address: string, port: number, code: string | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken on ${address}: end the program that uses it, or choose another port with --as_uri.`;
    case 'EACCES':
      return `This user may not listen on port ${port}: choose one above 1023 with --as_uri.`;
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine: choose one of its own, or 0.0.0.0, with --as_uri.`;
    default:
      return `Cannot listen on ${address}, port ${port} (${code ?? 'unknown reason'}).`;
  }
}
