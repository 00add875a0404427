import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], options: object = {}) => ({
  test: { name, include, testTimeout: 20_000, ...options },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', [
        'src/**/*.test.ts',
        'setup/**/*.test.mjs',
        'test/contract/**/*.test.ts',
        'test/docs/**/*.test.ts',
      ]),
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('engines', ['test/engines/**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 300_000,
        fileParallelism: false,
      }),
      project('faults', ['test/{faults,soak}/**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      project('fuzz', ['test/fuzz/**/*.test.ts'], { testTimeout: 300_000 }),
    ],
  },
});
