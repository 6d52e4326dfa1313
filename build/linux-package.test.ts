import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { debControl, parseOrder, rpmSpec } from './linux-package.mjs';

/** As electron-builder writes it, shortened. */
const order = [
  ...['-s', 'dir', '--force', '-t', 'deb', '-d', 'libgtk-3-0', '-d', 'libnss3'],
  ...['--deb-recommends', 'libappindicator3-1', '--deb-compression', 'xz', '--architecture', 'amd64'],
  ...['--description', 'Calls and broadcasts\n \n With a media server inside.', '--version', '0.1.0'],
  ...['--package', '/out/Callcast.deb', '--name', 'callcast', '--maintainer', 'Callcast'],
  ...['--vendor', 'Callcast', '--url', 'https://callcast.example/', '--license', 'Apache-2.0'],
  '/out/linux-unpacked/=/opt/Callcast',
  '/icons/48x48=x.png=/usr/share/icons/hicolor/48x48/apps/callcast.png',
];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'callcast-order-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('reads what is to be made out of what', () => {
  const { options, contents } = parseOrder(order);
  expect(options.get('-d')).toEqual(['libgtk-3-0', 'libnss3']);
  expect(contents).toEqual([
    { from: '/out/linux-unpacked/', to: '/opt/Callcast' },
    { from: '/icons/48x48=x.png', to: '/usr/share/icons/hicolor/48x48/apps/callcast.png' },
  ]);
  expect(() => parseOrder(['--name'])).toThrow('--name needs a value');
  expect(() => parseOrder(['nowhere'])).toThrow('does not say where it goes');
});

it('writes a control file as Debian wants it', () => {
  expect(debControl(parseOrder(order), 1234)).toBe(
    [
      'Package: callcast',
      'Version: 0.1.0',
      'Architecture: amd64',
      'Maintainer: Callcast',
      'Section: net',
      'Priority: optional',
      'Homepage: https://callcast.example/',
      'Installed-Size: 1234',
      'Depends: libgtk-3-0, libnss3',
      'Recommends: libappindicator3-1',
      'Description: Calls and broadcasts',
      ' .',
      ' With a media server inside.',
      '',
    ].join('\n'),
  );
  expect(() => debControl(parseOrder(['-t', 'deb']), 0)).toThrow('--description is missing');
});

it('writes a spec file in which a percent sign of a script is one', async () => {
  const script = path.join(folder, 'script');
  await writeFile(script, '#!/bin/sh\necho 100%\n');
  const spec = rpmSpec(
    parseOrder([...order, '--after-install', script, '--after-remove', script, '--rpm-summary', 'Calls']),
    ['/opt/Callcast/call cast'],
  );
  expect(spec).toContain('Requires: libgtk-3-0\nRequires: libnss3\n');
  expect(spec).toContain('%post\n#!/bin/sh\necho 100%%\n');
  expect(spec).toContain('Summary: Calls\n');
  expect(spec).toContain('\n"/opt/Callcast/call cast"\n');
});
