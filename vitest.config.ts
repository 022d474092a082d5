import { defineConfig } from 'vitest/config';

// The limits only end what hangs: no test passes or fails by the speed of the machine.
const expectation = { poll: { timeout: 30_000 } };

export default defineConfig({
  test: {
    // By default one core is left to whoever watches. What starts clusters, and kills parts of them, has the machine for itself.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          expect: expectation,
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'scripts/**/*.test.mjs',
            'bench/**/*.test.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'contract',
          expect: expectation,
          include: ['tests/contract/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'flow',
          expect: expectation,
          include: ['tests/flow/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'chaos',
          expect: expectation,
          include: ['tests/chaos/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
