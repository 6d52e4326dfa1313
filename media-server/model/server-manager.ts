/** The object that tells about the server: what it can make, which pipelines and sessions there are, what it uses. */
import { availableParallelism } from 'node:os';
import type { ServerInfo } from '../../protocol/kurento';
import { SERVER_MANAGER_ID } from '../../protocol/kurento';
import { record } from './arguments';
import { typeFacts } from './facts';
import { moduleDescription } from './kmd';
import { KurentoError } from './kurento-error';
import { MediaObject, objectOperations, operations } from './media-object';
import type { Holder, OperationTable } from './media-object';
import type { ObjectRegistry } from './object-registry';

/** The release of the Kurento Protocol and its types that this server follows. */
export const KURENTO_VERSION = '7.3.1';
/** In the order in which getInfo lists them; the official client insists on the names. */
export const MODULES = ['core', 'elements', 'filters'] as const;
/** A measurement holds up its socket's other requests. */
const MAX_CPU_INTERVAL_MS = 60_000;

const table: OperationTable = operations<ServerManager>(objectOperations, {
  getInfo: (self) => self.info(),
  getPipelines: (self, _args, caller) => self.pipelineIds(caller),
  getSessions: (self) => self.sessions(),
  getMetadata: () => '',
  getKmd: (self, args) => self.kmd(args.text('moduleName')),
  getCpuCount: () => availableParallelism(),
  getUsedCpu: (self, args) => self.usedCpu(args.number('interval')),
  getUsedMemory: () => Math.round(process.memoryUsage.rss() / 1024),
});

export interface ManagerOptions {
  readonly registry: ObjectRegistry;
  /** Ids of all sessions. */
  readonly sessions: () => string[];
}

export class ServerManager extends MediaObject {
  readonly sessions: () => string[];
  readonly #registry: ObjectRegistry;
  readonly #descriptions = new Map<string, string>();

  constructor({ registry, sessions }: ManagerOptions) {
    super({ id: SERVER_MANAGER_ID, type: typeFacts('ServerManager'), parent: undefined, host: registry });
    this.#registry = registry;
    this.sessions = sessions;
  }
  override get operations(): OperationTable {
    return table;
  }
  info(): ServerInfo {
    const generationTime = generationDate(this.creationTime);
    return record('ServerInfo', {
      version: KURENTO_VERSION,
      type: 'KMS' as const,
      capabilities: ['transactions'],
      modules: MODULES.map((name) =>
        record('ModuleInfo', {
          name,
          version: KURENTO_VERSION,
          generationTime,
          factories: this.#registry.factoriesOf(name),
        }),
      ),
    });
  }
  /** Asking for the pipelines gives the caller a reference to all objects. */
  pipelineIds(caller: Holder): string[] {
    const pipelines = this.#registry.pipelines();
    for (const pipeline of pipelines) this.#registry.ref(caller, pipeline);
    return pipelines.map(({ id }) => id);
  }
  kmd(module: string): string {
    if (!MODULES.some((name) => name === module)) {
      throw new KurentoError('UNDEFINED', "Requested kmd module doesn't exist");
    }
    // One text for all who ask: the request caches of many sessions may hold it.
    const factories = this.#registry.factoriesOf(module);
    const key = [module, ...factories].join();
    let text = this.#descriptions.get(key);
    if (text === undefined) {
      text = JSON.stringify(moduleDescription(module, KURENTO_VERSION, new Set(factories)));
      this.#descriptions.set(key, text);
    }
    return text;
  }
  /** Share of all cores that this process used during the interval, percent. */
  async usedCpu(interval: number): Promise<number> {
    const milliseconds = Math.min(Math.max(interval, 1), MAX_CPU_INTERVAL_MS);
    const before = process.cpuUsage();
    const since = this.clock.now();
    await new Promise<void>((resolve) => this.clock.after(milliseconds, resolve));
    const { user, system } = process.cpuUsage(before);
    const elapsed = Math.max(1, this.clock.now() - since);
    return (100 * (user + system)) / 1000 / elapsed / availableParallelism();
  }
}

/** As the original prints it: `Nov 20 2026 21:46:32`, UTC. */
function generationDate(seconds: number): string {
  const [, day, month, year, time] = new Date(seconds * 1000).toUTCString().split(' ');
  return `${month ?? ''} ${day ?? ''} ${year ?? ''} ${time ?? ''}`;
}
