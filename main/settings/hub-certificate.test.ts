import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { installationCertificate } from '../../signaling-server/certificate';
import { systemClock } from '../../signaling-server/clock';
import { hubCertificate } from './hub-certificate';

describe('a look at a hub’s certificate', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  it('shows its fingerprint, and that nobody vouches for it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'callcast-certificate-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const { cert, key, fingerprint } = await installationCertificate(folder, systemClock);
    const port = await listen(createTlsServer({ cert, key }));
    expect(await hubCertificate(`https://127.0.0.1:${port}/`)).toEqual({
      at: 'found',
      fingerprint,
      trusted: false,
    });
  });

  it('says that something else listens there, or nothing, or something that is silent', async () => {
    const chatty = await listen(createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n')));
    expect(await hubCertificate(`https://127.0.0.1:${chatty}/`)).toEqual({ at: 'failed', why: 'not-a-hub' });
    const silent = await listen(createServer());
    expect(await hubCertificate(`https://127.0.0.1:${silent}/`, 100)).toEqual({
      at: 'failed',
      why: 'timeout',
    });
    await closers.pop()?.();
    expect(await hubCertificate(`https://127.0.0.1:${silent}/`)).toEqual({ at: 'failed', why: 'refused' });
  });
});
