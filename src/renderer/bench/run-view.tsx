import { useMemo, useState } from 'react';
import type { BenchId, BenchRun } from '../../common/bench.ts';
import { benchGroups, compareBenchRuns } from '../../common/bench-table.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { Choice } from '../controls/choice.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { Segments } from '../controls/segments.tsx';
import { formatMoment } from '../details/moment.ts';
import { codecName } from '../devices/device-words.ts';
import { isOpenRun } from '../stores/bench-store.ts';
import { text } from '../text/en.ts';
import { BenchChart } from './bench-chart.tsx';
import { BenchTable } from './bench-table.tsx';
import { RunHeader } from './run-header.tsx';
import { ComparisonNotes, RunNotes } from './run-notes.tsx';

const NONE = 'none';

/** One benchmark: how far it is, what it measured, and how that differs from another one. */
export function RunView({ run, others }: { run: BenchRun; others: readonly BenchRun[] }) {
  const [codec, setCodec] = useState<VideoCodec>('h264');
  const [otherId, setOtherId] = useState<BenchId | typeof NONE>(NONE);
  const groups = useMemo(() => benchGroups(run.results), [run.results]);
  const other = others.find(({ id }) => id === otherId);
  const comparison = useMemo(() => (other === undefined ? null : compareBenchRuns(other, run)), [other, run]);
  const group = groups.find((one) => one.codec === codec) ?? groups[0];
  const pairs = comparison?.pairs.filter(({ after }) => after.codec === group?.codec) ?? null;
  return (
    <section aria-label={text.bench.run} className="min-w-0 flex-1 space-y-4 overflow-y-auto p-5">
      <RunHeader run={run} />
      {run.error !== null && <ProblemNote problem={run.error} />}
      {group !== undefined && (
        <>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Segments
              label={text.bench.codecLabel}
              value={group.codec}
              options={groups.map((one) => ({ value: one.codec, label: codecName(one.codec) }))}
              onChange={setCodec}
            />
            {others.length > 0 && (
              <div className="flex min-w-0 items-center gap-2 text-ink-2">
                <span className="whitespace-nowrap" aria-hidden>
                  {text.bench.compareWith}
                </span>
                <Choice
                  label={text.bench.compareWith}
                  value={other === undefined ? NONE : other.id}
                  options={[
                    { value: NONE, label: text.bench.compareNone },
                    ...others.map(({ id, startedAt, quick }) => ({
                      value: id,
                      label: formatMoment(startedAt),
                      hint: quick ? text.bench.quick : text.bench.full,
                    })),
                  ]}
                  onChange={setOtherId}
                />
              </div>
            )}
          </div>
          {comparison !== null && <ComparisonNotes comparison={comparison} />}
          <BenchChart results={group.rows.map(({ result }) => result)} pairs={pairs ?? []} />
          <BenchTable group={group} pairs={pairs} />
        </>
      )}
      {group === undefined && !isOpenRun(run) && <p className="text-ink-3">{text.bench.noResults}</p>}
      <RunNotes run={run} />
    </section>
  );
}
