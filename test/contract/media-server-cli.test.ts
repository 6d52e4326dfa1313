/** The media server as a process of its own: what it says, whom it tells, when it ends. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

/** The sources as they are, in a process of their own. */
function start(args: string[], withParent = false) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, '../../media-server/cli.ts'), ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe', ...(withParent ? (['ipc'] as const) : [])],
    },
  );
  children.push(child);
  let output = '';
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (output += data.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const firstLine = async () => {
    while (!output.includes('\n'))
      await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), exited]);
    return output.split('\n')[0];
  };
  return { child, exited, firstLine, output: () => output };
}

describe('the command line', () => {
  it('says where it listens and ends cleanly when told', async () => {
    const server = start(['--port=0']);
    const line = await server.firstLine();
    expect(line).toMatch(/^media server ready at ws:\/\/127\.0\.0\.1:\d+\/kurento$/);
    const socket = new WebSocket(line?.replace('media server ready at ', '') ?? '');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    await closed;
  });

  it('tells its parent, and ends when the parent is gone', async () => {
    const server = start(['--port=0'], true);
    const [message] = (await once(server.child, 'message')) as [{ type: string; url: string }];
    expect(message).toMatchObject({ type: 'ready', url: expect.stringMatching(/^ws:/) as string });
    server.child.disconnect();
    expect(await server.exited).toBe(0);
  });

  it('says in a sentence what is wrong', async () => {
    const occupied = createServer();
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    const { port } = occupied.address() as AddressInfo;
    const busy = start([`--port=${port}`]);
    expect(await busy.exited).toBe(1);
    expect(busy.output()).toContain(`Port ${port} is in use already`);
    occupied.close();
    const wrong = start(['--port=many']);
    expect(await wrong.exited).toBe(2);
    expect(wrong.output()).toContain('--port=many is no port number');
  });
});
