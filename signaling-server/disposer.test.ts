import { describe, expect, it } from 'vitest';
import { Disposer } from './disposer';

describe('a disposer', () => {
  it('undoes backwards, past a failing step, and once', async () => {
    const log: unknown[] = [];
    const disposer = new Disposer((error) => log.push((error as Error).message));
    disposer.add(() => log.push('first acquired'));
    disposer.add(() => Promise.reject(new Error('fails')));
    disposer.add(() => log.push('last acquired'));
    const disposing = disposer.dispose();
    expect(disposer.disposed).toBe(true);
    await Promise.all([disposing, disposer.dispose()]);
    expect(log).toEqual(['last acquired', 'fails', 'first acquired']);
  });

  it('undoes at once what is acquired too late', async () => {
    const disposer = new Disposer(() => {});
    await disposer.dispose();
    let undone = false;
    disposer.add(() => (undone = true));
    expect(undone).toBe(true);
  });
});
