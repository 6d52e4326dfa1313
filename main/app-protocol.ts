/**
 * Serves the built UI at app://callcast/, from dist/renderer and from nowhere else. A page there has an origin of its own,
 * unlike file:// pages, which share theirs with every file on the disk.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { protocol, type Session } from 'electron';
import { APP_SCHEME, isAppUrl } from './app-origin';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.webp', 'image/webp'],
  ['.woff2', 'font/woff2'],
  ['.mp3', 'audio/mpeg'],
  ['.ogg', 'audio/ogg'],
  ['.wav', 'audio/wav'],
]);

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(self), microphone=(self), speaker-selection=(self), display-capture=(self), fullscreen=(self)',
  // Files change only with the installation, and are on this disk anyway.
  'Cache-Control': 'no-cache',
};

/** Before `ready`: makes app:// behave like https:// for fetch, storage and secure contexts (the camera needs one). */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ]);
}

export interface AppFiles {
  /** The folder with index.html. */
  readonly root: string;
  /** Awaited for documents only: by then it is known where the hub listens. */
  policy(): Promise<string>;
}

export function serveApp(session: Session, files: AppFiles): void {
  const known = listFiles(files.root);
  session.protocol.handle(APP_SCHEME, async (request) => {
    if (request.method !== 'GET' || !isAppUrl(request.url)) return refuse(400);
    const { pathname } = new URL(request.url);
    // Only names that the build wrote: no path of a request ever reaches the file system.
    const file = known.get(pathname === '/' ? '/index.html' : pathname);
    if (file === undefined) return refuse(404);
    const type = TYPES.get(path.extname(file));
    if (type === undefined) return refuse(404);
    const headers = new Headers({ ...HEADERS, 'Content-Type': type });
    const [body, policy] = await Promise.all([
      readFile(file),
      type.startsWith('text/html') ? files.policy() : null,
    ]);
    if (policy !== null) headers.set('Content-Security-Policy', policy);
    return new Response(new Uint8Array(body), { headers });
  });
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: HEADERS });
}

/** URL path → file, for everything under `root`. */
function listFiles(root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      const name = `${prefix}/${encodeURIComponent(entry.name)}`;
      if (entry.isDirectory()) add(file, name);
      else files.set(name, file);
    }
  };
  add(root, '');
  return files;
}
