import { ClipboardCopy } from 'lucide-react';
import { formatDuration } from '../../common/format.ts';
import type { Attempt, Job } from '../../common/job.ts';
import { copyText } from '../connection/copy-text.ts';
import { Button } from '../controls/button.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { deviceLabel } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { formatMoment } from './moment.ts';
import { Fold, Section } from './section.tsx';
import { shellLine } from './shell-line.ts';

/** What ran, newest first, with the cause where it ended badly. */
export function Attempts({ job }: { job: Job }) {
  if (job.attempts.length === 0) return null;
  const newestFirst = job.attempts.map((attempt, place) => ({ attempt, place })).reverse();
  return (
    <Section title={text.details.ran}>
      <ol className="flex flex-col gap-4">
        {newestFirst.map(({ attempt, place }) => (
          <li key={`${place}-${attempt.startedAt}`}>
            <AttemptItem
              attempt={attempt}
              number={job.attempts.length > 1 ? place + 1 : null}
              // The job's own error, above, is that of its last attempt.
              showError={attempt.error !== null && attempt.error.message !== job.error?.message}
            />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function AttemptItem({
  attempt,
  number,
  showError,
}: {
  attempt: Attempt;
  number: number | null;
  showError: boolean;
}) {
  const device = useDevices(({ list }) => deviceLabel(list?.devices ?? [], attempt.device, attempt.device));
  const tookMs =
    attempt.endedAt === null ? null : Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt);
  return (
    <div>
      <div className="flex flex-wrap items-baseline gap-x-2">
        {number !== null && <span className="font-medium">{text.details.attempt(number)}</span>}
        <span className={number === null ? 'font-medium' : ''}>{device}</span>
        <span className="figures text-ink-3">{formatMoment(attempt.startedAt)}</span>
        <span className="figures text-ink-2">
          {tookMs === null ? text.status.running : formatDuration(tookMs)}
          {attempt.exitCode !== null &&
            attempt.exitCode !== 0 &&
            ` · ${text.details.exitCode(attempt.exitCode)}`}
        </span>
      </div>
      {showError && attempt.error !== null && (
        <div className="mt-2">
          <ProblemNote problem={attempt.error} tone="calm" />
        </div>
      )}
      {attempt.argv.length > 0 && <CommandLine argv={attempt.argv} />}
    </div>
  );
}

function CommandLine({ argv }: { argv: readonly string[] }) {
  const line = shellLine(argv);
  return (
    <Fold title={text.details.command}>
      <pre className="max-h-56 overflow-auto rounded-md bg-sunken p-2.5 font-mono text-xs break-all whitespace-pre-wrap text-ink-2">
        {line}
      </pre>
      <Button
        size="sm"
        look="quiet"
        icon={ClipboardCopy}
        onClick={() => void copyText(line)}
        className="mt-1"
      >
        {text.details.copyCommand}
      </Button>
    </Fold>
  );
}
