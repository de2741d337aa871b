import type { EngineApi, OtherSession, OwnSession } from '../../src/cli/session.ts';
import type { BenchRequest, BenchRun } from '../../src/common/bench.ts';
import type { EventBatch } from '../../src/common/events.ts';
import { problem } from '../../src/common/problem.ts';

const NOTHING: EventBatch = {
  ...{ reset: false, jobs: [], progress: [], removed: [], summary: null, devices: null },
  ...{ telemetry: [], bench: null, truncated: false },
};

/**
 * An engine that knows of benchmarks and nothing else. A run that is started goes through `script`, one state a batch, the
 * first before anybody listens; then it stays as it is.
 */
export class BenchDouble {
  readonly runs: BenchRun[];
  readonly requests: BenchRequest[] = [];
  readonly cancelled: string[] = [];
  isStarted = false;
  isClosed = false;
  readonly #script: readonly BenchRun[];

  constructor(runs: readonly BenchRun[], script: readonly BenchRun[] = []) {
    this.runs = [...runs];
    this.#script = script;
  }

  get api(): EngineApi {
    const bench = {
      start: async (request: BenchRequest) => {
        this.requests.push(request);
        const [first, second] = this.#script;
        if (first === undefined) throw problem('device-not-found', 'There is no such device.', 'List them.');
        this.#put(second ?? first);
        return first;
      },
      list: async () => ({ runs: this.runs }),
      cancel: async ({ id }: { id: string }) => {
        this.cancelled.push(id);
        const run = this.runs.find((one) => one.id === id);
        if (run?.endedAt !== null) throw problem('invalid-transition', 'It has ended.', 'Nothing to cancel.');
        return this.#put({ ...run, status: 'cancelled', endedAt: run.startedAt, current: null });
      },
      remove: async ({ id }: { id: string }) => {
        const at = this.runs.findIndex((run) => run.id === id);
        if (at >= 0) this.runs.splice(at, 1);
        return { removed: at >= 0 };
      },
    };
    const events = {
      subscribe: async (_: unknown, { signal }: { signal: AbortSignal }) => this.#batches(signal),
    };
    return { bench, events } as unknown as EngineApi;
  }

  ownSession(): OwnSession {
    return {
      kind: 'own',
      api: this.api,
      start: async (scope) => {
        if (scope === 'all' || scope.size > 0) throw new Error('A benchmark works on no jobs.');
        this.isStarted = true;
      },
      serve: async () => ({ url: '' }),
      runningCount: () => 0,
      finish: async () => {},
      close: async () => {
        this.isClosed = true;
      },
    };
  }

  otherSession(): OtherSession {
    return {
      kind: 'other',
      api: this.api,
      holder: { pid: 4711, command: 'gantry serve', url: 'http://127.0.0.1:4100/', token: 't' },
      close: async () => {
        this.isClosed = true;
      },
    };
  }

  async *#batches(signal: AbortSignal): AsyncGenerator<EventBatch> {
    yield { ...NOTHING, reset: true };
    for (const run of this.#script.slice(2)) {
      if (signal.aborted) return;
      yield { ...NOTHING, bench: this.#put(run) };
    }
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
  }

  #put(run: BenchRun): BenchRun {
    const at = this.runs.findIndex((one) => one.id === run.id);
    if (at < 0) this.runs.unshift(run);
    else this.runs[at] = run;
    return run;
  }
}
