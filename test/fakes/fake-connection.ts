/** A client of one mode without a socket: what the edge hands to a session, and what it would have sent. */
import type { Failure } from '../../protocol/errors';
import { silentLogger } from '../../protocol/log';
import type { Logger } from '../../protocol/log';
import type { EndpointPath, Replies } from '../../protocol/signaling';
import { ManualClock } from '../../signaling-server/clock';
import { classify } from '../../signaling-server/failures';
import type {
  CloseReason,
  Connection,
  HubServices,
  Mode,
  Session,
  SessionRequest,
} from '../../signaling-server/mode';
import { FakeKurento } from './fake-kurento';

export interface FakeServices extends HubServices {
  readonly kurento: FakeKurento;
  readonly clock: ManualClock;
  key: string | undefined;
}

/** Services without a world: a clock that stands still, ids that count, a media server in memory. */
export function fakeServices(): FakeServices {
  let last = 0;
  const services: FakeServices = {
    kurento: new FakeKurento(),
    logger: silentLogger,
    clock: new ManualClock(),
    ids: { next: () => `id-${++last}`, secret: () => `secret-${++last}` },
    overlays: {
      names: [],
      standard: undefined,
      uriOf: () => undefined,
    } as unknown as HubServices['overlays'],
    key: undefined,
    presenterKey: () => services.key,
  };
  return services;
}

const EXTENSIONS = new Set([
  'welcome',
  'mediaServer',
  'channels',
  'users',
  'ringing',
  'peerConnection',
  'peerMedia',
]);

export class FakeClient<P extends EndpointPath> implements Connection<P> {
  static #last = 0;
  readonly id = `connection-${++FakeClient.#last}`;
  readonly logger: Logger = silentLogger;
  readonly remoteAddress: string;
  readonly session: Session<P>;
  /** Everything that it was sent, in order. */
  readonly inbox: Replies[P][] = [];
  readonly #controller = new AbortController();
  #greeted = false;

  /** @param hello whether it introduces itself, as Callcast's clients do and the tutorials' pages do not. */
  constructor(mode: Mode<P>, hello = false, remoteAddress = '127.0.0.1') {
    this.remoteAddress = remoteAddress;
    this.session = mode.open(this);
    this.#greeted = hello;
    if (hello) this.session.greeted?.();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get greeted(): boolean {
    return this.#greeted;
  }

  get gone(): boolean {
    return this.#controller.signal.aborted;
  }

  /** As the edge does: what the session throws is answered. */
  says(request: SessionRequest<P>): void {
    if (this.gone) return;
    try {
      this.session.handle(request);
    } catch (error) {
      this.fail(error);
    }
  }

  closes(reason: CloseReason = 'left'): void {
    if (this.gone) return;
    this.#controller.abort(reason);
    this.session.closed(reason);
  }

  /** What came since the last look. */
  hears(): Replies[P][] {
    return this.inbox.splice(0);
  }

  send(message: Replies[P]): void {
    if (this.gone || (!this.#greeted && EXTENSIONS.has(message.id))) return;
    // As over a socket: what was sent does not change any more.
    this.inbox.push(JSON.parse(JSON.stringify(message)) as Replies[P]);
  }

  fail(error: unknown): Failure | undefined {
    const failure = this.failure(error);
    if (failure) this.send({ id: 'error', ...failure } as unknown as Replies[P]);
    return failure;
  }

  failure(error: unknown): Failure | undefined {
    const classified = classify(error);
    if (!classified) return undefined;
    // A fault of ours is a failing test, not a message.
    if (classified.code === 'internal') throw error;
    const { code, message, retryable } = classified;
    return { code, message, retryable };
  }
}

/** Lets everything that is ready to happen happen: promises, and the fake media server's work. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
