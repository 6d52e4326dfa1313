import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStaticFiles, pathOf } from './static-files';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let folder: string;
let server: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callcast-static-'));
  await mkdir(join(folder, 'web', 'assets'), { recursive: true });
  await mkdir(join(folder, 'web', '.git'));
  await mkdir(join(folder, 'overlays'));
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'web', '.git', 'config.txt'), 'secret');
  await writeFile(join(folder, 'web', 'unknown.exe'), 'secret');
  await writeFile(join(folder, 'web', 'assets', 'main.0123456789abcdef.js'), 'hello()');
  await writeFile(join(folder, 'overlays', 'top-hat.png'), 'PNG');
  await writeFile(join(folder, 'overlays', 'notes.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(folder, 'web', 'link.txt'));
  const answer = createStaticFiles({
    webRoot: join(folder, 'web'),
    overlaysRoot: join(folder, 'overlays'),
    scheme: 'https',
  });
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function get(
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    // Node's client, unlike fetch, sends the path as it is given.
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the files that the hub serves', () => {
  it('are the UI, with its type and a policy that lets in nothing from elsewhere', async () => {
    const page = await get('/?mode=mirror', { headers: { Host: 'localhost:8443' } });
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' wss://localhost:8443");
    expect(policy).not.toContain('unsafe');
  });

  it('may be kept for ever when their name has a hash, and are asked for again otherwise', async () => {
    const script = await get('/assets/main.0123456789abcdef.js');
    expect(script.headers['cache-control']).toContain('immutable');
    const page = await get('/');
    const again = await get('/', { headers: { 'If-None-Match': String(page.headers.etag) } });
    expect(again).toMatchObject({ status: 304, body: '' });
  });

  it('travel compressed where that saves something and the browser can read it', async () => {
    await writeFile(join(folder, 'web', 'long.js'), 'hello();'.repeat(1_000));
    const headers = { 'Accept-Encoding': 'gzip, br' };
    const small = await get('/long.js', { headers });
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(small.body.length).toBeLessThan(500);
    expect((await get('/long.js')).body).toHaveLength(8_000);
    expect((await get('/long.js')).headers.etag).not.toBe(small.headers.etag);
    const unwilling = await get('/long.js', { headers: { 'Accept-Encoding': 'gzip;q=0' } });
    expect(unwilling.headers['content-encoding']).toBeUndefined();
    expect((await get('/overlays/top-hat.png', { headers })).headers['content-encoding']).toBeUndefined();
  });

  it('include the overlay images, which pages of the app may show, too', async () => {
    const image = await get('/overlays/top-hat.png');
    expect(image).toMatchObject({ status: 200, body: 'PNG' });
    expect(image.headers).toMatchObject({
      'content-type': 'image/png',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect((await get('/overlays/top-hat.png', { method: 'HEAD' })).headers['content-length']).toBe('3');
  });

  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '//etc/passwd',
    '/.git/config.txt',
    '/link.txt',
    '/unknown.exe',
    '/assets',
    '/assets/',
    '/%00index.html',
    '/index.html%00.png',
    '/%',
    '/overlays/notes.txt',
    '/overlays/../web/index.html',
    '/overlays/',
    `/${'x'.repeat(2_000)}.html`,
    '/nothing.html',
  ])
    it(`do not include ${path.slice(0, 40)}`, async () => {
      expect(await get(path)).toMatchObject({ status: 404 });
    });

  it('are read only', async () => {
    expect(await get('/', { method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it('have paths without climbing, drives or control codes', () => {
    expect(pathOf('/a%20b.js')).toBe('/a b.js');
    for (const wrong of ['', 'a', '/a//b', '/a/../b', '/C:/x', '/a%0ab', '/%E0%A4%A'])
      expect(pathOf(wrong)).toBeUndefined();
  });
});
