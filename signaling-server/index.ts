/**
 * The hub: HTTPS and WebSockets for clients on one side, a media server on the other, and the modes between them. This
 * is its composition root: it builds the parts, hands them to each other, and ends them in the reverse order.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../protocol/log';
import type { MediaServerTrouble } from '../protocol/media-server-process';
import type { MediaServerState } from '../protocol/signaling';
import {
  LOOPBACK,
  addressesFor,
  isLoopback,
  isLoopbackHost,
  isWildcard,
  lanAddresses,
  machineNames,
  unbracketed,
  urlOf,
} from './addresses';
import { Clients } from './clients';
import { systemClock, type Clock } from './clock';
import { Disposer } from './disposer';
import { Gate } from './gate';
import { randomIds, type Ids } from './ids';
import { KurentoClient, type KurentoTimes } from './kurento-client/client';
import { CannotListen, Listeners, type Tls } from './listeners';
import { MediaServerSupervisor, type SpawnMediaServer } from './media-server-supervisor';
import type { HubServices } from './mode';
import { createModes } from './modes';
import { readOverlays } from './overlays';
import { createStaticFiles } from './static-files';

export interface HubOptions {
  /**
   * Where to listen: `localhost` is loopback only, `0.0.0.0` every IPv4 address of this machine, `::` every address,
   * else the one named (loopback besides, always). Port 0 is any free one; `orAnyPort` falls back to that when the port
   * is taken.
   */
  readonly listen: { readonly host: string; readonly port: number; readonly orAnyPort?: boolean };
  /** PEM, with the DNS names the certificate is made out to; `plain` is http and ws, on loopback only. */
  readonly tls: (Tls & { readonly names?: readonly string[] }) | 'plain';
  /** A media server elsewhere, or how to start the embedded one. */
  readonly mediaServer: { readonly wsUri: string } | { readonly spawn: SpawnMediaServer };
  /** Folder of the UI for browsers. */
  readonly webRoot?: string | undefined;
  /** Folder of the overlay images. */
  readonly overlaysRoot?: string | undefined;
  /** Without it anybody may present. */
  readonly presenterKey?: string | undefined;
  /** Origins of pages that this hub does not serve itself and that may use it all the same. */
  readonly allowedOrigins?: readonly string[];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly kurentoTimes?: Partial<KurentoTimes>;
}

export interface Hub {
  /** Such as `https://localhost:8443/`. */
  readonly url: string;
  readonly port: number;
  /** Where others can reach it at present; empty while it is not shared. */
  readonly sharedUrls: readonly string[];
  readonly mediaServer: MediaServerState;
  /** Such as `ws://127.0.0.1:43127/kurento`; undefined while the embedded one is not running. */
  readonly mediaServerUrl: string | undefined;
  /** Why the embedded media server does not start, where it says so; it is tried again and again. */
  readonly mediaServerTrouble: MediaServerTrouble | undefined;
  /** Process of the embedded media server, while it runs. */
  readonly mediaServerPid: number | undefined;
  /** Called after `sharedUrls`, `mediaServer` or `mediaServerUrl` changed; returns its unsubscribe. */
  onChange(listener: () => void): () => void;
  /** Begins or ends sharing beyond loopback; connections over loopback go on. @throws CannotListen, PlainBeyondLoopback */
  listen(host: string): Promise<void>;
  setPresenterKey(key: string | undefined): void;
  /** Another media server from now on; what runs on the old one ends. The embedded one is started or ended. */
  useMediaServer(mediaServer: HubOptions['mediaServer']): Promise<void>;
  /** Ends every connection, what they hold on the media server, and the embedded media server. Idempotent. */
  close(): Promise<void>;
}

/** Without encryption browsers give pages no camera, and neighbours could listen in. */
export class PlainBeyondLoopback extends Error {
  constructor() {
    super('A hub without encryption (--plain) listens on localhost only: leave out --plain to share it.');
    this.name = 'PlainBeyondLoopback';
  }
}

/** How often a hub that is shared on every address looks for new ones: people change networks. */
const RESCAN_MS = 5_000;

export async function startHub(options: HubOptions): Promise<Hub> {
  const hub = new RunningHub(options);
  try {
    await hub.open();
  } catch (error) {
    await hub.close();
    throw error;
  }
  return hub;
}

class RunningHub implements Hub {
  readonly #options: HubOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #scheme: 'http' | 'https';
  readonly #disposer: Disposer;
  readonly #listeners = new Set<() => void>();
  readonly #kurento: KurentoClient;
  readonly #gate: Gate;
  readonly #servers: Listeners;
  #mediaServer: HubOptions['mediaServer'];
  #supervisor: MediaServerSupervisor | undefined;
  #mediaServerTrouble: MediaServerTrouble | undefined;
  #clients: Clients | undefined;
  #host: string;
  #presenterKey: string | undefined;
  #sharing: Promise<void> = Promise.resolve();
  #moving: Promise<void> = Promise.resolve();
  #cancelRescan: () => void = () => {};
  #onRequest: (request: IncomingMessage, response: ServerResponse) => Promise<void> = () => Promise.resolve();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#clock = options.clock ?? systemClock;
    this.#scheme = options.tls === 'plain' ? 'http' : 'https';
    this.#host = options.listen.host;
    this.#mediaServer = options.mediaServer;
    this.#presenterKey = options.presenterKey;
    this.#disposer = new Disposer((error) => this.#logger.error({ error }, 'closing: a step failed'));
    this.#kurento = new KurentoClient({
      url: 'wsUri' in options.mediaServer ? options.mediaServer.wsUri : undefined,
      clock: this.#clock,
      logger: this.#logger.child({ part: 'kurento-client' }),
      ...(options.kurentoTimes && { times: options.kurentoTimes }),
    });
    // Steps run backwards: the media server ends last, when what sessions held there has been released.
    this.#disposer.add(() => this.#supervisor?.close());
    this.#disposer.add(() => this.#kurento.close());
    this.#gate = new Gate({
      scheme: this.#scheme,
      names: () => this.#ownNames(),
      shared: () => this.#isShared(),
      allowedOrigins: options.allowedOrigins ?? [],
    });
    this.#servers = new Listeners({
      tls: options.tls === 'plain' ? undefined : options.tls,
      onRequest: (request, response) => void this.#request(request, response),
      onUpgrade: (request, socket, head) => this.#clients?.upgrade(request, socket, head),
      logger: this.#logger,
    });
  }

  async open(): Promise<void> {
    const options = this.#options;
    if (options.tls === 'plain' && !isLoopbackHost(this.#host)) throw new PlainBeyondLoopback();
    this.#superviseMediaServer();
    const overlays = await readOverlays(options.overlaysRoot, () => this.#overlayBase());
    const services: HubServices = {
      kurento: this.#kurento,
      logger: this.#logger,
      clock: this.#clock,
      ids: options.ids ?? randomIds,
      overlays,
      presenterKey: () => this.#presenterKey,
    };
    const modes = createModes(services);
    this.#disposer.add(() => Promise.all(Object.values(modes).map((mode) => mode.close())));
    const clients = new Clients({ gate: this.#gate, modes, services });
    this.#clients = clients;
    this.#onRequest = createStaticFiles({
      webRoot: options.webRoot,
      overlaysRoot: options.overlaysRoot,
      scheme: this.#scheme,
    });
    this.#disposer.add(
      this.#kurento.onState((state) => {
        clients.mediaServerIs(state);
        this.#changed();
      }),
    );
    this.#disposer.add(() => this.#servers.close());
    this.#disposer.add(() => clients.close());
    this.#disposer.add(() => this.#cancelRescan());
    await this.#openLoopback();
    await this.listen(this.#host);
    this.#scheduleRescan();
  }

  async #openLoopback(): Promise<void> {
    const { port, orAnyPort = false } = this.#options.listen;
    try {
      await this.#servers.openLoopback(LOOPBACK, port);
    } catch (error) {
      if (!orAnyPort || !(error instanceof CannotListen && error.taken)) throw error;
      this.#logger.warn({ port }, 'the port is taken, another one is used');
      await this.#servers.openLoopback(LOOPBACK, 0);
    }
  }

  get url(): string {
    const host = isWildcard(this.#options.listen.host) ? 'localhost' : this.#options.listen.host;
    return urlOf(this.#scheme, host, this.#servers.port);
  }

  get port(): number {
    return this.#servers.port;
  }

  get sharedUrls(): readonly string[] {
    return this.#servers.addresses
      .filter((address) => !isLoopback(address))
      .map((address) => urlOf(this.#scheme, address, this.#servers.port));
  }

  get mediaServer(): MediaServerState {
    return this.#kurento.state;
  }

  get mediaServerUrl(): string | undefined {
    return this.#kurento.url;
  }

  get mediaServerTrouble(): MediaServerTrouble | undefined {
    return this.#mediaServerTrouble;
  }

  get mediaServerPid(): number | undefined {
    const state = this.#supervisor?.state;
    return state?.at === 'ready' ? state.pid : undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** One change of addresses at a time, in the order asked for. */
  listen(host: string): Promise<void> {
    if (this.#options.tls === 'plain' && !isLoopbackHost(host))
      return Promise.reject(new PlainBeyondLoopback());
    const shared = this.#sharing.then(async () => {
      if (this.#disposer.disposed) return;
      this.#host = host;
      const before = this.#servers.addresses.join();
      try {
        await this.#servers.share(addressesFor(host, lanAddresses()));
      } catch (error) {
        // Of all addresses, some may not be ready (a network that is just coming up): the next look finds them.
        if (!isWildcard(host)) throw error;
        this.#logger.warn({ error }, 'an address of this machine cannot be shared');
      } finally {
        if (this.#servers.addresses.join() !== before) this.#changed();
      }
    });
    this.#sharing = shared.catch(() => {});
    return shared;
  }

  setPresenterKey(key: string | undefined): void {
    this.#presenterKey = key;
  }

  /** One move at a time; the last one asked for counts. */
  useMediaServer(mediaServer: HubOptions['mediaServer']): Promise<void> {
    this.#moving = this.#moving.then(async () => {
      if (this.#disposer.disposed) return;
      const before = this.#supervisor;
      this.#supervisor = undefined;
      this.#mediaServer = mediaServer;
      this.#mediaServerTrouble = undefined;
      this.#kurento.setUrl('wsUri' in mediaServer ? mediaServer.wsUri : undefined);
      // The next one may want the same UDP port.
      await before?.close();
      if (!this.#disposer.disposed) this.#superviseMediaServer();
      this.#changed();
    });
    return this.#moving;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#disposer.dispose();
  }

  // ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#gate.knowsHost(request.headers.host)) {
      response.writeHead(421, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
      response.end('This hub is not known by that name.\n');
      return;
    }
    await this.#onRequest(request, response);
  }

  // ── the media server ───────────────────────────────────────────────────────────────────────────────────────────

  #superviseMediaServer(): void {
    const mediaServer = this.#mediaServer;
    if (!('spawn' in mediaServer)) return;
    this.#supervisor = new MediaServerSupervisor({
      spawn: mediaServer.spawn,
      clock: this.#clock,
      logger: this.#logger.child({ part: 'media-server-supervisor' }),
      onState: (state) => {
        // One that was replaced has nothing more to say.
        if (this.#mediaServer !== mediaServer) return;
        if (state.at === 'ready' || state.at === 'closed') this.#mediaServerTrouble = undefined;
        else if (state.at === 'down') this.#mediaServerTrouble = state.why;
        if (state.at === 'ready') this.#kurento.setUrl(state.url);
        // Its address means nothing any more; a first start is not a loss.
        else if (state.at === 'down') this.#kurento.setUrl(undefined);
        this.#changed();
      },
    });
  }

  /** How the media server reaches the images: as files, by the address that the user gave, or one of the network's. */
  #overlayBase(): string {
    if ('spawn' in this.#mediaServer) return 'files';
    const { host } = this.#options.listen;
    if (!isWildcard(host) && !isLoopbackHost(host)) return this.url;
    return this.#mediaServerIsLocal() ? this.url : (this.sharedUrls[0] ?? this.url);
  }

  #mediaServerIsLocal(): boolean {
    const mediaServer = this.#mediaServer;
    return !('wsUri' in mediaServer) || isLoopbackHost(new URL(mediaServer.wsUri).hostname);
  }

  // ── names and addresses ────────────────────────────────────────────────────────────────────────────────────────

  *#ownNames(): Iterable<string> {
    const { listen, tls } = this.#options;
    yield unbracketed(listen.host).toLowerCase();
    yield unbracketed(this.#host).toLowerCase();
    if (tls !== 'plain') yield* tls.names ?? [];
    yield* machineNames();
  }

  #isShared(): boolean {
    return this.#servers.addresses.some((address) => !isLoopback(address));
  }

  #scheduleRescan(): void {
    if (this.#disposer.disposed) return;
    this.#cancelRescan = this.#clock.after(RESCAN_MS, () => {
      if (!isWildcard(this.#host)) return this.#scheduleRescan();
      void this.listen(this.#host).finally(() => this.#scheduleRescan());
    });
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
