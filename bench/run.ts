// npm run bench [-- --quick]: measures Gantry against its peers in one run and writes docs/benchmarks.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { benchEncode } from './encode.ts';
import { benchGpus } from './gpus.ts';
import type { Finding } from './measure.ts';
import { measureQueue } from './queue.ts';
import { benchScheduler } from './scheduler.ts';
import { benchIdle, benchVersion } from './startup.ts';
import { benchTelemetry } from './telemetry.ts';

const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 1 : 3;
const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
const findings: Finding[] = [];

function report(found: Finding): void {
  findings.push(found);
  const verdict = found.met === null ? '' : found.met ? ' (met)' : ' (not met)';
  process.stdout.write(
    `${found.what}: ${found.figure}${found.aim === null ? '' : `, aim ${found.aim}${verdict}`}\n`,
  );
}

function reportQueue(): void {
  const queue = measureQueue(folder);
  report({
    what: '100,000 jobs added in one call, written to disk and returned',
    figure: `${queue.addSeconds.toFixed(2)} s`,
    aim: '< 5 s',
    met: queue.addSeconds < 5,
  });
  report({
    what: 'Next job found and claimed with 100,000 waiting, p50 / p99',
    figure: `${queue.claimP50Ms.toFixed(2)} / ${queue.claimP99Ms.toFixed(2)} ms`,
    aim: 'p99 < 1 ms',
    met: queue.claimP99Ms < 1,
  });
  report({
    what: 'A page of 200 from anywhere in a list of 100,000, p50 / p99',
    figure: `${queue.listPageP50Ms.toFixed(2)} / ${queue.listPageP99Ms.toFixed(2)} ms`,
    aim: null,
    met: null,
  });
  report({
    what: '100,000 jobs removed in one call',
    figure: `${queue.removeSeconds.toFixed(2)} s`,
    aim: null,
    met: null,
  });
}

try {
  report(await benchVersion());
  reportQueue();
  for (const found of benchScheduler()) report(found);
  for (const found of await benchIdle(folder)) report(found);
  for (const found of await benchTelemetry(folder, isQuick ? 10 : 60)) report(found);
  for (const found of await benchEncode(folder, rounds)) report(found);
  for (const found of await benchGpus(folder)) report(found);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const rows = findings.map(({ what, figure, aim, met }) => {
  const verdict = met === null ? '' : met ? 'yes' : '**no**';
  return `| ${what} | ${figure} | ${aim ?? '–'} | ${verdict} |`;
});
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const text = `# Benchmarks

Made by \`npm run bench\` in one run on ${machine}, Node ${process.version}, on ${new Date().toISOString().slice(0, 10)}.
Ratios are medians over ${rounds} pair${rounds === 1 ? '' : 's'} of runs that took turns; below 1 Gantry is faster. Absolute
figures depend on the machine.

| what | measured | aim | met |
|---|---|---|---|
${rows.join('\n')}
`;
if (!isQuick) writeFileSync('docs/benchmarks.md', text);
