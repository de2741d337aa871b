import type { Problem, ProblemCode } from '../../common/problem.ts';

/** Why a GPU gets no work, and when it is tried again. */
export interface Outage {
  readonly problem: Problem;
  /** Tests that it failed in a row, or since it last worked for a good while. */
  readonly failures: number;
  /** Milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** A GPU that came back, and how it had been before: one that fails again soon is left alone for longer. */
export interface Recovery {
  readonly failures: number;
  readonly atMs: number;
}

export interface OutageDelays {
  /** From the first failure on; the last one goes on for ever. */
  readonly retryMs: readonly number[];
  /** A GPU that worked for so long starts anew. */
  readonly provenMs: number;
}

export const OUTAGE_DELAYS: OutageDelays = {
  retryMs: [5_000, 15_000, 30_000, 60_000, 120_000, 300_000],
  provenMs: 5 * 60_000,
};

const AT_ONCE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'gpu-lost',
  'no-nvidia-driver',
  'no-cuda-device',
]);

/** Whether the failure says by itself that the GPU is gone, so that no test is needed to take it out of service. */
export function takesOutAtOnce(problem: Problem): boolean {
  return AT_ONCE.has(problem.code);
}

/** Failures of a test that may pass by themselves. Others are facts about the GPU, its driver or the ffmpeg build. */
const MAY_PASS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'gpu-lost',
  'no-cuda-device',
  'gpu-failed',
  'gpu-out-of-memory',
  'gpu-index-invalid',
  'probe-timeout',
  'out-of-memory',
]);

/** Whether a GPU whose first test failed so is worth trying again. */
export function mayPass(problem: Problem): boolean {
  return MAY_PASS.has(problem.code);
}

/** The GPU goes out of service. */
export function takenOut(
  problem: Problem,
  before: Recovery | null,
  nowMs: number,
  delays = OUTAGE_DELAYS,
): Outage {
  const isAgain = before !== null && nowMs - before.atMs < delays.provenMs;
  const failures = isAgain ? before.failures + 1 : 1;
  return { problem, failures, retryAtMs: nowMs + delayAfter(failures, delays) };
}

/** It was tried again and still fails. */
export function stillOut(before: Outage, problem: Problem, nowMs: number, delays = OUTAGE_DELAYS): Outage {
  const failures = before.failures + 1;
  return { problem, failures, retryAtMs: nowMs + delayAfter(failures, delays) };
}

/** It works again. */
export function recovered(before: Outage, nowMs: number): Recovery {
  return { failures: before.failures, atMs: nowMs };
}

function delayAfter(failures: number, { retryMs }: OutageDelays): number {
  return retryMs[Math.min(failures, retryMs.length) - 1] ?? 0;
}
