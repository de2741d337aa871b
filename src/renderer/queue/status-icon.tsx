import { Ban, CircleCheck, CircleDashed, CirclePause, CircleX } from 'lucide-react';
import { assertNever } from '../../common/assert-never.ts';
import type { JobStatus } from '../../common/job.ts';
import { text } from '../text/en.ts';

const PROPS = { size: 16, strokeWidth: 1.75, role: 'img' } as const;

/** What state a job is in; a running one shows how far it is. */
export function StatusIcon({ status, fraction }: { status: JobStatus; fraction: number }) {
  const label = text.status[status];
  switch (status) {
    case 'queued':
      return <CircleDashed {...PROPS} aria-label={label} className="text-ink-3" />;
    case 'running':
      return <ProgressRing fraction={fraction} label={label} />;
    case 'paused':
      return <CirclePause {...PROPS} aria-label={label} className="text-ink-2" />;
    case 'done':
      return <CircleCheck {...PROPS} aria-label={label} className="text-done" />;
    case 'failed':
      return <CircleX {...PROPS} aria-label={label} className="text-failed" />;
    case 'cancelled':
      return <Ban {...PROPS} aria-label={label} className="text-ink-3" />;
    default:
      return assertNever(status);
  }
}

const RADIUS = 6;
const AROUND = 2 * Math.PI * RADIUS;

function ProgressRing({ fraction, label }: { fraction: number; label: string }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" role="img" aria-label={label} className="-rotate-90">
      <circle cx="8" cy="8" r={RADIUS} fill="none" stroke="var(--track)" strokeWidth="2.25" />
      <circle
        cx="8"
        cy="8"
        r={RADIUS}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2.25"
        strokeLinecap="round"
        strokeDasharray={`${Math.max(0.02, fraction) * AROUND} ${AROUND}`}
        className="transition-[stroke-dasharray] duration-200 ease-linear motion-reduce:transition-none"
      />
    </svg>
  );
}
