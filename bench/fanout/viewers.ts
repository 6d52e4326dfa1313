/**
 * Child process of the fan-out bench: many receive-only peers that count packets, take the delay of some, and report as
 * browsers do.
 */
import { KurentoWire } from '../../test/support/browser-peer';
import { buildMaxBitrate, buildReceiverReport } from '../../media-server/rtp/rtcp';
import { startTransportHost } from '../../media-server/transport';
import type { MediaTransport } from '../../media-server/transport';
import { tapDatagrams } from './datagram-tap';
import { connectRawPeer, NO_WINDOW, readWindow, TIME_OFFSET } from './raw-peer';
import type { Window } from './raw-peer';

const REPORT_MS = 1_000;
/** Far above what is sent. */
const ESTIMATE = 5_000_000;
const MAX_SAMPLES = 400_000;

async function main(url: string, endpoints: readonly string[]): Promise<void> {
  let packets = 0;
  let window: Window = NO_WINDOW;
  let open = false;
  tapDatagrams(() => {
    // The presenter is silent before it, so what comes from then on was sent within it.
    open ||= window.to > 0n && process.hrtime.bigint() >= window.from;
    if (open) packets++;
  });
  /** The two monotonic clocks of Node count from different moments. */
  const clockOffset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const host = await startTransportHost();
  const wire = await KurentoWire.connect(url);
  const delays = new Float64Array(MAX_SAMPLES);
  let samples = 0;
  const transports: { transport: MediaTransport; ssrcs: Map<number, number> }[] = [];
  for (const endpoint of endpoints) {
    const ssrcs = new Map<number, number>();
    const { transport } = await connectRawPeer({
      host,
      wire,
      endpoint,
      direction: 'recvonly',
      rtcp: () => undefined,
      rtp: (packet, arrival) => {
        ssrcs.set(packet.readUInt32BE(8), packet.readUInt16BE(2));
        const payload = packet[0]! & 0x10 ? 16 + packet.readUInt16BE(14) * 4 : 12;
        if (payload + TIME_OFFSET + 8 > packet.length) return;
        const sentAt = packet.readBigUInt64BE(payload + TIME_OFFSET);
        if (sentAt < window.from || sentAt >= window.to) return;
        if (samples < MAX_SAMPLES) delays[samples++] = clockOffset + arrival - Number(sentAt) / 1e6;
      },
    });
    transports.push({ transport, ssrcs });
  }
  const timer = setInterval(() => {
    for (const { transport, ssrcs } of transports) {
      const reports = [...ssrcs].map(([ssrc, highestSequence]) => ({
        ssrc,
        fractionLost: 0,
        packetsLost: 0,
        highestSequence,
        jitter: 10,
        lastSenderReport: 0,
        delaySinceLastSenderReport: 0,
      }));
      transport.sendRtcp(
        Buffer.concat([buildReceiverReport(1, reports), buildMaxBitrate(1, ESTIMATE, [...ssrcs.keys()])]),
      );
    }
  }, REPORT_MS);
  process.on('message', (message) => {
    if (message !== 'end') {
      window = readWindow(message);
      packets = samples = 0;
      open = false;
    } else {
      const sorted = delays.slice(0, samples).sort();
      const at = (share: number) => sorted[Math.min(samples - 1, Math.floor(samples * share))] ?? 0;
      process.send?.({ type: 'result', packets, opened: samples, p50: at(0.5), p99: at(0.99), max: at(1) });
    }
  });
  process.on('disconnect', () => {
    clearInterval(timer);
    wire.close();
    void host.close().then(() => process.exit(0));
  });
  process.send?.({ type: 'ready' });
}

const [url = '', ...endpoints] = process.argv.slice(2);
if (process.send) void main(url, endpoints);
