import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../signaling-server/log';
import { isForConsole, lineSplitter, LogFile } from './log-file';

describe('the log file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'callcast-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is bounded: the full one becomes the previous one, and the one before that goes', () => {
    const log = new LogFile(folder, 1_000);
    for (let line = 0; line < 500; line += 1) log.write(`line ${line} ${'.'.repeat(30)}`);
    expect(readdirSync(folder).sort()).toEqual(['callcast.log', 'callcast.previous.log']);
    for (const name of readdirSync(folder))
      expect(statSync(path.join(folder, name)).size).toBeLessThanOrEqual(1_000);
    const text = ['callcast.previous.log', 'callcast.log']
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .join('');
    const numbers = [...text.matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
    expect(numbers.at(-1)).toBe(499);
    expect(numbers).toEqual(numbers.map((_each, index) => 500 - numbers.length + index));
  });

  it('goes on where the last run ended', () => {
    new LogFile(folder, 100).write('x'.repeat(80));
    new LogFile(folder, 100).write('y'.repeat(80));
    expect(readFileSync(path.join(folder, 'callcast.previous.log'), 'utf8')).toMatch(/^x+\n$/);
  });

  it('cuts what no one reads, and costs no call when the disk is gone', () => {
    const log = new LogFile(folder);
    log.write('z'.repeat(1_000_000));
    expect(statSync(log.file).size).toBeLessThan(20_000);
    rmSync(folder, { recursive: true });
    expect(() => log.write('lost')).not.toThrow();
  });

  it('has more than the console, and no passwords or descriptions of sessions', () => {
    const log = new LogFile(folder);
    const logger = createLogger('silent', { level: 'info', write: (line) => log.write(line) });
    logger.info({ sdp: 'v=0 secret', server: { key: 'secret' }, session: 's1' }, 'started');
    logger.child({ part: 'hub' }).debug({}, 'detail');
    const text = readFileSync(log.file, 'utf8');
    expect(text).toContain('"msg":"started"');
    expect(text).toContain('s1');
    expect(text).not.toContain('secret');
    expect(text).not.toContain('detail');
  });
});

it('another process’s output becomes lines, wherever its pieces end', () => {
  const lines: string[] = [];
  const split = lineSplitter((line) => lines.push(line));
  for (const piece of ['{"a":1}\n{"b"', ':2}\n\n', 'rest']) split(piece);
  split('\n');
  expect(lines).toEqual(['{"a":1}', '{"b":2}', 'rest']);
  split('x'.repeat(1_000_000));
  split('\n');
  expect(lines.at(-1)?.length).toBeLessThan(20_000);
});

it('another process’s lines come to the console by their level', () => {
  expect(isForConsole('{"level":"info","message":"ready"}', 'warn')).toBe(false);
  expect(isForConsole('{"level":"error","message":"no"}', 'warn')).toBe(true);
  expect(isForConsole('Segmentation fault', 'warn')).toBe(true);
  expect(isForConsole('{"level":"error"}', 'silent')).toBe(false);
});
