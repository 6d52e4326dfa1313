/** Which receiver a remote address belongs to, for one base. Two small maps, so that no key has to be built per packet. */
import type { Base } from './ice/candidate';

/** Who gets the datagrams of a validated address. */
export interface DatagramReceiver {
  /** Anything but STUN. Must not throw. */
  receive(datagram: Buffer, base: Base, address: string, port: number): void;
}

export class RemoteTable {
  readonly #addresses = new Map<string, Map<number, DatagramReceiver>>();

  find(address: string, port: number): DatagramReceiver | undefined {
    return this.#addresses.get(address)?.get(port);
  }

  /** False when the address belongs to somebody else; `proven` (our own check was answered from there) takes it over. */
  add(address: string, port: number, receiver: DatagramReceiver, proven: boolean): boolean {
    let ports = this.#addresses.get(address);
    if (!ports) this.#addresses.set(address, (ports = new Map<number, DatagramReceiver>()));
    const owner = ports.get(port);
    if (owner !== undefined && owner !== receiver && !proven) return false;
    ports.set(port, receiver);
    return true;
  }

  /** Leaves the entry alone when the address belongs to somebody else by now. */
  remove(address: string, port: number, receiver: DatagramReceiver): void {
    const ports = this.#addresses.get(address);
    if (ports?.get(port) !== receiver) return;
    ports.delete(port);
    if (ports.size === 0) this.#addresses.delete(address);
  }
}
