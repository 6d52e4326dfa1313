/**
 * Recordings of sessions as files: each has a name of its own and never replaces another, and what has arrived is in the
 * file, so that a killed app leaves everything up to its last second; which files were left like that is noted, and the
 * next start completes them. Making the bytes is the page's, duration and index are protocol/webm-index.ts's.
 */
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { MAX_RECORDINGS } from '../protocol/limits';
import type { RecordingFailure, RecordingStart, RecordingWritten } from '../protocol/desktop';
import type { Logger } from '../protocol/log';
import { completeWebm, WebmFile, type ReadableFile } from '../protocol/webm-index';
import type { UnfinishedRecordings } from './unfinished-recordings';

export interface RecordingOptions {
  /** Where recordings go; made when the first one starts. */
  readonly folder: () => string;
  readonly now: () => Date;
  /** Where the files that are being written are noted. */
  readonly unfinished: UnfinishedRecordings;
  readonly logger: Logger;
  /** Tests stand for a full disk. */
  readonly openFile?: (file: string, flags: number) => Promise<FileHandle>;
}

interface Recording {
  readonly file: string;
  readonly handle: FileHandle;
  readonly webm: WebmFile;
  /** Writing goes on in order, one piece after the other. */
  queue: Promise<unknown>;
  failed: RecordingFailure | null;
}

/** Names with the same minute are numbered; so many within one minute is no user. */
const MAX_TRIES = 100;
/** Finished recordings whose place is remembered, for "Show in folder". */
const MAX_REMEMBERED = 32;

export class Recordings {
  readonly #options: RecordingOptions;
  readonly #running = new Map<number, Recording>();
  readonly #files = new Map<number, string>();
  #last = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  /** `title` says what is recorded: a person, a channel. */
  async start(title: string): Promise<RecordingStart> {
    if (this.#running.size >= MAX_RECORDINGS) return { at: 'failed', why: 'too-many' };
    let recording: Recording;
    try {
      recording = await this.#create(title);
    } catch (error) {
      return { at: 'failed', why: this.#reason(error) };
    }
    this.#last += 1;
    const id = this.#last;
    this.#running.set(id, recording);
    await this.#options.unfinished.add(recording.file);
    this.#remember(id, recording.file);
    return { at: 'started', id, name: path.basename(recording.file) };
  }

  append(id: number, bytes: Uint8Array): Promise<RecordingWritten> {
    const recording = this.#running.get(id);
    if (recording === undefined) return Promise.resolve({ at: 'failed', why: 'gone' });
    const written = recording.queue.then(() => this.#write(recording, bytes));
    recording.queue = written;
    return written;
  }

  async finish(id: number): Promise<RecordingWritten> {
    const recording = this.#running.get(id);
    if (recording === undefined) return { at: 'failed', why: 'gone' };
    this.#running.delete(id);
    await recording.queue;
    let size = 0;
    try {
      if (recording.failed === null) size = await recording.webm.finish();
      // What did not get all of its bytes is looked at anew, from its beginning.
      else await completeWebm(seekable(recording.handle));
      await recording.handle.datasync();
      await this.#options.unfinished.remove(recording.file);
    } catch (error) {
      recording.failed ??= this.#reason(error);
    }
    await recording.handle.close().catch(() => undefined);
    return recording.failed === null ? { at: 'written', size } : { at: 'failed', why: recording.failed };
  }

  /** Gives the recordings of an app that was killed their duration and their index. Never throws. */
  async completeUnfinished(): Promise<void> {
    const { unfinished, logger } = this.#options;
    for (const file of await unfinished.list()) {
      if ([...this.#running.values()].some((running) => running.file === file)) continue;
      try {
        const handle = await open(file, 'r+');
        try {
          const done = await completeWebm(seekable(handle));
          await handle.datasync();
          logger.info({ done }, 'a recording that was interrupted is complete');
        } finally {
          await handle.close();
        }
      } catch (error) {
        // Deleted, or moved to another disk: it plays without, too.
        logger.warn({ code: codeOf(error) }, 'a recording that was interrupted stays as it is');
      }
      await unfinished.remove(file);
    }
  }

  /** Of a recording of this run; null for unknown ones. */
  fileOf(id: number): string | null {
    return this.#files.get(id) ?? null;
  }

  /** The page is gone, or the app ends: what has arrived stays. */
  async finishAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.finish(id)));
  }

  async #create(title: string): Promise<Recording> {
    const folder = this.#options.folder();
    await mkdir(folder, { recursive: true });
    const base = fileNameOf(title, this.#options.now());
    const openFile = this.#options.openFile ?? open;
    // O_EXCL: the system itself refuses a name that is taken, also by a program that was quicker.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    for (let count = 1; count <= MAX_TRIES; count += 1) {
      const file = path.join(folder, count === 1 ? `${base}.webm` : `${base} (${count}).webm`);
      try {
        const handle = await openFile(file, flags);
        return { file, handle, webm: new WebmFile(seekable(handle)), queue: Promise.resolve(), failed: null };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
    throw new Error('every name is taken');
  }

  async #write(recording: Recording, bytes: Uint8Array): Promise<RecordingWritten> {
    if (recording.failed !== null) return { at: 'failed', why: recording.failed };
    try {
      return { at: 'written', size: await recording.webm.append(bytes) };
    } catch (error) {
      recording.failed = this.#reason(error);
      return { at: 'failed', why: recording.failed };
    }
  }

  #reason(error: unknown): RecordingFailure {
    const code = codeOf(error);
    this.#options.logger.warn({ code }, 'a recording could not be written');
    return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' ? 'disk-full' : 'not-writable';
  }

  #remember(id: number, file: string): void {
    this.#files.set(id, file);
    for (const old of this.#files.keys()) {
      if (this.#files.size <= MAX_REMEMBERED) break;
      this.#files.delete(old);
    }
  }
}

function seekable(handle: FileHandle): ReadableFile {
  return {
    async write(bytes, position) {
      // A full disk may take a part of it, and only then refuse.
      for (let done = 0; done < bytes.byteLength;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
        if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
        done += bytesWritten;
      }
    },
    truncate: (size) => handle.truncate(size),
    async read(position, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, position);
      return bytes.subarray(0, bytesRead);
    },
  };
}

/** What file systems do not take in a name, on any system: a recording may be copied to another one. */
const UNFIT = /[\p{Cc}\p{Cs}<>:"/\\|?*]/gu;

/** `2026-07-04 18.05 Ana`; the time is the local one, as people look for it. */
export function fileNameOf(title: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}.${two(at.getMinutes())}`;
  // 80 characters of four bytes each and the rest stay under the 255 bytes that file systems allow.
  const words = [...title.replace(UNFIT, ' ').replace(/\s+/g, ' ')].slice(0, 50).join('');
  // Windows drops dots and blanks at the end.
  return `Callcast ${day} ${time} ${words}`.replace(/[. ]+$/, '');
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}
