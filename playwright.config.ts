import { defineConfig } from '@playwright/test';

/**
 * End-to-end tests. `ui` drives Chromium against a real `gantry serve`; `electron` opens the desktop app and skips, saying
 * so, where Electron's binary is absent.
 */
export default defineConfig({
  outputDir: 'test-results',
  // Encodes compete for the same cores; two browsers at once only make each other time out.
  workers: 1,
  // On a crowded machine a browser misses a beat now and then; what needed a second try is named in the summary.
  retries: process.env['CI'] ? 1 : 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  projects: [
    { name: 'ui', testDir: 'e2e/ui' },
    { name: 'electron', testDir: 'e2e/electron' },
  ],
});
