/**
 * Looks at the peer connections of a page from outside: the page runs the product unchanged, this only remembers which
 * RTCPeerConnections it made and when.
 */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    watchedPeers?: RTCPeerConnection[];
    /** performance.now() of the newest createOffer. */
    offeredAt?: number;
  }
}

/** Call before the page loads. */
export async function watchPeers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const peers: RTCPeerConnection[] = [];
    window.watchedPeers = peers;
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        peers.push(this);
        const createOffer = this.createOffer.bind(this) as (
          options?: RTCOfferOptions,
        ) => Promise<RTCSessionDescriptionInit>;
        this.createOffer = ((options?: RTCOfferOptions) => {
          window.offeredAt = performance.now();
          return createOffer(options);
        }) as typeof this.createOffer;
      }
    };
  });
}

export interface PeerSample {
  /** performance.now() of the page, milliseconds. */
  readonly at: number;
  readonly videoBytesSent: number;
  readonly framesDecoded: number;
  readonly freezes: number;
  readonly freezeSeconds: number;
  readonly audioEnergy: number;
  readonly audioBytesReceived: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
}

/** Statistics of the newest connection. */
export function samplePeer(page: Page): Promise<PeerSample> {
  return page.evaluate(async () => {
    const peer = window.watchedPeers?.at(-1);
    const report = new Map<string, Record<string, unknown>>();
    if (peer)
      (await peer.getStats()).forEach((entry, id) => report.set(id, entry as Record<string, unknown>));
    const of = (type: string, kind: string): Record<string, unknown> =>
      [...report.values()].find((entry) => entry['type'] === type && entry['kind'] === kind) ?? {};
    const number = (value: unknown) => (typeof value === 'number' ? value : 0);
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    const incoming = of('inbound-rtp', 'video');
    return {
      at: performance.now(),
      videoBytesSent: number(of('outbound-rtp', 'video')['bytesSent']),
      framesDecoded: number(incoming['framesDecoded']),
      freezes: number(incoming['freezeCount']),
      freezeSeconds: number(incoming['totalFreezesDuration']),
      audioEnergy: number(of('inbound-rtp', 'audio')['totalAudioEnergy']),
      audioBytesReceived: number(of('inbound-rtp', 'audio')['bytesReceived']),
      width: number(incoming['frameWidth']),
      height: number(incoming['frameHeight']),
      codec: text(report.get(text(incoming['codecId']))?.['mimeType']),
    };
  });
}
