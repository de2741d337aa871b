import { expect, it } from 'vitest';
import type { Progress } from '../../src/common/job.ts';
import { type RunningTask, RunningTasks } from '../../src/engine/scheduler/running-tasks.ts';

const tasks = new RunningTasks();

function remaining(progress: Partial<Progress> | null, expectedMs: number | null): number | null {
  const full = progress === null ? null : { fraction: 0, fps: null, speedX: null, etaMs: null, ...progress };
  return tasks.remainingMs({ progress: full, expectedMs, startedAtMs: 0 } as RunningTask, 1_000);
}

it('goes by what was expected until an encode has moved, and by its pace from a tenth of the way on', () => {
  expect(remaining(null, 10_000)).toBe(9_000);
  expect(remaining({ fraction: 0.1, etaMs: 4_000 }, 10_000)).toBe(4_000);
  expect(remaining({ fraction: 0.9, etaMs: 4_000.4 }, 10_000)).toBe(4_000);
});

it('does not believe the first frames', () => {
  expect(remaining({ fraction: 0.001, etaMs: 500_000 }, 10_000)).toBeLessThan(15_000);
});

it('takes what there is where only one of both is known, and says null where neither is', () => {
  expect(remaining({ fraction: 0.001, etaMs: 500_000 }, null)).toBe(500_000);
  expect(remaining({ fraction: 0.5 }, 10_000)).toBe(9_000);
  expect(remaining({ fraction: 0.5 }, null)).toBeNull();
});
