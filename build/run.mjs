/**
 * Builds if needed, then becomes the hub or the media server: `node build/run.mjs hub [options]`. The command runs in this
 * very process, so signals and the exit code are its own.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, BuildFailed } from './build.mjs';
import { dist } from './layout.mjs';

const commands = new Map([
  ['hub', 'hub/cli.cjs'],
  ['media-server', 'media-server/cli.cjs'],
]);

const [, , name = '', ...options] = process.argv;
const file = commands.get(name);
if (!file) {
  process.stderr.write(`usage: node build/run.mjs ${[...commands.keys()].join('|')} [options]\n`);
  process.exit(2);
}
try {
  await build();
} catch (error) {
  if (!(error instanceof BuildFailed)) throw error;
  process.exit(1);
}
const script = path.join(dist, file);
process.argv = [process.argv[0] ?? 'node', script, ...options];
await import(pathToFileURL(script).href);
