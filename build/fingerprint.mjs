/**
 * Says whether dist/ still belongs to the sources: a hash over the contents of all that goes into a bundle. Contents, not
 * dates: a checkout or a copied folder changes the dates of files that are the same.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { at, dist, root, sourceFolders } from './layout.mjs';

const stampFile = path.join(dist, '.built');

/** @param {'production' | 'development'} mode */
export function fingerprint(mode) {
  const hash = createHash('sha256').update(mode);
  const files = sourceFolders.flatMap((folder) =>
    readdirSync(at(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$|\.md$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name)),
  );
  for (const file of [...files.sort(), at('package.json'), at('package-lock.json')]) {
    hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {string} current */
export function isFresh(current) {
  try {
    return readFileSync(stampFile, 'utf8') === current;
  } catch {
    return false;
  }
}

/** @param {string} current */
export function stamp(current) {
  writeFileSync(stampFile, current);
}

/** Before building: an interrupted build must not look like a finished one. */
export function unstamp() {
  rmSync(stampFile, { force: true });
}
