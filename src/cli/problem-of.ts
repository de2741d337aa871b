import { Problem, ProblemError, toProblem } from '../common/problem.ts';

/**
 * What went wrong as a `Problem`, whether it was thrown here or came back over the contract. Goes by the shape of the
 * error, so that telling a wrong command line does not load the transports.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (typeof error === 'object' && error !== null && 'data' in error) {
    const carried = Problem.safeParse(error.data);
    if (carried.success) return carried.data;
  }
  return toProblem(error);
}
