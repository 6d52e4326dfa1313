/** Encrypting and sending: what a transport needs of it, and how it is done on the spot. */
import type { SrtpSender } from '../srtp/srtp-session';
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

/** Encrypts and sends at once, in the thread that calls. */
export class LocalSender implements PacketSender {
  readonly ownsSocket = false;
  readonly droppedLater = 0;
  readonly #srtp: SrtpSender;
  readonly #send: (datagram: Buffer) => boolean;
  readonly #closed: (() => void) | undefined;

  constructor(srtp: SrtpSender, send: (datagram: Buffer) => boolean, closed?: () => void) {
    this.#srtp = srtp;
    this.#send = send;
    this.#closed = closed;
  }

  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): number {
    const { packet, rtpOverhead } = this.#srtp;
    const size = headerLength + payloadEnd - payloadStart;
    if (size + rtpOverhead > packet.length) return -1;
    header.copy(packet, 0, 0, headerLength);
    payload.copy(packet, headerLength, payloadStart, payloadEnd);
    return this.#sendSealed(packet, this.#srtp.protectRtp(packet, headerLength, size));
  }
  sendRtcp(rtcp: Buffer): number {
    const { packet, rtcpOverhead } = this.#srtp;
    if (rtcp.length < 8 || rtcp.length + rtcpOverhead > packet.length) return -1;
    rtcp.copy(packet);
    return this.#sendSealed(packet, this.#srtp.protectRtcp(packet, rtcp.length));
  }
  setPath(): void {
    // `send` knows.
  }
  close(): void {
    this.#srtp.close();
    this.#closed?.();
  }

  #sendSealed(packet: Buffer, length: number): number {
    return length >= 0 && this.#send(packet.subarray(0, length)) ? length : -1;
  }
}
