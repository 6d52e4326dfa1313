/**
 * Another computer on a network with this one, as far as the kernel is concerned: a network namespace with a cable to a
 * switch. Its cable can be pulled, silently cut, and its address changed, which no page can tell from the real thing.
 * Needs Linux and root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

/** Why there can be no namespaces here; undefined: there can be. */
export function namespaceObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces: Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces: root only';
  if (spawnSync('ip', ['-V']).error) return 'network namespaces: needs ip (iproute2)';
  // As root on a build machine, not being able to is a fault of the machine, which shall be seen.
  return undefined;
}

/** An address of nobody: what is sent to it never arrives. */
const NOWHERE = '02:00:00:00:00:01';

export class Elsewhere {
  readonly #name: string;
  readonly #switch: string;
  readonly #near: string;
  readonly #socket: string;
  readonly #plug: string;
  readonly #far: string;
  readonly #net: string;
  #host = 2;

  /** @param index tells those of one test apart, 0–255 */
  static create(index: number): Elsewhere {
    return new Elsewhere(index);
  }

  private constructor(index: number) {
    const id = `${process.pid.toString(36)}${index}`;
    this.#name = `callcast-${id}`;
    this.#switch = `ccs${id}`;
    this.#near = `ccn${id}`;
    this.#socket = `ccd${id}`;
    this.#plug = `cce${id}`;
    this.#far = `ccf${id}`;
    // Between 10.210.0.0 and 10.217.255.0, by process: others may be at it at the same time.
    this.#net = `10.${210 + (index % 8)}.${process.pid % 256}`;
    ip('netns', 'add', this.#name);
    try {
      ip('link', 'add', this.#switch, 'type', 'bridge');
      // Something else is on the switch: it stays on when the other computer is unplugged.
      ip('link', 'add', this.#socket, 'type', 'veth', 'peer', 'name', this.#plug);
      ip('link', 'set', this.#plug, 'up');
      ip('link', 'add', this.#near, 'type', 'veth', 'peer', 'name', this.#far);
      ip('link', 'set', this.#far, 'netns', this.#name);
      for (const port of [this.#socket, this.#near]) {
        ip('link', 'set', port, 'master', this.#switch);
        ip('link', 'set', port, 'up');
      }
      ip('addr', 'add', `${this.here}/24`, 'dev', this.#switch);
      ip('link', 'set', this.#switch, 'up');
      this.#inside('link', 'set', 'lo', 'up');
      this.#inside('link', 'set', this.#far, 'up');
      this.#give(this.#host);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** This computer's address, seen from there. */
  get here(): string {
    return `${this.#net}.1`;
  }

  /** Whether this computer has its address on that network by now. */
  get isHere(): boolean {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    return addresses.some(({ address }) => address === this.here);
  }

  /** Writes a program to `folder` that runs `program` over there, with the same arguments. */
  async command(program: string, folder: string): Promise<string> {
    const file = join(folder, `${this.#name}.sh`);
    await writeFile(file, `#!/bin/sh\nexec ip netns exec ${this.#name} ${program} "$@"\n`);
    await chmod(file, 0o755);
    return file;
  }

  /** The other computer notices: its link is down. */
  unplug(): void {
    this.#inside('link', 'set', this.#far, 'down');
  }
  plugIn(): void {
    this.#inside('link', 'set', this.#far, 'up');
    this.#route();
  }

  /** Nobody notices: links are up, packets go nowhere, in both directions. */
  cut(): void {
    ip('neigh', 'replace', this.#address(), 'lladdr', NOWHERE, 'dev', this.#switch, 'nud', 'permanent');
    this.#inside('neigh', 'replace', this.here, 'lladdr', NOWHERE, 'dev', this.#far, 'nud', 'permanent');
  }
  mend(): void {
    ip('neigh', 'del', this.#address(), 'dev', this.#switch);
    this.#inside('neigh', 'del', this.here, 'dev', this.#far);
  }

  /** The old address is gone. */
  leave(): void {
    this.#inside('addr', 'flush', 'dev', this.#far, 'scope', 'global');
  }
  /** A new one, of the same network. */
  arrive(): void {
    this.#host += 1;
    this.#give(this.#host);
  }

  /** Whatever runs over there loses its network. Idempotent. */
  close(): void {
    for (const link of [this.#near, this.#socket, this.#switch]) spawnSync('ip', ['link', 'del', link]);
    spawnSync('ip', ['netns', 'del', this.#name]);
  }

  #address(): string {
    return `${this.#net}.${this.#host}`;
  }
  #give(host: number): void {
    this.#inside('addr', 'add', `${this.#net}.${host}/24`, 'dev', this.#far);
    this.#route();
  }
  #route(): void {
    this.#inside('route', 'replace', 'default', 'via', this.here);
  }
  #inside(...args: string[]): void {
    ip('-n', this.#name, ...args);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
