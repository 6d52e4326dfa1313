/**
 * Datagrams of one turn on their way to the system: what goes to one peer in a row, such as the packets of a picture, goes
 * in one call. Nothing waits for what may come: a burst leaves when a datagram does not fit to it, and at the end of the
 * turn in any case.
 */
import { MAX_DATAGRAM, MAX_SEGMENTS, UNFIT } from './system-udp';
import type { SystemUdp } from './system-udp';

/** A connected socket. */
export interface BurstSocket {
  readonly descriptor: number;
  /** Sends one datagram the ordinary way, where all errors are known; its memory is not touched any more. */
  sendAlone(datagram: Buffer): void;
}

export class DatagramBursts {
  readonly #system: SystemUdp;
  /** Those on whose way the system cuts nothing apart. */
  readonly #unfit = new WeakSet<BurstSocket>();
  #socket: BurstSocket | undefined;
  #segment = 0;
  #length = 0;
  #count = 0;
  /** Nothing may be added: a shorter datagram ended it, or the socket takes them one by one. */
  #complete = false;
  #scheduled = false;
  readonly #endOfTurn = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  constructor(system: SystemUdp) {
    this.#system = system;
  }

  /** A socket on a port that others share; the descriptor is the caller's. Throws what the system says. */
  bind(address: string, port: number): number {
    return this.#system.bind(address, port);
  }
  unbind(descriptor: number): void {
    this.#system.close(descriptor);
  }

  /** `datagram` may be reused after the call. */
  send(socket: BurstSocket, datagram: Buffer): void {
    const { length } = datagram;
    if (length === 0 || length > MAX_DATAGRAM) {
      this.flush();
      socket.sendAlone(Buffer.from(datagram));
      return;
    }
    if (this.#complete || socket !== this.#socket || length > this.#segment || this.#count === MAX_SEGMENTS) {
      this.flush();
      this.#socket = socket;
      this.#segment = length;
      this.#complete = this.#unfit.has(socket);
    } else if (length < this.#segment) this.#complete = true;
    this.#system.room.set(datagram, this.#length);
    this.#length += length;
    this.#count++;
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#endOfTurn);
  }

  /** Sends what there is, at once: before its socket is closed. */
  flush(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const [length, segment, count] = [this.#length, this.#segment, this.#count];
    this.#socket = undefined;
    this.#length = this.#count = 0;
    this.#complete = false;
    const error = this.#system.send(socket.descriptor, length, segment);
    if (error === 0) return;
    if (count > 1 && UNFIT.has(error)) this.#unfit.add(socket);
    const { room } = this.#system;
    for (let at = 0; at < length; at += segment)
      socket.sendAlone(Buffer.from(room.subarray(at, Math.min(at + segment, length))));
  }
}
