/**
 * The sender's side of RTCP for one stream (RFC 3550 section 6.4): when a report is due, and what the receiver answers.
 * What was sent is counted by the stream itself.
 */
import type { ClockMapping } from '../flow';
import { buildSenderReport, buildSourceDescription, ntpMiddle } from './rtcp';
import type { ReceptionReport, SenderReport } from './rtcp';

const REPORT_INTERVAL_MS = 1_000;

export class SenderReports {
  #packetsLost = 0;
  #fractionLost = 0;
  #roundTrip = 0;
  #nextReport = 0;

  /** As the receiver says. */
  get packetsLost(): number {
    return this.#packetsLost;
  }
  get fractionLost(): number {
    return this.#fractionLost;
  }
  /** Milliseconds; 0 before the first report. */
  get roundTrip(): number {
    return this.#roundTrip;
  }

  /** The receiver's report; `wallTime` in ms. Returns the round trip in ms where it can be told. */
  receive(report: ReceptionReport, wallTime: number): number | undefined {
    this.#packetsLost = report.packetsLost;
    this.#fractionLost = report.fractionLost;
    if (report.lastSenderReport === 0) return undefined;
    const elapsed = (ntpMiddle(wallTime) - report.lastSenderReport - report.delaySinceLastSenderReport) | 0;
    // A clock that was set, or nonsense: no round trip.
    if (elapsed < 0 || elapsed >= 10 * 65536) return undefined;
    return (this.#roundTrip = (elapsed * 1000) / 65536);
  }

  isDue(now: number): boolean {
    return now >= this.#nextReport;
  }

  /** The report that is due. Its timestamp is the stream's time at its wall time. */
  build(sent: Omit<SenderReport, 'type' | 'ntpMiddle' | 'reports'>, cname: string, now: number): Buffer {
    this.#nextReport = now + REPORT_INTERVAL_MS;
    const report = buildSenderReport({ ...sent, reports: [] });
    return Buffer.concat([report, buildSourceDescription(sent.ssrc, cname)]);
  }
}

/** The time of a source's stream at `wallTime`; not yet modulo 2^32. */
export function timestampAt(clock: ClockMapping, wallTime: number, clockRate: number): number {
  return clock.timestamp + Math.round(((wallTime - clock.wallTime) / 1000) * clockRate);
}
