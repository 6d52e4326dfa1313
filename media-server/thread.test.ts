import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MIB = 1024 * 1024;

/** Allocates until V8 has had many a reason to let its young generation grow; prints how large it is. */
const SCRIPT = `
  const { getHeapSpaceStatistics } = await import('node:v8');
  const { startThread } = await import(process.argv[1]);
  const churn = () => {
    let kept = [];
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ number: i });
      if (kept.length > 60_000) kept = [];
    }
    return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
  };
  const thread = startThread(process.argv[2], 16);
  thread.once('online', () => {
    console.log(churn());
    void thread.terminate();
  });
`;

it('keeps the young generation small, also once a thread has started', async () => {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', 'tsx', '--input-type=module', '--eval', SCRIPT],
    ...[here('./thread.ts'), here('../test/support/idle-thread.cjs')],
  ]);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThanOrEqual(4 * MIB);
});
