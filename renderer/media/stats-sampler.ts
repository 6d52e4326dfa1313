/** Asks a connection once per second how it is, while somebody looks; one question at a time. */
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import { measure, type ConnectionStats, type StatsReport } from './connection-stats';

const PERIOD_MS = 1_000;

export interface StatsSampler extends Store<ConnectionStats | null> {
  close(): void;
}

export function sampleStats(connection: Pick<RTCPeerConnection, 'getStats'>, timers: Timers): StatsSampler {
  const cell = new Cell<ConnectionStats | null>(null);
  let before: StatsReport | null = null;
  let closed = false;
  let cancel = (): void => undefined;

  async function sample(): Promise<void> {
    const report = await connection.getStats().catch(() => null);
    if (closed) return;
    if (report !== null) {
      const now = copy(report);
      cell.set(measure(before, now));
      before = now;
    }
    cancel = timers.after(PERIOD_MS, () => void sample());
  }

  void sample();
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    close() {
      closed = true;
      cancel();
    },
  };
}

/** The types of the DOM know a report only by `forEach`. */
function copy(report: RTCStatsReport): StatsReport {
  const entries = new Map<string, Readonly<Record<string, unknown>>>();
  report.forEach((entry: Readonly<Record<string, unknown>>, id: string) => entries.set(id, entry));
  return entries;
}
