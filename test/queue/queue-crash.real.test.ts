import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JobId, JobId as JobIds } from '../../src/common/ids.ts';
import { TestQueue } from './queue-fixture.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  added: JobId[];
  done: JobId[];
  cancelled: JobId[];
  paused: JobId[];
}

/** Lets a process work the queue for a while, kills it, and returns all that it had told. */
async function workAndKill(file: string, workMs: number, told: Told): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fill-queue.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = text(child.stdout);
  await once(child.stdout, 'readable');
  await sleep(workMs);
  child.kill('SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  // A line that the kill cut short was not told.
  for (const line of (await output).split('\n').slice(0, -1)) {
    for (const [what, ids] of Object.entries(JSON.parse(line))) {
      told[what as keyof Told].push(...[ids].flat().map((id) => JobIds.parse(id)));
    }
  }
}

test('kill -9 at any moment loses nothing that was told, and no job is in two states', async () => {
  const file = join(folder, 'gantry.db');
  const told: Told = { added: [], done: [], cancelled: [], paused: [] };
  for (let round = 0; round < 8; round += 1) {
    const before = told.added.length;
    await workAndKill(file, 37 * round, told);
    expect(told.added.length).toBeGreaterThan(before);

    const queue = new TestQueue(file);
    expect(queue.db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(queue.db.pragma('foreign_key_check')).toEqual([]);
    const { undecided } = queue.store.recover();
    for (const lease of undecided) queue.store.completePublished(lease);
    const status = (id: JobId) => queue.store.job(id)?.status;
    expect(told.added.filter((id) => status(id) === undefined)).toEqual([]);
    expect(told.done.filter((id) => status(id) !== 'done')).toEqual([]);
    expect(told.cancelled.filter((id) => status(id) !== 'cancelled')).toEqual([]);
    expect(told.paused.filter((id) => status(id) !== 'paused')).toEqual([]);
    expect(queue.store.leases()).toEqual([]);
    expect(queue.store.counts().running).toBe(0);
    // Every job that may run has exactly one task for it.
    const open = queue.store.counts().queued;
    const tasks = queue.store.runnable(['inspect', 'encode'], open + 1).map((task) => task.jobId);
    expect(new Set(tasks).size).toBe(open);
    expect(tasks).toHaveLength(open);
    queue.db.close();
  }
});
