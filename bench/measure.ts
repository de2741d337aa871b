import { spawn } from 'node:child_process';

/** One line of the report: what was measured, its figure, and what it should be. */
export interface Finding {
  readonly what: string;
  readonly figure: string;
  /** The aim, as text; null where there is none. */
  readonly aim: string | null;
  readonly met: boolean | null;
}

/** Wall seconds of a command. Throws when it fails: a failed run is no measurement. */
export function timeCommand(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors = (errors + String(chunk)).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${errors}`));
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * Runs two things in turn, so that a noisy machine is noisy for both, and gives the median seconds of each and the median of
 * the ratios of neighbouring runs.
 */
export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number; theirs: number; ratio: number }> {
  const pairs: { a: number; b: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that a warm cache favours neither.
    if (round % 2 === 0) {
      const b = await theirs();
      pairs.push({ a: await ours(), b });
    } else {
      const a = await ours();
      pairs.push({ a, b: await theirs() });
    }
  }
  return {
    ours: median(pairs.map((p) => p.a)),
    theirs: median(pairs.map((p) => p.b)),
    ratio: median(pairs.map((p) => p.a / p.b)),
  };
}

export const seconds = (value: number): string => `${value.toFixed(2)} s`;
