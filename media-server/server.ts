/**
 * The Kurento Protocol on a port: HTTP upgrade, who may connect, frame size, heartbeat, slow readers. What a frame means
 * is the connection's; this file knows sockets only.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { RawData } from 'ws';
import { KURENTO_PATH } from '../protocol/kurento';
import type { Logger } from '../protocol/log';
import type { Cancel, Clock } from './clock';
import { Connection } from './rpc/connection';
import type { Wire } from './rpc/connection';
import type { Services } from './rpc/methods';

/** Ten times the largest transaction that a client has reason to send; JSON of 32 MB would stop media for a second. */
export const MAX_FRAME_BYTES = 1024 * 1024;
/** A reader that lets so much pile up does not read. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** A peer that answers no ping within this time is gone. */
export const HEARTBEAT_MS = 15_000;
const HTTP_HEADERS_TIMEOUT_MS = 10_000;

export interface SocketServerOptions {
  readonly host: string;
  readonly port: number;
  readonly services: Services;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxSockets: number;
  /** Pages that may connect, such as `https://example.org`; none by default: browsers name their page, other programs do not. */
  readonly allowedOrigins: readonly string[];
}
export interface SocketServer {
  readonly port: number;
  readonly sockets: () => number;
  dropSockets(): void;
  close(): Promise<void>;
}

export async function startSocketServer(options: SocketServerOptions): Promise<SocketServer> {
  const server = createServer((_request, response) => {
    response.writeHead(426, { connection: 'close', 'content-type': 'text/plain' });
    response.end('Kurento Protocol: connect with a WebSocket.\n');
  });
  server.headersTimeout = HTTP_HEADERS_TIMEOUT_MS;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request, socket, head) => {
    // Without a listener, a reset before the handshake would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, options, sockets.clients.size);
    if (refusal) refuse(socket, refusal);
    else sockets.handleUpgrade(request, socket, head, (client) => accept(client, request, options));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    sockets: () => sockets.clients.size,
    dropSockets: () => sockets.clients.forEach((client) => client.terminate()),
    close: () => close(server, sockets),
  };
}

function refusalOf(request: IncomingMessage, options: SocketServerOptions, open: number): string | undefined {
  const { origin } = request.headers;
  if (origin !== undefined && !options.allowedOrigins.includes(origin)) {
    options.logger.warn({ origin }, 'refused a web page');
    return '403 Forbidden';
  }
  if (open >= options.maxSockets) {
    options.logger.warn({ open }, 'refused a socket: too many');
    return '503 Service Unavailable';
  }
  return undefined;
}
function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function accept(client: WebSocket, request: IncomingMessage, options: SocketServerOptions): void {
  const { clock, services } = options;
  const logger = options.logger.child({
    peer: `${request.socket.remoteAddress ?? '?'}:${request.socket.remotePort ?? 0}`,
  });
  client.on('error', (error) => logger.debug({ reason: error.message }, 'socket error'));
  if (pathOf(request) !== KURENTO_PATH) {
    client.close(1002, 'Invalid path');
    // Who does not answer the close is cut off.
    const cut = clock.after(HEARTBEAT_MS, () => client.terminate());
    client.on('close', cut);
    return;
  }
  const connection = new Connection(services, wireOf(client, logger), logger);
  const stopHeartbeat = startHeartbeat(client, clock);
  client.on('message', (data) => connection.receive(textOf(data)));
  client.on('close', (code) => {
    stopHeartbeat();
    connection.close();
    logger.debug({ code }, 'socket closed');
  });
  logger.debug({}, 'socket opened');
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
/** JSON in a binary frame is as good as in one of text. */
function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

function wireOf(client: WebSocket, logger: Logger): Wire {
  return {
    send(frame) {
      if (client.readyState !== WebSocket.OPEN) return;
      if (client.bufferedAmount > MAX_BUFFERED_BYTES) {
        logger.warn({ buffered: client.bufferedAmount }, 'socket closed: the client does not read');
        client.terminate();
        return;
      }
      client.send(frame);
    },
    pause: () => client.pause(),
    resume: () => client.resume(),
  };
}

/** Any frame counts as a sign of life. A paused socket cannot show one. */
function startHeartbeat(client: WebSocket, clock: Clock): Cancel {
  let alive = true;
  const sign = () => (alive = true);
  client.on('pong', sign);
  client.on('ping', sign);
  client.on('message', sign);
  return clock.every(HEARTBEAT_MS, () => {
    if (client.isPaused) return;
    if (!alive) {
      client.terminate();
      return;
    }
    alive = false;
    client.ping();
  });
}

function listen(server: Server, { host, port }: SocketServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
