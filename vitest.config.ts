import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'out/**', 'e2e/**'];

export default defineConfig({
  test: {
    projects: [
      {
        // Pure functions and in-process parts: no ffmpeg, no server, no browser.
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
          exclude: [...exclude, 'test/**/*.real.test.ts'],
        },
      },
      {
        // Real ffmpeg, real files, real processes, real sockets.
        test: {
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
