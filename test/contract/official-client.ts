/** The official npm client, an outside judge, with the little typing that its tests need. */
import { createRequire } from 'node:module';

export interface OfficialObject {
  readonly id: string;
  create(type: string, params?: object): Promise<OfficialObject> & OfficialObject;
  on(event: string, listener: (event: Record<string, unknown>) => void): OfficialObject;
  removeListener(event: string, listener: (event: Record<string, unknown>) => void): OfficialObject;
  release(): Promise<unknown>;
  /** Operations have the names of the protocol: `connect`, `getName`, and so on. */
  [operation: string]: unknown;
}
export interface OfficialClient {
  readonly sessionId: string;
  create(type: string, params?: object): Promise<OfficialObject>;
  getMediaobjectById(id: string): Promise<OfficialObject>;
  getServerManager(): Promise<OfficialObject>;
  beginTransaction(): unknown;
  endTransaction(): Promise<unknown>;
  transaction(build: () => void): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): void;
  once(event: string, listener: (...args: unknown[]) => void): void;
  close(): void;
}
type Connect = (uri: string, options?: { strict?: boolean; failAfter?: number }) => Promise<OfficialClient>;

const require = createRequire(import.meta.url);

/** Its transactions look for `domain.Domain`, which later versions of Node removed from where it looks. */
function load(): Connect {
  (require('node:domain') as { Domain: unknown }).Domain = undefined;
  return require('kurento-client') as Connect;
}

export const connectOfficialClient = (url: string): Promise<OfficialClient> => load()(url);

/** Calls an operation by its name. Errors of operations without a value reach only a callback. */
export function invoke<Value = unknown>(
  object: OfficialObject,
  operation: string,
  ...args: unknown[]
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const run = object[operation];
    if (typeof run !== 'function') throw new Error(`the client knows no ${operation}`);
    const done = (error: Error | null | undefined, value: Value) => {
      if (error) reject(error);
      // Objects of the client are promises themselves until they are resolved with.
      else resolve(value);
    };
    const pending = (run as (...args: unknown[]) => Promise<Value>).call(object, ...args, done);
    pending.then(undefined, () => undefined);
  });
}
