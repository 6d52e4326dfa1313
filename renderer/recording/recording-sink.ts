/**
 * Where the bytes of a recording go: in the app, into a file that the main process writes; in a browser, into a file that
 * the user chose, or, where browsers have no such thing, into a download at the end.
 */
import type { RecordingFailure } from '../../protocol/desktop';
import type { Bridge } from '../../protocol/ipc';
import { MAX_RECORDING_CHUNK } from '../../protocol/limits';

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
  let size = 0;
  return {
    name: handle.name,
    async write(bytes) {
      await file.write(bytes).catch((error: unknown) => {
        throw new RecordingError(reasonOf(error));
      });
      return (size += bytes.byteLength);
    },
    async finish() {
      await file.close().catch((error: unknown) => {
        throw new RecordingError(reasonOf(error));
      });
      return size;
    },
    show: null,
  };
}

function openDownload(document: Document, title: string): RecordingSink {
  const name = fileName(title);
  // Browsers put blobs of this size on the disk.
  let parts: Blob[] = [];
  let size = 0;
  return {
    name,
    write(bytes) {
      if (size + bytes.byteLength > MAX_DOWNLOAD_BYTES) return Promise.reject(new RecordingError('too-long'));
      parts.push(new Blob([bytes]));
      return Promise.resolve((size += bytes.byteLength));
    },
    finish() {
      const url = URL.createObjectURL(new Blob(parts, { type: TYPE }));
      parts = [];
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      // Every browser has begun the download by then; until it is let go, the blob stays.
      setTimeout(() => {
        URL.revokeObjectURL(url);
      }, 60_000);
      return Promise.resolve(size);
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
