import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { startMediaServer } from '../../media-server/index';
import { systemClock } from '../clock';
import { probeMediaServer } from './probe';

describe('the test of a media server', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function listening(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  }

  it('tells version, modules and round trip, and leaves no session behind', async () => {
    const server = await startMediaServer({ port: 0 });
    closers.push(() => server.close());
    const report = await probeMediaServer(server.url, systemClock);
    expect(report).toMatchObject({ at: 'reached', version: '7.3.1', hats: false });
    if (report.at !== 'reached') throw new Error('not reached');
    expect(report.modules.map(({ name }) => name)).toEqual(['core', 'elements', 'filters']);
    expect(report.types).toBeGreaterThan(3);
    expect(report.roundTrip).toBeGreaterThan(0);
    expect(server.counts().sessions).toBe(0);
  });

  it('says that nothing listens there', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    await closers.pop()?.();
    expect(await probeMediaServer(`ws://127.0.0.1:${port}/kurento`, systemClock)).toEqual({
      at: 'failed',
      why: 'refused',
    });
  });

  it('says that something else listens there: a web server, or another WebSocket', async () => {
    const web = createServer((_request, response) => response.end('hello'));
    const failed = { at: 'failed', why: 'not-kurento' };
    expect(await probeMediaServer(`ws://127.0.0.1:${await listening(web)}/`, systemClock)).toEqual(failed);
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closers.push(() => new Promise((resolve) => sockets.close(resolve)));
    await new Promise((resolve) => sockets.once('listening', resolve));
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        const { id } = JSON.parse((data as Buffer).toString()) as { id: number };
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { value: 'hello' } }));
      });
    });
    const { port } = sockets.address() as AddressInfo;
    expect(await probeMediaServer(`ws://127.0.0.1:${port}/kurento`, systemClock)).toEqual(failed);
  });

  it('gives up on one that never answers', async () => {
    const silent = createTcpServer();
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => sockets.add(socket));
    const port = await listening(silent);
    // Time runs a hundred times as fast.
    const clock = {
      ...systemClock,
      after: (ms: number, task: () => void) => systemClock.after(ms / 100, task),
    };
    expect(await probeMediaServer(`ws://127.0.0.1:${port}/kurento`, clock)).toEqual({
      at: 'failed',
      why: 'timeout',
    });
    for (const socket of sockets) socket.destroy();
  });
});
