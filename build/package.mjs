/**
 * `npm run package`: builds, then makes the installers for this system in out/. `-- --dir`: the unpacked app only, which
 * needs nothing from the network when Electron is on this machine; `-- --linux tar.gz deb`: these formats only;
 * `-- --arm64`: for that processor.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build as buildBundles, BuildFailed } from './build.mjs';
import { configuration } from './electron-builder.mjs';
import { useOwnTools } from './package-tools.mjs';
import { at, root } from './layout.mjs';

const flag = /** @type {const} */ ({ type: 'boolean', default: false });
const { values, positionals } = parseArgs({
  options: { dir: flag, linux: flag, mac: flag, win: flag, x64: flag, arm64: flag },
  allowPositionals: true,
});
try {
  await buildBundles();
} catch (error) {
  if (!(error instanceof BuildFailed)) throw error;
  process.exit(1);
}
useOwnTools();
const { build, Platform } = await import('electron-builder');
const current = Platform.current();
const system = values.linux
  ? Platform.LINUX
  : values.mac
    ? Platform.MAC
    : values.win
      ? Platform.WINDOWS
      : current;
rmSync(at('out'), { recursive: true, force: true });
const files = await build({
  projectDir: root,
  config: configuration,
  publish: 'never',
  [system.buildConfigurationKey]: positionals,
  dir: values.dir,
  x64: values.x64,
  arm64: values.arm64,
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
