/**
 * Fetches the file of an overlay: from a path, a file: URL, http: or https:. What comes is bytes and nothing else; whether
 * they are an image shows when they are decoded. Bounded in size, time and redirections.
 */
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A photograph from a telephone; an overlay is a hundredth of it. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
const FETCH_TIMEOUT_MS = 5_000;
const MAX_REDIRECTS = 3;

export class OverlaySourceError extends Error {
  override readonly name = 'OverlaySourceError';
}

/** Raises OverlaySourceError, whatever goes wrong. */
export async function loadOverlay(
  uri: string,
  signal?: AbortSignal,
  timeoutMs = FETCH_TIMEOUT_MS,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (/^https?:/i.test(uri)) return await fetchImage(new URL(uri), signal, timeoutMs);
    if (/^file:/i.test(uri)) return await readImage(fileURLToPath(uri));
    if (/^[a-z][a-z0-9+.-]+:/i.test(uri))
      throw new OverlaySourceError('only files, http and https can be read');
    return await readImage(uri);
  } catch (error) {
    if (error instanceof OverlaySourceError) throw error;
    throw new OverlaySourceError('the image cannot be read', { cause: error });
  }
}

async function readImage(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (path === '') throw new OverlaySourceError('no image was named');
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat().then((stat) => {
      // A pipe or a device would be read for ever.
      if (!stat.isFile()) throw new OverlaySourceError('not a file');
      return stat;
    });
    if (size > MAX_IMAGE_BYTES) throw new OverlaySourceError(`an image of ${size} bytes`);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
}

async function fetchImage(
  start: URL,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = AbortSignal.timeout(timeoutMs);
  const signals = signal ? AbortSignal.any([signal, limit]) : limit;
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await fetch(url, { redirect: 'manual', signal: signals });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      url = new URL(location, url);
      // fetch itself knows data: and more.
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw new OverlaySourceError('redirected elsewhere');
      continue;
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new OverlaySourceError(`the server answered ${response.status}`);
    }
    return collect(response.body);
  }
  throw new OverlaySourceError('too many redirections');
}

async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the transfer.
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_IMAGE_BYTES)
      throw new OverlaySourceError(`an image of more than ${MAX_IMAGE_BYTES} bytes`);
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
