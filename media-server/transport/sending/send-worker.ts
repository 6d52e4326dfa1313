/**
 * A sending thread: takes packets out of the ring, encrypts and sends them, each leg with its keys and its connected
 * socket. What comes to those sockets goes to the server, which alone knows what it means.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DatagramBursts } from '../datagram-bursts';
import { PeerSocket } from '../peer-socket';
import { SRTP_PROFILES } from '../srtp/profile';
import { makeSealer, SrtpSender } from '../srtp/srtp-session';
import { openSystemUdp } from '../system-udp';
import { RECORD, RingReader } from './packet-ring';
import { LocalSender, type SealedOutput } from './packet-sender';
import { END } from './send-protocol';
import type { FromSendWorker, LegOrder, SendPath, SendWorkerData } from './send-protocol';

/** Records in one go; then the sockets get their turn. */
const BATCH = 512;
/** After a change of path, packets still on their way arrive at the old socket. */
const OLD_SOCKET_GRACE = 2_000;

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
/** False, and nothing sent, while the server has too much of this before it. */
function post(message: FromSendWorker): boolean {
  if (!ring.mayReturn(message.data.byteLength)) return false;
  port?.postMessage(message);
  return true;
}
const ring = new RingReader((workerData as SendWorkerData).memory);

class Leg implements SealedOutput {
  readonly #number: number;
  readonly #sender: LocalSender;
  readonly #old = new Map<PeerSocket, NodeJS.Timeout>();
  #socket: PeerSocket | undefined;

  constructor(number: number, order: LegOrder & { type: 'open' }) {
    this.#number = number;
    const sealer = makeSealer(
      SRTP_PROFILES[order.profile],
      Buffer.from(order.key, 'hex'),
      Buffer.from(order.salt, 'hex'),
    );
    this.#sender = new LocalSender(new SrtpSender(sealer), this);
  }
  sendRtp(headerLength: number, bytes: Buffer, start: number, end: number): boolean {
    return this.#sender.sendJoinedRtp(headerLength, bytes, start, end) >= 0;
  }
  sendRtcp(packet: Buffer): boolean {
    return this.#sender.sendRtcp(packet) >= 0;
  }
  setPath(path: SendPath | undefined): void {
    const before = this.#socket;
    if (before) {
      this.#old.set(
        before,
        setTimeout(() => this.#closeOld(before), OLD_SOCKET_GRACE),
      );
    }
    this.#socket = path && connect(path);
  }
  close(): void {
    this.#sender.close();
    this.#socket?.close();
    this.#socket = undefined;
    for (const [socket, timer] of this.#old) {
      clearTimeout(timer);
      socket.close();
    }
    this.#old.clear();
  }
  #closeOld(socket: PeerSocket): void {
    this.#old.delete(socket);
    socket.close();
  }
  sealed(datagram: Buffer): boolean {
    if (this.#socket) return this.#socket.send(datagram);
    return post({ type: 'sealed', leg: this.#number, data: Uint8Array.from(datagram) });
  }
}

/** Undefined where the system refuses: the server's own socket serves as well. */
function connect(path: SendPath): PeerSocket | undefined {
  const { family, localAddress, localPort } = path;
  try {
    const events = {
      // Between bind and connect anybody's packets may come.
      received: (data: Buffer, address: string, from: number) =>
        void post({ type: 'datagram', localAddress, data: Uint8Array.from(data), address, port: from }),
    };
    const local = { family, address: localAddress, port: localPort };
    return new PeerSocket(local, path.address, path.port, events, bursts);
  } catch {
    return undefined;
  }
}

const legs = new Map<number, Leg>();
let bursts: DatagramBursts | undefined;

function obey(number: number, order: LegOrder): void {
  const leg = legs.get(number);
  switch (order.type) {
    case 'open':
      leg?.close();
      legs.set(number, new Leg(number, order));
      return;
    case 'path':
      leg?.setPath(order.path);
      return;
    case 'close':
      leg?.close();
      legs.delete(number);
      ring.forgetDrops(number);
      return;
  }
}

let ending = false;
function drain(): void {
  const more = ring.drain(BATCH, (kind, number, headerLength, bytes, start, end) => {
    if (kind === RECORD.control) {
      const order = JSON.parse(bytes.toString('utf8', start, end)) as LegOrder;
      // Keys stay nowhere longer than needed.
      bytes.fill(0, start, end);
      obey(number, order);
      return;
    }
    const leg = legs.get(number);
    if (!leg) return;
    const sent =
      kind === RECORD.rtp
        ? leg.sendRtp(headerLength, bytes, start, end)
        : leg.sendRtcp(bytes.subarray(start, end));
    if (!sent) ring.drop(number);
  });
  if (more) setImmediate(drain);
  else if (ending) {
    for (const leg of legs.values()) leg.close();
    legs.clear();
    port?.close();
  }
}
// What comes until then stays in the ring, and messages stay in the port.
void openSystemUdp().then((system) => {
  bursts = system && new DatagramBursts(system);
  port.on('message', (message: number) => {
    if (message === END) ending = true;
    drain();
  });
  drain();
});
