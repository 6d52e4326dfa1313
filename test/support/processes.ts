/** What a test starts must end with it: looks at processes and their descendants. */
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until';

/** A process and all its descendants; on other systems than Linux the process alone. */
export function processFamily(pid: number): number[] {
  if (process.platform !== 'linux') return [pid];
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const status = /^\d+$/.test(entry) ? processStatus(Number(entry)) : undefined;
    if (status) children.set(status.parent, [...(children.get(status.parent) ?? []), Number(entry)]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

/** A process that ended but was not collected yet by its parent (a zombie) does not count. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const status = processStatus(pid);
    return status !== undefined && status.state !== 'Z';
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** From /proc/PID/stat: `pid (name) state parent …`, where the name may hold anything, parentheses too. */
function processStatus(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

export async function untilGone(pids: readonly number[], timeout = 10_000): Promise<void> {
  await until(() => {
    const left = pids.filter(isAlive);
    return left.length === 0 ? undefined : `still running: ${left.join(', ')}`;
  }, timeout);
}
