import type { Database } from 'better-sqlite3';
import { AttemptRows } from './attempt-rows.ts';
import { JobRows } from './job-rows.ts';
import { LeaseRows } from './lease-rows.ts';
import { LiveState } from './live-state.ts';
import { OutputPaths } from './output-paths.ts';
import { PreparedSql } from './prepared-sql.ts';
import { QueueOrder } from './queue-order.ts';
import { QueueTransactions } from './queue-transactions.ts';
import { TaskRows } from './task-rows.ts';

/** Everything that the queue's operations work on. */
export interface QueueTables {
  readonly sql: PreparedSql;
  readonly transactions: QueueTransactions;
  readonly jobs: JobRows;
  readonly tasks: TaskRows;
  readonly leases: LeaseRows;
  readonly attempts: AttemptRows;
  readonly outputs: OutputPaths;
  readonly order: QueueOrder;
  readonly live: LiveState;
}

export function queueTables(db: Database, platform: NodeJS.Platform): QueueTables {
  const sql = new PreparedSql(db);
  const transactions = new QueueTransactions(db);
  const live = new LiveState();
  const attempts = new AttemptRows(sql);
  const jobs = new JobRows(sql, attempts, live);
  const tasks = new TaskRows(sql);
  return {
    sql,
    transactions,
    jobs,
    tasks,
    leases: new LeaseRows(sql),
    attempts,
    outputs: new OutputPaths(sql, platform),
    order: new QueueOrder(sql, jobs, tasks),
    live,
  };
}
