/**
 * The files that a server's players have open, read in a thread of their own: whatever is in a file, packets of others go
 * on meanwhile. The thread starts with the first file. When it fails (a file that takes all of its memory), those that
 * are open fail with it, and the next one gets another thread.
 */
import type { Worker } from 'node:worker_threads';
import type { MediaKind } from '../flow';
import { startThread } from '../thread';
import type { ByteSource } from './byte-source';
import { MediaFile } from './media-file';
import type { Media, MediaSample } from './media-file';
import type { FromReader, OpenedFile, ToReader } from './media-file-protocol';

/** The tables of a film that lasts a day. */
const WORKER_HEAP_MB = 1_024;

export class MediaFiles {
  readonly #workerFile: string | undefined;
  #reader: Reader | undefined;

  /** `workerFile`: the built media-file-worker; without it files are read in this thread. */
  constructor(workerFile?: string) {
    this.#workerFile = workerFile;
  }

  /** Takes over the source. Rejects when it is no media file, or has nothing in it that can be played. */
  open(source: ByteSource): Promise<Media> {
    if (this.#workerFile === undefined) return MediaFile.open(source);
    if (this.#reader?.hasEnded !== false) this.#reader = new Reader(this.#workerFile);
    return this.#reader.open(source);
  }
  async close(): Promise<void> {
    await this.#reader?.close();
  }
}

type Answer = Extract<FromReader, { type: 'answer' }>['value'];
interface Waiting {
  readonly resolve: (value: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread. */
class Reader {
  readonly #worker: Worker;
  readonly #sources = new Map<number, ByteSource>();
  readonly #requests = new Map<number, Waiting>();
  #count = 0;
  hasEnded = false;

  constructor(file: string) {
    this.#worker = startThread(file, WORKER_HEAP_MB);
    this.#worker.unref();
    this.#worker.on('message', (message: FromReader) => this.#handle(message));
    this.#worker.on('error', (error) => this.#end(error.message));
    this.#worker.on('exit', () => this.#end('the reader ended'));
  }

  async open(source: ByteSource): Promise<Media> {
    const file = ++this.#count;
    this.#sources.set(file, source);
    try {
      const opened = await this.#ask({ type: 'open', file, size: source.size });
      return new RemoteFile(this, file, opened as OpenedFile);
    } catch (error) {
      await this.closeFile(file);
      throw error;
    }
  }
  async keyframeBefore(file: number, time: number): Promise<number> {
    return (await this.#ask({ type: 'keyframe', file, time })) as number;
  }
  async *samples(file: number, kind: MediaKind, from: number): AsyncGenerator<MediaSample, void> {
    const cursor = ++this.#count;
    try {
      for (;;) {
        const sample = await this.#ask({ type: 'next', file, cursor, kind, from });
        if (sample === undefined) return;
        yield sample as MediaSample;
      }
    } finally {
      this.#post({ type: 'end', file, cursor });
    }
  }
  async closeFile(file: number): Promise<void> {
    const source = this.#sources.get(file);
    this.#sources.delete(file);
    this.#post({ type: 'close', file });
    await source?.close();
  }
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(question: Question) {
    return new Promise<Answer>((resolve, reject) => {
      if (this.hasEnded) {
        reject(new Error('the reader ended'));
        return;
      }
      const request = ++this.#count;
      this.#requests.set(request, { resolve, reject });
      this.#post({ ...question, request });
    });
  }
  #post(message: ToReader, transfer: ArrayBuffer[] = []): void {
    if (!this.hasEnded) this.#worker.postMessage(message, transfer);
  }

  #handle(message: FromReader): void {
    if (message.type === 'read') {
      void this.#read(message);
      return;
    }
    const waiting = this.#requests.get(message.request);
    this.#requests.delete(message.request);
    if (message.type === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(new Error(message.message));
  }
  async #read({ file, read, start, end }: Extract<FromReader, { type: 'read' }>): Promise<void> {
    try {
      const source = this.#sources.get(file);
      if (!source) return;
      // A copy: what is handed over must not be a part of anything.
      const bytes = new Uint8Array(await source.read(start, end));
      this.#post({ type: 'bytes', file, read, bytes }, [bytes.buffer]);
    } catch (error) {
      this.#post({
        type: 'bytes',
        file,
        read,
        bytes: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #end(reason: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const { reject } of this.#requests.values()) reject(new Error(reason));
    this.#requests.clear();
  }
}

type WithoutRequest<Message> = Message extends { readonly request: number }
  ? Omit<Message, 'request'>
  : never;
type Question = WithoutRequest<ToReader>;

class RemoteFile implements Media {
  readonly tracks: OpenedFile['tracks'];
  readonly duration: number;
  readonly #reader: Reader;
  readonly #file: number;

  constructor(reader: Reader, file: number, { tracks, duration }: OpenedFile) {
    this.#reader = reader;
    this.#file = file;
    this.tracks = tracks;
    this.duration = duration;
  }
  keyframeBefore(time: number): Promise<number> {
    return this.#reader.keyframeBefore(this.#file, time);
  }
  samples(kind: MediaKind, from: number): AsyncGenerator<MediaSample, void> {
    return this.#reader.samples(this.#file, kind, from);
  }
  close(): Promise<void> {
    return this.#reader.closeFile(this.#file);
  }
}
