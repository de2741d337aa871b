import { Info } from 'lucide-react';
import type { ReactNode } from 'react';
import type { BenchRun } from '../../common/bench.ts';
import type { BenchComparison } from '../../common/bench-table.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { measuredName } from './bench-words.ts';

/** Why there is no VMAF, told once however many lack it, and what was left out. */
export function RunNotes({ run }: { run: BenchRun }) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const vmafNotes = [
    ...new Set(run.results.flatMap(({ vmafNote }) => (vmafNote === null ? [] : [vmafNote]))),
  ];
  return (
    <>
      {vmafNotes.map((note) => (
        <Note key={note}>
          {text.bench.columns.vmaf}: {note}
        </Note>
      ))}
      {run.skipped.length > 0 && (
        <section>
          <h3 className="mb-1 text-sm font-medium text-ink-3">{text.bench.skipped}</h3>
          <ul className="flex flex-col gap-1">
            {run.skipped.map((skipped) => (
              <li key={skipped.deviceId} className="break-words">
                <span className="font-medium">{measuredName(devices, skipped)}</span>{' '}
                <span className="text-ink-2">
                  {skipped.reason.message} {skipped.reason.nextStep}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** What else is not the same in two benchmarks, so that nobody credits a driver's change to the device. */
export function ComparisonNotes({ comparison }: { comparison: BenchComparison }) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  if (comparison.pairs.length === 0) return <Note>{text.bench.nothingToCompare}</Note>;
  const lines = comparison.differences.map((difference) =>
    text.bench.changed[difference.what](
      measuredName(devices, difference),
      difference.before,
      difference.after,
    ),
  );
  return [...new Set(lines)].map((line) => <Note key={line}>{line}</Note>);
}

function Note({ children }: { children: ReactNode }) {
  return (
    <p className="flex gap-2 text-ink-2">
      <Info size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}
