/** The Kurento Protocol without a client library: frames out, frames in. For tests that need to see the wire. */
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { until } from '../support/until';

export interface Event {
  readonly object: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
/** A request, an answer or an event; nothing is taken for granted. */
export interface Frame {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>> | null;
  readonly result?: Readonly<Record<string, unknown>> | null;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}
const WAIT_LIMIT_MS = 10_000;

export class RawClient {
  readonly socket: WebSocket;
  /** All that arrived, oldest first. */
  readonly frames: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString('utf8')) as Frame));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString('utf8') }));
    socket.on('error', () => undefined);
  }
  static async open(url: string, options: ClientOptions = {}): Promise<RawClient> {
    const socket = new WebSocket(url, options);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return client;
  }
  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }
  /** The answer to a request, as it came. */
  async request(method: string, params?: object, id: unknown = this.#nextId++): Promise<Frame> {
    const from = this.frames.length;
    this.send({ jsonrpc: '2.0', id, method, ...(params ? { params } : {}) });
    return this.take((frame) => frame.id === id && !('method' in frame), `answer to ${method}`, from);
  }
  /** The value of the answer; throws when it is an error. */
  async call<Value = unknown>(method: string, params?: object): Promise<Value> {
    const answer = await this.request(method, params);
    if (answer.error) throw new Error(JSON.stringify(answer.error));
    return answer.result?.['value'] as Value;
  }
  create(type: string, constructorParams: object = {}): Promise<string> {
    return this.call('create', { type, constructorParams, properties: {} });
  }
  invoke<Value = unknown>(object: string, operation: string, operationParams?: object): Promise<Value> {
    return this.call('invoke', { object, operation, ...(operationParams ? { operationParams } : {}) });
  }
  subscribe(object: string, type: string): Promise<string> {
    return this.call('subscribe', { object, type });
  }
  /** Events so far, of one type or all. */
  events(type?: string): Event[] {
    return this.frames
      .filter((frame) => frame.method === 'onEvent')
      .map((frame) => frame.params?.['value'] as Event)
      .filter((event) => type === undefined || event.type === type);
  }
  async take(
    wanted: (frame: Frame) => boolean,
    name: string,
    from = 0,
    whileWaiting: () => void = () => undefined,
  ): Promise<Frame> {
    let next = from;
    const end = performance.now() + WAIT_LIMIT_MS;
    for (;;) {
      for (; next < this.frames.length; next++) {
        const frame = this.frames[next];
        if (frame && wanted(frame)) return frame;
      }
      if (this.closed) throw new Error(`${name}: the socket closed with ${this.closed.code}`);
      if (performance.now() > end) throw new Error(`${name} has not come within ${WAIT_LIMIT_MS} ms`);
      whileWaiting();
      await this.#newsOrTick();
    }
  }
  /** Whatever arrives first: a frame, the end of the socket, or the time to look again. */
  #newsOrTick(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, 10);
      const { socket } = this;
      function done() {
        clearTimeout(timer);
        socket.off('message', done);
        socket.off('close', done);
        resolve();
      }
      socket.on('message', done);
      socket.on('close', done);
    });
  }
  /** When it resolves, the server has read everything that was sent before. */
  async roundTrip(): Promise<void> {
    if (this.closed) return;
    let answered = false;
    this.socket.once('pong', () => (answered = true));
    this.socket.ping();
    await until(() => !answered && !this.closed && 'no pong');
  }
  async close(): Promise<void> {
    this.socket.close();
    await until(() => !this.closed && 'the socket is open');
  }
  /** As if the network broke. */
  async terminate(): Promise<void> {
    this.socket.terminate();
    await until(() => !this.closed && 'the socket is open');
  }
}
