import { ORPCError } from '@orpc/client';
import { Problem, ProblemError } from '../../common/problem.ts';
import { text } from '../text/en.ts';

/** Whatever a call threw, as what happened and what to do. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ORPCError) {
    const carried = Problem.safeParse(error.data);
    if (carried.success) return carried.data;
    return { ...text.problems.engineFault, detail: `${error.code}: ${error.message}` };
  }
  // A call that was under way when the connection went ends in a plain error of the transport.
  return { ...text.problems.connectionLost, detail: error instanceof Error ? error.message : String(error) };
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
