import { formatBytes, formatSaved } from '../../common/format.ts';
import type { Job } from '../../common/job.ts';
import { text } from '../text/en.ts';
import { GridCell } from './grid-parts.tsx';

/** Size before, and after once there is one. */
export function SizeCell({ job }: { job: Job }) {
  const before = formatBytes(job.sourceSizeBytes);
  if (job.output === null) {
    return <GridCell className="figures text-right text-sm text-ink-2">{before}</GridCell>;
  }
  const after = formatBytes(job.output.sizeBytes);
  const saved = formatSaved(job.sourceSizeBytes, job.output.sizeBytes);
  const isSmaller = job.sourceSizeBytes !== null && job.output.sizeBytes < job.sourceSizeBytes;
  return (
    <GridCell
      title={text.queue.sizes(before, after)}
      className="figures flex items-baseline justify-end gap-1.5 text-sm text-ink-2"
    >
      <span className="hidden text-ink-3 @7xl:block">{before} →</span>
      <span className="text-ink">{after}</span>
      <span className={isSmaller ? 'w-14 text-right text-done' : 'w-14 text-right text-ink-3'}>{saved}</span>
    </GridCell>
  );
}
