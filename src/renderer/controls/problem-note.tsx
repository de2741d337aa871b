import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Problem } from '../../common/problem.ts';
import { classNames } from './class-names.ts';

/** What happened, what to do, the machine's own words, and the action beside it. */
export function ProblemNote({
  problem,
  tone = 'failed',
  children,
}: {
  problem: Problem;
  tone?: 'failed' | 'calm';
  children?: ReactNode;
}) {
  return (
    <div
      className={classNames(
        'flex min-w-0 gap-2.5 rounded-md p-3',
        tone === 'failed' ? 'bg-failed-soft' : 'border border-line bg-sunken',
      )}
    >
      <CircleAlert
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className={classNames('mt-0.5 shrink-0', tone === 'failed' ? 'text-failed' : 'text-ink-3')}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{problem.message}</p>
        <p className="break-words text-ink-2">{problem.nextStep}</p>
        {problem.detail !== undefined && (
          <pre className="mt-2 max-h-32 overflow-auto font-mono text-xs break-words whitespace-pre-wrap text-ink-2">
            {problem.detail}
          </pre>
        )}
        {children !== undefined && <div className="mt-2 flex gap-2">{children}</div>}
      </div>
    </div>
  );
}
