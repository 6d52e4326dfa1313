/**
 * `npm run package`: builds, then makes the installers for this system in out/ (`-- --dir`: the unpacked app only, which
 * needs nothing from the network when Electron is on this machine). Other options go to electron-builder as they are.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { build as buildBundles, BuildFailed } from './build.mjs';
import { configuration } from './electron-builder.mjs';
import { at, root } from './layout.mjs';

try {
  await buildBundles();
} catch (error) {
  if (!(error instanceof BuildFailed)) throw error;
  process.exit(1);
}
const { build, createTargets, Platform } = await import('electron-builder');
const directoryOnly = process.argv.includes('--dir');
rmSync(at('out'), { recursive: true, force: true });
const files = await build({
  projectDir: root,
  config: configuration,
  publish: 'never',
  targets: createTargets([Platform.current()], directoryOnly ? 'dir' : undefined),
});
for (const file of files)
  process.stdout.write(`${path.relative(root, file)}  ${megabytes(statSync(file).size)}\n`);
for (const entry of readdirSync(at('out'), { withFileTypes: true })) {
  if (entry.isDirectory())
    process.stdout.write(`out/${entry.name}  ${megabytes(sizeOf(at('out', entry.name)))}\n`);
}

/** @param {string} folder @returns {number} bytes */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
