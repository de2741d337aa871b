import { oc } from '@orpc/contract';
import { Problem, type ProblemCode } from '../problem.ts';

/** Every procedure answers with one of these when it fails; `data` is the `Problem`, for people and scripts. */
export const procedure = oc.errors({
  BAD_REQUEST: { status: 400, data: Problem },
  NOT_FOUND: { status: 404, data: Problem },
  CONFLICT: { status: 409, data: Problem },
  UNPROCESSABLE_CONTENT: { status: 422, data: Problem },
});

export type ContractErrorCode = 'BAD_REQUEST' | 'NOT_FOUND' | 'CONFLICT' | 'UNPROCESSABLE_CONTENT';

/** Which of the contract's errors carries a problem. Null means an unforeseen fault (HTTP 500). */
export function contractErrorCode(code: ProblemCode): ContractErrorCode | null {
  switch (code) {
    case 'job-not-found':
    case 'preset-not-found':
    case 'device-not-found':
    case 'bench-not-found':
    case 'source-not-found':
    case 'output-not-found':
      return 'NOT_FOUND';
    case 'invalid-transition':
    case 'preset-is-built-in':
    case 'engine-in-use':
      return 'CONFLICT';
    case 'invalid-request':
    case 'preset-invalid':
      return 'BAD_REQUEST';
    case 'internal':
    case 'database-failed':
      return null;
    default:
      return 'UNPROCESSABLE_CONTENT';
  }
}
