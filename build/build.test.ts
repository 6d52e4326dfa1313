import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isAlive, untilGone } from '../test/support/processes';
import { fingerprint } from './fingerprint.mjs';
import { mediaServerEntries } from './layout.mjs';
import { run } from './processes.mjs';
import { ProgressLine } from './progress.mjs';

it('knows the sources by their contents', () => {
  expect(fingerprint('production')).toBe(fingerprint('production'));
  expect(fingerprint('production')).not.toBe(fingerprint('development'));
});

it('gives each worker thread a file of its own, beside the media server', () => {
  expect(Object.keys(mediaServerEntries())).toEqual(
    expect.arrayContaining(['media-server/cli', 'media-server/face-overlay-worker']),
  );
});

it('draws one line in a terminal, and writes two elsewhere', () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) =>
    ({ isTTY, write: (text: string) => written.push(text) > 0 }) as unknown as NodeJS.WriteStream;
  const terminal = new ProgressLine('Building', stream(true));
  terminal.update('main', 0.5);
  terminal.update('web', 0);
  expect(written.at(-1)).toContain(' 25 %');
  written.length = 0;
  const log = new ProgressLine('Building', stream(false));
  log.update('main', 0.5);
  log.end('done');
  expect(written).toEqual(['Building …\n', expect.stringMatching(/^Building: done in \d+\.\d s\n$/)]);
});

it('ends the children of a program that ended, too', async () => {
  // The program starts a child that would live for ever, tells its process id, and ends.
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    console.log(child.pid);
    process.exit(7);
  `;
  let output = '';
  const result = await run(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    started: (child) => child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text)),
  });
  expect(result).toMatchObject({ code: 7, stopped: false });
  const left = Number(output);
  expect(left).toBeGreaterThan(0);
  await untilGone([left]);
});

it('passes an end on to the program and its children', async () => {
  const module = new URL('./processes.mjs', import.meta.url).href;
  const outer = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { run } from ${JSON.stringify(module)};
       await run(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1e6)']);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(outer.stdout.setEncoding('utf8'), 'data')) as [string];
  const inner = Number(line);
  expect(isAlive(inner)).toBe(true);
  outer.kill('SIGTERM');
  await once(outer, 'exit');
  await untilGone([inner]);
});
