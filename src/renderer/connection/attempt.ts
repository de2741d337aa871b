import { toast } from 'sonner';
import type { Problem } from '../../common/problem.ts';
import { text } from '../text/en.ts';
import { problemOf } from './problem-of.ts';

/** Runs what a person asked for. A failure becomes a toast with its next step, and null. */
export async function attempt<T>(action: () => Promise<T>): Promise<T | null> {
  try {
    return await action();
  } catch (error) {
    showProblem(problemOf(error));
    return null;
  }
}

/** The same trouble twice is one toast. */
export function showProblem(problem: Problem, count = 1): void {
  toast.error(count > 1 ? text.toasts.times(problem.message, count) : problem.message, {
    id: `${problem.code}:${problem.message}`,
    description: problem.nextStep,
  });
}

/** Failures of a call on many jobs: one toast for each cause, with how many it met. */
export function showRejected(rejected: readonly { readonly error: Problem }[]): void {
  const causes = new Map<string, { problem: Problem; count: number }>();
  for (const { error } of rejected) {
    const cause = causes.get(error.code);
    if (cause === undefined) causes.set(error.code, { problem: error, count: 1 });
    else cause.count += 1;
  }
  for (const { problem, count } of causes.values()) showProblem(problem, count);
}
