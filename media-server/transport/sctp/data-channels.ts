/**
 * WebRTC data channels (RFC 8831) and their establishment protocol (RFC 8832) over one SCTP association. Bounded in
 * channels, in label length, in message size and in what may wait to be sent.
 */
import { SctpAssociation, type SctpState } from '../werift';
import { TransportError } from '../transport-error';
import type { DataChannel, DataChannelListener, DataChannelOptions, DtlsRole } from '../types';

export interface DataChannelsOptions {
  /** Decides who takes the even stream numbers (RFC 8832 section 6) and who starts the association. */
  readonly dtlsRole: DtlsRole;
  readonly remotePort: number;
  readonly remoteMaxMessageSize: number;
  readonly send: (packet: Buffer) => void;
  readonly opened: (channel: DataChannel) => void;
  readonly stateChanged: (state: SctpState) => void;
}

const LOCAL_PORT = 5_000;
/** Payload protocol identifiers, RFC 8831 section 8. */
const PPID = { control: 50, string: 51, binary: 53, emptyString: 56, emptyBinary: 57 } as const;
const OPEN = 3;
const ACK = 2;
/** Browsers allow 1,023; a page that opens more than this wants harm. */
const MAX_CHANNELS = 256;
const MAX_LABEL = 1_024;
/** What we offer in SDP, and more than any page needs at once. */
export const MAX_MESSAGE_SIZE = 65_536;
const MAX_BUFFERED = 1024 * 1024;

class Channel implements DataChannel {
  readonly #owner: DataChannels;
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTime: number | undefined;
  listener: DataChannelListener = {};
  id: number | undefined;
  state: DataChannel['state'] = 'connecting';
  bufferedAmount = 0;
  messagesSent = 0;
  bytesSent = 0;
  messagesReceived = 0;
  bytesReceived = 0;

  constructor(owner: DataChannels, options: DataChannelOptions) {
    this.#owner = owner;
    this.label = options.label;
    this.protocol = options.protocol ?? '';
    this.ordered = options.ordered ?? true;
    this.maxRetransmits = options.maxRetransmits;
    this.maxPacketLifeTime = options.maxPacketLifeTime;
  }

  send(data: Buffer, text: boolean): boolean {
    return this.#owner.sendMessage(this, data, text);
  }

  close(): void {
    this.#owner.closeChannel(this);
  }
}

export class DataChannels {
  readonly #options: DataChannelsOptions;
  readonly #association: SctpAssociation;
  readonly #channels = new Map<number, Channel>();
  /** Created here before the association stood. */
  #waiting: Channel[] = [];
  #nextId: number;
  #connected = false;
  #closed = false;

  constructor(options: DataChannelsOptions) {
    this.#options = options;
    this.#nextId = options.dtlsRole === 'client' ? 0 : 1;
    this.#association = new SctpAssociation({
      server: options.dtlsRole === 'server',
      localPort: LOCAL_PORT,
      send: options.send,
      stateChanged: (state) => this.#stateChanged(state),
      message: (streamId, protocolId, data) => this.#receive(streamId, protocolId, data),
      streamsReset: (streamIds) => this.#streamsReset(streamIds),
    });
  }

  start(): void {
    this.#association.start(this.#options.remotePort);
  }

  receive(packet: Buffer): void {
    this.#association.receive(packet);
  }

  create(options: DataChannelOptions): DataChannel {
    if (this.#closed || this.#channels.size + this.#waiting.length >= MAX_CHANNELS) {
      throw new TransportError('data-channel', 'too many data channels, or none any more');
    }
    if (
      Buffer.byteLength(options.label) > MAX_LABEL ||
      Buffer.byteLength(options.protocol ?? '') > MAX_LABEL
    ) {
      throw new TransportError('data-channel', 'the label of a data channel is too long');
    }
    const channel = new Channel(this, options);
    if (this.#connected) this.#open(channel);
    else this.#waiting.push(channel);
    return channel;
  }

  sendMessage(channel: Channel, data: Buffer, text: boolean): boolean {
    const limit = this.#options.remoteMaxMessageSize;
    if (channel.state !== 'open' || channel.id === undefined) return false;
    if (data.length > MAX_MESSAGE_SIZE || (limit > 0 && data.length > limit)) return false;
    if (channel.bufferedAmount + data.length > MAX_BUFFERED) return false;
    channel.messagesSent += 1;
    channel.bytesSent += data.length;
    // SCTP cannot carry nothing: an empty message is one byte under an identifier of its own.
    if (data.length === 0) {
      this.#send(channel, channel.id, text ? PPID.emptyString : PPID.emptyBinary, Buffer.alloc(1));
    } else this.#send(channel, channel.id, text ? PPID.string : PPID.binary, Buffer.from(data));
    return true;
  }

  closeChannel(channel: Channel): void {
    if (channel.state === 'closing' || channel.state === 'closed') return;
    const waits = this.#waiting.includes(channel);
    this.#waiting = this.#waiting.filter((other) => other !== channel);
    if (waits || channel.id === undefined) {
      finish(channel);
      return;
    }
    channel.state = 'closing';
    this.#association.resetStream(channel.id);
  }

  /** Idempotent. Every channel hears that it is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#association.close();
    this.#finishAll();
  }

  #finishAll(): void {
    for (const channel of [...this.#channels.values(), ...this.#waiting]) finish(channel);
    this.#channels.clear();
    this.#waiting = [];
  }

  #stateChanged(state: SctpState): void {
    this.#connected = state === 'connected';
    if (state === 'connected') {
      for (const channel of this.#waiting.splice(0)) this.#open(channel);
    } else if (state === 'closed') {
      this.#finishAll();
      if (this.#closed) return;
      this.#closed = true;
    }
    this.#options.stateChanged(state);
  }

  #send(channel: Channel, id: number, protocolId: number, data: Buffer): void {
    const control = protocolId === PPID.control;
    channel.bufferedAmount += data.length;
    this.#association
      .send(id, protocolId, data, {
        ordered: control || channel.ordered,
        maxRetransmits: control ? undefined : channel.maxRetransmits,
        lifetime: control ? undefined : channel.maxPacketLifeTime,
      })
      .catch(() => {})
      .finally(() => (channel.bufferedAmount -= data.length));
  }

  // ---- establishment

  #open(channel: Channel): void {
    while (this.#channels.has(this.#nextId)) this.#nextId += 2;
    const id = this.#nextId;
    this.#nextId += 2;
    channel.id = id;
    this.#channels.set(id, channel);
    this.#send(channel, id, PPID.control, openMessage(channel));
  }

  #receive(streamId: number, protocolId: number, data: Buffer): void {
    if (protocolId === PPID.control) {
      if (data[0] === OPEN) this.#receiveOpen(streamId, data);
      else if (data[0] === ACK) this.#opened(this.#channels.get(streamId));
      return;
    }
    const channel = this.#channels.get(streamId);
    if (!channel || channel.state === 'closed' || data.length > MAX_MESSAGE_SIZE) return;
    // Unordered data may overtake the ACK (RFC 8832 section 6), which makes it an ACK.
    if (channel.state === 'connecting') this.#opened(channel);
    const text = protocolId === PPID.string || protocolId === PPID.emptyString;
    if (!text && protocolId !== PPID.binary && protocolId !== PPID.emptyBinary) return;
    const empty = protocolId === PPID.emptyString || protocolId === PPID.emptyBinary;
    const message = empty ? Buffer.alloc(0) : data;
    channel.messagesReceived += 1;
    channel.bytesReceived += message.length;
    channel.listener.message?.(message, text);
  }

  #opened(channel: Channel | undefined): void {
    if (channel?.state !== 'connecting') return;
    channel.state = 'open';
    channel.listener.open?.();
  }

  #receiveOpen(streamId: number, data: Buffer): void {
    const options = parseOpen(data);
    if (!options || this.#channels.has(streamId)) return;
    if (this.#channels.size >= MAX_CHANNELS) {
      this.#association.resetStream(streamId);
      return;
    }
    const channel = new Channel(this, options);
    channel.id = streamId;
    channel.state = 'open';
    this.#channels.set(streamId, channel);
    this.#send(channel, streamId, PPID.control, Buffer.from([ACK]));
    this.#options.opened(channel);
  }

  #streamsReset(streamIds: readonly number[]): void {
    for (const id of streamIds) {
      const channel = this.#channels.get(id);
      if (!channel) continue;
      // The peer closed it: our direction follows, then the number is free again (RFC 8831 section 6.7).
      if (channel.state !== 'closing') this.#association.resetStream(id);
      this.#channels.delete(id);
      finish(channel);
    }
  }
}

function finish(channel: Channel): void {
  if (channel.state === 'closed') return;
  channel.state = 'closed';
  channel.listener.closed?.();
}

/** DATA_CHANNEL_OPEN, RFC 8832 section 5.1. */
function openMessage(channel: Channel): Buffer {
  const label = Buffer.from(channel.label);
  const protocol = Buffer.from(channel.protocol);
  const { maxRetransmits, maxPacketLifeTime } = channel;
  const reliability = maxRetransmits !== undefined ? 1 : maxPacketLifeTime !== undefined ? 2 : 0;
  const head = Buffer.alloc(12);
  head[0] = OPEN;
  head[1] = reliability | (channel.ordered ? 0 : 0x80);
  head.writeUInt16BE(256, 2); // normal priority
  head.writeUInt32BE(maxRetransmits ?? maxPacketLifeTime ?? 0, 4);
  head.writeUInt16BE(label.length, 8);
  head.writeUInt16BE(protocol.length, 10);
  return Buffer.concat([head, label, protocol]);
}

function parseOpen(data: Buffer): DataChannelOptions | undefined {
  if (data.length < 12) return undefined;
  const labelLength = data.readUInt16BE(8);
  const protocolLength = data.readUInt16BE(10);
  if (labelLength > MAX_LABEL || protocolLength > MAX_LABEL) return undefined;
  if (data.length < 12 + labelLength + protocolLength) return undefined;
  const kind = data[1]! & 0x7f;
  const reliability = data.readUInt32BE(4);
  return {
    label: data.toString('utf8', 12, 12 + labelLength),
    protocol: data.toString('utf8', 12 + labelLength, 12 + labelLength + protocolLength),
    ordered: (data[1]! & 0x80) === 0,
    ...(kind === 1 ? { maxRetransmits: Math.min(reliability, 65_535) } : {}),
    ...(kind === 2 ? { maxPacketLifeTime: Math.min(reliability, 65_535) } : {}),
  };
}
