import { TriangleAlert } from 'lucide-react';
import type { Job } from '../../common/job.ts';
import { classNames } from '../controls/class-names.ts';
import { fallbackOf, fallbackSentence } from './fallback.ts';

/** A quiet mark on a job that the CPU does in place of a GPU. Its name is the reason. */
export function FallbackMark({ job, className }: { job: Job; className?: string }) {
  const reason = fallbackOf(job);
  if (reason === null) return null;
  const sentence = fallbackSentence(job, reason);
  return (
    <span role="img" aria-label={sentence} title={sentence} className={classNames('shrink-0', className)}>
      <TriangleAlert size={14} strokeWidth={1.75} aria-hidden className="text-attention" />
    </span>
  );
}
