/**
 * Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): remembers when each
 * packet of a transport arrived and tells the sender, whose congestion controller does the rest. The arrival times decide
 * everything: they are those of the socket, and a packet that came late is reported with its own time, not skipped.
 */
import { sequenceDistance } from './header';
import { LossPolicy } from './loss-policy';

const RTPFB = 205;
const FORMAT = 15;

/** Arrival times kept, by sequence number; more than a second of the fastest sender. A power of two. */
const WINDOW = 2048;
/** Status symbols one message can hold without growing beyond a small datagram. */
const MAX_STATUS = 400;
/** One delta unit is 250 µs, one unit of the reference time 64 ms. */
const DELTA_MS = 0.25;
const REFERENCE_MS = 64;
/** Arrivals more than this far behind the newest report are old news. */
const MAX_BEHIND = 500;

export class TransportFeedback {
  readonly #arrivals = new Float64Array(WINDOW).fill(-1);
  readonly #policy = new LossPolicy();
  /** Next number to report, and the highest one seen. -1: nothing has arrived yet. */
  #next = -1;
  #highest = -1;
  #count = 0;
  #lastArrival: number | undefined;

  /** True when there is something to report. */
  get pending(): boolean {
    return this.#next >= 0 && sequenceDistance(this.#highest, this.#next) >= 0;
  }

  /** `arrival` in monotonic milliseconds; `sendTime` of the abs-send-time extension, -1 without. */
  add(sequenceNumber: number, arrival: number, sendTime = -1): void {
    this.#policy.arrived(arrival, sendTime);
    if (this.#next < 0) {
      this.#next = sequenceNumber;
      this.#highest = sequenceNumber;
    }
    const ahead = sequenceDistance(sequenceNumber, this.#highest);
    if (ahead > 0) {
      if (ahead >= WINDOW || sequenceDistance(sequenceNumber, this.#next) >= WINDOW - MAX_BEHIND)
        return this.#restart(sequenceNumber, arrival);
      for (let number = 1; number < ahead; number++)
        this.#arrivals[(this.#highest + number) & (WINDOW - 1)] = -1;
      this.#highest = sequenceNumber;
    } else {
      if (ahead < -MAX_BEHIND) return;
      if (ahead < 0 && this.#arrivals[sequenceNumber & (WINDOW - 1)]! >= 0) return; // a duplicate
      // Reported as lost before: report again from here, with its time.
      if (sequenceDistance(sequenceNumber, this.#next) < 0) this.#next = sequenceNumber;
    }
    this.#arrivals[sequenceNumber & (WINDOW - 1)] = arrival;
  }

  /** A jump that no loss explains: begin anew. */
  #restart(sequenceNumber: number, arrival: number): void {
    this.#arrivals.fill(-1);
    this.#next = this.#highest = sequenceNumber;
    this.#arrivals[sequenceNumber & (WINDOW - 1)] = arrival;
  }

  /**
   * The next feedback message; undefined when nothing is to be told now. Call until it is undefined. `hold`: so many
   * milliseconds a missing packet may take to be repaired before its fate is told; `missingSince`: when the oldest packet
   * that is still missing was noticed. A packet told as received is one that the sender will never send again.
   */
  build(
    senderSsrc: number,
    mediaSsrc: number,
    now: number,
    hold = 0,
    missingSince: number | undefined = undefined,
  ): Buffer | undefined {
    if (!this.pending) return undefined;
    this.#policy.update(now);
    let base = this.#next;
    // A report's reference is a packet that arrived, so that its reference time means something.
    while (this.#arrivals[base & (WINDOW - 1)]! < 0 && base !== this.#highest) base = (base + 1) & 0xffff;
    // What is missing in front of it is lost: name it, as far as one report reaches.
    const missing = sequenceDistance(base, this.#next);
    const begin = missing < MAX_STATUS - 1 ? this.#next : base;

    const firstArrival = this.#arrivals[base & (WINDOW - 1)]!;
    const reference = Math.floor(firstArrival / REFERENCE_MS);
    const symbols: number[] = [];
    const deltas: number[] = [];
    /** Arrival of the previous packet as the sender will reconstruct it, in delta units: errors do not add up. */
    let told = (reference * REFERENCE_MS) / DELTA_MS;
    let number = begin;
    /** Arrival of the last packet that came, real time. */
    let known: number | undefined = this.#lastArrival;
    for (
      ;
      symbols.length < MAX_STATUS && sequenceDistance(this.#highest, number) >= 0;
      number = (number + 1) & 0xffff
    ) {
      let arrival = this.#arrivals[number & (WINDOW - 1)]!;
      if (arrival < 0) {
        const noticed = this.#noticed(number);
        if (this.#policy.lenient && now - noticed < hold) break;
        const repaired = missingSince === undefined || missingSince > noticed;
        if (this.#policy.tell(now, repaired && known !== undefined) || known === undefined) {
          symbols.push(0);
          continue;
        }
        // Kept quiet: as if it had come together with the one before.
        arrival = known;
        this.#arrivals[number & (WINDOW - 1)] = known;
      }
      known = arrival;
      const delta = Math.round(arrival / DELTA_MS) - told;
      if (delta < -32768 || delta > 32767) {
        // Does not fit into this message: the next one has its own reference time.
        break;
      }
      told += delta;
      symbols.push(delta >= 0 && delta <= 255 ? 1 : 2);
      deltas.push(delta);
    }
    this.#next = number;
    this.#lastArrival = known;
    while (symbols.length > 0 && symbols.at(-1) === 0) {
      // Only after a break: the next message names them.
      symbols.pop();
      this.#next = (this.#next - 1) & 0xffff;
    }
    if (symbols.length === 0) return undefined;
    return this.#write(senderSsrc, mediaSsrc, begin, reference, symbols, deltas);
  }

  /** When the packet after a missing one arrived. */
  #noticed(number: number): number {
    let next = number;
    while (this.#arrivals[next & (WINDOW - 1)]! < 0 && next !== this.#highest) next = (next + 1) & 0xffff;
    return this.#arrivals[next & (WINDOW - 1)]!;
  }

  #write(
    senderSsrc: number,
    mediaSsrc: number,
    base: number,
    reference: number,
    symbols: readonly number[],
    deltas: readonly number[],
  ): Buffer {
    const chunks = encodeChunks(symbols);
    const deltaBytes = deltas.reduce((sum, delta) => sum + (delta >= 0 && delta <= 255 ? 1 : 2), 0);
    const used = 20 + chunks.length * 2 + deltaBytes;
    const bytes = Math.ceil(used / 4) * 4;
    const packet = Buffer.alloc(bytes);
    const padding = bytes - used;
    packet[0] = 0x80 | FORMAT | (padding > 0 ? 0x20 : 0);
    packet[1] = RTPFB;
    packet.writeUInt16BE(bytes / 4 - 1, 2);
    packet.writeUInt32BE(senderSsrc, 4);
    packet.writeUInt32BE(mediaSsrc, 8);
    packet.writeUInt16BE(base, 12);
    packet.writeUInt16BE(symbols.length, 14);
    packet.writeUIntBE(reference & 0xffffff, 16, 3);
    packet[19] = this.#count;
    this.#count = (this.#count + 1) & 0xff;
    let at = 20;
    for (const chunk of chunks) at = packet.writeUInt16BE(chunk, at);
    for (const delta of deltas)
      at = delta >= 0 && delta <= 255 ? packet.writeUInt8(delta, at) : packet.writeInt16BE(delta, at);
    if (padding > 0) packet[bytes - 1] = padding;
    return packet;
  }
}

/** Run lengths where they pay, else vectors of 14 one-bit or 7 two-bit symbols (section 3.1.3). */
function encodeChunks(symbols: readonly number[]): number[] {
  const chunks: number[] = [];
  for (let at = 0; at < symbols.length;) {
    const symbol = symbols[at]!;
    let run = 1;
    while (at + run < symbols.length && symbols[at + run] === symbol && run < 0x1fff) run++;
    if (run >= 14 || (run >= 7 && symbol === 2) || at + run === symbols.length) {
      chunks.push((symbol << 13) | run);
      at += run;
      continue;
    }
    const slice14 = symbols.slice(at, at + 14);
    if (!slice14.includes(2)) {
      chunks.push(slice14.reduce((chunk, value, index) => chunk | (value << (13 - index)), 0x8000));
      at += 14;
    } else {
      chunks.push(
        symbols
          .slice(at, at + 7)
          .reduce((chunk, value, index) => chunk | (value << (12 - index * 2)), 0xc000),
      );
      at += 7;
    }
  }
  return chunks;
}

/** One packet's fate as a feedback message tells it; `arrival` in ms on the receiver's clock, undefined when lost. */
export interface FeedbackStatus {
  readonly sequenceNumber: number;
  readonly arrival: number | undefined;
}

/** Reads one feedback message (a whole RTCP packet, not a compound); undefined when it is damaged or something else. */
export function readTransportFeedback(packet: Buffer): FeedbackStatus[] | undefined {
  if (packet.length < 20 || packet[0]! >> 6 !== 2 || (packet[0]! & 0x1f) !== FORMAT || packet[1] !== RTPFB)
    return undefined;
  const length = packet.readUInt16BE(2) * 4 + 4;
  if (length > packet.length || length < 20) return undefined;
  const base = packet.readUInt16BE(12);
  const count = packet.readUInt16BE(14);
  const symbols: number[] = [];
  let at = 20;
  while (symbols.length < count) {
    if (at + 2 > length) return undefined;
    const chunk = packet.readUInt16BE(at);
    at += 2;
    if (chunk < 0x8000)
      for (let run = chunk & 0x1fff; run > 0 && symbols.length < count; run--)
        symbols.push((chunk >> 13) & 3);
    else if (chunk < 0xc000)
      for (let bit = 13; bit >= 0 && symbols.length < count; bit--) symbols.push((chunk >> bit) & 1);
    else for (let bit = 12; bit >= 0 && symbols.length < count; bit -= 2) symbols.push((chunk >> bit) & 3);
    if (chunk < 0x8000 && (chunk & 0x1fff) === 0) return undefined;
  }
  let time = packet.readIntBE(16, 3) * REFERENCE_MS;
  const statuses: FeedbackStatus[] = [];
  for (let index = 0; index < count; index++) {
    const bytes = symbols[index]!;
    if (bytes === 3 || at + bytes > length) return undefined;
    if (bytes === 1) time += packet[at]! * DELTA_MS;
    else if (bytes === 2) time += packet.readInt16BE(at) * DELTA_MS;
    at += bytes;
    statuses.push({ sequenceNumber: (base + index) & 0xffff, arrival: bytes === 0 ? undefined : time });
  }
  return statuses;
}
