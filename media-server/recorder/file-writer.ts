/**
 * Bytes on their way into a file: appended, or written over what is there already, in the order in which they were given
 * and without anybody waiting. Owns the queue in front of the disk and its bound.
 */

/** The part of a FileHandle that is needed; writes may be short. */
export interface FileSink {
  write(
    data: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** Half a minute of a rich recording: a disk that is farther behind will not catch up. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

export class FileOverflowError extends Error {
  override readonly name = 'FileOverflowError';
}

export class FileWriter {
  readonly #file: FileSink;
  readonly #failed: (error: unknown) => void;
  #queue: { readonly data: Uint8Array; readonly position: number }[] = [];
  #queuedBytes = 0;
  #size = 0;
  #error: unknown;
  #working: Promise<void> | undefined;

  /** `failed` is called once; from then on nothing is written. */
  constructor(file: FileSink, failed: (error: unknown) => void) {
    this.#file = file;
    this.#failed = failed;
  }

  /** Of the file when everything queued is written. */
  get size(): number {
    return this.#size;
  }
  append(data: Uint8Array): void {
    const position = this.#size;
    this.#size += data.length;
    this.#enqueue(data, position);
  }
  overwrite(data: Uint8Array, position: number): void {
    this.#enqueue(data, position);
  }
  /** Writes what is queued and closes the file. Never rejects: what goes wrong was told to `failed`. */
  async end(): Promise<void> {
    await this.#working;
    try {
      await this.#file.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #enqueue(data: Uint8Array, position: number): void {
    if (this.#error !== undefined) return;
    this.#queuedBytes += data.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.#fail(new FileOverflowError('the disk is too slow'));
      return;
    }
    this.#queue.push({ data, position });
    this.#working ??= this.#work();
  }
  async #work(): Promise<void> {
    // The caller goes on first.
    await Promise.resolve();
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        await this.#write(next.data, next.position);
        this.#queuedBytes -= next.data.length;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#working = undefined;
  }
  async #write(data: Uint8Array, position: number): Promise<void> {
    let at = 0;
    while (at < data.length) {
      const { bytesWritten } = await this.#file.write(data, at, data.length - at, position + at);
      if (bytesWritten === 0) throw new Error('the file takes no more bytes');
      at += bytesWritten;
    }
  }
  #fail(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error ?? new Error('writing failed');
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#failed(this.#error);
  }
}
