/**
 * The memory of a network: places for weights, which stay, and for tensors, which come and go while the network is
 * planned. Once it is finished nothing moves any more.
 */
import { createMemory, type Memory } from './web-assembly';

const FLOAT = 4;
const PAGE = 65_536;
const MAX_MEMORY = 128 * 1024 * 1024;

interface Block {
  readonly address: number;
  readonly bytes: number;
}

export class Arena {
  readonly memory: Memory = createMemory(1, MAX_MEMORY / PAGE);
  readonly #free: Block[] = [];
  readonly #stored: { address: number; values: Float32Array }[] = [];
  #end: number;

  /** `start`: bytes at the beginning that belong to somebody else. */
  constructor(start: number) {
    this.#end = start;
  }

  /** The first free place that is large enough, else new memory. Places are not split: layers repeat their sizes. */
  allocate(bytes: number): number {
    const index = this.#free.findIndex((place) => place.bytes >= bytes && place.bytes <= 2 * bytes);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    return found ? found.address : this.#grow(bytes);
  }

  /** Whoever allocates from now on may get this place. */
  release(address: number, bytes: number): void {
    this.#free.push({ address, bytes });
  }

  /** A place for numbers that are there when the arena is finished. */
  store(values: Float32Array): number {
    const address = this.#grow(values.byteLength);
    this.#stored.push({ address, values });
    return address;
  }

  /** Growing a memory detaches all views of it: this is the first that lasts. */
  finish(): Float32Array<ArrayBuffer> {
    const floats = new Float32Array(this.memory.buffer);
    for (const { address, values } of this.#stored.splice(0)) floats.set(values, address / FLOAT);
    return floats;
  }

  #grow(bytes: number): number {
    const address = this.#end;
    this.#end += (bytes + 63) & ~63;
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return address;
  }
}
