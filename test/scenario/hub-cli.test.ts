/** `npm run hub` and its end, with the sources in place of the build. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordedOffer } from '../support/hub';
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
  return hubWith({}, ...args);
}

function hubWith(environment: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'signaling-server/cli.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
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

it.each([
  ['its option', {}, ['--presenter-key=open sesame']],
  ['its variable', { CALLCAST_PRESENTER_KEY: 'open sesame' }, []],
] as const)(
  'the hub lets only those present who know the key, given by %s',
  async (_by, environment, args) => {
    const kurento = await ScriptedKurento.start();
    const { child, said } = hubWith(
      environment,
      '--as_uri=https://localhost:0/',
      `--ws_uri=${kurento.url}`,
      `--user-data-dir=${folder}`,
      ...args,
    );
    await until(() => !said.out.includes('\n') && said, 20_000);
    const url = /https:\S+/.exec(said.out)?.[0] ?? '';
    const client = await HubClient.open(url, '/one2many');
    client.send({ id: 'hello', version: 1 });
    const welcome = await client.next('welcome');
    expect(welcome.presenterKeyRequired).toBe(true);
    if (welcome.mediaServer !== 'ready') await client.next('mediaServer');
    client.send({ id: 'presenter', sdpOffer: recordedOffer(), key: 'open barley' });
    expect(await client.next('presenterResponse')).toMatchObject({ code: 'presenter-key-wrong' });
    client.send({ id: 'presenter', sdpOffer: recordedOffer(), key: 'open sesame' });
    expect(await client.next('presenterResponse', 2)).toMatchObject({ response: 'accepted' });
    await client.close();
    child.kill('SIGTERM');
    await until(() => said.code === undefined && 'it runs');
    expect(said.out + said.err).not.toContain('open');
    await kurento.close();
  },
  40_000,
);

it('the hub explains a key that is none, and does not repeat it', async () => {
  const { said } = hubWith({ CALLCAST_PRESENTER_KEY: 'y'.repeat(300) });
  await until(() => said.code === undefined && 'it runs', 20_000);
  expect(said.code).toBe(2);
  expect(said.err).toBe(
    'CALLCAST_PRESENTER_KEY needs a key of 1 to 256 characters.\n--help lists the options.\n',
  );
}, 40_000);
