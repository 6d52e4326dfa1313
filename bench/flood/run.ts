/**
 * What junk costs: datagrams that belong to nobody, at the media port, beside a bare socket that only reads them.
 *
 *   npx tsx bench/flood/run.ts [--rate=10000] [--seconds=8] [--server=media-server/cli.ts] [--json]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire } from '../../test/support/browser-peer';
import { until } from '../../test/support/until';
import { cpuSeconds, end, forkChild, startServer, waitFor } from '../processes';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '8' },
    server: { type: 'string', default: 'media-server/cli.ts' },
    json: { type: 'boolean', default: false },
  },
});
const folder = import.meta.dirname;

/** Microseconds of CPU time of the process for each datagram that is sent to the port. */
async function flood(pid: number, port: number): Promise<number> {
  const before = await cpuSeconds(pid);
  const sender = await forkChild(join(folder, 'sender.ts'), [String(port), values.rate, values.seconds]);
  const { packets = 1 } = await waitFor(sender, 'sent');
  // What was sent last is still being read.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const cpu = (await cpuSeconds(pid)) - before;
  await end(sender);
  return (cpu * 1e6) / packets;
}

/** The media port, as an endpoint tells it to its peer. */
async function mediaPort(wire: KurentoWire): Promise<number> {
  const mediaPipeline = await wire.create('MediaPipeline');
  const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
  await wire.request('subscribe', { object: endpoint, type: 'IceCandidateFound' });
  await wire.invoke(endpoint, 'generateOffer');
  await wire.invoke(endpoint, 'gatherCandidates');
  let port: number | undefined;
  await until(() => {
    for (const { data } of wire.events) {
      const line = (data['candidate'] as { candidate: string } | undefined)?.candidate ?? '';
      const match = / 127\.0\.0\.1 (\d+) typ host/.exec(line);
      if (match) port = Number(match[1]);
    }
    return port === undefined && 'no candidate';
  });
  return port!;
}

const server = await startServer(values.server);
const bare = await forkChild(join(folder, 'bare.ts'), []);
let summary: { readonly server: number; readonly bare: number };
try {
  const wire = await KurentoWire.connect(server.url);
  const port = await mediaPort(wire);
  const listening = waitFor(bare, 'listening');
  bare.send('where');
  const { port: barePort = 0 } = await listening;
  const floor = await flood(bare.pid!, barePort);
  summary = { bare: floor, server: await flood(server.process.pid!, port) };
  wire.close();
} finally {
  await end(bare);
  await end(server.process);
}
if (values.json) console.log(JSON.stringify(summary));
else {
  console.log(`a bare socket reads a datagram of junk in ${summary.bare.toFixed(1)} µs of CPU time`);
  console.log(`the media server gets rid of one in ${summary.server.toFixed(1)} µs`);
}
