/** Seconds of what `npm run fuzz` does for minutes, and everything that it ever found. */
import { describe, expect, it } from 'vitest';
import { inputOf, replay, runCampaign } from './campaign';
import { readReproducers } from './reproducer';
import { TARGETS, targetNamed } from './targets';

/** Milliseconds for each target. */
const LIMIT_MS = 400;
const SEED = 1;

describe('a campaign', () => {
  for (const target of TARGETS) {
    it(`against ${target.name} (${target.about}) finds nothing`, async () => {
      const result = await runCampaign(target, { inputs: 20_000, seed: SEED, limitMs: LIMIT_MS });
      expect(result.failure?.what).toBeUndefined();
      expect(result.inputs).toBeGreaterThan(10);
    });
  }

  it('makes the same inputs of the same seed, and others of another', async () => {
    const target = targetNamed('rtp')!;
    const prepared = await target.prepare();
    const made = (seed: number) => Array.from({ length: 50 }, (_, index) => inputOf(prepared, seed, index));
    expect(made(7)).toEqual(made(7));
    expect(made(7)).not.toEqual(made(8));
  });

  it('tells what fails, what is slow, what fails later and what grows, with the inputs that repeat it', async () => {
    const hoard: Buffer[] = [];
    const trap = (run: (input: Buffer) => unknown, isFault = (_error: unknown) => false) =>
      runCampaign(
        {
          name: 'trap',
          about: '',
          inputs: 1,
          episode: 10,
          isFault,
          prepare: () => ({ samples: [Buffer.alloc(40)], maxBytes: 64, begin: () => ({ run }) }),
        },
        { inputs: 4_000, seed: 3 },
      );
    const raises = (input: Buffer) => {
      if (input.length > 50) throw new RangeError('too long');
    };
    const raised = (await trap(raises)).failure;
    expect(raised?.what).toContain('too long');
    expect(raised?.inputs.at(-1)?.length).toBeGreaterThan(50);
    // No longer and no more than it takes.
    expect(raised?.inputs.map(({ length }) => length)).toEqual([51]);
    expect((await trap(raises, (error) => error instanceof RangeError)).failure).toBeUndefined();
    const later = (input: Buffer) => {
      if (input.length > 50) void Promise.reject(new Error('nobody listens'));
    };
    expect((await trap(later)).failure?.what).toContain('nobody listens');
    const grows = () => void hoard.push(Buffer.alloc(16 * 1024, 1));
    expect((await trap(grows)).failure?.what).toContain('heap grew');
    const slow = (input: Buffer) => {
      const end = performance.now() + (input.length > 50 ? 300 : 0);
      while (performance.now() < end);
    };
    expect((await trap(slow)).failure?.what).toMatch(/^took \d+ ms/);
  });
});

describe('what was found once', () => {
  const kept = readReproducers();
  for (const { name, kept: reproducer } of kept) {
    it(`is not there any more: ${name} (${reproducer.what})`, async () => {
      const target = targetNamed(reproducer.target)!;
      const prepared = await target.prepare();
      const inputs = reproducer.inputs.map((input) => Buffer.from(input, 'base64'));
      expect((await replay(target, prepared, inputs)).problem).toBeUndefined();
    });
  }
  it('is kept with a target that exists', () => {
    for (const { kept: reproducer } of kept) expect(targetNamed(reproducer.target)).toBeDefined();
  });
});
