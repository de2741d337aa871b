// Runs every test there is and adds up the result: vitest (unit and real), then Playwright (browser and desktop).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const results = 'test-results';
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

function run(name, args) {
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (error) process.stderr.write(`${name} could not be started: ${error.message}\n`);
  return status ?? 1;
}

function report(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

if (!existsSync('out/main/cli.js'))
  run('build', ['node_modules/electron-vite/bin/electron-vite.js', 'build']);

let failedRuns = 0;
const total = { passed: 0, failed: 0, skipped: 0 };
const skippedTitles = [];

const vitestFile = `${results}/vitest.json`;
const vitestStatus = run('vitest', [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${vitestFile}`,
]);
const vitest = report(vitestFile);
if (vitest === null) {
  failedRuns += 1;
} else {
  total.passed += vitest.numPassedTests;
  total.failed += vitest.numFailedTests;
  total.skipped += vitest.numPendingTests + vitest.numTodoTests;
  for (const file of vitest.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped') skippedTitles.push(test.fullName);
    }
  }
  // A file that cannot even be loaded fails the run without failing a test.
  if (vitestStatus !== 0 && vitest.numFailedTests === 0) failedRuns += 1;
}

const playwrightStatus = run('playwright', ['node_modules/@playwright/test/cli.js', 'test']);
const playwright = report(`${results}/e2e.json`);
if (playwright === null) {
  failedRuns += 1;
} else {
  const { expected, unexpected, flaky, skipped } = playwright.stats;
  total.passed += expected + flaky;
  total.failed += unexpected;
  total.skipped += skipped;
  const walk = (suite) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'flaky') process.stdout.write(`passed at the second try: ${spec.title}\n`);
        if (test.status !== 'skipped') continue;
        const why = test.annotations?.find((a) => a.type === 'skip')?.description;
        skippedTitles.push(why ? `${spec.title}: ${why}` : spec.title);
      }
    }
    for (const child of suite.suites ?? []) walk(child);
  };
  for (const suite of playwright.suites ?? []) walk(suite);
  if (playwrightStatus !== 0 && unexpected === 0) failedRuns += 1;
}

for (const title of skippedTitles) process.stdout.write(`skipped: ${title}\n`);
const failed = total.failed + failedRuns;
process.stdout.write(`\n${total.passed} passed, ${failed} failed, ${total.skipped} skipped\n`);
process.exit(failed === 0 ? 0 : 1);
