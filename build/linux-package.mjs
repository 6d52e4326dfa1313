#!/usr/bin/env node
/**
 * Makes a deb or an rpm with the system's own tools (dpkg-deb, rpmbuild). electron-builder decides what is in it and asks
 * fpm to make it, a Ruby program that it downloads; named by CUSTOM_FPM_PATH, this takes fpm's place and understands the
 * options that electron-builder gives to it, and no others.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What Debian calls them, and rpm. */
const RPM_PROCESSORS = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
]);

/** Options without a value. */
const FLAGS = new Set(['--force', '--debug']);

/**
 * @typedef {{ options: Map<string, string[]>, contents: { from: string, to: string }[] }} Order
 * @param {readonly string[]} args @returns {Order}
 */
export function parseOrder(args) {
  /** @type {Order} */
  const order = { options: new Map(), contents: [] };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (FLAGS.has(arg)) continue;
    if (arg.startsWith('-')) {
      const value = args[++index];
      if (value === undefined) throw new Error(`${arg} needs a value`);
      order.options.set(arg, [...(order.options.get(arg) ?? []), value]);
    } else {
      // A folder or a file, and where it goes.
      const cut = arg.lastIndexOf('=');
      if (cut < 0) throw new Error(`${arg} does not say where it goes`);
      order.contents.push({ from: arg.slice(0, cut), to: arg.slice(cut + 1) });
    }
  }
  return order;
}

/** @param {Order} order @param {string} name @returns {string} */
function required({ options }, name) {
  const value = options.get(name)?.at(-1);
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
/** @param {Order} order @param {string} name @returns {string | undefined} */
const optional = ({ options }, name) => options.get(name)?.at(-1);

/** Debian policy, section 5.3. @param {Order} order @param {number} kilobytes @returns {string} */
export function debControl(order, kilobytes) {
  const [synopsis = '', ...more] = required(order, '--description').trim().split('\n');
  const text = more.map((line) => ` ${line.trim() === '' ? '.' : line.trim()}`);
  const list = (/** @type {string} */ name) => order.options.get(name)?.join(', ');
  const fields = {
    Package: required(order, '--name'),
    Version: required(order, '--version'),
    Architecture: required(order, '--architecture'),
    Maintainer: required(order, '--maintainer'),
    Section: optional(order, '--category') ?? 'net',
    Priority: optional(order, '--deb-priority') ?? 'optional',
    Homepage: optional(order, '--url'),
    'Installed-Size': String(kilobytes),
    Depends: list('-d'),
    Recommends: list('--deb-recommends'),
    Description: [synopsis.trim(), ...text].join('\n'),
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** @param {Order} order @param {readonly string[]} files as the package owns them @returns {string} */
export function rpmSpec(order, files) {
  const script = (/** @type {string} */ name) =>
    readFileSync(required(order, name), 'utf8').replaceAll('%', '%%');
  return [
    `Name: ${required(order, '--name')}`,
    `Version: ${required(order, '--version').replaceAll('-', '_')}`,
    'Release: 1',
    `Summary: ${optional(order, '--rpm-summary') ?? required(order, '--name')}`,
    `License: ${optional(order, '--license') ?? 'unknown'}`,
    `URL: ${optional(order, '--url') ?? ''}`,
    `Vendor: ${optional(order, '--vendor') ?? ''}`,
    `Packager: ${required(order, '--maintainer')}`,
    // electron-builder knows what is needed; the libraries inside are nobody else's business.
    'AutoReqProv: no',
    ...(order.options.get('-d') ?? []).map((name) => `Requires: ${name}`),
    '%description',
    required(order, '--description').trim(),
    '%post',
    script('--after-install'),
    '%postun',
    script('--after-remove'),
    '%files',
    '%defattr(-,root,root,-)',
    ...files.map((file) => `"${file}"`),
    '',
  ].join('\n');
}

/** @param {Order} order @param {string} stage */
function copyContents({ contents }, stage) {
  for (const { from, to } of contents) {
    const target = path.join(stage, to);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(from, target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
}

/** Files and links, as installed. @param {string} stage @returns {string[]} */
function filesIn(stage) {
  return readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join('/', path.relative(stage, entry.parentPath), entry.name))
    .sort();
}

/** @param {Order} order @param {string} stage @param {string} target */
function makeDeb(order, stage, target) {
  const kilobytes = filesIn(stage).reduce(
    (sum, file) => sum + Math.ceil(lstatSync(path.join(stage, file)).size / 1024),
    0,
  );
  const folder = path.join(stage, 'DEBIAN');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'control'), debControl(order, kilobytes));
  for (const [name, option] of /** @type {const} */ ([
    ['postinst', '--after-install'],
    ['postrm', '--after-remove'],
  ]))
    writeFileSync(path.join(folder, name), readFileSync(required(order, option)), { mode: 0o755 });
  const compression = optional(order, '--deb-compression') ?? 'xz';
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', stage, target], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @param {Order} order @param {string} stage @param {string} target @param {string} work */
function makeRpm(order, stage, target, work) {
  const spec = path.join(work, 'package.spec');
  const own = filesIn(stage);
  writeFileSync(spec, rpmSpec(order, own));
  const defines = {
    _topdir: path.join(work, 'rpm'),
    _rpmdir: path.join(work, 'done'),
    _rpmfilename: 'package.rpm',
    _binary_payload: optional(order, '--rpm-compression') === 'xzmt' ? 'w6T.xzdio' : 'w6.gzdio',
    // What was built elsewhere is neither stripped nor indexed here.
    __os_install_post: '%{nil}',
    _build_id_links: 'none',
    debug_package: '%{nil}',
    // Whose computer made it is nobody's business.
    _buildhost: 'localhost',
  };
  execFileSync(
    'rpmbuild',
    [
      ...[
        '-bb',
        '--quiet',
        '--buildroot',
        stage,
        '--target',
        `${RPM_PROCESSORS.get(required(order, '--architecture')) ?? required(order, '--architecture')}-linux`,
      ],
      ...Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
      spec,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  cpSync(path.join(work, 'done/package.rpm'), target);
}

/** @param {readonly string[]} args */
function main(args) {
  const order = parseOrder(args);
  const target = path.resolve(required(order, '--package'));
  // Beside the result: a package is larger than some systems' folder for temporary files.
  const work = mkdtempSync(path.join(path.dirname(target), '.package-'));
  try {
    const stage = path.join(work, 'stage');
    mkdirSync(stage, { mode: 0o755 });
    copyContents(order, stage);
    const kind = required(order, '-t');
    if (kind === 'deb') makeDeb(order, stage, target);
    else if (kind === 'rpm') makeRpm(order, stage, target, work);
    else throw new Error(`no ${kind} can be made here`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  process.stdout.write(`${target}: ${statSync(target).size} bytes\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
