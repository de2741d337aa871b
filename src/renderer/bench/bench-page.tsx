import { Gauge, Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { BenchId, BenchRun } from '../../common/bench.ts';
import { Button } from '../controls/button.tsx';
import { Choice } from '../controls/choice.tsx';
import { classNames } from '../controls/class-names.ts';
import { ProblemNote } from '../controls/problem-note.tsx';
import { formatMoment } from '../details/moment.ts';
import { PageFrame } from '../shell/page-frame.tsx';
import { isOpenRun, loadBench, useBench } from '../stores/bench-store.ts';
import { useOpenConnection } from '../stores/connection-store.ts';
import { text } from '../text/en.ts';
import { runFacts } from './bench-words.ts';
import { RunView } from './run-view.tsx';
import { StartDialog } from './start-dialog.tsx';

/** What the devices were measured at: the benchmarks that were made, and one of them. */
export function BenchPage() {
  const runs = useBench((state) => state.runs);
  const failure = useBench((state) => state.failure);
  const connection = useOpenConnection();
  const [chosenId, setChosenId] = useState<BenchId | null>(null);
  const [isStarting, setIsStarting] = useState(false);
  useEffect(() => {
    if (connection !== null) void loadBench();
  }, [connection]);
  const open = () => setIsStarting(true);
  const isBusy = runs?.some(isOpenRun) ?? false;
  const chosen = runs?.find((run) => run.id === chosenId) ?? runs?.[0];
  return (
    <PageFrame
      title={text.rail.bench}
      lead={text.bench.lead}
      actions={
        <Button
          look="primary"
          icon={Plus}
          disabled={runs === null || isBusy}
          title={isBusy ? text.bench.startUnderWay : undefined}
          onClick={open}
        >
          {text.bench.start}
        </Button>
      }
    >
      {failure !== null && (
        <div className="p-5">
          <ProblemNote problem={failure}>
            <Button size="sm" onClick={() => void loadBench()}>
              {text.common.tryAgain}
            </Button>
          </ProblemNote>
        </div>
      )}
      {runs === null && failure === null && <p className="p-5 text-ink-3">{text.bench.reading}</p>}
      {runs !== null && chosen === undefined && <NoRuns onStart={open} />}
      {runs !== null && chosen !== undefined && (
        <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
          <RunList runs={runs} chosen={chosen} onChoose={setChosenId} />
          <RunView key={chosen.id} run={chosen} others={runs.filter((run) => comparable(run, chosen))} />
        </div>
      )}
      {isStarting && (
        <StartDialog
          onClose={() => setIsStarting(false)}
          onStarted={(run) => {
            setIsStarting(false);
            setChosenId(run.id);
          }}
        />
      )}
    </PageFrame>
  );
}

function runLine(run: BenchRun): string {
  return [text.bench.status[run.status], ...runFacts(run)].join(' · ');
}

function comparable(run: BenchRun, chosen: BenchRun): boolean {
  return run.id !== chosen.id && run.results.length > 0;
}

/** The runs beside what is shown of one; a list that opens where the window is narrow. */
function RunList({
  runs,
  chosen,
  onChoose,
}: {
  runs: readonly BenchRun[];
  chosen: BenchRun;
  onChoose: (id: BenchId) => void;
}) {
  return (
    <>
      <div className="border-b border-line bg-canvas px-5 py-2 lg:hidden">
        <Choice
          label={text.bench.runs}
          value={chosen.id}
          options={runs.map((run) => ({
            value: run.id,
            label: formatMoment(run.startedAt),
            hint: runLine(run),
          }))}
          onChange={onChoose}
        />
      </div>
      <nav
        aria-label={text.bench.runs}
        className="w-64 shrink-0 overflow-y-auto border-r border-line p-2 max-lg:hidden"
      >
        {runs.map((run) => (
          <button
            key={run.id}
            type="button"
            aria-current={run.id === chosen.id}
            onClick={() => onChoose(run.id)}
            className={classNames(
              'block w-full rounded-md px-2 py-1.5 text-left transition-colors',
              run.id === chosen.id ? 'bg-selected' : 'hover:bg-hover',
            )}
          >
            <span className="block truncate font-medium">{formatMoment(run.startedAt)}</span>
            <span className="block truncate text-sm text-ink-2">{runLine(run)}</span>
          </button>
        ))}
      </nav>
    </>
  );
}

function NoRuns({ onStart }: { onStart: () => void }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center p-6 text-center">
      <span className="flex size-11 items-center justify-center rounded-full bg-accent-soft text-accent">
        <Gauge size={20} strokeWidth={1.75} aria-hidden />
      </span>
      <h2 className="mt-4 text-xl font-semibold">{text.bench.empty.title}</h2>
      <p className="mt-1 max-w-md text-ink-2">{text.bench.empty.body}</p>
      <Button look="primary" icon={Plus} onClick={onStart} className="mt-5">
        {text.bench.start}
      </Button>
    </div>
  );
}
