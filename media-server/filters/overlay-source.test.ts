import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadOverlay, MAX_IMAGE_BYTES, OverlaySourceError } from './overlay-source';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'overlay-source-'));
  cleanups.push(() => rm(made, { recursive: true }));
  return made;
}

async function serve(handler: RequestListener): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the file of an overlay', () => {
  it('comes from a path and from a file URL', async () => {
    const file = path.join(await folder(), 'hat one.png');
    await writeFile(file, 'image');
    expect(Buffer.from(await loadOverlay(file)).toString()).toBe('image');
    expect(Buffer.from(await loadOverlay(pathToFileURL(file).href)).toString()).toBe('image');
  });

  it('comes over http, through redirections', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/hat.png') response.end('image');
      else response.writeHead(302, { location: '/hat.png' }).end();
    });
    expect(Buffer.from(await loadOverlay(`${url}/old`)).toString()).toBe('image');
  });

  it('is refused when it is not there, empty, a folder or a device', async () => {
    for (const uri of [
      '',
      await folder(),
      '/dev/zero',
      '/no/such/file.png',
      'file:///no/such.png',
      'http://127.0.0.1:9/x.png',
    ]) {
      await expect(loadOverlay(uri), uri).rejects.toBeInstanceOf(OverlaySourceError);
    }
  });

  it('is refused under other schemes, also after a redirection', async () => {
    for (const uri of [
      'data:image/png;base64,AAAA',
      'ftp://127.0.0.1/x.png',
      'rtsp://127.0.0.1/x',
      'http://',
      'file://%zz',
    ]) {
      await expect(loadOverlay(uri), uri).rejects.toBeInstanceOf(OverlaySourceError);
    }
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/hostname' }).end(),
    );
    await expect(loadOverlay(url)).rejects.toBeInstanceOf(OverlaySourceError);
  });

  it('is refused when redirections do not end', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    await expect(loadOverlay(url)).rejects.toThrow('too many redirections');
  });

  it('is refused when it is too large, however it is sent', async () => {
    const file = path.join(await folder(), 'large.png');
    await writeFile(file, Buffer.alloc(MAX_IMAGE_BYTES + 1));
    await expect(loadOverlay(file)).rejects.toBeInstanceOf(OverlaySourceError);
    const url = await serve((_request, response) => {
      const piece = Buffer.alloc(256 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', more);
      };
      more();
    });
    await expect(loadOverlay(url)).rejects.toBeInstanceOf(OverlaySourceError);
  });

  it('is given up when nobody wants it any more', async () => {
    const url = await serve(() => undefined);
    const abort = new AbortController();
    const loading = loadOverlay(url, abort.signal);
    abort.abort();
    await expect(loading).rejects.toBeInstanceOf(OverlaySourceError);
  });

  it('is given up when it takes too long, to answer or to come', async () => {
    const silent = await serve(() => undefined);
    await expect(loadOverlay(silent, undefined, 50)).rejects.toBeInstanceOf(OverlaySourceError);
    const endless = await serve((_request, response) => void response.write('piece'));
    await expect(loadOverlay(endless, undefined, 200)).rejects.toBeInstanceOf(OverlaySourceError);
  });

  it('is refused with an error from the server', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end('no'));
    await expect(loadOverlay(url)).rejects.toThrow('404');
  });
});
