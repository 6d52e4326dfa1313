/**
 * What a forwarded packet costs: one presenter (VP8-shaped, 1 Mbit/s, and Opus), N viewers; the server, the presenter and
 * the viewers are processes of their own, and the server's CPU time is what the operating system says.
 *
 *   npx tsx bench/fanout/run.ts [--viewers=10,50,100] [--seconds=10] [--server=dist/media-server/cli.cjs] [--json]
 */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire } from '../../test/support/browser-peer';
import { measureFloor } from './floor';

const folder = import.meta.dirname;
const root = join(folder, '../..');
/** Of /proc/PID/stat; Linux has had 100 everywhere for decades. */
const TICKS_PER_SECOND = 100;

interface Row {
  readonly viewers: number;
  readonly microsecondsPerPacket: number;
  readonly packetsPerSecond: number;
  readonly delivered: number;
  readonly delayP50: number;
  readonly delayP99: number;
  readonly kibPerViewer: number;
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
async function residentKib(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

async function startServer(entry: string): Promise<{ process: ChildProcess; url: string }> {
  const loader = entry.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, join(root, entry), '--port=0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) {
    const url = /ready at (\S+)/.exec(String(chunk))?.[1];
    if (url) return { process: child, url };
  }
  throw new Error('the media server did not start');
}
async function startChild(file: string, ...args: string[]): Promise<ChildProcess> {
  const child = fork(join(folder, file), args, { execArgv: ['--import', 'tsx'], cwd: root });
  await waitFor(child, 'ready');
  return child;
}
async function waitFor(child: ChildProcess, type: string): Promise<Record<string, number>> {
  for (;;) {
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('a child process ended'))),
    ])) as [Record<string, number> & { type?: unknown }];
    if (message.type === type) return message;
  }
}
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  await gone;
}
const pause = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

async function measure(viewers: number, seconds: number, entry: string): Promise<Row> {
  const children: ChildProcess[] = [];
  const server = await startServer(entry);
  try {
    const wire = await KurentoWire.connect(server.url);
    const mediaPipeline = await wire.create('MediaPipeline');
    const presenterEndpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
    const presenter = await startChild('presenter.ts', server.url, presenterEndpoint, '1000000');
    children.push(presenter);
    const pid = server.process.pid!;
    await pause(2);
    const before = await residentKib(pid);
    const endpoints: string[] = [];
    for (let index = 0; index < viewers; index++) {
      const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
      await wire.invoke(presenterEndpoint, 'connect', { sink: endpoint });
      endpoints.push(endpoint);
    }
    const receivers = await startChild('viewers.ts', server.url, ...endpoints);
    children.push(receivers);
    // Joining, and the compilers' first look at the hot path, are not what is measured.
    await pause(5);
    const count = async () => {
      presenter.send('count');
      return (await waitFor(presenter, 'count'))['packets']!;
    };
    receivers.send('begin');
    const [sentBefore, cpuBefore] = await Promise.all([count(), cpuSeconds(pid)]);
    await pause(seconds);
    const [sentAfter, cpuAfter] = await Promise.all([count(), cpuSeconds(pid)]);
    receivers.send('end');
    const result = await waitFor(receivers, 'result');
    const packets = result['packets']!;
    const after = await residentKib(pid);
    wire.close();
    return {
      viewers,
      microsecondsPerPacket: ((cpuAfter - cpuBefore) * 1e6) / packets,
      packetsPerSecond: packets / seconds,
      delivered: packets / ((sentAfter - sentBefore) * viewers),
      delayP50: result['p50']!,
      delayP99: result['p99']!,
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
    server: { type: 'string', default: 'media-server/cli.ts' },
    json: { type: 'boolean', default: false },
  },
});
const floor = await measureFloor();
const rows: Row[] = [];
for (const viewers of values.viewers.split(',').map(Number))
  rows.push(await measure(viewers, Number(values.seconds), values.server));
if (values.json) console.log(JSON.stringify({ floorMicroseconds: floor, rows }));
else {
  console.log(`floor: encrypt and send 1,100 bytes, ${floor.toFixed(1)} µs of CPU time`);
  console.log('viewers  µs/packet  packets/s  delivered  delay p50  p99 (ms)  KiB/viewer');
  for (const row of rows) {
    console.log(
      [
        String(row.viewers).padStart(7),
        row.microsecondsPerPacket.toFixed(1).padStart(10),
        row.packetsPerSecond.toFixed(0).padStart(10),
        `${(row.delivered * 100).toFixed(2)}%`.padStart(10),
        row.delayP50.toFixed(2).padStart(10),
        row.delayP99.toFixed(2).padStart(9),
        row.kibPerViewer.toFixed(0).padStart(11),
      ].join(' '),
    );
  }
}
