import { classNames } from './class-names.ts';

/** A thin bar. `fraction` from 0 to 1; `tone` says whether work goes on, stands still or has ended. */
export function ProgressBar({
  fraction,
  label,
  tone = 'active',
}: {
  fraction: number;
  label: string;
  tone?: 'active' | 'still';
}) {
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(fraction * 100)}
      className="block h-[3px] w-full overflow-hidden rounded-full bg-track"
    >
      <span
        className={classNames(
          'block h-full origin-left rounded-full transition-transform duration-200 ease-linear motion-reduce:transition-none',
          tone === 'active' ? 'bg-accent' : 'bg-ink-3',
        )}
        style={{ transform: `scaleX(${fraction})` }}
      />
    </span>
  );
}
