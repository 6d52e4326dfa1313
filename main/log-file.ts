/**
 * What app, hub and media server log, as a file that users can send: one JSON object per line. Bounded: when it is full,
 * it becomes the previous one, and the one before that goes. Written at once, line by line, so that the last lines before
 * a crash are there; at the level that goes into it, that is a few lines per session.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type { LogLevel } from '../signaling-server/log';

/** Two of them hold days of ordinary use. */
const MAX_BYTES = 2 * 1024 * 1024;
/** A line beyond this is nothing that anybody reads. */
const MAX_LINE = 16 * 1024;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export class LogFile {
  readonly file: string;
  readonly #previous: string;
  readonly #maxBytes: number;
  #size: number;

  /** Creates the folder; never throws. */
  constructor(folder: string, maxBytes = MAX_BYTES) {
    this.file = path.join(folder, 'callcast.log');
    this.#previous = path.join(folder, 'callcast.previous.log');
    this.#maxBytes = maxBytes;
    try {
      mkdirSync(folder, { recursive: true });
    } catch {
      // Then writing fails as well, and is let go there.
    }
    this.#size = sizeOf(this.file);
  }

  /** One line, with or without its end. A disk that is full or gone costs the line, never the call. */
  write(line: string): void {
    const bounded = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
    const text = `${bounded.trimEnd()}\n`;
    const bytes = Buffer.byteLength(text);
    try {
      if (this.#size > 0 && this.#size + bytes > this.#maxBytes) {
        renameSync(this.file, this.#previous);
        this.#size = 0;
      }
      appendFileSync(this.file, text, { mode: 0o600 });
      this.#size += bytes;
    } catch {
      this.#size = sizeOf(this.file);
    }
  }
}

/** Cuts a stream's pieces into lines; a line without an end is kept until it has one, up to a bound. */
export function lineSplitter(onLine: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) if (line.trim() !== '') onLine(line);
  };
}

/** Whether a line of another process belongs on this one's standard error, too: as its level says; what has none does. */
export function isForConsole(line: string, level: LogLevel): boolean {
  const found = LEVELS.findIndex((name) => line.includes(`"level":"${name}"`));
  return level !== 'silent' && (found < 0 || found >= LEVELS.findIndex((name) => name === level));
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
