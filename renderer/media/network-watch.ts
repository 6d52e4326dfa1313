/**
 * Looks after a connection when the computer has moved to another network: browsers take five seconds and more to doubt a
 * path that has just died. Asked at once whether anything still comes in, a dead one is given up early, and its session
 * makes a new one; a path that lives is left alone.
 */
import type { Timers } from '../timers';
import type { openPeer } from './peer';

/** Media servers answer with reports or media many times a second. */
const SILENCE_MS = 1_200;

export interface NetworkWatchOptions {
  readonly openPeer: typeof openPeer;
  /** Answers its end. */
  readonly onNetworkChange: (listener: () => void) => () => void;
  readonly timers: Timers;
}

/** Opens peers that report `failed` as soon as another network has cut them off. */
export function watchingNetwork(options: NetworkWatchOptions): typeof openPeer {
  return async (peerOptions) => {
    const peer = await options.openPeer(peerOptions);
    let closed = false;
    let cancel = (): void => undefined;
    const giveUp = (): void => {
      if (!closed) peerOptions.onConnection('failed');
    };
    const check = async (): Promise<void> => {
      cancel();
      const state = peer.connection.connectionState;
      if (state === 'disconnected') giveUp();
      if (state !== 'connected' && state !== 'connecting') return;
      const before = await bytesReceived(peer.connection);
      if (closed) return;
      cancel = options.timers.after(SILENCE_MS, () => {
        void bytesReceived(peer.connection).then((now) => {
          // One that is still being made looks for its way from the old address.
          if (now !== null && now === before) giveUp();
        });
      });
    };
    const stop = options.onNetworkChange(() => void check());
    return {
      ...peer,
      close() {
        closed = true;
        stop();
        cancel();
        peer.close();
      },
    };
  };
}

/** Of everything, media and reports alike; null when nobody knows. */
async function bytesReceived(connection: Pick<RTCPeerConnection, 'getStats'>): Promise<number | null> {
  const report = await connection.getStats().catch(() => null);
  if (report === null) return null;
  let sum: number | null = null;
  report.forEach((entry: Readonly<Record<string, unknown>>) => {
    if (entry['type'] !== 'transport' || typeof entry['bytesReceived'] !== 'number') return;
    sum = (sum ?? 0) + entry['bytesReceived'];
  });
  return sum;
}
