/**
 * The only file that imports werift. Used of it: SCTP (RFC 9260), without its data channels. Its traps are dealt with
 * here:
 * - SCTP itself is not exported: it is taken out of a transport, whose own listeners are removed;
 * - packets are parsed in an async function that nobody waits for, so a malformed one would be an unhandled rejection;
 * - chunk and parameter lengths of zero, huge gaps and far-away sequence numbers loop or grow without bound: packets
 *   are checked by isSanePacket before werift sees them;
 * - a peer that ignores the receive window is not stopped: it is, here.
 */
import { RTCSctpTransport, type RTCDtlsTransport } from 'werift';
import { isSanePacket } from './sctp/packet-guard';

export type SctpState = 'connecting' | 'connected' | 'closed';

export interface SctpAssociationOptions {
  /** Who waits for the other's INIT. Exactly one side should. */
  readonly server: boolean;
  readonly localPort: number;
  readonly send: (packet: Buffer) => void;
  readonly stateChanged: (state: SctpState) => void;
  readonly message: (streamId: number, protocolId: number, data: Buffer) => void;
  /** The peer has reset its side of these streams, or has confirmed our reset. */
  readonly streamsReset: (streamIds: readonly number[]) => void;
}

export interface SctpSendOptions {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  /** Milliseconds. */
  readonly lifetime: number | undefined;
}

/** What werift keeps private and we need to see. */
interface SctpInsides {
  handleData(packet: Buffer): Promise<void>;
  lastReceivedTsn?: number;
  advertisedRwnd: number;
}

/** Fits a DTLS record into 1,200 bytes of UDP payload. */
const SCTP_MTU = 1_140;
/** An ordinary window of werift is 128 KiB; overrunning it by this much is no accident. */
const WINDOW_OVERRUN = 64 * 1024;

export class SctpAssociation {
  readonly #sctp: RTCSctpTransport['sctp'];
  readonly #insides: SctpInsides;
  #closed = false;

  constructor(options: SctpAssociationOptions) {
    const dtls = {
      sendData: (packet: Buffer) => {
        options.send(packet);
        return Promise.resolve();
      },
      dataReceiver: () => {},
      onStateChange: { subscribe: () => ({ unSubscribe: () => {} }) },
    };
    const transport = new RTCSctpTransport(options.localPort, undefined, { mtu: SCTP_MTU });
    // Of its DTLS transport it uses these and nothing else.
    transport.setDtlsTransport(dtls as unknown as RTCDtlsTransport);
    this.#sctp = transport.sctp;
    for (const event of [
      this.#sctp.onReceive,
      this.#sctp.onReconfigStreams,
      ...Object.values(this.#sctp.stateChanged),
    ]) {
      event.allUnsubscribe();
    }
    this.#sctp.onSackReceived = () => Promise.resolve();
    this.#sctp.isServer = options.server;
    this.#insides = this.#sctp as unknown as SctpInsides;
    this.#sctp.stateChanged.connecting.subscribe(() => options.stateChanged('connecting'));
    this.#sctp.stateChanged.connected.subscribe(() => options.stateChanged('connected'));
    this.#sctp.stateChanged.closed.subscribe(() => {
      this.#closed = true;
      options.stateChanged('closed');
    });
    this.#sctp.onReceive.subscribe((streamId, protocolId, data) =>
      options.message(streamId, protocolId, data),
    );
    this.#sctp.onReconfigStreams.subscribe((streamIds) => options.streamsReset(streamIds));
  }

  start(remotePort: number): void {
    this.#sctp.start(remotePort).catch(() => this.close());
  }

  /** Never throws. */
  receive(packet: Buffer): void {
    if (this.#closed || !isSanePacket(packet, this.#insides.lastReceivedTsn)) return;
    if (this.#insides.advertisedRwnd < -WINDOW_OVERRUN) {
      this.close();
      return;
    }
    // What is malformed in spite of the check is dropped like a packet with a wrong checksum.
    this.#insides.handleData(packet).catch(() => {});
  }

  /** Resolves when the message is on its way (not when it has arrived); rejects when the association ends first. */
  async send(streamId: number, protocolId: number, data: Buffer, options: SctpSendOptions): Promise<void> {
    await this.#sctp.send(streamId, protocolId, data, {
      ordered: options.ordered,
      maxRetransmits: options.maxRetransmits,
      expiry: options.lifetime === undefined ? undefined : Date.now() / 1000 + options.lifetime / 1000,
    });
  }

  /** Says that nothing more follows on this stream (RFC 6525). */
  resetStream(streamId: number): void {
    if (this.#closed || this.#sctp.reconfigQueue.includes(streamId)) return;
    this.#sctp.reconfigQueue.push(streamId);
    this.#sctp.transmitReconfigRequest().catch(() => {});
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sctp.stop().catch(() => {});
  }
}
