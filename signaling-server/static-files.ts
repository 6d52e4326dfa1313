/**
 * The hub's HTTP side: the same UI as in the app, for browsers, and the overlay images. Files of two folders, read only,
 * nothing else; every answer carries the headers that keep a page from doing what it need not.
 */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { createGzip } from 'node:zlib';

export interface StaticFilesOptions {
  /** Folder of the built UI; undefined: only overlays are served. */
  readonly webRoot: string | undefined;
  readonly overlaysRoot: string | undefined;
  readonly scheme: 'http' | 'https';
}

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.webp', 'image/webp'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.wav', 'audio/wav'],
  ['.mp3', 'audio/mpeg'],
  ['.ogg', 'audio/ogg'],
  ['.wasm', 'application/wasm'],
  ['.txt', 'text/plain; charset=utf-8'],
]);
const COMPRESSIBLE = /^text\/|json|svg|wasm/;
/** A name with a content hash in it never means another content. */
const HASHED = /[.-][0-9a-f]{8,}\.[a-z0-9.]+$/;
const OVERLAYS = '/overlays/';

/** Answers one request, whose Host has been checked. Never rejects. */
export function createStaticFiles(
  options: StaticFilesOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    setSecurityHeaders(response, options.scheme, request.headers.host ?? '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      answer(response, 405, 'Only GET and HEAD.');
      return;
    }
    try {
      const path = pathOf(request.url ?? '/');
      const file = path === undefined ? undefined : await locate(path, options);
      if (file) send(file, request, response);
      else answer(response, 404, 'There is nothing here.');
    } catch {
      if (!response.headersSent) answer(response, 500, 'This file cannot be read.');
      else response.destroy();
    }
  };
}

/** The path, decoded; undefined for what cannot be one of ours: dot files, climbing, other separators, control codes. */
export function pathOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '');
  } catch {
    return undefined;
  }
  if (!path.startsWith('/') || path.length > 1_024 || /[\\\x00-\x1f:]|\/\.|\/\//.test(path)) return undefined;
  return path.endsWith('/') ? `${path}index.html` : path;
}

interface Found {
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  readonly overlay: boolean;
}

async function locate(path: string, options: StaticFilesOptions): Promise<Found | undefined> {
  const overlay = path.startsWith(OVERLAYS);
  const root = overlay ? options.overlaysRoot : options.webRoot;
  if (root === undefined) return undefined;
  const inside = overlay ? path.slice(OVERLAYS.length - 1) : path;
  if (!TYPES.has(extname(inside)) || (overlay && extname(inside) !== '.png')) return undefined;
  try {
    const base = await realpath(root);
    const file = await realpath(join(base, inside));
    // A symbolic link out of the folder is as foreign as a path out of it.
    if (!file.startsWith(base + sep)) return undefined;
    const info = await stat(file);
    return info.isFile() ? { file, size: info.size, modified: info.mtime, overlay } : undefined;
  } catch {
    return undefined;
  }
}

function send(found: Found, request: IncomingMessage, response: ServerResponse): void {
  const type = TYPES.get(extname(found.file)) ?? 'application/octet-stream';
  const compress = COMPRESSIBLE.test(type) && found.size > 1_024 && acceptsGzip(request);
  const etag = `"${found.size.toString(36)}-${found.modified.getTime().toString(36)}${compress ? '-gzip' : ''}"`;
  response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('ETag', etag);
  const hashed = !found.overlay && HASHED.test(found.file);
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  // The app's own pages have another origin than the hub and show the same images.
  if (found.overlay) response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': type,
    ...(compress ? { 'Content-Encoding': 'gzip' } : { 'Content-Length': found.size }),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(found.file);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  if (compress) stream.pipe(createGzip()).pipe(response);
  else stream.pipe(response);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\b)/.test(String(request.headers['accept-encoding'] ?? ''));
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

/** @param host checked before; named in `connect-src` since older browsers do not count `wss:` as `'self'` */
function setSecurityHeaders(response: ServerResponse, scheme: 'http' | 'https', host: string): void {
  const socket = `${scheme === 'https' ? 'wss' : 'ws'}://${host}`;
  response.setHeader(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "media-src 'self' blob: mediastream:",
      "worker-src 'self' blob:",
      "manifest-src 'self'",
      `connect-src 'self' ${socket}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader(
    'Permissions-Policy',
    'camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), fullscreen=(self), ' +
      'picture-in-picture=(self), autoplay=(self), geolocation=(), usb=(), serial=(), payment=()',
  );
}
