/**
 * The hub's WebSocket side: lets clients in by the gate, gives each a connection and a session of its mode, tells them of
 * the media server, and at the end sees them off. What one connection does is connection.ts's.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { MAX_SIGNALING_FRAME } from '../protocol/limits';
import type { EndpointPath, MediaServerState, Welcome } from '../protocol/signaling';
import { SocketConnection } from './connection';
import type { Gate } from './gate';
import type { HubServices, Mode } from './mode';

/** How long closing waits for peers to answer the close frame, so that they read why. */
const FAREWELL_LIMIT_MS = 1_000;
/** How long closing waits for sessions to release what they hold. */
const SETTLE_LIMIT_MS = 3_000;

export interface ClientsOptions {
  readonly gate: Gate;
  readonly modes: Readonly<Record<EndpointPath, Mode>>;
  readonly services: HubServices;
}

export class Clients {
  readonly #gate: Gate;
  readonly #modes: ReadonlyMap<string, Mode>;
  readonly #services: HubServices;
  readonly #connections = new Set<SocketConnection<EndpointPath>>();
  /** Sessions whose socket is gone and that still release what they hold. */
  readonly #settling = new Set<Promise<void>>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // Above our own limit, so that a frame between the two still gets an answer that says what is wrong.
    maxPayload: 4 * MAX_SIGNALING_FRAME,
  });
  #closing = false;

  constructor(options: ClientsOptions) {
    this.#gate = options.gate;
    this.#modes = new Map(Object.entries(options.modes));
    this.#services = options.services;
  }

  /** An HTTP request to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { remoteAddress } = request.socket;
    const { host, origin } = request.headers;
    const verdict = this.#gate.admits({ host, origin, remoteAddress });
    if (!verdict.ok) {
      const { code, status } = verdict;
      this.#services.logger.warn({ code, host, origin, remoteAddress }, 'connection refused');
      refuse(socket, status, code);
      return;
    }
    if (this.#closing) {
      refuse(socket, 503, 'shutting-down');
      return;
    }
    const mode = this.#modes.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (!mode) {
      refuse(socket, 404, 'unknown-path');
      return;
    }
    const leave = this.#gate.enter(remoteAddress);
    socket.once('close', leave);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#connect(webSocket, mode, remoteAddress ?? ''),
    );
  }

  mediaServerIs(state: MediaServerState): void {
    for (const connection of this.#connections) connection.mediaServerIs(state);
  }

  /** Tells everybody why, and waits for a while until all that they held is released. */
  async close(): Promise<void> {
    this.#closing = true;
    const connections = [...this.#connections];
    for (const connection of connections) connection.close('shutting-down');
    await this.#within(FAREWELL_LIMIT_MS, Promise.all(connections.map((connection) => connection.gone)));
    await this.#within(SETTLE_LIMIT_MS, Promise.all(this.#settling));
  }

  #connect(socket: WebSocket, mode: Mode, remoteAddress: string): void {
    try {
      const connection = new SocketConnection({
        socket,
        remoteAddress,
        mode,
        services: this.#services,
        welcome: () => this.#welcome(),
        onEnded: () => {
          this.#connections.delete(connection);
          this.#settle(connection.settled());
        },
      });
      this.#connections.add(connection);
    } catch (error) {
      // A mode that cannot open a session is a bug; it costs this connection only.
      this.#services.logger.error({ error, path: mode.path }, 'a session could not be opened');
      socket.terminate();
    }
  }

  #welcome(): Welcome {
    const { kurento, overlays } = this.#services;
    // Before the first contact nobody knows what the media server can do: the names are the better guess.
    const filter = kurento.supports('FaceOverlayFilter') ?? true;
    return {
      id: 'welcome',
      version: 1,
      mediaServer: kurento.state,
      overlays: filter ? [...overlays.names] : [],
      presenterKeyRequired: this.#services.presenterKey() !== undefined,
    };
  }

  #settle(settled: Promise<void>): void {
    const over = settled
      .catch((error: unknown) => this.#services.logger.error({ error }, 'a session did not settle'))
      .finally(() => this.#settling.delete(over));
    this.#settling.add(over);
  }

  async #within(milliseconds: number, work: Promise<unknown>): Promise<void> {
    let cancel = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = this.#services.clock.after(milliseconds, resolve);
    });
    await Promise.race([work, limit]);
    cancel();
  }
}

const STATUS_TEXTS = new Map([
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [503, 'Service Unavailable'],
]);

/** Before the handshake there is no WebSocket to answer on: plain HTTP, with the code in its body. */
function refuse(socket: Duplex, status: number, code: string): void {
  const body = JSON.stringify({ code });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXTS.get(status) ?? 'Refused'}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
