import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobId } from '../../src/common/ids.ts';
import type { Job, JobStatus, NewJobInput } from '../../src/common/job.ts';
import { NewJob } from '../../src/common/job.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { waitFor } from './processes.ts';

export interface TestEngine {
  readonly engine: Engine;
  readonly home: string;
  add(...jobs: NewJobInput[]): Promise<JobId[]>;
  job(id: JobId): Job;
  /** Waits until the job has one of the states. */
  until(id: JobId, ...states: JobStatus[]): Promise<Job>;
  /** Waits until the job encodes and has made some progress. */
  untilMoving(id: JobId): Promise<Job>;
}

export function temporaryFolder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `gantry-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A real engine in this process, on a home of its own. */
export async function openEngine(home: string, env: NodeJS.ProcessEnv = {}): Promise<TestEngine> {
  const opened = await createEngine({
    home,
    env: { ...process.env, ...env },
    version: '0.0.0-test',
    command: 'test',
    staticFolder: null,
    appFolder: join(import.meta.dirname, '../..'),
  });
  if ('heldBy' in opened) throw new Error(`the home is held by ${opened.heldBy?.command}`);
  const { backend } = opened;
  const job = (id: JobId) => backend.jobs.show({ id }, {}) as Job;
  return {
    engine: opened,
    home,
    add: async (...jobs) => {
      const { jobs: added, rejected } = await backend.jobs.add(
        { jobs: jobs.map((j) => NewJob.parse(j)) },
        {},
      );
      if (rejected.length > 0) throw new Error(JSON.stringify(rejected));
      return added.map((j) => j.id);
    },
    job,
    until: (id, ...states) =>
      waitFor(
        () => (states.includes(job(id).status) ? job(id) : null),
        90,
        `job ${id} to be ${states.join(' or ')}`,
      ),
    untilMoving: (id) =>
      waitFor(
        () => (job(id).status === 'running' && job(id).progress.fraction > 0 ? job(id) : null),
        60,
        `job ${id} to move`,
      ),
  };
}
