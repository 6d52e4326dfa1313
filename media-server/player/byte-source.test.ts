import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpSource } from './byte-source';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function serve(handler: RequestListener): Promise<URL> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/film.webm`);
}

const film = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
/** Serves parts of the film; `bend` lies about each of them. */
const inParts =
  (bend: (part: Buffer, first: number) => Buffer = (part) => part): RequestListener =>
  (request, response) => {
    const [, first = '0', last = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const part = film.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${film.length}` });
    response.end(bend(part, Number(first)));
  };
const never = new AbortController().signal;

describe('a film on a web server', () => {
  it('is read in parts, exactly', async () => {
    const source = await httpSource(await serve(inParts()), never);
    expect(source.size).toBe(film.length);
    for (const [start, end] of [
      [0, 100],
      [60_000, 70_000],
      [199_000, 200_000],
    ] as const)
      expect(Buffer.from(await source.read(start, end)).equals(film.subarray(start, end))).toBe(true);
  });

  it('is read at once from a server that knows no parts, through redirections', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/moved') response.end(film);
      else response.writeHead(302, { location: '/moved' }).end();
    });
    const source = await httpSource(url, never);
    expect(Buffer.from(await source.read(100, 300)).equals(film.subarray(100, 300))).toBe(true);
  });

  it('is refused when it is too large to come at once, or redirected for ever', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const endless = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', more);
      };
      more();
    });
    await expect(httpSource(endless, never)).rejects.toThrow('more than 67108864 bytes');
    const circle = await serve((_request, response) => response.writeHead(302, { location: '/a' }).end());
    await expect(httpSource(circle, never)).rejects.toThrow();
    const elsewhere = await serve((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/hostname' }).end(),
    );
    await expect(httpSource(elsewhere, never)).rejects.toThrow();
  });

  it('is refused when the server says nothing, nonsense, or no', async () => {
    await expect(httpSource(await serve(() => undefined), never, 50)).rejects.toThrow();
    for (const range of ['bytes 0-1/*', 'bytes 0-1/-5', 'bytes 0-1/1e400', 'x', '']) {
      const url = await serve((_request, response) =>
        response.writeHead(206, { 'content-range': range }).end('xx'),
      );
      await expect(httpSource(url, never), range).rejects.toThrow('206');
    }
    const none = await serve((_request, response) => response.writeHead(404).end());
    await expect(httpSource(none, never)).rejects.toThrow('404');
  });

  it('fails where a part is not what was asked for', async () => {
    const later = (bend: (part: Buffer) => Buffer) =>
      inParts((part, first) => (first > 0 ? bend(part) : part));
    const long = await httpSource(await serve(later((part) => Buffer.concat([part, part]))), never);
    await expect(long.read(100_000, 100_100)).rejects.toThrow('more than 100 bytes');
    const short = await httpSource(await serve(later((part) => part.subarray(1))), never);
    await expect(short.read(100_000, 100_100)).rejects.toThrow('too little');
  });

  it('is given up when nobody wants it any more', async () => {
    const aborter = new AbortController();
    const opening = httpSource(await serve(() => undefined), aborter.signal);
    aborter.abort();
    await expect(opening).rejects.toThrow();
  });
});
