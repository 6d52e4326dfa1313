/** A line between two parties that can be cut, or go silent, on demand. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #silent = false;
  #refusing = false;

  static async start(targetPort: number): Promise<TcpRelay> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpRelay(server, targetPort);
  }

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (near) => {
      if (this.#refusing) return void near.destroy();
      const far = connect(targetPort, '127.0.0.1');
      const pair: [Socket, Socket] = [near, far];
      this.#pairs.add(pair);
      const end = () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const socket of pair) socket.on('error', end).on('close', end);
      near.on('data', (data) => void (this.#silent || far.write(data)));
      far.on('data', (data) => void (this.#silent || near.write(data)));
      near.resume();
    });
  }

  /** Cuts what is connected; new connections are taken. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Cuts what is connected, and every new connection at once, until told otherwise. */
  set refusing(refusing: boolean) {
    this.#refusing = refusing;
    if (refusing) this.cut();
  }

  /** Swallows everything in both directions, with the connections open. */
  set silent(silent: boolean) {
    this.#silent = silent;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
