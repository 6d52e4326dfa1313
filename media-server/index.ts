/** The composition root of the media server: builds the objects, hands them what they need, and ends them in order. */
import { randomUUID } from 'node:crypto';
import { GARBAGE_COLLECTOR_PERIOD_MS, KURENTO_PATH } from '../protocol/kurento';
import { silentLogger } from '../protocol/log';
import type { Logger } from '../protocol/log';
import { systemClock } from './clock';
import type { Clock } from './clock';
import { createFactories } from './factories';
import type { Factories, FactoryOptions } from './factories';
import { ObjectRegistry } from './model/object-registry';
import { ServerManager } from './model/server-manager';
import { Sessions } from './rpc/sessions';
import { startSocketServer } from './server';
import type { SocketServer } from './server';

/** Bounds of what clients together can make the server keep. */
export interface MediaServerLimits {
  readonly sockets: number;
  readonly sessions: number;
  readonly objects: number;
  readonly objectsPerSession: number;
}
export const DEFAULT_LIMITS: MediaServerLimits = {
  // A hub needs one; several applications, each with a few.
  sockets: 1024,
  sessions: 4096,
  // A thousand viewers with an endpoint, a filter and a port each.
  objects: 20_000,
  objectsPerSession: 10_000,
};

export interface MediaServerOptions extends Partial<Omit<FactoryOptions, 'clock' | 'logger'>> {
  /** Where to listen; loopback by default: the protocol knows no passwords. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly garbageCollectorPeriodMs?: number;
  readonly limits?: Partial<MediaServerLimits>;
  /** Pages in browsers that may drive the server themselves; none by default. */
  readonly allowedOrigins?: readonly string[];
  /** Makes the table of types; for tests. */
  readonly createFactories?: (options: FactoryOptions) => Promise<Factories>;
}

export interface MediaServerCounts {
  readonly sockets: number;
  readonly sessions: number;
  readonly objects: number;
  readonly subscriptions: number;
}
export interface MediaServer {
  /** Such as `ws://127.0.0.1:8888/kurento`. */
  readonly url: string;
  readonly port: number;
  /** What it keeps at present. */
  counts(): MediaServerCounts;
  /** Breaks all connections, as a failing network would; sessions go on. For tests. */
  dropSockets(): void;
  /** Releases everything, closes all sockets. Idempotent. */
  close(): Promise<void>;
}

export async function startMediaServer(options: MediaServerOptions = {}): Promise<MediaServer> {
  const { host = '127.0.0.1', port = 0, logger = silentLogger, clock = systemClock } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const newId = randomUUID;
  const factories = await (options.createFactories ?? createFactories)({ ...options, clock, logger });
  const registry = new ObjectRegistry({
    clock,
    logger,
    factories: factories.table,
    newId,
    maxObjects: limits.objects,
    maxObjectsPerHolder: limits.objectsPerSession,
  });
  const sessions = new Sessions({
    clock,
    logger,
    registry,
    newId,
    periodMs: options.garbageCollectorPeriodMs ?? GARBAGE_COLLECTOR_PERIOD_MS,
    maxSessions: limits.sessions,
  });
  registry.setManager(new ServerManager({ registry, sessions: () => sessions.ids() }));
  const endModel = async () => {
    sessions.close();
    await registry.close();
    await factories.close();
  };
  let server: SocketServer;
  try {
    server = await startSocketServer({
      host,
      port,
      services: { registry, sessions, newId, serverId: newId() },
      clock,
      logger,
      maxSockets: limits.sockets,
      allowedOrigins: options.allowedOrigins ?? [],
    });
  } catch (error) {
    await endModel();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${server.port}${KURENTO_PATH}`,
    port: server.port,
    counts: () => ({
      sockets: server.sockets(),
      sessions: sessions.size,
      objects: registry.size,
      subscriptions: registry.subscriptions.size,
    }),
    dropSockets: () => server.dropSockets(),
    close: () => (closing ??= server.close().then(endModel)),
  };
}
