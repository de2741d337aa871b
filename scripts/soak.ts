// npm run soak [-- ROUNDS JOBS]: kill -9 of the whole process tree at random moments over a queue of clips.
import { soak } from '../test/support/soak.ts';

const rounds = Number(process.argv[2] ?? 50);
const jobs = Number(process.argv[3] ?? 20);
const result = await soak({ rounds, jobs, log: (line) => process.stdout.write(`${line}\n`) });
for (const fault of result.faults) process.stdout.write(`FAULT ${fault}\n`);
process.stdout.write(
  `${result.rounds} kills (${result.killsDuringWork} while encoding) over ${result.jobs} jobs: ${result.faults.length} faults\n`,
);
process.exit(result.faults.length === 0 ? 0 : 1);
