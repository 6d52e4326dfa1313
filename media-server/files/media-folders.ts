/**
 * Which files recorders may write and players may read: only those inside configured folders, whatever a URI says and
 * whatever links lie in there. Owns the reading of URIs and the opening of files; what is in them is others' business.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface MediaFolderOptions {
  /** Where RecorderEndpoint may write. The first one takes URIs that are relative paths. Made when missing. */
  readonly recordings: readonly string[];
  /** Where PlayerEndpoint may read, beside the recordings. */
  readonly playable?: readonly string[];
}

/**
 * invalid: the URI names nothing that could be a file of ours; missing: it could, but there is none; busy: another
 * recorder writes it; failed: the system refused.
 */
export type MediaFileFault = 'invalid' | 'missing' | 'busy' | 'failed';

export class MediaFileError extends Error {
  override readonly name = 'MediaFileError';
  readonly fault: MediaFileFault;
  constructor(fault: MediaFileFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** A file that is being written; `release` when it is closed, so that others may write it again. */
export interface WritableFile {
  readonly path: string;
  readonly handle: FileHandle;
  release(): void;
}

// Windows knows neither; there links are looked for before opening.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

export class MediaFolders {
  readonly #recordings: readonly string[];
  readonly #playable: readonly string[];
  /** Real paths of the files that are being written. */
  readonly #writing = new Set<string>();

  constructor(options: MediaFolderOptions) {
    this.#recordings = options.recordings.map((folder) => path.resolve(folder));
    this.#playable = [
      ...new Set([...this.#recordings, ...(options.playable ?? []).map((f) => path.resolve(f))]),
    ];
  }

  /** Opens for writing, empty. Raises MediaFileError. */
  async openForRecording(uri: string): Promise<WritableFile> {
    const wanted = this.#pathOf(uri);
    const named = this.#recordings.find((folder) => isInside(folder, wanted));
    if (named !== undefined) await mkdir(named, { recursive: true }).catch(() => undefined);
    const parent = await realpath(path.dirname(wanted)).catch(() => undefined);
    // Nobody learns from the answer which folders there are elsewhere.
    if (parent === undefined && named !== undefined) throw cannotWrite(wanted);
    if (parent === undefined || !(await isInsideOneOf(this.#recordings, parent))) throw outside();
    const file = path.join(parent, path.basename(wanted));
    const known = await lstat(file).catch(() => undefined);
    // A link leads elsewhere, a pipe or a device would never end.
    if (known && !known.isFile()) throw outside();
    if (this.#writing.has(file)) throw new MediaFileError('busy', `${file} is being recorded already`);
    this.#writing.add(file);
    try {
      const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
      const handle = await open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644);
      return { path: file, handle, release: () => void this.#writing.delete(file) };
    } catch (error) {
      this.#writing.delete(file);
      throw cannotWrite(file, error);
    }
  }

  /** Opens for reading. Raises MediaFileError. */
  async openForPlaying(uri: string): Promise<FileHandle> {
    const file = await realpath(this.#pathOf(uri)).catch(() => undefined);
    if (file === undefined) throw new MediaFileError('missing', 'Invalid URI');
    if (!(await isInsideOneOf(this.#playable, file))) throw outside();
    let handle: FileHandle;
    try {
      handle = await open(file, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      throw new MediaFileError('failed', `Could not open file "${file}" for reading.`, { cause: error });
    }
    const isFile = await handle.stat().then(
      (stat) => stat.isFile(),
      () => false,
    );
    if (isFile) return handle;
    await handle.close();
    throw outside();
  }

  #pathOf(uri: string): string {
    try {
      if (uri === '' || uri.includes('\0')) throw outside();
      // One letter and a colon is a drive of Windows, no scheme.
      const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase();
      if (scheme === 'file') return path.resolve(fileURLToPath(uri));
      if (scheme !== undefined) throw outside();
      return path.resolve(this.#recordings[0] ?? '/', uri);
    } catch {
      throw outside();
    }
  }
}

const outside = () => new MediaFileError('invalid', 'Invalid URI');
const cannotWrite = (file: string, cause?: unknown) =>
  new MediaFileError('failed', `Could not open file "${file}" for writing.`, { cause });

function isInside(folder: string, file: string): boolean {
  const way = path.relative(folder, file);
  return way === '' || (!way.startsWith(`..${path.sep}`) && way !== '..' && !path.isAbsolute(way));
}
async function isInsideOneOf(folders: readonly string[], real: string): Promise<boolean> {
  for (const folder of folders) {
    const at = await realpath(folder).catch(() => undefined);
    if (at !== undefined && isInside(at, real)) return true;
  }
  return false;
}
