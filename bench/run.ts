/**
 * All benches, one table: what is promised, what the machine allows at best, what was reached before and what is now.
 *
 *   npm run bench -- [--quick] [--only=fanout,mirror] [--update]
 *
 * `--quick` measures shorter and less; `--update` writes bench/baseline.json. Ends with code 1 when a bench fails or a
 * figure is worse than its baseline by more than noise. Targets that are missed are said, but do not fail: what a busy
 * machine cannot reach says little. The load is printed for that reason.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { changeOf, meetsTarget, updated } from './baseline';
import type { Baseline } from './baseline';
import { BENCHES } from './metrics';
import type { Bench, Measured } from './metrics';
import { endsWithUs } from './processes';

const BASELINE = path.join(import.meta.dirname, 'baseline.json');
/** Longest of them: an hour is for soaking. */
const LIMIT_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
  },
});

/** Runs one bench in a process of its own; its last line is what it has to say. */
async function measure(bench: Bench): Promise<Measured[]> {
  const args = [...(values.quick ? bench.quickArgs : bench.args), '--json'];
  const command = [process.execPath, '--import', 'tsx', path.join(import.meta.dirname, bench.file), ...args];
  const needsDisplay = bench.display && platform() === 'linux' && !process.env['DISPLAY'];
  const [program = '', ...rest] = needsDisplay ? ['xvfb-run', '-a', ...command] : command;
  const cwd = path.join(import.meta.dirname, '..');
  const child = endsWithUs(spawn(program, rest, { cwd, stdio: ['ignore', 'pipe', 'inherit'] }));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const timer = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`ended with ${code ?? 'a signal'}`);
  const json: unknown = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  const { obstacle } = json as { readonly obstacle?: string };
  if (obstacle !== undefined) throw new Error(obstacle);
  return bench.read(json);
}

async function readBaseline(): Promise<Baseline | undefined> {
  if (!existsSync(BASELINE)) return undefined;
  return JSON.parse(await readFile(BASELINE, 'utf8')) as Baseline;
}

const WIDTHS = [38, 7, 9, 9, 9, 9];
function row(cells: readonly string[], verdict: string): string {
  const padded = cells.map((cell, at) => (at < 2 ? cell.padEnd(WIDTHS[at]!) : cell.padStart(WIDTHS[at]!)));
  return [...padded, ` ${verdict}`].join(' ');
}

function verdictOf(measured: Measured, baseline: Baseline | undefined): { text: string; worse: boolean } {
  const change = changeOf(measured, baseline?.metrics[measured.metric.id]);
  const met = meetsTarget(measured);
  const parts = [met === undefined ? '' : met ? 'met' : 'MISSED', change === 'same' ? '' : change];
  return { text: parts.filter(Boolean).join(', '), worse: change === 'worse' };
}

const only = values.only?.split(',');
const unknown = only?.filter((name) => !BENCHES.some((bench) => bench.name === name)) ?? [];
if (unknown.length > 0)
  throw new Error(`no bench ${unknown.join(', ')}; there are ${BENCHES.map(({ name }) => name).join(', ')}`);
const baseline = await readBaseline();
const load = () => loadavg()[0]?.toFixed(1) ?? '?';
console.log(`${cpus().length} cores, load ${load()}`);
console.log(row(['', 'unit', 'target', 'floor', 'baseline', 'now'], ''));
const all: Measured[] = [];
let isWorse = false;
for (const bench of BENCHES) {
  if (only && !only.includes(bench.name)) continue;
  try {
    const measured = await measure(bench);
    all.push(...measured);
    for (const each of measured) {
      const { metric, value, floor } = each;
      const show = (number: number | undefined) => number?.toFixed(metric.digits) ?? '';
      const { text, worse } = verdictOf(each, baseline);
      isWorse ||= worse;
      const before = baseline?.metrics[metric.id]?.value;
      console.log(
        row([metric.name, metric.unit, show(metric.target), show(floor), show(before), show(value)], text),
      );
    }
  } catch (error) {
    process.exitCode = 1;
    console.log(row([bench.name, '', '', '', '', ''], `not measured: ${(error as Error).message}`));
  }
}
console.log(`load at the end ${load()}${isWorse ? '; something is worse than its baseline' : ''}`);
if (isWorse && !values.update) process.exitCode = 1;
if (values.update) {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}, ${platform()}, Node ${process.versions.node}, load ${load()}`;
  await writeFile(BASELINE, `${JSON.stringify(updated(baseline, machine, all), null, 2)}\n`);
  console.log(`written to ${path.relative(process.cwd(), BASELINE)}`);
}
