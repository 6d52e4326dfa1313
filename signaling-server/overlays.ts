/**
 * The images that a magic mirror can put on faces: which there are, and by which URI a media server fetches one. Drawing
 * them is the build's work, serving them static-files.ts's.
 */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Overlay } from '../protocol/signaling';

export interface Overlays {
  /** Names without `.png`, in alphabetical order; never more than MAX_OVERLAYS. */
  readonly names: readonly string[];
  /** Where the media server gets the image; undefined for a name that is not listed. */
  uri(name: string): string | undefined;
  /** What a client wears that does not say: tutorial pages know nothing of hats. Undefined when there are no images. */
  readonly standard: Overlay | undefined;
}

/** A picker on a screen, not a warehouse. */
export const MAX_OVERLAYS = 100;
/** What is a name: also what keeps a path out of the URI. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** A hat sits on top of the head and is wider than the face: the magic mirror tutorial's own numbers. */
const ON_TOP = { offsetXPercent: -0.35, offsetYPercent: -1.2, widthPercent: 1.6, heightPercent: 1.6 };

/**
 * @param root folder of the PNG files; undefined (or one that cannot be read) means that there are none
 * @param base how the media server reaches `root`: `files` on the same machine, else the hub's URL such as
 *   `https://localhost:8443/`; asked for on each use since the hub may move, and take another media server
 */
export async function readOverlays(root: string | undefined, base: () => string): Promise<Overlays> {
  const names = root === undefined ? [] : await imageNames(root);
  const known = new Set(names);
  const standard = names.find((name) => name === 'top-hat') ?? names[0];
  return {
    names,
    uri(name) {
      if (root === undefined || !known.has(name)) return undefined;
      const from = base();
      if (from === 'files') return pathToFileURL(resolve(root, `${name}.png`)).href;
      return new URL(`overlays/${name}.png`, from).href;
    },
    standard: standard === undefined ? undefined : { image: standard, ...ON_TOP },
  };
}

async function imageNames(root: string): Promise<string[]> {
  let files: string[];
  try {
    files = await readdir(root);
  } catch {
    return [];
  }
  return files
    .filter((file) => file.endsWith('.png'))
    .map((file) => file.slice(0, -'.png'.length))
    .filter((name) => NAME.test(name))
    .sort()
    .slice(0, MAX_OVERLAYS);
}
