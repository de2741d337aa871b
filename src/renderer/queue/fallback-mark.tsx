import { Info, TriangleAlert } from 'lucide-react';
import type { Job } from '../../common/job.ts';
import { classNames } from '../controls/class-names.ts';
import { useDevices } from '../stores/devices-store.ts';
import { fallbackOf, fallbackSentence } from './fallback.ts';

/** A quiet mark on a job that the CPU does in place of a GPU. Its name is the reason. */
export function FallbackMark({ job, className }: { job: Job; className?: string }) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const fallback = fallbackOf(job, devices);
  if (fallback === null) return null;
  const sentence = fallbackSentence(job, fallback);
  const Icon = fallback.isTrouble ? TriangleAlert : Info;
  return (
    <span role="img" aria-label={sentence} title={sentence} className={classNames('shrink-0', className)}>
      <Icon
        size={14}
        strokeWidth={1.75}
        aria-hidden
        className={fallback.isTrouble ? 'text-attention' : 'text-ink-3'}
      />
    </span>
  );
}
