/**
 * What a forwarded packet costs: one presenter (VP8-shaped, 1 Mbit/s, and Opus), N viewers; the server, the presenter and
 * the viewers are processes of their own, and the server's CPU time is what the operating system says. The delay is taken in
 * a second run, with the server on a core of its own: on a small machine a packet that wakes a viewer otherwise puts the
 * server to sleep, and what is measured is who gets the core.
 *
 *   npx tsx bench/fanout/run.ts [--viewers=10,50,100] [--seconds=10] [--warm-up=40] [--server=dist/media-server/cli.cjs] [--json]
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire } from '../../test/support/browser-peer';
import {
  cpuSeconds,
  end,
  forkChild,
  keepApart,
  residentKib,
  settledKib,
  startServer,
  waitFor,
} from '../processes';
import { SAMPLING } from './datagram-tap';
import { measureFloor } from './floor';
import { writeWindow } from './raw-peer';

const folder = import.meta.dirname;

/** Until the other processes know the window. */
const LEAD_MS = 300;

interface Row {
  readonly viewers: number;
  readonly microsecondsPerPacket: number;
  readonly packetsPerSecond: number;
  readonly delivered: number;
  readonly delayP50: number;
  readonly delayP99: number;
  readonly kibPerViewer: number;
  /** What the machine allowed just before and just after, microseconds per packet. */
  readonly floorMicroseconds: number;
}

const pause = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
const startChild = (file: string, ...args: string[]) => forkChild(join(folder, file), args);

interface Run {
  readonly cpuSeconds: number;
  readonly sent: number;
  readonly received: Readonly<Record<string, number>>;
}

/** Lets the presenter send for so long. */
async function run(
  server: number,
  presenter: ChildProcess,
  receivers: ChildProcess,
  seconds: number,
): Promise<Run> {
  const from = process.hrtime.bigint() + BigInt(LEAD_MS * 1e6);
  const window = writeWindow({ from, to: from + BigInt(Math.round(seconds * 1e9)) });
  presenter.send(window);
  receivers.send(window);
  await pause(LEAD_MS / 1000);
  const [before, begun] = [await cpuSeconds(server), performance.now()];
  await pause(seconds);
  const cpu = (((await cpuSeconds(server)) - before) * seconds * 1000) / (performance.now() - begun);
  // What was sent last may still be on its way.
  await pause(1);
  receivers.send('end');
  const received = await waitFor(receivers, 'result');
  presenter.send('count');
  const sent = (await waitFor(presenter, 'count'))['packets']!;
  return { cpuSeconds: cpu, sent, received };
}

async function measure(
  viewers: number,
  seconds: number,
  warmUp: number,
  entry: string,
): Promise<Omit<Row, 'floorMicroseconds'>> {
  const children: ChildProcess[] = [];
  const server = await startServer(entry);
  try {
    const wire = await KurentoWire.connect(server.url);
    const mediaPipeline = await wire.create('MediaPipeline');
    const presenterEndpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
    const presenter = await startChild('presenter.ts', server.url, presenterEndpoint, '1000000');
    children.push(presenter);
    const pid = server.process.pid!;
    await pause(4);
    const before = await settledKib(pid);
    const endpoints: string[] = [];
    for (let index = 0; index < viewers; index++) {
      const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
      await wire.invoke(presenterEndpoint, 'connect', { sink: endpoint });
      endpoints.push(endpoint);
    }
    const receivers = await startChild('viewers.ts', server.url, ...endpoints);
    children.push(receivers);
    // Joining is not what is measured, nor is V8, which goes on compiling and recompiling what is hot for half a minute.
    await pause(warmUp);
    const load = await run(pid, presenter, receivers, seconds);
    const packets = load.received['packets']!;
    // One for each viewer: where the sampling stood when the run began.
    if (load.received['opened']! < packets / SAMPLING - viewers) throw new Error('packets do not open');
    const after = await residentKib(pid);
    await keepApart(pid, children);
    const { received } = await run(pid, presenter, receivers, seconds);
    wire.close();
    return {
      viewers,
      microsecondsPerPacket: (load.cpuSeconds * 1e6) / packets,
      packetsPerSecond: packets / seconds,
      delivered: packets / (load.sent * viewers),
      delayP50: received['p50']!,
      delayP99: received['p99']!,
      kibPerViewer: (after - before) / viewers,
    };
  } finally {
    for (const child of children) await end(child);
    await end(server.process);
  }
}

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '10,50,100' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '40' },
    server: { type: 'string', default: 'media-server/cli.ts' },
    json: { type: 'boolean', default: false },
  },
});
const rows: Row[] = [];
let before = await measureFloor();
for (const viewers of values.viewers.split(',').map(Number)) {
  const row = await measure(viewers, Number(values.seconds), Number(values['warm-up']), values.server);
  // The speed of a machine that is shared changes within minutes, and what a packet costs with it.
  const after = await measureFloor();
  rows.push({ ...row, floorMicroseconds: (before + after) / 2 });
  before = after;
}
if (values.json) console.log(JSON.stringify({ rows }));
else {
  console.log('floor: encrypt and send 1,100 bytes, µs of CPU time, before and after each run');
  console.log('viewers  µs/packet  floor  ratio  packets/s  delivered  delay p50  p99 (ms)  KiB/viewer');
  for (const row of rows) {
    console.log(
      [
        String(row.viewers).padStart(7),
        row.microsecondsPerPacket.toFixed(1).padStart(10),
        row.floorMicroseconds.toFixed(1).padStart(6),
        (row.microsecondsPerPacket / row.floorMicroseconds).toFixed(2).padStart(6),
        row.packetsPerSecond.toFixed(0).padStart(10),
        `${(row.delivered * 100).toFixed(2)}%`.padStart(10),
        row.delayP50.toFixed(2).padStart(10),
        row.delayP99.toFixed(2).padStart(9),
        row.kibPerViewer.toFixed(0).padStart(11),
      ].join(' '),
    );
  }
}
