/** A file for a download: what is appended goes into blobs, which browsers put on the disk; the little that is written over is kept beside them. */
import type { SeekableFile } from '../../protocol/webm-index';

interface Patch {
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class BlobFile implements SeekableFile {
  #parts: Blob[] = [];
  #patches: Patch[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    // A copy: the caller's may lie in a much larger buffer.
    const copy = new Uint8Array(bytes);
    if (position === this.#size) {
      this.#parts.push(new Blob([copy]));
      this.#size += copy.length;
    } else if (position + copy.length <= this.#size) {
      this.#patches.push({ position, bytes: copy });
    } else return Promise.reject(new RangeError('a file without holes'));
    return Promise.resolve();
  }

  truncate(size: number): Promise<void> {
    if (size < this.#size) {
      this.#parts = [new Blob(this.#parts).slice(0, size)];
      this.#size = size;
    }
    return Promise.resolve();
  }

  /** The whole file, once; it is empty afterwards. Patches do not overlap. */
  blob(type: string): Blob {
    const whole = new Blob(this.#parts);
    const pieces: BlobPart[] = [];
    let at = 0;
    for (const { position, bytes } of this.#patches.sort((a, b) => a.position - b.position)) {
      pieces.push(whole.slice(at, position), bytes);
      at = position + bytes.length;
    }
    pieces.push(whole.slice(at));
    this.#parts = [];
    this.#patches = [];
    this.#size = 0;
    return new Blob(pieces, { type });
  }
}
