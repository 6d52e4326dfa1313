/** Failures kept as fixtures: everything that repeats one, in a file that a test replays for ever after. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Failure } from './campaign';
import { fixtures } from './corpus';

export interface Reproducer {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  /** First line of what was raised. */
  readonly what: string;
  /** Base64, in order; the last one is where it failed. */
  readonly inputs: readonly string[];
}

const folder = path.join(fixtures, 'fuzz');

export function saveReproducer(target: string, seed: number, { index, what, inputs }: Failure): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${target}-${seed}-${index}.json`);
  const kept: Reproducer = {
    target,
    seed,
    index,
    what: what.split('\n', 1)[0] ?? '',
    inputs: inputs.map((input) => input.toString('base64')),
  };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  return file;
}

export function readReproducers(): { readonly name: string; readonly kept: Reproducer }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({
      name,
      kept: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Reproducer,
    }));
}
