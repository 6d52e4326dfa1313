/**
 * The data channels of one endpoint as Kurento shows them: numbered, announced by events, and joined to other elements.
 * What comes in on any channel goes to the connected elements; what they send goes out on every open channel.
 */
import { DataFanOut } from '../fan-out';
import type { DataMessage, DataSink } from '../flow';
import type { DataChannel, DataChannelOptions, MediaTransport } from '../transport/types';

export interface DataChannelEvents {
  opened(channelId: number): void;
  closed(channelId: number): void;
}

/** A peer that opens more has its channels closed again. */
const MAX_CHANNELS = 64;

export class DataChannels implements DataSink {
  readonly output: DataFanOut;
  readonly #events: DataChannelEvents;
  readonly #channels = new Map<number, DataChannel>();
  #opened = 0;
  #closed = 0;

  constructor(events: DataChannelEvents, sinkFailed: (error: unknown) => void) {
    this.#events = events;
    this.output = new DataFanOut(sinkFailed);
  }

  get opened(): number {
    return this.#opened;
  }
  get closed(): number {
    return this.#closed;
  }
  /** By channel id. */
  get open(): ReadonlyMap<number, DataChannel> {
    return this.#channels;
  }

  /** Opened by the peer, or by us and now open. */
  add(channel: DataChannel): void {
    const id = channel.id;
    if (id === undefined || this.#channels.size >= MAX_CHANNELS) {
      channel.close();
      return;
    }
    this.#channels.set(id, channel);
    this.#opened++;
    channel.listener = {
      message: (payload, text) => this.output.push({ payload, binary: !text }),
      closed: () => this.#remove(id),
    };
    this.#events.opened(id);
  }
  create(transport: MediaTransport, options: DataChannelOptions): void {
    const channel = transport.createDataChannel(options);
    channel.listener = { open: () => this.add(channel) };
    // Nothing may be lost between opening and our listening.
    if (channel.state === 'open') this.add(channel);
  }
  close(id: number): void {
    this.#channels.get(id)?.close();
  }
  #remove(id: number): void {
    if (!this.#channels.delete(id)) return;
    this.#closed++;
    this.#events.closed(id);
  }

  // As a sink.
  push(message: DataMessage): void {
    // A channel whose peer does not read refuses: the message is dropped there, others get it.
    for (const channel of this.#channels.values()) channel.send(message.payload, !message.binary);
  }

  /** Forgets everything; the transport closes the channels. */
  release(): void {
    for (const channel of this.#channels.values()) channel.listener = {};
    this.#channels.clear();
    this.output.close();
  }
}
