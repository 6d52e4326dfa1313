/**
 * Builds dist/ from the sources with webpack's Node API; does nothing when dist/ is up to date.
 *
 *   node build/build.mjs [--dev] [--watch] [--force]
 *
 * `build()` is also what `npm start`, the command lines and the tests call. All its talk goes to standard error:
 * standard output belongs to whatever is started afterwards.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fingerprint, isFresh, stamp, unstamp } from './fingerprint.mjs';
import { at, dist } from './layout.mjs';
import { withBuildLock } from './lock.mjs';
import { ProgressLine } from './progress.mjs';

/** A build that did not succeed; the message has been shown already. */
export class BuildFailed extends Error {}

/**
 * @typedef {object} BuildOptions
 * @property {'production' | 'development'} [mode]
 * @property {boolean} [force] builds even when nothing changed
 * @property {NodeJS.WriteStream} [output]
 */

/** @param {BuildOptions} [options] @returns {Promise<'built' | 'fresh'>} */
export async function build({ mode = 'production', force = false, output = process.stderr } = {}) {
  if (!force && isFresh(fingerprint(mode))) return 'fresh';
  mkdirSync(at('node_modules/.cache'), { recursive: true });
  return withBuildLock(
    async () => {
      // Another process may have built just that while this one waited; sources may have changed, too.
      const current = fingerprint(mode);
      if (!force && isFresh(current)) return 'fresh';
      mkdirSync(dist, { recursive: true });
      unstamp();
      await compile(mode, output);
      stamp(current);
      return 'built';
    },
    () => output.write('Waiting for another build of Callcast …\n'),
  );
}

/**
 * Builds, and builds again whenever a source changes.
 * @param {{ output?: NodeJS.WriteStream, onBuilt: (changed: string[]) => void }} options `changed` names configurations
 * @returns {Promise<{ close(): Promise<void> }>} after the first build, successful or not
 */
export async function watch({ output = process.stderr, onBuilt }) {
  const { compiler } = await createCompiler('development', output);
  unstamp();
  /** @type {Map<string, string>} */
  const hashes = new Map();
  return new Promise((resolve) => {
    const watching = compiler.watch({ aggregateTimeout: 100 }, (error, stats) => {
      if (error || !stats) output.write(`${error?.stack ?? 'no result'}\n`);
      else if (stats.hasErrors())
        output.write(`${stats.toString({ preset: 'errors-only', colors: output.isTTY })}\n`);
      else {
        const changed = stats.stats.filter((each) => hashes.get(nameOf(each)) !== each.hash).map(nameOf);
        for (const each of stats.stats) hashes.set(nameOf(each), each.hash ?? '');
        if (changed.length > 0) output.write(`Built ${changed.join(', ')}\n`);
        onBuilt(changed);
      }
      resolve({ close: () => new Promise((done) => (watching ? watching.close(() => done()) : done())) });
    });
  });
}

/** @param {import('webpack').Stats} stats */
const nameOf = (stats) => stats.compilation.name ?? '';

/** @param {'production' | 'development'} mode @param {NodeJS.WriteStream} output */
async function compile(mode, output) {
  const { compiler, line } = await createCompiler(mode, output);
  try {
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    line.end(stats.hasErrors() ? 'failed' : 'done');
    if (stats.hasErrors() || stats.hasWarnings()) {
      output.write(`${stats.toString({ preset: 'errors-warnings', colors: output.isTTY })}\n`);
    }
    if (stats.hasErrors()) throw new BuildFailed('the build failed');
    removeStale(stats);
  } finally {
    // Writes the cache that makes the next build quick.
    await new Promise((resolve) => compiler.close(resolve));
  }
}

/** What earlier builds left behind would be served, packaged, or loaded by mistake. @param {import('webpack').MultiStats} stats */
function removeStale(stats) {
  /** @type {Set<string>} */
  const emitted = new Set();
  for (const { compilation } of stats.stats) {
    for (const name of Object.keys(compilation.assets))
      emitted.add(path.join(compilation.outputOptions.path ?? dist, name));
  }
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !emitted.has(file)) rmSync(file);
  }
}

/** webpack is loaded only when there is something to build: most starts have nothing. */
async function createCompiler(
  /** @type {'production' | 'development'} */ mode,
  /** @type {NodeJS.WriteStream} */ output,
) {
  const line = new ProgressLine('Building Callcast', output);
  line.update('', 0);
  const { default: webpack } = await import('webpack');
  const { configurations } = await import('./webpack.config.mjs');
  const all = configurations(mode).map((configuration) => {
    const name = configuration.name ?? '';
    line.update(name, 0);
    const progress = new webpack.ProgressPlugin((share) => line.update(name, share));
    return { ...configuration, plugins: [...(configuration.plugins ?? []), progress] };
  });
  line.forget('');
  const compiler = webpack(all);
  if (!compiler) throw new Error('webpack refused the configuration');
  return { compiler, line };
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) {
  const { values } = parseArgs({
    options: {
      dev: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
    },
  });
  if (values.watch) {
    await watch({ onBuilt: () => {} });
  } else {
    const mode = values.dev ? 'development' : 'production';
    await build({ mode, force: values.force }).then(
      (result) => result === 'fresh' && process.stderr.write('Callcast is built and up to date\n'),
      (error) => {
        if (!(error instanceof BuildFailed)) throw error;
        process.exitCode = 1;
      },
    );
  }
}
