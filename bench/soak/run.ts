/**
 * A broadcast that goes on for an hour while its viewers come and go every second, a third of them without a word: memory,
 * handles and ports of the media server must stay as they are. Then all leave, and nothing may be left of them.
 *
 *   npx tsx bench/soak/run.ts [--minutes=60] [--viewers=20] [--period=10] [--json]
 *
 * `--period`: seconds of the server's garbage collector (240 in production), so that those who vanished are due within
 * the run. Samples are taken twice a minute, after a collection of garbage; the first minutes, in which code is compiled
 * and pools fill, are no part of the verdict. Ends with code 1 when something grows. Linux: reads /proc.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire } from '../../test/support/browser-peer';
import { cpuSeconds, end, forkChild, handles, residentKib, waitFor } from '../processes';
import { growth, slopePerHour } from './trend';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    viewers: { type: 'string', default: '20' },
    period: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const periodMs = Number(values.period) * 1_000;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const MIB = 1024 * 1024;

/** What is looked at, and by how much it may be higher in the last third of the run than in the first. */
const LIMITS = {
  rssMib: 12,
  heapMib: 3,
  externalMib: 3,
  handles: 8,
  udpPorts: 0,
  // Those who vanished wait for the collector: two periods' worth of them, more or less.
  objects: 12,
  sessions: 8,
} as const;
type Quantity = keyof typeof LIMITS;
type Snapshot = { readonly minute: number } & Readonly<Record<Quantity, number>>;

async function ask(child: ChildProcess, question: string, answer: string): Promise<Record<string, number>> {
  const heard = waitFor(child, answer);
  child.send(question);
  return heard;
}

async function snapshot(server: ChildProcess, begun: number): Promise<Snapshot> {
  const pid = server.pid!;
  const kept = await ask(server, 'sample', 'sample');
  const { handles: open, udpPorts } = await handles(pid);
  return {
    minute: (performance.now() - begun) / 60_000,
    rssMib: (await residentKib(pid)) / 1024,
    heapMib: kept['heapUsed']! / MIB,
    externalMib: kept['external']! / MIB,
    handles: open,
    udpPorts,
    objects: kept['objects']!,
    sessions: kept['sessions']!,
  };
}

function line(each: Snapshot): string {
  const { minute, rssMib, heapMib, externalMib, objects, sessions, udpPorts } = each;
  return (
    `${minute.toFixed(1).padStart(6)} min  RSS ${rssMib.toFixed(1)} MiB  heap ${heapMib.toFixed(1)}  ` +
    `external ${externalMib.toFixed(1)}  handles ${each.handles}  UDP ports ${udpPorts}  ` +
    `objects ${objects}  sessions ${sessions}`
  );
}
const say = (text: string) => {
  if (!values.json) console.log(text);
};

const folder = import.meta.dirname;
const children: ChildProcess[] = [];
try {
  const server = await forkChild(join(folder, 'server.ts'), [String(periodMs)], ['--expose-gc']);
  children.unshift(server);
  const { port } = await ask(server, 'where', 'listening');
  const url = `ws://127.0.0.1:${port}/kurento`;
  const idle = await snapshot(server, performance.now());
  say(`idle       ${line(idle).slice(8)}`);
  const wire = await KurentoWire.connect(url);
  const mediaPipeline = await wire.create('MediaPipeline');
  const presenter = await wire.create('WebRtcEndpoint', { mediaPipeline });
  const sender = await forkChild(join(folder, '../fanout/presenter.ts'), [url, presenter, '1000000']);
  children.unshift(sender);
  const viewers = await forkChild(join(folder, 'viewers.ts'), [
    url,
    mediaPipeline,
    presenter,
    values.viewers,
  ]);
  children.unshift(viewers);

  const begun = performance.now();
  const samples: Snapshot[] = [];
  const cpuBefore = await cpuSeconds(server.pid!);
  while (performance.now() - begun < minutes * 60_000) {
    await pause(Math.min(30_000, minutes * 6_000));
    samples.push(await snapshot(server, begun));
    say(line(samples.at(-1)!));
  }
  const seconds = (performance.now() - begun) / 1000;
  const cores = ((await cpuSeconds(server.pid!)) - cpuBefore) / seconds;
  const seen = await ask(viewers, 'count', 'count');
  viewers.send('stop');
  await waitFor(viewers, 'stopped');
  await end(sender);
  await wire.request('release', { object: mediaPipeline });
  wire.close();
  // Whoever vanished is due one to two periods after its last sign of life.
  await pause(2 * periodMs + 2_000);
  const after = await snapshot(server, begun);

  // What is new in a server that has just begun is no growth.
  const settled = samples.filter(({ minute }) => minute >= Math.min(5, minutes / 4));
  const rows = (Object.keys(LIMITS) as Quantity[]).map((name) => {
    const row = settled.map((each) => ({ minute: each.minute, value: each[name] }));
    const grown = growth(row);
    return { name, perHour: slopePerHour(row), grown, flat: grown <= LIMITS[name] };
  });
  const leftovers = after.objects > idle.objects || after.sessions > 0 || after.udpPorts > idle.udpPorts;
  const verdict = rows.every(({ flat }) => flat) && !leftovers && seen['failed'] === 0;
  if (values.json) console.log(JSON.stringify({ seen, cores, rows, idle, after, verdict }));
  else {
    console.log(`left       ${line(after).slice(8)}`);
    console.log(
      `${seen['joined']} joined, ${seen['left']} left, ${seen['vanished']} vanished, ${seen['failed']} failed, ` +
        `${seen['packets']} packets; ` +
        `${cores.toFixed(2)} cores`,
    );
    for (const { name, perHour, grown, flat } of rows) {
      console.log(
        `${name.padEnd(12)} ${perHour.toFixed(1).padStart(8)} per hour, ${grown.toFixed(1).padStart(6)} ` +
          `from the first to the last third: ${flat ? 'flat' : 'GROWS'}`,
      );
    }
    console.log(leftovers ? 'something is LEFT of those who went' : 'nothing is left of those who went');
  }
  if (!verdict) process.exitCode = 1;
} finally {
  for (const child of children) await end(child);
}
