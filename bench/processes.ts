/** The processes that a bench consists of, and what the operating system says about them (Linux). */
import { execFile, fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
/** Of /proc/PID/stat; Linux has had 100 everywhere for decades. */
const TICKS_PER_SECOND = 100;

const running = new Set<ChildProcess>();
let watching = false;

/** Sees to it that a child does not outlive this process, also when a bench is stopped in the middle. */
export function endsWithUs<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (watching) return child;
  watching = true;
  process.once('exit', () => {
    for (const each of running) each.kill('SIGTERM');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  return child;
}

/** User and system time of all threads of a process. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export async function residentKib(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** Resident memory once it stands still for a second; what is loaded in the background is not what a bench asks about. */
export async function settledKib(pid: number): Promise<number> {
  let before = await residentKib(pid);
  for (let second = 0; second < 15; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const now = await residentKib(pid);
    if (Math.abs(now - before) < 1_024) return now;
    before = now;
  }
  return before;
}

/** Open handles of a process, and the UDP ports among them. */
export async function handles(
  pid: number,
): Promise<{ handles: number; udpSockets: number; udpPorts: number }> {
  const inodes = new Set<string>();
  const names = await readdir(`/proc/${pid}/fd`);
  for (const name of names) {
    // A handle may be closed between the two calls.
    const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  let udpSockets = 0;
  const ports = new Set<string>();
  for (const table of ['udp', 'udp6']) {
    const lines = (await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      if (!inodes.has(fields[9] ?? '')) continue;
      udpSockets++;
      ports.add(fields[1]?.split(':')[1] ?? '');
    }
  }
  return { handles: names.length, udpSockets, udpPorts: ports.size };
}

/** A media server as its command line starts it. */
export async function startServer(
  entry: string,
  ...options: readonly string[]
): Promise<{ process: ChildProcess; url: string }> {
  const loader = entry.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const args = [...loader, join(root, entry), '--port=0', ...options];
  const child = endsWithUs(
    spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  for await (const chunk of child.stdout) {
    const url = /ready at (\S+)/.exec(String(chunk))?.[1];
    if (url) return { process: child, url };
  }
  throw new Error('the media server did not start');
}

/**
 * Gives the main thread of a server the first core, and other processes the others. Without a second core, or `taskset`,
 * the system goes on to share them out.
 */
export async function keepApart(server: number, others: readonly ChildProcess[]): Promise<void> {
  const last = availableParallelism() - 1;
  if (last < 1) return;
  try {
    await run('taskset', ['-c', '-p', '0', String(server)]);
    for (const { pid } of others) await run('taskset', ['-a', '-c', '-p', `1-${last}`, String(pid)]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Another source file as a process; resolves when it says `ready`. */
export async function forkChild(
  file: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<ChildProcess> {
  const execArgv = ['--import', 'tsx', ...nodeOptions];
  const child = endsWithUs(fork(file, args, { execArgv, cwd: root }));
  await waitFor(child, 'ready');
  return child;
}

export async function waitFor(child: ChildProcess, type: string): Promise<Record<string, number>> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const gone = once(child, 'exit', { signal }).then(() =>
      Promise.reject(new Error('a child process ended')),
    );
    for (;;) {
      const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [
        Record<string, number> & { type?: unknown },
      ];
      if (message.type === type) return message;
    }
  } finally {
    listening.abort();
  }
}

/** Children end when their channel does. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  await gone;
}
