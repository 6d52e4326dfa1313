/** A raw WebSocket client of the hub, as a page's script would be: sends what it is told, keeps what it gets. */
import { WebSocket } from 'ws';
import type { EndpointPath, Replies } from '../../protocol/signaling';
import { until } from './until';

type Reply<P extends EndpointPath> = Replies[P];

export interface ClientOptions {
  readonly origin?: string;
  readonly headers?: Record<string, string>;
  /** False: a client that does not answer pings, as one whose network is gone. */
  readonly autoPong?: boolean;
}

export class HubClient<P extends EndpointPath> {
  readonly messages: Reply<P>[] = [];
  readonly socket: WebSocket;
  /** Code and reason of the close, once it is closed. */
  closed: { code: number; reason: string } | undefined;

  /** @param base the hub's URL, such as `https://localhost:8443/` */
  static async open<P extends EndpointPath>(
    base: string,
    path: P,
    options: ClientOptions = {},
  ): Promise<HubClient<P>> {
    const client = new HubClient<P>(base, path, options);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  private constructor(base: string, path: P, options: ClientOptions) {
    const url = new URL(path, base.replace(/^http/, 'ws'));
    this.socket = new WebSocket(url, {
      rejectUnauthorized: false,
      autoPong: options.autoPong ?? true,
      ...(options.origin !== undefined && { origin: options.origin }),
      ...(options.headers && { headers: options.headers }),
    });
    this.socket.on('message', (data: Buffer) =>
      this.messages.push(JSON.parse(data.toString('utf8')) as Reply<P>),
    );
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString('utf8') }));
    this.socket.on('error', () => {});
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The messages with this id, oldest first. */
  all<I extends Reply<P>['id']>(id: I): Extract<Reply<P>, { id: I }>[] {
    return this.messages.filter((message): message is Extract<Reply<P>, { id: I }> => message.id === id);
  }

  /** Waits until there are so many messages with this id. @returns the last of them */
  async next<I extends Reply<P>['id']>(
    id: I,
    count = 1,
    limitMs = 10_000,
  ): Promise<Extract<Reply<P>, { id: I }>> {
    await until(
      () =>
        this.all(id).length < count &&
        `${id} is missing among ${JSON.stringify(this.messages).slice(0, 500)}`,
      limitMs,
    );
    const found = this.all(id).at(count - 1);
    if (!found) throw new Error('unreachable');
    return found;
  }

  /** Closes as a page that is left. */
  async close(): Promise<void> {
    this.socket.close();
    await until(() => this.closed === undefined && 'the socket is open');
  }

  /** Breaks the connection without a goodbye. */
  drop(): void {
    this.socket.terminate();
  }
}
