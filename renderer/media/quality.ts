/** One word for a connection, out of its numbers; the limits are what people begin to notice. */
import type { ConnectionStats } from './connection-stats';

export type Quality = 'good' | 'fair' | 'poor' | 'unknown';

/** Share of lost packets that repair hides, and that it does not hide any more. */
const LOSS = { fair: 0.02, poor: 0.08 };
/** Seconds of round trip at which talk gets halting. */
const ROUND_TRIP = { fair: 0.15, poor: 0.4 };

export function qualityOf(stats: ConnectionStats | null): Quality {
  if (stats === null || (stats.incoming.bitrate === null && stats.outgoing.bitrate === null))
    return 'unknown';
  const loss = Math.max(stats.incoming.loss ?? 0, stats.outgoing.loss ?? 0);
  const roundTrip = stats.roundTrip ?? 0;
  if (loss >= LOSS.poor || roundTrip >= ROUND_TRIP.poor) return 'poor';
  if (loss >= LOSS.fair || roundTrip >= ROUND_TRIP.fair) return 'fair';
  return 'good';
}
