import { expect, it } from 'vitest';
import { soak } from '../support/soak.ts';

it('loses nothing when the whole process tree is killed with -9 at random moments', {
  timeout: 600_000,
}, async () => {
  const result = await soak({ rounds: 8, jobs: 12 });
  expect(result.faults).toEqual([]);
  // A run in which no kill met an encode would prove nothing.
  expect(result.killsDuringWork).toBeGreaterThan(0);
});
