import { ORPCError } from '@orpc/client';
import { contractErrorCode } from '../../common/contract/errors.ts';
import { Problem, ProblemError } from '../../common/problem.ts';
import { invalidInput } from './invalid-input.ts';

/** HTTP status of each of the contract's errors. */
const CONTRACT_STATUS = {
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNPROCESSABLE_CONTENT: 422,
} as const;

/** What callers are told of a fault that nobody foresaw: no stack, no inner words. */
export const UNFORESEEN: Problem = {
  code: 'internal',
  message: 'An unexpected error stopped this request.',
  nextStep: "Try again. If it happens again, report it with the engine's log.",
};

/**
 * Any thrown thing as an oRPC error that carries a `Problem` as its data. `onFault` hears of what nobody foresaw.
 * Running it on its own result changes nothing.
 */
export function toContractError(
  error: unknown,
  onFault: (error: unknown) => void,
): ORPCError<string, Problem> {
  if (error instanceof ProblemError) {
    const code = contractErrorCode(error.problem.code);
    if (code !== null) return carry(code, CONTRACT_STATUS[code], error.problem, error);
    onFault(error);
    // The detail of an internal problem may be a stack trace.
    const { code: problemCode, message, nextStep } = error.problem;
    return carry('INTERNAL_SERVER_ERROR', 500, { code: problemCode, message, nextStep }, error);
  }
  if (error instanceof ORPCError) {
    const known = Problem.safeParse(error.data);
    if (known.success) return carry(error.code, error.status, known.data, error);
    const invalid = invalidInput(error);
    if (invalid !== null) return carry('BAD_REQUEST', 400, invalid, error);
  }
  onFault(error);
  return carry('INTERNAL_SERVER_ERROR', 500, UNFORESEEN, error);
}

function carry(code: string, status: number, data: Problem, cause: unknown): ORPCError<string, Problem> {
  return new ORPCError(code, { status, message: data.message, data, cause });
}
