import type { JobId, TaskId } from '../../common/ids.ts';
import type { PlanTask, WaitingGroup } from './plan-input.ts';
import type { QueueMoment } from './queue-moment.ts';
import type { WorkId } from './work.ts';

interface Sum {
  amount: number;
  count: number;
}

/** How much work there is in a queue, and how much of that is known. */
export class QueueAmounts {
  readonly #byWork = new Map<WorkId, Sum>();
  readonly #all: Sum = { amount: 0, count: 0 };
  #unknown = 0;

  constructor({ tasks, behind = [], running }: Pick<QueueMoment, 'tasks' | 'behind' | 'running'>) {
    for (const { work, amount } of tasks) {
      if (amount === null) this.#unknown += 1;
      else this.#add(work, amount, 1);
    }
    for (const { work, amount, count, unknownCount } of behind) {
      if (work === null) {
        this.#unknown += count;
      } else {
        this.#unknown += unknownCount;
        this.#add(work, amount, count - unknownCount);
      }
    }
    for (const { work, etaMs, amountLeft } of running) {
      if (etaMs === null && amountLeft === null) this.#unknown += 1;
      else if (amountLeft !== null && work !== null) this.#add(work, amountLeft, 1);
      else this.#all.count += 1;
    }
  }

  /** Whether at least half are: then the others are taken to be like these. */
  get areKnown(): boolean {
    return this.#unknown <= this.#all.count;
  }

  /** Mean amount of a class of work; infinite where too little is known. */
  typical(work: WorkId): number {
    if (!this.areKnown) return Number.POSITIVE_INFINITY;
    const { amount, count } = this.#byWork.get(work) ?? this.#all;
    return count === 0 || amount === 0 ? Number.POSITIVE_INFINITY : amount / count;
  }

  #add(work: WorkId, amount: number, count: number): void {
    if (count === 0) return;
    const sum = this.#byWork.get(work) ?? { amount: 0, count: 0 };
    this.#byWork.set(work, { amount: sum.amount + amount, count: sum.count + count });
    this.#all.amount += amount;
    this.#all.count += count;
  }
}

interface Group extends WaitingGroup {
  readonly work: WorkId;
}

/**
 * The first tasks of what waits behind, made up with the mean amount of their kind and mixed as the kinds are, and what is
 * then left of each kind. Sources that were not read yet are taken to be like the others.
 */
export function firstOfBehind(
  behind: readonly WaitingGroup[],
  amounts: QueueAmounts,
  most: number,
): { first: PlanTask[]; rest: Group[] } {
  const total = sumOf(behind);
  const read = behind.flatMap((group) => (group.work === null ? [] : [{ ...group, work: group.work }]));
  const scale = total / Math.max(1, sumOf(read));
  const groups = read.map((group) => ({
    ...group,
    count: group.count * scale,
    mean: meanOf(group, amounts),
    taken: 0,
  }));
  const first: PlanTask[] = [];
  while (first.length < most) {
    let next: (typeof groups)[number] | null = null;
    for (const group of groups) {
      if (group.taken + 1 > group.count + 1e-9) continue;
      if (next === null || (group.taken + 1) / group.count < (next.taken + 1) / next.count) next = group;
    }
    if (next === null) break;
    next.taken += 1;
    const id = `behind ${first.length}`;
    first.push({
      taskId: id as TaskId,
      jobId: id as JobId,
      choice: next.choice,
      work: next.work,
      amount: Number.isFinite(next.mean) ? next.mean : null,
      failedOn: new Map(),
    });
  }
  const rest = groups
    .map(({ choice, work, count, mean, taken }) => ({
      choice,
      work,
      count: Math.round(count - taken),
      amount: (count - taken) * mean,
      unknownCount: 0,
    }))
    .filter(({ count }) => count > 0);
  return { first, rest };
}

function meanOf({ work, amount, count, unknownCount }: Group, amounts: QueueAmounts): number {
  const known = count - unknownCount;
  return known > 0 ? amount / known : amounts.typical(work);
}

function sumOf(groups: readonly WaitingGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
