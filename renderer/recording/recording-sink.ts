/**
 * Where the bytes of a recording go: in the app, into a file that the main process writes; in a browser, into a file that
 * the user chose, or, where browsers have no such thing, into a download at the end. All of them get their duration and
 * their index from protocol/webm-index.ts, in the app from there.
 */
import type { RecordingFailure } from '../../protocol/desktop';
import type { Bridge } from '../../protocol/ipc';
import { MAX_RECORDING_CHUNK } from '../../protocol/limits';
import { WebmFile, type SeekableFile } from '../../protocol/webm-index';
import { BlobFile } from './blob-file';

export interface RecordingSink {
  /** Of the file. */
  readonly name: string;
  /** In order; the next begins when the one before has ended. Answers the bytes in the file. @throws RecordingError */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** @throws RecordingError */
  finish(): Promise<number>;
  /** Shows the file; null where a page cannot. */
  readonly show: (() => void) | null;
}

/** Null: the user changed their mind. @throws RecordingError */
export type OpenSink = (title: string) => Promise<RecordingSink | null>;

export type RecorderFailure = RecordingFailure | 'too-long' | 'too-slow' | 'unsupported';

export class RecordingError extends Error {
  readonly why: RecorderFailure;

  constructor(why: RecorderFailure) {
    super(why);
    this.why = why;
  }
}

/** What a browser keeps for a download until its end; some four hours. */
const MAX_DOWNLOAD_BYTES = 4 * 1024 ** 3;
const TYPE = 'video/webm';

/** The part of a window that is used; the picker is Chromium's alone. */
interface SaveWindow {
  readonly showSaveFilePicker?: (options: {
    readonly suggestedName: string;
    readonly types: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[];
  }) => Promise<FileSystemFileHandle>;
}

export function chooseSink(bridge: Bridge | undefined, window: Window): OpenSink {
  if (bridge !== undefined) return (title) => openAppSink(bridge, title);
  const { showSaveFilePicker } = window as SaveWindow;
  return showSaveFilePicker === undefined
    ? (title) => Promise.resolve(openDownload(window.document, title))
    : (title) => openPickedFile(showSaveFilePicker.bind(window), title);
}

async function openAppSink(bridge: Bridge, title: string): Promise<RecordingSink> {
  const started = await bridge.invoke('recording:start', title);
  if (!started.ok) throw new RecordingError('not-writable');
  if (started.value.at === 'failed') throw new RecordingError(started.value.why);
  const { id, name } = started.value;
  return {
    name,
    async write(bytes) {
      let size = 0;
      for (let from = 0; from < bytes.byteLength; from += MAX_RECORDING_CHUNK) {
        const answer = await bridge.invoke(
          'recording:append',
          id,
          bytes.subarray(from, from + MAX_RECORDING_CHUNK),
        );
        if (!answer.ok) throw new RecordingError('not-writable');
        if (answer.value.at === 'failed') throw new RecordingError(answer.value.why);
        size = answer.value.size;
      }
      return size;
    },
    async finish() {
      const answer = await bridge.invoke('recording:finish', id);
      if (!answer.ok) throw new RecordingError('not-writable');
      if (answer.value.at === 'failed') throw new RecordingError(answer.value.why);
      return answer.value.size;
    },
    show() {
      void bridge.invoke('recording:show', id);
    },
  };
}

async function openPickedFile(
  pick: NonNullable<SaveWindow['showSaveFilePicker']>,
  title: string,
): Promise<RecordingSink | null> {
  let handle: FileSystemFileHandle;
  try {
    handle = await pick({ suggestedName: fileName(title), types: [{ accept: { [TYPE]: ['.webm'] } }] });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw new RecordingError('not-writable');
  }
  const file = await handle.createWritable().catch(() => {
    throw new RecordingError('not-writable');
  });
  const webm = new WebmFile(pickedFile(file));
  return {
    name: handle.name,
    write: (bytes) => webm.append(bytes),
    async finish() {
      // What has no index still plays.
      const size = await webm.finish().catch(() => null);
      await file.close().catch((error: unknown) => {
        throw new RecordingError(reasonOf(error));
      });
      if (size === null) throw new RecordingError('disk-full');
      return size;
    },
    show: null,
  };
}

function pickedFile(file: FileSystemWritableFileStream): SeekableFile {
  const explained = (error: unknown): never => {
    throw new RecordingError(reasonOf(error));
  };
  return {
    write: (bytes, position) =>
      file.write({ type: 'write', position, data: bytes as Uint8Array<ArrayBuffer> }).catch(explained),
    truncate: (size) => file.truncate(size).catch(explained),
  };
}

function openDownload(document: Document, title: string): RecordingSink {
  const name = fileName(title);
  const file = new BlobFile();
  const webm = new WebmFile(file);
  return {
    name,
    write(bytes) {
      if (file.size + bytes.byteLength > MAX_DOWNLOAD_BYTES)
        return Promise.reject(new RecordingError('too-long'));
      return webm.append(bytes);
    },
    async finish() {
      const size = await webm.finish();
      const url = URL.createObjectURL(file.blob(TYPE));
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      // Every browser has begun the download by then; until it is let go, the blob stays.
      setTimeout(() => {
        URL.revokeObjectURL(url);
      }, 60_000);
      return size;
    },
    show: null,
  };
}

function reasonOf(error: unknown): RecordingFailure {
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'disk-full' : 'not-writable';
}

/** Browsers clean it further. */
function fileName(title: string): string {
  return `Callcast ${title}`.replace(/[\p{Cc}<>:"/\\|?*]/gu, ' ').slice(0, 100) + '.webm';
}
