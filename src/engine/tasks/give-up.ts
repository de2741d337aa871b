import type { Problem } from '../../common/problem.ts';

/** A try that failed: where, and why. */
export interface FailedTry {
  readonly deviceName: string;
  readonly error: Problem;
}

/** Why a job fails for good, with the story of every try. One try tells its own. */
export function giveUp(tries: readonly FailedTry[], last: Problem): Problem {
  if (tries.length < 2) return last;
  const story = tries.map(({ deviceName, error }, n) => `${n + 1}. On ${deviceName}: ${error.message}`);
  return { ...last, message: `All ${tries.length} tries failed. ${story.join(' ')}` };
}
