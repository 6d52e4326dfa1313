/**
 * How long a viewer waits: from createOffer to the first decoded frame in a real Chromium, with a presenter on air. The
 * page speaks the Kurento Protocol itself, through a relay that stands where a hub does: the media server refuses pages.
 *
 *   npx tsx bench/join/run.ts [--joins=30] [--pause=700] [--noisy] [--server=media-server/cli.ts] [--steps] [--json]
 *
 * `--pause`: milliseconds between two joins; browsers make no second keyframe within 300 ms. `--noisy`: the presenter's
 * picture is as hard to encode as can be, so that its keyframe alone is on the way for almost 100 ms. `--steps` tells where
 * the time goes.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { startBrowserPeers } from '../../test/support/browser-peer';
import { end, startServer } from '../processes';
import { installJoiner } from './page';
import type { Join, Joiner } from './page';

const { values } = parseArgs({
  options: {
    joins: { type: 'string', default: '30' },
    server: { type: 'string', default: 'media-server/cli.ts' },
    pause: { type: 'string', default: '700' },
    noisy: { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const percentile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? 0;

/** Where the page may connect; passes on every message as it is. */
async function startRelay(target: string): Promise<{ url: string; close(): void }> {
  const relay = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  relay.on('connection', (page) => {
    const upstream = new WebSocket(target);
    const opened = once(upstream, 'open');
    page.on('message', (data) => void opened.then(() => upstream.send((data as Buffer).toString())));
    upstream.on('message', (data) => page.send((data as Buffer).toString()));
    page.on('close', () => upstream.close());
  });
  await once(relay, 'listening');
  return {
    url: `ws://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    close: () => relay.close(),
  };
}

const server = await startServer(values.server);
const relay = await startRelay(server.url);
const folder = await mkdtemp(join(tmpdir(), 'callcast-join-'));
/** The last switch counts. */
async function cameraSwitch(): Promise<string[]> {
  if (values.noisy) return [];
  const file = join(folder, 'camera.y4m');
  const picture = 'testsrc2=size=640x480:rate=30:duration=2,format=yuv420p';
  await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', picture, file]);
  return [`--use-file-for-fake-video-capture=${file}`];
}
const peers = await startBrowserPeers(await cameraSwitch());
const joins: Join[] = [];
try {
  const open = async () => {
    const { page } = await peers.open();
    await page.evaluate(installJoiner);
    return page;
  };
  const presenter = await open();
  const { pipeline, endpoint } = await presenter.evaluate(
    (url) => (window as unknown as { joiner: Joiner }).joiner.present(url),
    relay.url,
  );
  const viewer = await open();
  for (let index = 0; index < Number(values.joins); index++) {
    joins.push(
      await viewer.evaluate(
        ([url, of, source, pause]) =>
          (window as unknown as { joiner: Joiner }).joiner.watch(url, of, source, pause),
        [relay.url, pipeline, endpoint, Number(values.pause)] as const,
      ),
    );
  }
} finally {
  await peers.close();
  relay.close();
  await end(server.process);
  await rm(folder, { recursive: true, force: true });
}

const frames = joins.map(({ frame }) => frame);
const summary = { p50: percentile(frames, 0.5), p95: percentile(frames, 0.95) };
if (values.json) console.log(JSON.stringify({ ...summary, joins: joins.length }));
else {
  console.log(
    `createOffer to first decoded frame, ${joins.length} joins: p50 ${summary.p50.toFixed(0)} ms, p95 ${summary.p95.toFixed(0)} ms`,
  );
  if (values.steps) {
    for (const step of ['offer', 'answer', 'connected', 'secured', 'packet', 'decoded', 'frame'] as const)
      console.log(
        `  ${step.padEnd(10)} p50 ${percentile(
          joins.map((times) => times[step]),
          0.5,
        ).toFixed(0)} ms, p95 ${percentile(
          joins.map((times) => times[step]),
          0.95,
        ).toFixed(0)} ms`,
      );
  }
}
