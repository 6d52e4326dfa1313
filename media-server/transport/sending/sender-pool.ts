/**
 * Threads that encrypt and send, for servers with more viewers than one core carries. The server's own thread goes on to
 * decide everything: which packet goes to whom under which number. Threads are started when they are needed, and a leg
 * stays with its thread for life, because nobody else may use its keys.
 */
import type { Worker } from 'node:worker_threads';
import type { Logger } from '../../../protocol/log';
import { startThread } from '../../thread';
import type { SrtpProfile } from '../srtp/profile';
import type { SrtpKeyingMaterial } from '../dtls/association-secrets';
import { createRingMemory, MAX_LEGS, RECORD, RingWriter } from './packet-ring';
import type { PacketSender, SealedOutput } from './packet-sender';
import { END, WAKE } from './send-protocol';
import type { FromSendWorker, LegOrder, SendPath, SendWorkerData } from './send-protocol';

export interface SenderPoolOptions {
  /** send-worker, as a file that Node can run. */
  readonly workerFile: string;
  /** How many threads at most. */
  readonly threads: number;
  readonly logger: Logger;
  /** A datagram came to a thread's socket. */
  readonly received: (data: Buffer, localAddress: string, address: string, port: number) => void;
}

/** What a leg has to be told, beside what is to be sent by the server's own sockets. */
export interface LegListener extends SealedOutput {
  /** The thread that encrypted is gone, and the keys with it. */
  senderFailed(): void;
}

/** Sockets, ciphers and little else; more means that something leaks. */
const HEAP_MB = 64;
const END_TIMEOUT_MS = 1_000;
/** Room that a cipher needs behind a packet is checked on the spot, so that a packet too large is refused at once. */
const MAX_PACKET = 2_048;
const RETRY_MS = 5;

class SendThread {
  readonly #worker: Worker;
  readonly #ring: RingWriter;
  readonly #legs = new Map<number, LegListener>();
  /** Orders that found no room; nothing may overtake them. */
  readonly #orders: { readonly leg: number; readonly bytes: Buffer }[] = [];
  #retry: NodeJS.Timeout | undefined;
  #lastLeg = -1;
  alive = true;

  constructor(options: SenderPoolOptions, ended: (reason: string) => void) {
    const memory = createRingMemory();
    this.#ring = new RingWriter(memory);
    const workerData: SendWorkerData = { memory };
    this.#worker = startThread(options.workerFile, HEAP_MB, workerData);
    // The server lives as long as its sockets, not as its threads.
    this.#worker.unref();
    const end = (reason: string) => {
      if (!this.alive) return;
      this.alive = false;
      clearTimeout(this.#retry);
      ended(reason);
      this.#forgetOrders();
      for (const leg of [...this.#legs.values()]) leg.senderFailed();
      this.#legs.clear();
    };
    this.#worker.on('message', (message: FromSendWorker) => this.#message(message, options));
    this.#worker.on('error', (error) => end(error.message));
    this.#worker.on('exit', (code) => end(`exit code ${code}`));
  }

  get legs(): number {
    return this.#legs.size;
  }

  /** Undefined when it has as many legs as it can have, or does not keep up with those. */
  add(listener: LegListener): number | undefined {
    if (!this.alive || this.#legs.size >= MAX_LEGS || this.#orders.length > 0) return undefined;
    do this.#lastLeg = (this.#lastLeg + 1) % MAX_LEGS;
    while (this.#legs.has(this.#lastLeg));
    this.#legs.set(this.#lastLeg, listener);
    return this.#lastLeg;
  }
  remove(leg: number): void {
    this.#legs.delete(leg);
  }
  /** Orders are never lost: what finds no room waits. */
  order(leg: number, order: LegOrder): void {
    if (!this.alive) return;
    this.#orders.push({ leg, bytes: Buffer.from(JSON.stringify(order)) });
    this.#giveOrders();
  }
  send(
    kind: typeof RECORD.rtp | typeof RECORD.rtcp,
    leg: number,
    header: Buffer | undefined,
    headerLength: number,
    body: Buffer,
    start: number,
    end: number,
  ): boolean {
    if (!this.alive || this.#orders.length > 0) return false;
    const written = this.#ring.write(kind, leg, header, headerLength, body, start, end);
    if (this.#ring.takeSleeper()) this.#worker.postMessage(WAKE);
    return written;
  }
  dropped(leg: number): number {
    return this.#ring.dropped(leg);
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    if (!this.alive) return;
    this.alive = false;
    this.#legs.clear();
    this.#forgetOrders();
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage(END);
    const timer = setTimeout(() => void this.#worker.terminate(), END_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }

  #giveOrders(): void {
    for (let order = this.#orders[0]; order; order = this.#orders[0]) {
      const { leg, bytes } = order;
      if (!this.#ring.write(RECORD.control, leg, undefined, 0, bytes, 0, bytes.length)) {
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined;
          this.#giveOrders();
        }, RETRY_MS);
        break;
      }
      bytes.fill(0);
      this.#orders.shift();
    }
    if (this.#ring.takeSleeper()) this.#worker.postMessage(WAKE);
  }

  /** With the keys in them. */
  #forgetOrders(): void {
    for (const { bytes } of this.#orders.splice(0)) bytes.fill(0);
  }

  #message(message: FromSendWorker, { received }: SenderPoolOptions): void {
    this.#ring.returned(message.data.byteLength);
    const data = Buffer.from(message.data.buffer, message.data.byteOffset, message.data.byteLength);
    if (message.type === 'datagram') received(data, message.localAddress, message.address, message.port);
    else this.#legs.get(message.leg)?.sealed(data);
  }
}

class ThreadSender implements PacketSender {
  readonly ownsSocket = true;
  readonly #thread: SendThread;
  readonly #leg: number;
  readonly #rtpOverhead: number;
  readonly #rtcpOverhead: number;
  #dropped = 0;
  #closed = false;

  constructor(thread: SendThread, leg: number, profile: SrtpProfile) {
    this.#thread = thread;
    this.#leg = leg;
    this.#rtpOverhead = profile.tagLength;
    // And the index word.
    this.#rtcpOverhead = profile.tagLength + 4;
  }
  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): number {
    const size = headerLength + payloadEnd - payloadStart + this.#rtpOverhead;
    if (this.#closed || size > MAX_PACKET) return -1;
    const { rtp } = RECORD;
    return this.#thread.send(rtp, this.#leg, header, headerLength, payload, payloadStart, payloadEnd)
      ? size
      : -1;
  }
  sendRtcp(packet: Buffer): number {
    const size = packet.length + this.#rtcpOverhead;
    if (this.#closed || packet.length < 8 || size > MAX_PACKET) return -1;
    return this.#thread.send(RECORD.rtcp, this.#leg, undefined, 0, packet, 0, packet.length) ? size : -1;
  }
  setPath(path: SendPath | undefined): void {
    if (!this.#closed) this.#thread.order(this.#leg, { type: 'path', ...(path && { path }) });
  }
  get droppedLater(): number {
    if (!this.#closed) this.#dropped = this.#thread.dropped(this.#leg);
    return this.#dropped;
  }
  close(): void {
    if (this.#closed) return;
    this.#dropped = this.droppedLater;
    this.#closed = true;
    this.#thread.order(this.#leg, { type: 'close' });
    this.#thread.remove(this.#leg);
  }
}

export class SenderPool {
  readonly #options: SenderPoolOptions;
  readonly #threads = new Set<SendThread>();
  /** Closed, or a thread ended by itself: the next one would, too, and its legs would be lost. */
  #useless = false;

  constructor(options: SenderPoolOptions) {
    this.#options = options;
  }
  get threads(): number {
    return this.#threads.size;
  }

  /** A sender on the thread with the fewest legs; undefined when there is none to be had. */
  open(
    profile: SrtpProfile,
    keys: SrtpKeyingMaterial,
    path: SendPath,
    listener: LegListener,
  ): PacketSender | undefined {
    if (this.#useless) return undefined;
    const thread = this.#thread();
    const leg = thread?.add(listener);
    if (!thread || leg === undefined) return undefined;
    const [key, salt] = [keys.localKey.toString('hex'), keys.localSalt.toString('hex')];
    thread.order(leg, { type: 'open', profile: profile.name, key, salt });
    thread.order(leg, { type: 'path', path });
    return new ThreadSender(thread, leg, profile);
  }

  async close(): Promise<void> {
    this.#useless = true;
    await Promise.all([...this.#threads].map((thread) => thread.close()));
    this.#threads.clear();
  }

  #thread(): SendThread | undefined {
    let best: SendThread | undefined;
    for (const thread of this.#threads) if (!best || thread.legs < best.legs) best = thread;
    if (this.#threads.size >= this.#options.threads || best?.legs === 0) return best;
    const ended = (reason: string) => {
      this.#useless = true;
      this.#options.logger.error({ reason }, 'a sending thread ended');
    };
    try {
      const thread: SendThread = new SendThread(this.#options, (reason) => {
        this.#threads.delete(thread);
        ended(reason);
      });
      this.#threads.add(thread);
      return thread;
    } catch (error) {
      // No memory, or no such file in a way that shows at once.
      ended(String(error));
      return undefined;
    }
  }
}
