import { describe, expect, it } from 'vitest';
import { QueueFull, SerialQueue } from './serial-queue';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe('a serial queue', () => {
  it('runs one step at a time, in order, and goes on past one that fails', async () => {
    const queue = new SerialQueue(new AbortController().signal);
    const log: string[] = [];
    const first = gate();
    const one = queue.run(async () => {
      log.push('one begins');
      await first.opened;
      log.push('one ends');
    });
    const two = queue.run(() => {
      log.push('two');
      throw new Error('two fails');
    });
    const three = queue.run(() => log.push('three'));
    expect(queue.length).toBe(3);
    first.open();
    await one;
    await expect(two).rejects.toThrow('two fails');
    expect(await three).toBe(4);
    await queue.idle();
    expect(log).toEqual(['one begins', 'one ends', 'two', 'three']);
    expect(queue.length).toBe(0);
  });

  it('begins no step after its end', async () => {
    const controller = new AbortController();
    const queue = new SerialQueue(controller.signal);
    const first = gate();
    const begun = gate();
    const one = queue.run(async (signal) => {
      begun.open();
      await first.opened;
      return signal.aborted;
    });
    let began = false;
    const two = queue.run(() => (began = true));
    await begun.opened;
    controller.abort(new Error('over'));
    first.open();
    expect(await one).toBe(true);
    await expect(two).rejects.toThrow('over');
    expect(began).toBe(false);
  });

  it('refuses more steps than its limit', async () => {
    const queue = new SerialQueue(new AbortController().signal, 2);
    const first = gate();
    const steps = [queue.run(() => first.opened), queue.run(() => 1)];
    await expect(queue.run(() => 2)).rejects.toBeInstanceOf(QueueFull);
    first.open();
    await Promise.all(steps);
    expect(await queue.run(() => 3)).toBe(3);
  });
});
