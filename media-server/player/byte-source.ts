/** Where a player's bytes come from: a file, or a web server that can be asked for parts. Bounded in size and time. */
import type { FileHandle } from 'node:fs/promises';

export interface ByteSource {
  readonly size: number;
  /** Exactly these bytes; 0 ≤ start < end ≤ size. */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Takes over the handle. */
export async function fileSource(handle: FileHandle): Promise<ByteSource> {
  let size: number;
  try {
    ({ size } = await handle.stat());
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    size,
    async read(start, end) {
      const bytes = Buffer.allocUnsafe(end - start);
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new Error('the file became shorter');
        at += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

const FIRST_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** What a server that knows no ranges may send at once. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/** An http: or https: URL. `signal` ends all its requests; each of them has its time. */
export async function httpSource(
  url: URL,
  signal: AbortSignal,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<ByteSource> {
  const request = (start: number, end: number) =>
    fetch(url, {
      headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  const response = await request(0, FIRST_BYTES);
  if (response.status === 200) return memorySource(await bodyOf(response, MAX_WHOLE_BYTES));
  const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
  const first = response.status === 206 && size > 0 ? await bodyOf(response, FIRST_BYTES) : undefined;
  if (!first || !Number.isSafeInteger(size)) {
    await response.body?.cancel();
    throw new Error(`the web server answered ${response.status}`);
  }
  return {
    size,
    async read(start, end) {
      if (end <= first.length) return first.subarray(start, end);
      const part = await request(start, end);
      if (part.status !== 206) {
        await part.body?.cancel();
        throw new Error(`the web server answered ${part.status}`);
      }
      const bytes = await bodyOf(part, end - start);
      if (bytes.length !== end - start) throw new Error('the web server sent too little');
      return bytes;
    },
    close: () => Promise.resolve(),
  };
}

function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
    close: () => Promise.resolve(),
  };
}

async function bodyOf(response: Response, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    const part = piece as Uint8Array;
    bytes += part.length;
    if (bytes > limit) throw new Error(`the web server sent more than ${limit} bytes`);
    pieces.push(part);
  }
  return Buffer.concat(pieces);
}
