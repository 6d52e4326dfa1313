/**
 * Tools of this system in place of those that electron-builder downloads: what is installed anyway is known, kept up to
 * date, and there without a network. Where one is missing, electron-builder fetches its own as always.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { at } from './layout.mjs';

/** @param {readonly string[]} names @param {string} [search] @returns {string | undefined} the first that there is */
export function findProgram(names, search = process.env.PATH ?? '') {
  for (const name of names) {
    for (const folder of search.split(path.delimiter)) {
      const file = path.join(folder, name);
      if (folder !== '' && existsSync(file)) return file;
    }
  }
  return undefined;
}

/** Sets the variables by which electron-builder is told; those that somebody has set already stay. */
export function useOwnTools() {
  if (process.platform !== 'linux') return;
  const seven = findProgram(['7zz', '7za', '7z']);
  if (seven) process.env.ELECTRON_BUILDER_7ZIP_PATH ??= seven;
  // A deb needs no more than dpkg-deb, an rpm than rpmbuild.
  if (findProgram(['dpkg-deb']) && findProgram(['rpmbuild']))
    process.env.CUSTOM_FPM_PATH ??= at('build/linux-package.mjs');
}
