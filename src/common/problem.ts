import { z } from 'zod';

/**
 * Every cause that a person can meet. A code is stable: scripts may match on it.
 * The sentence and the next step are written beside the code that finds the cause out.
 */
export const ProblemCode = z.enum([
  // the source
  'source-not-found',
  'source-not-readable',
  'source-is-a-folder',
  'source-empty',
  'source-corrupt',
  'source-unsupported',
  'source-no-streams',
  'source-no-video',
  'source-changed',
  // the output
  'output-exists',
  'output-folder-missing',
  'output-not-writable',
  'output-is-source',
  'output-name-invalid',
  'output-incomplete',
  'output-not-found',
  'no-space',
  // ffmpeg
  'ffmpeg-missing',
  'ffmpeg-broken',
  'encoder-missing',
  'invalid-argument',
  'filter-graph-failed',
  'out-of-memory',
  'encode-stalled',
  'encode-failed',
  // the GPU
  'no-nvidia-driver',
  'driver-too-old',
  'encode-library-missing',
  'session-limit',
  'gpu-out-of-memory',
  'no-nvenc',
  'no-cuda-device',
  'gpu-index-invalid',
  'capability-missing',
  'gpu-decode-failed',
  'gpu-failed',
  'gpu-lost',
  'probe-timeout',
  // the queue and what is asked of it
  'job-not-found',
  'preset-not-found',
  'preset-invalid',
  'preset-is-built-in',
  'device-not-found',
  'device-unavailable',
  'bench-not-found',
  'invalid-transition',
  'invalid-request',
  'interrupted',
  'cancelled',
  // who asks, and from where
  'unauthorized',
  'forbidden',
  // the engine
  'engine-in-use',
  'engine-unreachable',
  'database-failed',
  'node-too-old',
  'internal',
]);
export type ProblemCode = z.infer<typeof ProblemCode>;

/** What happened, and what to do about it. `detail` holds the machine's own words (ffmpeg's line, an errno). */
export const Problem = z.object({
  code: ProblemCode,
  /** One plain sentence: what happened and why. */
  message: z.string(),
  /** What to do next, as an instruction. */
  nextStep: z.string(),
  /** The telling line of the underlying tool, unaltered. */
  detail: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** A `Problem` in flight. Thrown at the edges, turned back into the value where it is stored or shown. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.message, options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Shorthand for a new `ProblemError`. */
export function problem(code: ProblemCode, message: string, nextStep: string, detail?: string): ProblemError {
  return new ProblemError(
    detail === undefined ? { code, message, nextStep } : { code, message, nextStep, detail },
  );
}

/** Any thrown thing as a `Problem`. What nobody foresaw becomes `internal`, with its own words as detail. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'internal',
    message: 'An unexpected error stopped this step.',
    nextStep: 'Retry. If it happens again, report it with the details below.',
    detail,
  };
}
