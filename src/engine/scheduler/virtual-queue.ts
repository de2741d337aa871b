import type { TaskId } from '../../common/ids.ts';
import type { PlanTask, WaitingGroup } from './plan-input.ts';

interface Placed {
  readonly task: PlanTask;
  readonly place: number;
}

/** Tasks of one kind, in order. */
interface Lane {
  waiting: Placed[];
  /** Megapixels of all that wait in it. */
  amount: number;
}

/** Waiting tasks that are given out in order, while they are worked off on paper. */
export class VirtualQueue {
  readonly #lanes: Lane[];
  readonly #window: number;

  /** @param window tasks of one kind that are looked at in a turn */
  constructor(tasks: readonly PlanTask[], window: number) {
    this.#window = window;
    const placed = tasks.map((task, place) => ({ task, place }));
    this.#lanes = [...Map.groupBy(placed, ({ task }) => `${task.work} ${task.choice}`).values()].map(
      (waiting) => ({
        waiting,
        amount: waiting.reduce((sum, { task }) => sum + (task.amount ?? 0), 0),
      }),
    );
  }

  get isEmpty(): boolean {
    return this.#lanes.length === 0;
  }

  /** The first of each kind. */
  first(): PlanTask[] {
    const [only, ...others] = this.#lanes;
    if (only === undefined) return [];
    const heads = only.waiting.slice(0, this.#window);
    if (others.length > 0) {
      for (const { waiting } of others) heads.push(...waiting.slice(0, this.#window));
      heads.sort((a, b) => a.place - b.place);
    }
    return heads.map(({ task }) => task);
  }

  /** What waits behind the first, added up. */
  behind(): WaitingGroup[] {
    return this.#lanes.flatMap(({ waiting, amount }) => {
      const count = waiting.length - this.#window;
      const head = waiting[0]?.task;
      if (count <= 0 || head === undefined) return [];
      const { choice, work } = head;
      return [{ choice, work, count, amount: (amount / waiting.length) * count, unknownCount: 0 }];
    });
  }

  /** Takes tasks out; gives them in order. */
  take(ids: ReadonlySet<TaskId>): PlanTask[] {
    const taken: Placed[] = [];
    for (const lane of this.#lanes) {
      const out = lane.waiting.slice(0, this.#window).filter(({ task }) => ids.has(task.taskId));
      if (out.length === 0) continue;
      lane.waiting = lane.waiting.filter(({ task }) => !ids.has(task.taskId));
      for (const { task } of out) lane.amount -= task.amount ?? 0;
      taken.push(...out);
    }
    for (let n = this.#lanes.length - 1; n >= 0; n--) {
      if (this.#lanes[n]?.waiting.length === 0) this.#lanes.splice(n, 1);
    }
    return taken.sort((a, b) => a.place - b.place).map(({ task }) => task);
  }
}
