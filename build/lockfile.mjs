/**
 * Keeps package-lock.json whole for every platform: `node build/lockfile.mjs` after each `npm install`.
 *
 * A package with native code names one package per platform as optional dependencies. npm leaves those out of the lockfile
 * that the registry at hand does not carry (a partial mirror, for instance), and `npm ci` then refuses the lockfile on
 * every machine. What npm left out is written here: name and version as their parent pins them, platform by their name.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { at } from './layout.mjs';

/** @typedef {{ version?: string, optionalDependencies?: Record<string, string>, [field: string]: unknown }} LockEntry */
/** @typedef {{ packages: Record<string, LockEntry> }} Lockfile */

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
];
/** Words in a package's name for the processors as Node names them. @type {Record<string, string>} */
const PROCESSORS = {
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  mips64el: 'mips64el',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  powerpc64le: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  wasm32: 'wasm32',
  x64: 'x64',
};

/** @param {string} name such as `@swc/core-linux-arm64-musl` */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const system = words.find((word) => SYSTEMS.includes(word));
  const processor = words.map((word) => PROCESSORS[word]).find((found) => found !== undefined);
  return {
    ...(processor && { cpu: [processor] }),
    ...(words.includes('musl') && { libc: ['musl'] }),
    ...(words.includes('gnu') && system === 'linux' && { libc: ['glibc'] }),
    ...(system && { os: [system] }),
  };
}

/**
 * Whether npm would find `name` from the package in `from`: there or in a folder above.
 * @param {Lockfile} lock @param {string} from such as `node_modules/a/node_modules/b` @param {string} name
 */
function isLocked(lock, from, name) {
  const above = from
    .split('/node_modules/')
    .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'));
  return ['', ...above.map((folder) => `${folder}/`)].some(
    (folder) => `${folder}node_modules/${name}` in lock.packages,
  );
}

/**
 * Entries that the lockfile lacks. Only exact versions can be written without asking the registry.
 * @param {Lockfile} lock
 * @returns {Map<string, LockEntry>} by their key in `packages`
 */
export function missingEntries(lock) {
  /** @type {Map<string, LockEntry>} */
  const missing = new Map();
  for (const [folder, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, folder, name) || !/^\d/.test(version)) continue;
      missing.set(`node_modules/${name}`, {
        version,
        ...platformOf(name),
        ...(entry.dev ? { dev: true } : {}),
        optional: true,
      });
    }
  }
  return missing;
}

/** The lockfile of this checkout. @returns {Lockfile} */
export const readLockfile = () => JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));

function main() {
  const lock = readLockfile();
  const missing = missingEntries(lock);
  const whole = { ...lock.packages, ...Object.fromEntries(missing) };
  const packages = Object.fromEntries(Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(at('package-lock.json'), `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${missing.size} platform packages added\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
