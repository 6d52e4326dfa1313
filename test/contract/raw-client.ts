/** The Kurento Protocol without a client library: frames out, frames in. For tests that need to see the wire. */
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { until } from '../support/until';

/* eslint-disable @typescript-eslint/no-explicit-any -- frames are looked at field by field, and compared as they are */
export type Frame = Record<string, any>;

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
    return this.take((frame) => frame['id'] === id && !('method' in frame), `answer to ${method}`, from);
  }
  /** The value of the answer; throws when it is an error. */
  async call(method: string, params?: object): Promise<any> {
    const answer = await this.request(method, params);
    if (answer['error']) throw new Error(JSON.stringify(answer['error']));
    return answer['result']?.value;
  }
  create(type: string, constructorParams: object = {}): Promise<string> {
    return this.call('create', { type, constructorParams, properties: {} }) as Promise<string>;
  }
  invoke(object: string, operation: string, operationParams?: object): Promise<any> {
    return this.call('invoke', { object, operation, ...(operationParams ? { operationParams } : {}) });
  }
  subscribe(object: string, type: string): Promise<string> {
    return this.call('subscribe', { object, type }) as Promise<string>;
  }
  /** Events so far, of one type or all. */
  events(type?: string): Frame[] {
    return this.frames
      .filter((frame) => frame['method'] === 'onEvent')
      .map((frame) => frame['params'].value as Frame)
      .filter((event) => type === undefined || event['type'] === type);
  }
  async take(
    wanted: (frame: Frame) => boolean,
    name: string,
    from = 0,
    whileWaiting: () => void = () => undefined,
  ): Promise<Frame> {
    let found: Frame | undefined;
    await until(() => {
      for (let index = from; index < this.frames.length && !found; index++) {
        const frame = this.frames[index];
        if (frame && wanted(frame)) found = frame;
      }
      if (found) return undefined;
      whileWaiting();
      return this.closed ? `${name}: the socket closed with ${this.closed.code}` : `${name} has not come`;
    });
    return found as Frame;
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
