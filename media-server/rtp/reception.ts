/**
 * What a receiver remembers of one RTP stream: which packets came, how regularly, and what to report of it (RFC 3550
 * sections 6.4.1, A.1, A.3, A.8). Also tells new packets from late ones and from duplicates.
 */
import { sequenceDistance } from './header';
import type { ReceptionReport, SenderReport } from './rtcp';

/** Sequence numbers remembered, for duplicates. A power of two; at 2.5 Mbit/s some six seconds. */
const WINDOW = 2048;
/** A jump that no loss explains: the sender started anew. */
const MAX_JUMP = 1500;

/** next: follows the highest one seen (perhaps with a gap); late: fills a gap; restart: no relation to what was before. */
export type Arrival = 'next' | 'late' | 'duplicate' | 'restart';

export class Reception {
  readonly ssrc: number;
  readonly #clockRate: number;
  readonly #seen = new Int32Array(WINDOW).fill(-1);
  /** Sequence numbers extended by their wrap-arounds. */
  #first = -1;
  #highest = -1;
  #received = 0;
  #bytes = 0;
  #duplicates = 0;
  #jitter = 0;
  #lastTransit: number | undefined;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #fractionLost = 0;
  #senderReport: { middle: number; arrival: number } | undefined;

  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc;
    this.#clockRate = clockRate;
  }

  get packets(): number {
    return this.#received;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** Units of the RTP clock. */
  get jitter(): number {
    return this.#jitter;
  }
  /** Cumulative, as RFC 3550 counts it: duplicates lower it. */
  get lost(): number {
    return this.#highest < 0 ? 0 : this.#highest - this.#first + 1 - this.#received - this.#duplicates;
  }
  /** 0…1, as reported last. */
  get fractionLost(): number {
    return this.#fractionLost;
  }
  /** Highest sequence number seen, extended; -1 before the first packet. */
  get highest(): number {
    return this.#highest;
  }

  /** One packet; `repaired` ones (retransmissions) count as received but say nothing about jitter. */
  add(sequenceNumber: number, timestamp: number, bytes: number, arrival: number, repaired: boolean): Arrival {
    if (this.#highest < 0) {
      this.#begin(sequenceNumber);
      this.#count(bytes, timestamp, arrival, repaired);
      return 'next';
    }
    const distance = sequenceDistance(sequenceNumber, this.#highest & 0xffff);
    if (distance > MAX_JUMP || distance < -MAX_JUMP) {
      this.#begin(sequenceNumber);
      this.#count(bytes, timestamp, arrival, repaired);
      return 'restart';
    }
    const extended = this.#highest + distance;
    if (distance > 0) {
      this.#highest = extended;
    } else if (extended < this.#first) {
      return 'duplicate'; // from before we began
    } else if (this.#seen[extended & (WINDOW - 1)] === extended) {
      // A retransmission of what came after all, or a probe that repeats old packets, is no duplicate of the network.
      if (!repaired) this.#duplicates++;
      return 'duplicate';
    }
    this.#seen[extended & (WINDOW - 1)] = extended;
    this.#count(bytes, timestamp, arrival, repaired || distance < 0);
    return distance > 0 ? 'next' : 'late';
  }

  #begin(sequenceNumber: number): void {
    // Far from 0, so that a late packet cannot make it negative.
    this.#first = this.#highest = sequenceNumber + 0x10000;
    this.#seen.fill(-1);
    this.#seen[this.#highest & (WINDOW - 1)] = this.#highest;
    this.#received = this.#duplicates = this.#expectedBefore = this.#receivedBefore = 0;
    this.#lastTransit = undefined;
  }

  #count(bytes: number, timestamp: number, arrival: number, disordered: boolean): void {
    this.#received++;
    this.#bytes += bytes;
    if (disordered) return;
    const transit = (((arrival * this.#clockRate) / 1000) | 0) - timestamp;
    if (this.#lastTransit !== undefined) {
      const difference = Math.abs((transit - this.#lastTransit) | 0);
      // A pause or a new clock is no jitter.
      if (difference < this.#clockRate) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#lastTransit = transit;
  }

  /** The peer's sender report arrived at `now` (monotonic ms). */
  senderReport(report: SenderReport, now: number): void {
    this.#senderReport = { middle: report.ntpMiddle, arrival: now };
  }

  /** The report since the last one; undefined before the first packet. */
  report(now: number): ReceptionReport | undefined {
    if (this.#highest < 0) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const receivedNow = this.#received - this.#receivedBefore;
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    this.#fractionLost = expectedNow > 0 ? Math.max(0, (expectedNow - receivedNow) / expectedNow) : 0;
    return {
      ssrc: this.ssrc,
      fractionLost: this.#fractionLost,
      packetsLost: this.lost,
      highestSequence: this.#highest - 0x10000,
      jitter: Math.round(this.#jitter),
      lastSenderReport: this.#senderReport?.middle ?? 0,
      delaySinceLastSenderReport: this.#senderReport
        ? Math.round(((now - this.#senderReport.arrival) / 1000) * 65536)
        : 0,
    };
  }
}
