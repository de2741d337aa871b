import { ClipboardCopy } from 'lucide-react';
import { formatDuration } from '../../common/format.ts';
import type { Attempt, Job } from '../../common/job.ts';
import { copyText } from '../connection/copy-text.ts';
import { Button } from '../controls/button.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { attemptDeviceName } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { type AttemptStory, attemptStories } from './attempt-story.ts';
import { formatMoment } from './moment.ts';
import { Fold, Section } from './section.tsx';
import { shellLine } from './shell-line.ts';

/** Everything that ran, from the first attempt to the last: where and why there, how it ended, what came next. */
export function Attempts({ job }: { job: Job }) {
  const devices = useDevices(({ list }) => list?.devices);
  if (job.attempts.length === 0) return null;
  const nameOf = (attempt: Attempt) => attemptDeviceName(devices ?? [], attempt);
  return (
    <Section title={text.details.ran}>
      <ol className="flex flex-col gap-4">
        {attemptStories(job, nameOf).map((story) => (
          <li key={`${story.number}-${story.attempt.startedAt}`}>
            <AttemptItem story={story} device={nameOf(story.attempt)} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function AttemptItem({ story, device }: { story: AttemptStory; device: string }) {
  const { attempt, number, whyThere, next, causeIsAbove } = story;
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
      {whyThere !== null && (
        <p className={whyThere.isFallback ? 'break-words text-attention' : 'text-ink-2'}>
          {whyThere.sentence}
        </p>
      )}
      {attempt.error !== null &&
        (causeIsAbove ? (
          <p className="text-ink-2">{text.details.causeAbove}</p>
        ) : (
          <div className="mt-2">
            <ProblemNote problem={attempt.error} tone="calm" />
          </div>
        ))}
      {next !== null && <p className="mt-1 text-ink-2">{next}</p>}
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
