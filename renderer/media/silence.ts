/**
 * Notices that nothing comes in any more on a connection that was lively: sooner than ICE does, and where no system tells
 * of another address. What follows from it is up to whoever listens.
 */
import type { Timers } from '../timers';

/** How often a path is looked at that nobody has complained of. */
const LOOK_MS = 1_000;
/** Looks in a row: something came in at each, so that silence means something; nothing did, so that the path is dead. */
const LIVELY_LOOKS = 2;
const SILENT_LOOKS = 2;

const COUNTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['transport', ['bytesReceived']],
  ['candidate-pair', ['responsesReceived', 'requestsReceived']],
]);

type Watched = Pick<RTCPeerConnection, 'getStats' | 'connectionState'>;

export interface SilenceListener {
  /** For a second nothing came in: perhaps other links are dead as well. */
  readonly onDoubt: () => void;
  /** Once for each silence. */
  readonly onSilence: () => void;
}

/** Answers its end. */
export function watchSilence(connection: Watched, timers: Timers, listener: SilenceListener): () => void {
  let cancel = (): void => undefined;
  let closed = false;
  let before: number | null = null;
  let lively = 0;
  let silent = 0;
  const judge = (alive: boolean): void => {
    if (alive) {
      lively += 1;
      silent = 0;
      return;
    }
    silent += 1;
    const matters = lively >= LIVELY_LOOKS && connection.connectionState === 'connected';
    if (matters && silent === 1) listener.onDoubt();
    if (silent < SILENT_LOOKS) return;
    lively = 0;
    if (matters) listener.onSilence();
  };
  const look = (): void => {
    cancel = timers.after(LOOK_MS, () => {
      void received(connection).then((now) => {
        if (closed) return;
        look();
        if (now !== null) judge(before !== null && now !== before);
        before = now;
      });
    });
  };
  look();
  return () => {
    closed = true;
    cancel();
  };
}

/** Counts everything that came in: bytes of media and reports, and signs of life of ICE; null when nobody knows. */
export async function received(connection: Pick<Watched, 'getStats'>): Promise<number | null> {
  const report = await connection.getStats().catch(() => null);
  if (report === null) return null;
  let sum: number | null = null;
  report.forEach((entry: Readonly<Record<string, unknown>>) => {
    for (const name of COUNTED.get(entry['type'] as string) ?? []) {
      const count = entry[name];
      if (typeof count === 'number') sum = (sum ?? 0) + count;
    }
  });
  return sum;
}
