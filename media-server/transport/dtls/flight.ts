/**
 * Our side's current flight of a handshake (RFC 6347 section 4.2.4): its messages, packed into as few datagrams as possible
 * and repeated until the peer answers. Which messages those are is the handshake's business.
 */
import type { Timer, Timers } from '../timers';
import { HANDSHAKE_HEADER } from './reassembly';
import { CONTENT, RECORD_HEADER } from './record';

export interface FlightOptions {
  readonly timers: Timers;
  /** Makes a record with the next sequence number of its epoch. */
  readonly record: (type: number, epoch: number, content: Buffer) => Buffer;
  readonly send: (datagram: Buffer) => void;
  /** The peer took longer than a handshake may take. */
  readonly timedOut: () => void;
}

interface Outgoing {
  readonly type: number;
  readonly epoch: number;
  readonly content: Buffer;
}

/** Stays under the MTU of every path that video takes, with IPv6, UDP and TURN headers around it. */
const MAX_DATAGRAM = 1_200;
/** Browsers start at 50 ms, too; RFC 6347's full second is for paths without a measured round trip. */
const FIRST_RETRANSMIT = 100;
const MAX_RETRANSMIT_INTERVAL = 3_000;
const HANDSHAKE_TIMEOUT = 30_000;
/** A repeated flight is answered by repeating ours, but a flood of them is not. */
const MIN_REPEAT_INTERVAL = 40;

export class Flight {
  readonly #options: FlightOptions;
  #outgoing: Outgoing[] = [];
  #messageSequence = 0;
  #deadline = 0;
  #interval = FIRST_RETRANSMIT;
  #sentAt = 0;
  #awaitsAnswer = false;
  #timer: Timer | undefined;

  constructor(options: FlightOptions) {
    this.#options = options;
  }

  /** The handshake begins, and with it its time. */
  startClock(): void {
    this.#deadline = this.#options.timers.now() + HANDSHAKE_TIMEOUT;
  }

  /** What comes now is another flight. */
  begin(): void {
    this.#outgoing = [];
  }
  /** Adds a handshake message; returns its bytes as they count in the transcript. */
  add(type: number, body: Buffer, epoch: number): Buffer {
    const message = Buffer.alloc(HANDSHAKE_HEADER + body.length);
    message[0] = type;
    message.writeUIntBE(body.length, 1, 3);
    message.writeUInt16BE(this.#messageSequence++, 4);
    message.writeUIntBE(body.length, 9, 3);
    body.copy(message, HANDSHAKE_HEADER);
    this.#outgoing.push({ type: CONTENT.handshake, epoch, content: message });
    return message;
  }
  addChangeCipherSpec(): void {
    this.#outgoing.push({ type: CONTENT.changeCipherSpec, epoch: 0, content: Buffer.from([1]) });
  }

  /** Sends the flight; one that awaits an answer is repeated until the next one begins or `stop` is called. */
  send(awaitsAnswer: boolean): void {
    this.#interval = FIRST_RETRANSMIT;
    this.#awaitsAnswer = awaitsAnswer;
    this.#transmit();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#scheduleRetransmit();
  }

  /** The peer repeats itself: it may have missed ours. */
  repeat(): void {
    if (this.#outgoing.length === 0) return;
    if (this.#options.timers.now() - this.#sentAt >= MIN_REPEAT_INTERVAL) this.#transmit();
  }

  stop(): void {
    this.#awaitsAnswer = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#outgoing = [];
  }

  #scheduleRetransmit(): void {
    // The answer may have come while we were still sending.
    if (!this.#awaitsAnswer) return;
    const { timers, timedOut } = this.#options;
    this.#timer = timers.after(this.#interval, () => {
      if (!this.#awaitsAnswer) return;
      if (timers.now() >= this.#deadline) {
        timedOut();
        return;
      }
      this.#interval = Math.min(this.#interval * 2, MAX_RETRANSMIT_INTERVAL);
      this.#transmit();
      this.#scheduleRetransmit();
    });
  }

  #transmit(): void {
    const { timers, record: makeRecord, send } = this.#options;
    this.#sentAt = timers.now();
    let datagram: Buffer[] = [];
    let size = 0;
    const flush = () => {
      if (size > 0) send(Buffer.concat(datagram));
      datagram = [];
      size = 0;
    };
    for (const { type, epoch, content } of this.#outgoing) {
      for (const fragment of type === CONTENT.handshake ? fragmentsOf(content) : [content]) {
        const record = makeRecord(type, epoch, fragment);
        if (size + record.length > MAX_DATAGRAM) flush();
        datagram.push(record);
        size += record.length;
      }
    }
    flush();
  }
}

/** Pieces of a handshake message that fit a datagram, each with its own header (RFC 6347 section 4.2.3). */
function fragmentsOf(message: Buffer): Buffer[] {
  const room = MAX_DATAGRAM - RECORD_HEADER - HANDSHAKE_HEADER - 24;
  const body = message.subarray(HANDSHAKE_HEADER);
  if (body.length <= room) return [message];
  const fragments: Buffer[] = [];
  for (let from = 0; from < body.length; from += room) {
    const part = body.subarray(from, from + room);
    const header = Buffer.from(message.subarray(0, HANDSHAKE_HEADER));
    header.writeUIntBE(from, 6, 3);
    header.writeUIntBE(part.length, 9, 3);
    fragments.push(Buffer.concat([header, part]));
  }
  return fragments;
}
