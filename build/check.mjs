/**
 * `npm run check`: what a developer runs before each commit: format, lint, types of every folder, unit tests. Two at a time,
 * each one's output shown only when it fails. `npm run types` is the same with the types alone.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { at, root } from './layout.mjs';

/** @typedef {{ name: string, args: string[] }} Task */

/** @param {string} tool @param {string[]} args @returns {string[]} */
const bin = (tool, ...args) => [at('node_modules', tool), ...args];

/** @type {Task[]} */
const types = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(at(entry.name, 'tsconfig.json')))
  .map(({ name }) => ({
    name: `types of ${name}/`,
    args: bin('typescript/bin/tsc', '-p', at(name), '--pretty'),
  }));
/** @type {Task[]} */
const rest = [
  { name: 'lint', args: bin('eslint/bin/eslint.js', '.', '--max-warnings=0', '--color') },
  { name: 'format', args: bin('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.') },
];
/** @type {Task} */
const unit = {
  name: 'unit tests',
  args: bin('vitest/vitest.mjs', 'run', '--project', 'unit', '--reporter=dot'),
};

const onlyTypes = process.argv[2] === 'types';
let failures = await inParallel(onlyTypes ? types : [...rest, ...types]);
// The unit tests use all cores themselves.
if (!onlyTypes) failures += await inParallel([unit]);
process.stdout.write(failures === 0 ? 'All checks passed\n' : `${failures} checks failed\n`);
process.exitCode = failures === 0 ? 0 : 1;

/** @param {Task[]} tasks @returns {Promise<number>} how many failed */
async function inParallel(tasks) {
  const waiting = [...tasks];
  let failed = 0;
  const worker = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const { code, output, seconds } = await execute(task.args);
      process.stdout.write(`${code === 0 ? '✓' : '✗'} ${task.name} (${seconds} s)\n`);
      if (code !== 0) {
        failed += 1;
        process.stdout.write(`${output.trim()}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return failed;
}

/** @param {string[]} args @returns {Promise<{ code: number | null, output: string, seconds: string }>} */
function execute(args) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, output, seconds: ((performance.now() - started) / 1000).toFixed(1) }),
    );
  });
}
