import { Download, FileJson, Sheet, Trash2, X } from 'lucide-react';
import type { BenchRun } from '../../common/bench.ts';
import { benchCsv } from '../../common/bench-table.ts';
import { attempt } from '../connection/attempt.ts';
import { saveFile } from '../connection/save-file.ts';
import { Button } from '../controls/button.tsx';
import { Menu, MenuItem } from '../controls/menu.tsx';
import { ProgressBar } from '../controls/progress-bar.tsx';
import { formatMoment } from '../details/moment.ts';
import { cancelBench, isOpenRun, removeBench } from '../stores/bench-store.ts';
import { askConfirmation } from '../stores/confirm-store.ts';
import { text } from '../text/en.ts';
import { exportName, runFacts, underWay } from './bench-words.ts';

/** When a benchmark was made, how far it is, and what can be done with it. */
export function RunHeader({ run }: { run: BenchRun }) {
  const now = underWay(run);
  const when = formatMoment(run.startedAt);
  const remove = async () => {
    if (await askConfirmation(text.bench.confirmRemove(when))) await attempt(() => removeBench(run.id));
  };
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="text-xl font-semibold">{when}</h2>
          <p className="flex flex-wrap gap-x-2 text-ink-2">
            <span className={run.status === 'failed' ? 'text-failed' : ''}>
              {text.bench.status[run.status]}
            </span>
            {runFacts(run).map((fact) => (
              <span key={fact} className="figures">
                · {fact}
              </span>
            ))}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          {run.results.length > 0 && <ExportMenu run={run} />}
          {isOpenRun(run) ? (
            <Button icon={X} onClick={() => void attempt(() => cancelBench(run.id))}>
              {text.bench.cancel}
            </Button>
          ) : (
            <Button look="danger" icon={Trash2} onClick={() => void remove()}>
              {text.bench.remove}
            </Button>
          )}
        </div>
      </div>
      {now !== null && (
        <div className="rounded-lg border border-line bg-canvas px-4 py-3">
          <p className="mb-2 flex flex-wrap justify-between gap-x-4">
            <span className="min-w-0 break-words">{now}</span>
            <span className="figures text-ink-2">{text.bench.progress(run.done, run.total)}</span>
          </p>
          <ProgressBar
            fraction={run.total === 0 ? 0 : run.done / run.total}
            label={text.bench.run}
            tone={run.status === 'running' ? 'active' : 'still'}
          />
        </div>
      )}
    </header>
  );
}

function ExportMenu({ run }: { run: BenchRun }) {
  return (
    <Menu trigger={<Button icon={Download}>{text.bench.export}</Button>}>
      <MenuItem icon={Sheet} onSelect={() => saveFile(exportName(run, 'csv'), benchCsv([run]), 'text/csv')}>
        {text.bench.exportAs.csv}
      </MenuItem>
      <MenuItem
        icon={FileJson}
        onSelect={() =>
          saveFile(exportName(run, 'json'), `${JSON.stringify(run, null, 2)}\n`, 'application/json')
        }
      >
        {text.bench.exportAs.json}
      </MenuItem>
    </Menu>
  );
}
