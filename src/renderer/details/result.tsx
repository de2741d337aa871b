import { ArrowRight } from 'lucide-react';
import { formatBytes, formatMediaTime, formatSaved } from '../../common/format.ts';
import type { Job, JobOutput, StreamNote } from '../../common/job.ts';
import { text } from '../text/en.ts';
import { PathLine } from './path-line.tsx';
import { Fact, Facts, Section } from './section.tsx';

/** What came out: sizes, where it is, and everything that could not be kept as it was. */
export function Result({ job, output }: { job: Job; output: JobOutput }) {
  const saved = formatSaved(job.sourceSizeBytes, output.sizeBytes);
  const isSmaller = job.sourceSizeBytes !== null && output.sizeBytes < job.sourceSizeBytes;
  return (
    <Section title={text.details.result}>
      <div className="figures mb-3 flex items-baseline gap-2">
        <span className="text-ink-2">{formatBytes(job.sourceSizeBytes)}</span>
        <ArrowRight size={14} strokeWidth={1.75} aria-hidden className="translate-y-0.5 text-ink-3" />
        <span className="text-xl font-semibold">{formatBytes(output.sizeBytes)}</span>
        <span className={isSmaller ? 'font-medium text-done' : 'text-ink-2'}>{saved}</span>
      </div>
      <Facts>
        <Fact name={text.details.path}>
          <PathLine path={output.path} />
        </Fact>
        <Fact name={text.details.length}>{formatMediaTime(output.durationMs)}</Fact>
      </Facts>
      {output.notes.length > 0 && (
        <>
          <h4 className="mt-3 mb-1 text-sm font-medium text-ink-3">{text.details.notes}</h4>
          <ul className="flex flex-col gap-1">
            {output.notes.map((note) => (
              <li key={`${note.kind}-${note.streamIndex}-${note.reason}`} className="flex gap-2">
                <NoteBadge note={note} />
                <span className="min-w-0 flex-1 break-words text-ink-2">{note.reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function NoteBadge({ note }: { note: StreamNote }) {
  return (
    <span
      className={
        note.action === 'dropped'
          ? 'h-5 shrink-0 rounded-sm bg-attention-soft px-1.5 text-sm leading-5 text-attention'
          : 'h-5 shrink-0 rounded-sm bg-sunken px-1.5 text-sm leading-5 text-ink-2'
      }
    >
      {text.details.noteAction[note.action]}
    </span>
  );
}
