/**
 * What a face overlay does to everybody else: a presenter and ten viewers in one pipeline, and in another a film with
 * faces at 30 frames a second, 640×480, first past no filter and then through one. Delay is a packet's way from presenter
 * to viewer, by one clock; server, presenter and viewers are processes of their own. Needs a built server.
 *
 *   npx tsx bench/face/others.ts [--seconds=8] [--rounds=3] [--viewers=10] [--server=dist/media-server/cli.cjs] [--json]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KurentoWire } from '../../test/support/browser-peer';
import { greenDisc, writeFaceCamera } from '../../test/support/face-camera';
import { encodeFilm, writeFilm } from '../../test/support/face-film';
import { writeWindow } from '../fanout/raw-peer';
import { cpuSeconds, end, forkChild, startServer, waitFor } from '../processes';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    viewers: { type: 'string', default: '10' },
    server: { type: 'string', default: 'dist/media-server/cli.cjs' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
/** Until the other processes know the window. */
const LEAD_MS = 300;
/** Joining, and what a filter's start costs, are not what is measured. */
const SETTLE_S = 3;

const pause = (length: number) => new Promise<void>((resolve) => setTimeout(resolve, length * 1000));
const fanout = path.join(import.meta.dirname, '../fanout');

// Native encoders do not keep a process alive.
const awake = setInterval(() => undefined, 1_000);
const folder = await mkdtemp(path.join(tmpdir(), 'callcast-bench-face-'));
const camera = path.join(folder, 'faces.y4m');
await writeFaceCamera(camera);
await writeFilm(path.join(folder, 'faces.webm'), await encodeFilm(camera), seconds + SETTLE_S + 10);
await rm(camera);
const image = path.join(folder, 'disc.png');
await writeFile(image, greenDisc());

const server = await startServer(values.server, `--recordings=${folder}`);
const pid = server.process.pid!;
const wire = await KurentoWire.connect(server.url);
const broadcast = await wire.create('MediaPipeline');
const source = await wire.create('WebRtcEndpoint', { mediaPipeline: broadcast });
const presenter = await forkChild(path.join(fanout, 'presenter.ts'), [server.url, source, '1000000']);
const endpoints: string[] = [];
for (let index = 0; index < Number(values.viewers); index++) {
  const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline: broadcast });
  await wire.invoke(source, 'connect', { sink: endpoint });
  endpoints.push(endpoint);
}
const viewers = await forkChild(path.join(fanout, 'viewers.ts'), [server.url, ...endpoints]);

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly cores: number;
}

async function measure(filtered: boolean): Promise<Measured> {
  const mediaPipeline = await wire.create('MediaPipeline');
  const player = await wire.create('PlayerEndpoint', { mediaPipeline, uri: 'faces.webm' });
  const element = await wire.create(filtered ? 'FaceOverlayFilter' : 'PassThrough', { mediaPipeline });
  if (filtered) {
    const placement = { offsetXPercent: -0.35, offsetYPercent: -1.2, widthPercent: 1.6, heightPercent: 1.6 };
    await wire.invoke(element, 'setOverlayedImage', { uri: image, ...placement });
  }
  await wire.invoke(player, 'connect', { sink: element });
  await wire.invoke(player, 'play');
  await pause(SETTLE_S);
  const from = process.hrtime.bigint() + BigInt(LEAD_MS * 1e6);
  const window = writeWindow({ from, to: from + BigInt(Math.round(seconds * 1e9)) });
  presenter.send(window);
  viewers.send(window);
  await pause(LEAD_MS / 1000);
  const cpu = await cpuSeconds(pid);
  await pause(seconds);
  const cores = ((await cpuSeconds(pid)) - cpu) / seconds;
  await pause(0.5);
  viewers.send('end');
  const result = await waitFor(viewers, 'result');
  if (filtered && !(await wire.invoke(element, 'isMediaTranscoding', { mediaType: 'VIDEO' })))
    throw new Error('the filter does not run');
  await wire.request('release', { object: mediaPipeline });
  return { p50: result['p50']!, p99: result['p99']!, cores };
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

try {
  const plain: Measured[] = [];
  const filtered: Measured[] = [];
  // In turns, so that whatever else the machine does meets both.
  for (let round = 0; round < rounds; round++) {
    plain.push(await measure(false));
    filtered.push(await measure(true));
  }
  const of = (runs: readonly Measured[], key: keyof Measured) => median(runs.map((run) => run[key]));
  const summary = (runs: readonly Measured[]) => ({
    p50: of(runs, 'p50'),
    p99: of(runs, 'p99'),
    cores: of(runs, 'cores'),
    eachP99: runs.map(({ p99 }) => p99),
  });
  const [without, through] = [summary(plain), summary(filtered)];
  if (values.json) console.log(JSON.stringify({ without, through }));
  else {
    const line = (name: string, { p50, p99, cores, eachP99 }: typeof without) =>
      console.log(
        `${name.padEnd(16)} p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (${eachP99.map((each) => each.toFixed(2)).join(', ')}), server ${cores.toFixed(2)} cores`,
      );
    line('without filter', without);
    line('with a filter', through);
    console.log(`p99 grows by ${(through.p99 - without.p99).toFixed(2)} ms`);
  }
} finally {
  clearInterval(awake);
  wire.close();
  for (const child of [presenter, viewers, server.process]) await end(child);
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
