import { defineConfig } from 'vitest/config';

/**
 * Four kinds of tests, in the order in which they say something useful:
 * unit (beside the source), contract (outside judges and recordings), scenario (several processes on loopback),
 * e2e (a real Chromium, a real Electron). `npm run check` runs the first, `npm test` all of them.
 */
const shared = { testTimeout: 20_000, hookTimeout: 60_000, restoreMocks: true };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: [
            '{protocol,media-server,signaling-server,main,preload,renderer,build}/**/*.test.{ts,tsx}',
            '{test/fuzz,bench}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          ...shared,
          name: 'contract',
          sequence: { groupOrder: 1 },
          include: ['test/contract/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'scenario',
          sequence: { groupOrder: 2 },
          include: ['test/scenario/**/*.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Browsers on a busy machine lose a race now and then: once more, and the summary names who needed it.
          retry: 1,
          // Media needs the machine for itself: one browser scenario at a time.
          fileParallelism: false,
        },
      },
    ],
  },
});
