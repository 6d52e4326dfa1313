/**
 * The thread that reads players' files: a long film's tables take a good part of a second to read, and a hostile one's
 * longer, in which the thread that forwards packets must not wait.
 */
import { parentPort } from 'node:worker_threads';
import type { ByteSource } from './byte-source';
import { MediaFile } from './media-file';
import type { MediaSample } from './media-file';
import type { FromReader, ToReader } from './media-file-protocol';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const post = (message: FromReader, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

interface Waiting {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** A file's bytes, which the server has. */
class RemoteSource implements ByteSource {
  readonly size: number;
  readonly #file: number;
  readonly #reads = new Map<number, Waiting>();
  #count = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.size = size;
  }
  read(start: number, end: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const read = ++this.#count;
      this.#reads.set(read, { resolve, reject });
      post({ type: 'read', file: this.#file, read, start, end });
    });
  }
  come(read: number, bytes: Uint8Array | string): void {
    const waiting = this.#reads.get(read);
    this.#reads.delete(read);
    if (typeof bytes === 'string') waiting?.reject(new Error(bytes));
    else waiting?.resolve(bytes);
  }
  close(): Promise<void> {
    for (const { reject } of this.#reads.values()) reject(new Error('the file was closed'));
    this.#reads.clear();
    return Promise.resolve();
  }
}

interface Reading {
  readonly source: RemoteSource;
  readonly media: Promise<MediaFile>;
  readonly cursors: Map<number, AsyncGenerator<MediaSample, void>>;
}
const files = new Map<number, Reading>();

/** The answer, and what of it is handed over instead of being copied. */
async function answer(message: Extract<ToReader, { request: number }>) {
  if (message.type === 'open') {
    const source = new RemoteSource(message.file, message.size);
    const media = MediaFile.open(source);
    files.set(message.file, { source, media, cursors: new Map() });
    const { tracks, duration } = await media;
    return { value: { tracks, duration }, transfer: [] };
  }
  const reading = files.get(message.file);
  if (!reading) throw new Error('the file was closed');
  const media = await reading.media;
  if (message.type === 'keyframe') return { value: await media.keyframeBefore(message.time), transfer: [] };
  let samples = reading.cursors.get(message.cursor);
  if (!samples) {
    samples = media.samples(message.kind, message.from);
    reading.cursors.set(message.cursor, samples);
  }
  const { value, done } = await samples.next();
  if (done === true) return { value: undefined, transfer: [] };
  // It lies in a piece of the file that has others, too.
  const data = value.data.slice();
  return { value: { ...value, data }, transfer: [data.buffer] };
}

function close(file: number): void {
  const reading = files.get(file);
  files.delete(file);
  void reading?.source.close();
  reading?.media.then(
    (media) => media.close(),
    () => undefined,
  );
}

port.on('message', (message: ToReader) => {
  switch (message.type) {
    case 'open':
    case 'keyframe':
    case 'next':
      answer(message).then(
        ({ value, transfer }) => post({ type: 'answer', request: message.request, value }, transfer),
        (error: unknown) =>
          post({
            type: 'refused',
            request: message.request,
            message: error instanceof Error ? error.message : String(error),
          }),
      );
      return;
    case 'end': {
      const cursors = files.get(message.file)?.cursors;
      const samples = cursors?.get(message.cursor);
      cursors?.delete(message.cursor);
      samples?.return().catch(() => undefined);
      return;
    }
    case 'close':
      close(message.file);
      return;
    case 'bytes':
      files.get(message.file)?.source.come(message.read, message.bytes);
      return;
  }
});
