/**
 * Which recordings are being written, in a file of its own: what is still in it at the next start was interrupted. Losing
 * it costs an index, no recording; so nothing here fails.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';

const MAX_FILES = 32;
const MAX_PATH = 4_096;

const schema = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.maxLength(MAX_PATH),
      v.check((file) => path.isAbsolute(file) && file.endsWith('.webm')),
    ),
  ),
  v.maxLength(MAX_FILES),
);

export class UnfinishedRecordings {
  readonly #file: string;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param file made when there is something to note */
  constructor(file: string) {
    this.#file = file;
  }

  /** Paths. */
  list(): Promise<readonly string[]> {
    return this.#enqueue(() => this.#read());
  }

  async add(recording: string): Promise<void> {
    await this.#change((files) => [...files, recording].slice(-MAX_FILES));
  }

  async remove(recording: string): Promise<void> {
    await this.#change((files) => files.filter((file) => file !== recording));
  }

  #change(change: (files: readonly string[]) => readonly string[]): Promise<void> {
    return this.#enqueue(async () => {
      const temporary = `${this.#file}.new`;
      try {
        await writeFile(temporary, JSON.stringify(change(await this.#read())), { mode: 0o600 });
        await rename(temporary, this.#file);
      } catch {
        // A full disk: then the recording has other troubles.
      }
    });
  }

  async #read(): Promise<readonly string[]> {
    try {
      const parsed = v.safeParse(schema, JSON.parse(await readFile(this.#file, 'utf8')));
      return parsed.success ? parsed.output : [];
    } catch {
      return [];
    }
  }

  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(step);
    this.#queue = done;
    return done;
  }
}
