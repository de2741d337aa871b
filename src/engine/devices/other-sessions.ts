/** How many encodes of its own an engine had on a GPU, since when (milliseconds on any one clock). */
export interface OwnCount {
  readonly atMs: number;
  readonly count: number;
}

/**
 * How long an encode that ended may still be in the driver's count. Readings come once a second, and one may be the answer
 * to a question asked just before.
 */
const LAG_MS = 2_500;

/** The history with one more change, without what is too old to matter. */
export function withOwnCount(history: readonly OwnCount[], count: number, nowMs: number): OwnCount[] {
  return [...recent(history, nowMs), { atMs: nowMs, count }];
}

/** The history without the encode that came last: it was refused, so the driver never counted it. */
export function withoutRefused(history: readonly OwnCount[]): OwnCount[] {
  const most = history.at(-1)?.count ?? 0;
  const first = history.findLastIndex(({ count }) => count < most) + 1;
  return history.map((one, at) => (at < first ? one : { ...one, count: Math.max(0, one.count - 1) }));
}

/**
 * Encodes of other programs on a GPU, from the driver's count of all. Own encodes of the last moments are taken off as
 * well: one that just ended must not look like another program's, or its slot would idle until the next reading.
 */
export function otherSessions(counted: number, history: readonly OwnCount[], nowMs: number): number {
  return Math.max(0, counted - Math.max(0, ...recent(history, nowMs).map(({ count }) => count)));
}

/** Own encodes that have run for a while: where the driver does not count, these at least are known to be let in. */
export function steadyOwn(history: readonly OwnCount[], nowMs: number): number {
  const counts = recent(history, nowMs).map(({ count }) => count);
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** What held at some time since then: the last change before it counts too. */
function recent(history: readonly OwnCount[], nowMs: number): readonly OwnCount[] {
  const first = history.findLastIndex(({ atMs }) => atMs <= nowMs - LAG_MS);
  return history.slice(Math.max(0, first));
}
