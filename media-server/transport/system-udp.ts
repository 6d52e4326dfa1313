/**
 * What Linux can do with UDP and Node has no word for: take several datagrams in one call and cut them apart itself ("UDP
 * segmentation offload", udp(7)). The way through the system is what sending costs most, and it is gone once instead of
 * once per datagram. Reached with koffi, which calls C functions by their declarations.
 *
 * Everything handed over lies in one block of memory that is allocated once and whose layout is written down here; nothing
 * that came from a network decides about an address or a length in it.
 */
import { isIPv4 } from 'node:net';
import { arch, endianness, platform } from 'node:os';

/** Bytes of a datagram that fits into a burst; the sealed packets of a transport do. */
export const MAX_DATAGRAM = 2_048;
/** Linux takes 64; more than these would only come at once what is better spread. */
export const MAX_SEGMENTS = 16;

export interface SystemUdp {
  /** What `send` sends: MAX_SEGMENTS · MAX_DATAGRAM bytes. */
  readonly room: Uint8Array;
  /** The descriptor of a socket on a port that others share, to be closed by the caller. Throws what the system says. */
  bind(address: string, port: number): number;
  close(descriptor: number): void;
  /**
   * Sends the first `length` bytes of the room to where the socket is connected, in datagrams of `segment` bytes; the last
   * may be shorter. Returns 0, or the system's error number, and nothing sent.
   */
  send(descriptor: number, length: number, segment: number): number;
}

/**
 * Error numbers that say that this system, or this way through it, cuts nothing apart: an old kernel, a tunnel, a network
 * whose packets are smaller than ours. Linux, all processors.
 */
export const UNFIT: ReadonlySet<number> = new Set([5 /* EIO */, 22 /* EINVAL */, 90 /* EMSGSIZE */]);

// Numbers of Linux, for x64 and arm64 alike.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MSG_DONTWAIT = 0x40;

/** Bytes in the block of memory: C's structures behind the room. */
const ROOM_BYTES = MAX_SEGMENTS * MAX_DATAGRAM;
const PLACES = {
  /** struct sockaddr_in6, the larger one of the two. */
  name: { at: ROOM_BYTES, bytes: 28 },
  one: { at: ROOM_BYTES + 32, bytes: 4 },
  /** struct iovec: where the data lies, how much it is. */
  vector: { at: ROOM_BYTES + 48, bytes: 16 },
  /** struct cmsghdr and the size of a segment, 16 bits. */
  control: { at: ROOM_BYTES + 64, bytes: 24 },
  /** struct msghdr. */
  message: { at: ROOM_BYTES + 96, bytes: 56 },
} as const;
const MEMORY_BYTES = ROOM_BYTES + 160;
const HEADER_AND_SEGMENT_BYTES = 18;

interface Functions {
  readonly errno: () => number;
  readonly address: (memory: ArrayBuffer) => bigint;
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number;
  readonly presentationToNetwork: (family: number, text: string, into: Uint8Array) => number;
  readonly bind: (fd: number, name: Uint8Array, length: number) => number;
  readonly close: (fd: number) => number;
  readonly send: (fd: number, data: Uint8Array, length: number, flags: number) => number;
  readonly sendmsg: (fd: number, message: Uint8Array, flags: number) => number;
}

let functions: Promise<Functions | undefined> | undefined;

/** Undefined on other systems, on processors whose structures look different, and where koffi is not installed. */
export async function openSystemUdp(): Promise<SystemUdp | undefined> {
  functions ??= load();
  const found = await functions;
  return found && new LinuxUdp(found);
}

async function load(): Promise<Functions | undefined> {
  if (platform() !== 'linux' || !['x64', 'arm64'].includes(arch()) || endianness() !== 'LE') return undefined;
  try {
    const { default: koffi } = await import('koffi');
    // What the program itself is linked with: its C library, whichever that is.
    const library = koffi.load(null);
    return {
      errno: () => koffi.errno(),
      address: (memory) => koffi.address(memory),
      socket: library.func('int socket(int family, int type, int protocol)'),
      setsockopt: library.func(
        'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
      ),
      presentationToNetwork: library.func('int inet_pton(int family, const char *text, void *into)'),
      bind: library.func('int bind(int fd, const void *name, uint32_t length)'),
      close: library.func('int close(int fd)'),
      send: library.func('long send(int fd, const void *data, size_t length, int flags)'),
      sendmsg: library.func('long sendmsg(int fd, const void *message, int flags)'),
    };
  } catch {
    return undefined;
  }
}

class LinuxUdp implements SystemUdp {
  readonly room: Uint8Array;
  readonly #functions: Functions;
  readonly #view: DataView;
  readonly #name: Uint8Array;
  readonly #one: Uint8Array;
  readonly #message: Uint8Array;

  constructor(found: Functions) {
    this.#functions = found;
    // Allocated outside of V8's heap, whatever its size: its address never changes.
    const memory = new ArrayBuffer(MEMORY_BYTES);
    const view = new DataView(memory);
    const place = ({ at, bytes }: { readonly at: number; readonly bytes: number }) =>
      new Uint8Array(memory, at, bytes);
    this.room = new Uint8Array(memory, 0, ROOM_BYTES);
    this.#view = view;
    this.#name = place(PLACES.name);
    this.#one = place(PLACES.one);
    this.#message = place(PLACES.message);
    view.setInt32(PLACES.one.at, 1, true);
    const base = found.address(memory);
    view.setBigUint64(PLACES.vector.at, base, true);
    const control = PLACES.control.at;
    view.setBigUint64(control, BigInt(HEADER_AND_SEGMENT_BYTES), true);
    view.setInt32(control + 8, SOL_UDP, true);
    view.setInt32(control + 12, UDP_SEGMENT, true);
    const message = PLACES.message.at;
    view.setBigUint64(message + 16, base + BigInt(PLACES.vector.at), true);
    view.setBigUint64(message + 24, 1n, true);
    view.setBigUint64(message + 32, base + BigInt(control), true);
    view.setBigUint64(message + 40, BigInt(PLACES.control.bytes), true);
  }

  bind(address: string, port: number): number {
    const { socket, setsockopt, presentationToNetwork, bind } = this.#functions;
    const four = isIPv4(address);
    const family = four ? AF_INET : AF_INET6;
    const name = this.#name.fill(0);
    this.#view.setUint16(PLACES.name.at, family, true);
    this.#view.setUint16(PLACES.name.at + 2, port);
    if (presentationToNetwork(family, address, name.subarray(four ? 4 : 8)) !== 1)
      throw new Error(`${address} is no address`);
    const descriptor = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw this.#failure('socket');
    if (
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, this.#one, this.#one.length) !== 0 ||
      bind(descriptor, name, four ? 16 : 28) !== 0
    ) {
      const failure = this.#failure('bind');
      this.close(descriptor);
      throw failure;
    }
    return descriptor;
  }

  close(descriptor: number): void {
    this.#functions.close(descriptor);
  }

  send(descriptor: number, length: number, segment: number): number {
    const { send, sendmsg, errno } = this.#functions;
    let sent: number;
    if (length <= segment) sent = send(descriptor, this.room, length, MSG_DONTWAIT);
    else {
      this.#view.setUint32(PLACES.vector.at + 8, length, true);
      this.#view.setUint16(PLACES.control.at + 16, segment, true);
      sent = sendmsg(descriptor, this.#message, MSG_DONTWAIT);
    }
    // What failed is never 0, whatever the number was overwritten by meanwhile.
    return sent < 0 ? errno() || -1 : 0;
  }

  #failure(call: string): Error {
    return new Error(`${call}: error ${this.#functions.errno()}`);
  }
}
