/** A TURN server for a test: coturn on a free port, with one user. It relays between addresses of this machine. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts } from './network';
import { until } from './until';

const PROGRAM = ['/usr/bin/turnserver', '/usr/local/bin/turnserver'].find((path) => existsSync(path));

export function coturnObstacle(): string | undefined {
  return PROGRAM === undefined ? 'coturn is not on this machine' : undefined;
}

export interface Coturn {
  /** Such as `turn:192.168.0.7:40001`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Allocations that it granted so far. */
  allocations(): number;
  close(): Promise<void>;
}

/** @param address of this machine; browsers do not gather from loopback */
export async function startCoturn(address: string): Promise<Coturn> {
  if (PROGRAM === undefined) throw new Error('no coturn');
  const folder = await mkdtemp(join(tmpdir(), 'coturn-'));
  const port = await freePort(address);
  const [user, password] = ['ana', 'a password of its own'];
  const flags = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--lt-cred-mech', '--verbose', '--simple-log'];
  const server = spawn(
    PROGRAM,
    [
      ...flags,
      `--listening-ip=${address}`,
      `--relay-ip=${address}`,
      `--listening-port=${port}`,
      `--user=${user}:${password}`,
      '--realm=test.example',
      `--userdb=${join(folder, 'db')}`,
      `--pidfile=${join(folder, 'pid')}`,
      '--log-file=stdout',
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const exited = new Promise((resolve) => server.once('exit', resolve));
  let allocations = 0;
  let rest = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    allocations += lines.filter((line) => /ALLOCATE processed, success/.test(line)).length;
  });
  await until(async () => !(await accepts(address, port)) && 'coturn does not listen', 20_000);
  return {
    url: `turn:${address}:${port}`,
    user,
    password,
    allocations: () => allocations,
    async close() {
      server.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, address, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
