/** Encrypting and sending: what a transport needs of it, and how it is done on the spot. */
import type { SrtpSender } from '../srtp/srtp-session';
import { part, Prefixes } from '../views';
import type { SendPath } from './send-protocol';

export interface PacketSender {
  /**
   * Encrypts and sends; all memory may be reused after the call. Bytes on the wire, -1 when the packet could not be handed
   * on. One SSRC and sequence number must carry one content only.
   */
  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): number;
  sendRtcp(packet: Buffer): number;
  /** ICE has chosen another path. Undefined: one that only the server itself can take. */
  setPath(path: SendPath | undefined): void;
  /** True: it has a connected socket of its own, and nobody else is to have one for the same path. */
  readonly ownsSocket: boolean;
  /** Counted as sent, and then refused by the network all the same. */
  readonly droppedLater: number;
  /** Forgets the keys. To be called once. */
  close(): void;
}

/** Sends what was encrypted. */
export interface SealedOutput {
  /** `datagram` may be reused after the call. False when it could not be handed on. */
  sealed(datagram: Buffer): boolean;
}

/** Encrypts and sends at once, in the thread that calls. */
export class LocalSender implements PacketSender {
  readonly ownsSocket = false;
  readonly droppedLater = 0;
  readonly #srtp: SrtpSender;
  /** Packets are put together here. */
  readonly #packet: Buffer;
  /** Bytes of a plain packet that fit. */
  readonly #room: number;
  readonly #prefixes: Prefixes;
  readonly #output: SealedOutput;
  readonly #closed: (() => void) | undefined;

  constructor(srtp: SrtpSender, output: SealedOutput, closed?: () => void) {
    this.#srtp = srtp;
    this.#packet = srtp.packet;
    this.#room = srtp.packet.length - srtp.rtpOverhead;
    this.#prefixes = Prefixes.of(srtp.packet);
    this.#output = output;
    this.#closed = closed;
  }

  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): number {
    const packet = this.#packet;
    const size = headerLength + payloadEnd - payloadStart;
    if (size > this.#room) return -1;
    packet.set(header.length === headerLength ? header : header.subarray(0, headerLength));
    packet.set(part(payload, payloadStart, payloadEnd), headerLength);
    return this.#sendSealed(this.#srtp.protectRtp(packet, headerLength, size));
  }
  /** `bytes[start..end)` is the whole packet. */
  sendJoinedRtp(headerLength: number, bytes: Uint8Array, start: number, end: number): number {
    const packet = this.#packet;
    if (end - start > this.#room) return -1;
    packet.set(bytes.subarray(start, end));
    return this.#sendSealed(this.#srtp.protectRtp(packet, headerLength, end - start));
  }
  sendRtcp(rtcp: Buffer): number {
    const { packet, rtcpOverhead } = this.#srtp;
    if (rtcp.length < 8 || rtcp.length + rtcpOverhead > packet.length) return -1;
    rtcp.copy(packet);
    return this.#sendSealed(this.#srtp.protectRtcp(packet, rtcp.length));
  }
  setPath(): void {
    // The output knows.
  }
  close(): void {
    this.#srtp.close();
    this.#closed?.();
  }

  #sendSealed(length: number): number {
    return length >= 0 && this.#output.sealed(this.#prefixes.first(length)) ? length : -1;
  }
}
