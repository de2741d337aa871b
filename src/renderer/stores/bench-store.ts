import { create } from 'zustand';
import type { BenchId, BenchRequest, BenchRun } from '../../common/bench.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { engine } from './connection-store.ts';

interface BenchState {
  /** Newest first; null before the first answer. */
  readonly runs: readonly BenchRun[] | null;
  /** Why they could not be read; null when they could. */
  readonly failure: Problem | null;
}

export const useBench = create<BenchState>(() => ({ runs: null, failure: null }));

export async function loadBench(): Promise<void> {
  try {
    const { runs } = await engine().api.bench.list();
    useBench.setState({ runs, failure: null });
  } catch (error) {
    useBench.setState({ failure: problemOf(error) });
  }
}

/** Takes a run that changed or is new. Before the runs were read there is nothing to keep up to date. */
export function takeBenchRun(run: BenchRun): void {
  useBench.setState(({ runs }) => (runs === null ? {} : { runs: withRun(runs, run) }));
}

export function withRun(runs: readonly BenchRun[], run: BenchRun): readonly BenchRun[] {
  if (!runs.some(({ id }) => id === run.id)) return [run, ...runs];
  return runs.map((held) => (held.id === run.id ? run : held));
}

export async function startBench(request: BenchRequest): Promise<BenchRun> {
  const run = await engine().api.bench.start(request);
  // What the events said of it meanwhile is newer.
  const isKnown = useBench.getState().runs?.some(({ id }) => id === run.id) ?? false;
  if (!isKnown) takeBenchRun(run);
  return run;
}

export async function cancelBench(id: BenchId): Promise<void> {
  takeBenchRun(await engine().api.bench.cancel({ id }));
}

export async function removeBench(id: BenchId): Promise<void> {
  await engine().api.bench.remove({ id });
  useBench.setState(({ runs }) => ({ runs: runs?.filter((run) => run.id !== id) ?? null }));
}

/** A run that has not ended. */
export function isOpenRun(run: Pick<BenchRun, 'status'>): boolean {
  return run.status === 'waiting' || run.status === 'running';
}
