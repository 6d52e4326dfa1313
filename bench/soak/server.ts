/** Child process of the soak: a media server that tells what it keeps, after its garbage was collected. */
import { startMediaServer } from '../../media-server';

async function main(periodMs: number): Promise<void> {
  const server = await startMediaServer({ garbageCollectorPeriodMs: periodMs });
  process.on('message', (message) => {
    if (message === 'where') process.send?.({ type: 'listening', port: server.port });
    if (message !== 'sample') return;
    // Twice: what finalizers let go of is only free at the second time.
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    process.send?.({ type: 'sample', heapUsed, external, arrayBuffers, ...server.counts() });
  });
  process.on('disconnect', () => void server.close().then(() => process.exit(0)));
  process.send?.({ type: 'ready' });
}

if (process.send) void main(Number(process.argv[2] ?? 240_000));
