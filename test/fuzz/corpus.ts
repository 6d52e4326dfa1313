/** Good samples out of the repository's fixtures: descriptions of browsers, frames of a real Kurento Media Server. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const fixtures = path.join(import.meta.dirname, '..', 'fixtures');
const kurento = path.join(fixtures, 'kurento-protocol');

interface Recorded {
  readonly dir?: string;
  /** JSON-RPC. */
  readonly frame?: unknown;
  /** Signaling. */
  readonly message?: unknown;
}

export function descriptions(): Buffer[] {
  const folder = path.join(fixtures, 'sdp');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sdp'))
    .sort()
    .map((name) => readFileSync(path.join(folder, name)));
}

function lines(file: string): Recorded[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
}

/** Frames of one direction, each once. */
function frames(folder: string, isWanted: (line: Recorded) => boolean): Buffer[] {
  const texts = new Set<string>();
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.jsonl')) continue;
    for (const line of lines(path.join(folder, name))) {
      const frame = line.frame ?? line.message;
      if (isWanted(line) && frame !== undefined)
        texts.add(typeof frame === 'string' ? frame : JSON.stringify(frame));
    }
  }
  return [...texts].map((text) => Buffer.from(text));
}

export const kurentoRequests = (): Buffer[] => frames(kurento, ({ dir }) => dir === 'c→s');
export const kurentoAnswers = (): Buffer[] => frames(kurento, ({ dir }) => dir === 's→c');
export const signalingFrames = (): Buffer[] => frames(path.join(kurento, 'signaling'), () => true);
