import { type JobStatus, JobStatus as JobStatuses } from '../../common/job.ts';
import { hasEnded } from './job-state.ts';
import { foldPath } from './output-paths.ts';
import type { PreparedSql } from './prepared-sql.ts';

/** A page of the queue. */
export interface JobQuery {
  /** Only these states; all when left out. */
  readonly status?: readonly JobStatus[] | undefined;
  /** Part of the source's path, whatever its letter case. */
  readonly search?: string | undefined;
  readonly order: 'queue' | 'newest';
  readonly offset: number;
  readonly limit: number;
}

/** The parts of the list in queue order. Paused jobs keep their place in the line. */
const SECTIONS: readonly (readonly JobStatus[])[] = [
  ['running'],
  ['queued', 'paused'],
  ['done', 'failed', 'cancelled'],
];

/**
 * The ids of a page, and how many jobs match on all pages.
 * @param counts jobs by state, which saves counting rows when nothing is searched for
 */
export function listJobs(
  sql: PreparedSql,
  query: JobQuery,
  counts: Record<JobStatus, number>,
): { ids: number[]; total: number } {
  const wanted = new Set(query.status ?? JobStatuses.options);
  const search = foldPath(query.search ?? '');
  const matching = search === '' ? counts : countMatches(sql, search);
  const sum = (statuses: Iterable<JobStatus>) => [...statuses].reduce((n, status) => n + matching[status], 0);
  const total = sum(wanted);
  if (query.order === 'newest') {
    return { ids: newest(sql, wanted, search, query.limit, query.offset), total };
  }
  const ids: number[] = [];
  let skip = query.offset;
  for (const section of SECTIONS) {
    const statuses = section.filter((status) => wanted.has(status) && matching[status] > 0);
    const size = sum(statuses);
    const room = query.limit - ids.length;
    if (skip < size && room > 0) ids.push(...inOrder(sql, statuses, search, room, skip));
    skip = Math.max(0, skip - size);
  }
  return { ids, total };
}

function countMatches(sql: PreparedSql, search: string): Record<JobStatus, number> {
  const counts = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 };
  // Every row is looked at, so the table in its own order is the shortest way.
  const rows = sql.all<{ status: JobStatus; jobs: number }>(
    'SELECT status, count(*) AS jobs FROM jobs NOT INDEXED WHERE instr(source_folded, ?) > 0 GROUP BY status',
    search,
  );
  for (const row of rows) counts[row.status] = row.jobs;
  return counts;
}

/** Each state is a walk along its part of an index; SQLite merges the walks and stops at the limit. */
function inOrder(
  sql: PreparedSql,
  statuses: readonly JobStatus[],
  search: string,
  limit: number,
  offset: number,
): number[] {
  const haveEnded = statuses.some(hasEnded);
  const keys = haveEnded ? 'ended_at' : 'priority, position';
  const parts = statuses.map(
    (status) =>
      `SELECT id, ${keys} FROM jobs
       WHERE status = '${status}' AND ended_at IS ${haveEnded ? 'NOT NULL' : 'NULL'}
       ${search === '' ? '' : 'AND instr(source_folded, ?) > 0'}`,
  );
  const order = haveEnded ? 'ended_at DESC, id DESC' : 'priority DESC, position, id';
  const found = search === '' ? [] : statuses.map(() => search);
  return rowIds(
    sql,
    `${parts.join(' UNION ALL ')} ORDER BY ${order} LIMIT ? OFFSET ?`,
    ...found,
    limit,
    offset,
  );
}

function newest(
  sql: PreparedSql,
  statuses: ReadonlySet<JobStatus>,
  search: string,
  limit: number,
  offset: number,
): number[] {
  const isAll = statuses.size === JobStatuses.options.length;
  const ofStatus = isAll ? 'true' : `status IN (${[...statuses].map((status) => `'${status}'`).join(', ')})`;
  const found = search === '' ? [] : [search];
  return rowIds(
    sql,
    `SELECT id FROM jobs NOT INDEXED
     WHERE ${ofStatus} ${search === '' ? '' : 'AND instr(source_folded, ?) > 0'}
     ORDER BY id DESC LIMIT ? OFFSET ?`,
    ...found,
    limit,
    offset,
  );
}

function rowIds(sql: PreparedSql, text: string, ...values: (string | number)[]): number[] {
  return sql.all<{ id: number }>(text, ...values).map((row) => row.id);
}
