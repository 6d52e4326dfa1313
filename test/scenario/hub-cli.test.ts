/** `npm run hub` and its end, with the sources in place of the build. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HubClient } from '../support/hub-client';
import { ScriptedKurento } from '../support/scripted-kurento';
import { until } from '../support/until';

let folder: string;
let running: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callcast-cli-'));
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function hub(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'signaling-server/cli.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  const said = { out: '', err: '', code: undefined as number | null | undefined };
  child.stdout.on('data', (part: Buffer) => (said.out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (said.err += part.toString()));
  child.once('exit', (code) => (said.code = code));
  return { child, said };
}

it('the hub says where it is, serves, and ends cleanly when asked to', async () => {
  const kurento = await ScriptedKurento.start();
  const { child, said } = hub(
    '--as_uri=https://localhost:0/',
    `--ws_uri=${kurento.url}`,
    `--user-data-dir=${folder}`,
  );
  await until(() => !said.out.includes('\n') && said, 20_000);
  const ready = /^hub ready at (https:\/\/localhost:\d+\/) \(media server: (ws:\S+)\)\n$/.exec(said.out);
  expect(ready?.[2]).toBe(kurento.url);
  const client = await HubClient.open(ready?.[1] ?? '', '/room');
  child.kill('SIGTERM');
  await until(() => said.code === undefined && 'it runs');
  expect(said.code).toBe(0);
  await until(() => client.closed === undefined && 'the client is connected');
  expect(client.closed?.code).toBe(1001);
  expect(said.err).toBe('');
  await until(() => kurento.sockets > 0);
  await kurento.close();
}, 40_000);

it('the hub explains an option that it cannot use, in one line', async () => {
  const { said } = hub('--plain', '--as_uri=http://0.0.0.0:8443/');
  await until(() => said.code === undefined && 'it runs', 20_000);
  expect(said.code).toBe(2);
  expect(said.out).toBe('');
  expect(said.err).toBe(
    '--plain is for this machine only: use localhost in --as_uri instead of 0.0.0.0.\n--help lists the options.\n',
  );
}, 40_000);
