import type { JobId } from '../../common/ids.ts';
import type { Progress } from '../../common/job.ts';
import type { RunnableTask } from '../queue/records.ts';
import type { WaitingGroup } from './plan-input.ts';
import { planInput, type Situation, workOfTask } from './plan-situation.ts';
import { estimateQueue } from './queue-eta.ts';
import type { RunningEncode } from './queue-moment.ts';
import { SpeedBook } from './speeds.ts';
import type { WorkId } from './work.ts';

/** Waiting jobs near the head of the queue that are told when they will be done. */
const HEADS = 100;
/** An encode that is so far tells how fast its device is. */
const TELLING_FROM = 0.03;
/** A forecast is this old at the most. Looking ahead over 100,000 jobs takes some 10 ms. */
const GOOD_FOR_MS = 2_000;

/**
 * Tells when the queue, and each job near its head, will have ended. Works only when asked, and then from what was asked
 * last where that is young enough.
 */
export class QueueForecast {
  readonly #situation: () => Situation | null;
  readonly #onJob: (id: JobId, progress: Progress) => void;
  #queueMs: number | null = null;
  #madeAtMs = Number.NEGATIVE_INFINITY;
  #told = new Set<JobId>();

  /**
   * @param situation null while no work is done here
   * @param onJob told when a waiting job will have ended
   */
  constructor(situation: () => Situation | null, onJob: (id: JobId, progress: Progress) => void) {
    this.#situation = situation;
    this.#onJob = onJob;
  }

  /** Milliseconds until the queue is empty; null while not known, and while it is paused. */
  queueMs(): number | null {
    this.refresh();
    return this.#queueMs === null ? null : Math.max(0, Math.round(this.#queueMs - this.#ageMs()));
  }

  /** Looks ahead anew where the last look is old. Whether it did. */
  refresh(): boolean {
    if (this.#ageMs() < GOOD_FOR_MS) return false;
    this.#madeAtMs = performance.now();
    const situation = this.#situation();
    this.#queueMs = null;
    if (situation === null) return true;
    if (situation.context.store.isPaused) {
      this.#tell(situation, new Map());
      return true;
    }
    const { tasks, behind } = lookAhead(situation);
    const running = runningEncodes(situation);
    if (tasks.length === 0 && behind.length === 0 && running.length === 0) return true;
    const informed = { ...situation, speeds: withRunning(situation) };
    const { queueMs, jobs } = estimateQueue({ ...planInput(informed, tasks, behind), running });
    this.#queueMs = queueMs;
    const waiting = new Set(tasks.map((task) => task.jobId));
    this.#tell(situation, new Map([...jobs].filter(([id]) => waiting.has(id))));
    return true;
  }

  #ageMs(): number {
    return performance.now() - this.#madeAtMs;
  }

  #tell({ context, running }: Situation, ends: ReadonlyMap<JobId, number>): void {
    const waits = { fraction: 0, fps: null, speedX: null };
    for (const id of this.#told) {
      // What runs tells its own progress by now.
      const stillWaits = running.ofJob(id) === undefined && context.store.job(id)?.status === 'queued';
      if (!ends.has(id) && stillWaits) this.#onJob(id, { ...waits, etaMs: null });
    }
    for (const [id, etaMs] of ends) this.#onJob(id, { ...waits, etaMs });
    this.#told = new Set(ends.keys());
  }
}

/** The first tasks that wait, and the sums of what waits behind them. */
export function lookAhead(situation: Situation): { tasks: RunnableTask[]; behind: WaitingGroup[] } {
  const { store } = situation.context;
  const { onlyJobs } = situation;
  const limit = onlyJobs === null ? HEADS : onlyJobs.size;
  const waiting = limit === 0 ? [] : store.runnable(['encode'], limit, onlyJobs);
  const tasks = waiting.slice(0, HEADS);
  const groups = onlyJobs === null ? waitingGroups(situation) : [];
  const sums = new Map(groups.map((group) => [`${group.choice} ${group.work}`, { ...group }]));
  const add = (task: RunnableTask, sign: 1 | -1) => {
    const { id: work, amount } = workOfTask(situation, task);
    const key = `${task.device} ${work}`;
    const sum = sums.get(key) ?? { choice: task.device, work, count: 0, amount: 0, unknownCount: 0 };
    sums.set(key, {
      ...sum,
      count: Math.max(0, sum.count + sign),
      amount: Math.max(0, sum.amount + sign * (amount ?? 0)),
      unknownCount: Math.max(0, sum.unknownCount + (amount === null ? sign : 0)),
    });
  };
  // The sums are of all that waits; what is looked at one by one is taken out of them.
  if (onlyJobs === null) for (const task of tasks) add(task, -1);
  else for (const task of waiting.slice(HEADS)) add(task, 1);
  return { tasks, behind: [...sums.values()].filter(({ count }) => count > 0) };
}

/** What was learned, and where nothing was, what the encodes that run now make of it. */
function withRunning({ speeds, running }: Situation): SpeedBook {
  const nowMs = performance.now();
  const news = running.all().flatMap((task) => {
    const { deviceId } = task.lease;
    const fraction = task.progress?.fraction ?? 0;
    if (task.work?.amount == null || fraction < TELLING_FROM || task.control.wasSuspended) return [];
    if (speeds.megapixelsPerSecond(deviceId, task.work.id)?.basis === 'measured') return [];
    const sharedBy = running.encodesOn(deviceId, { countSuspended: false }).length;
    const seconds = (nowMs - task.startedAtMs) / 1000;
    return [{ deviceId, work: task.work.id, amount: task.work.amount * fraction, seconds, sharedBy }];
  });
  if (news.length === 0) return speeds;
  const informed = SpeedBook.from(speeds.toJSON());
  for (const run of news) informed.record(run);
  return informed;
}

function waitingGroups({ context }: Situation): WaitingGroup[] {
  return context.store
    .waitingWork()
    .map(({ device, work, ...sums }) => ({ choice: device, work: work as WorkId | null, ...sums }));
}

function runningEncodes(situation: Situation): RunningEncode[] {
  const { running } = situation;
  const nowMs = performance.now();
  return running
    .all()
    .filter(({ lease, control }) => lease.kind !== 'inspect' && !control.isSuspended)
    .map((task) => ({
      jobId: task.lease.jobId,
      deviceId: task.lease.deviceId,
      work: task.work?.id ?? null,
      etaMs: running.remainingMs(task, nowMs),
      amountLeft: task.work?.amount == null ? null : task.work.amount * (1 - (task.progress?.fraction ?? 0)),
    }));
}
