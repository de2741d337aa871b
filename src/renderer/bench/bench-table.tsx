import { type ReactNode, useMemo } from 'react';
import type { BenchResult } from '../../common/bench.ts';
import {
  type BenchGroup,
  type BenchPair,
  type BenchRow,
  CPU_REFERENCE,
  RATE_WORDS,
} from '../../common/bench-table.ts';
import { formatBitRate, formatFps, formatSpeed, UNKNOWN } from '../../common/format.ts';
import type { Problem } from '../../common/problem.ts';
import { classNames } from '../controls/class-names.ts';
import { codecName } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { changeWords, gainWords, measuredDevices, measuredName } from './bench-words.ts';

/** A change of speed below this is what two measurements of the same thing differ by. */
const NOTABLE_LOSS = 0.95;

/** Columns that say least leave first. */
const WIDE = 'hidden @3xl:table-cell';

/** Every figure that was measured with a codec. */
export function BenchTable({ group, pairs }: { group: BenchGroup; pairs: readonly BenchPair[] | null }) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const pairOf = useMemo(() => new Map(pairs?.map((pair) => [pair.after, pair])), [pairs]);
  const reference = CPU_REFERENCE[group.codec];
  const columns = text.bench.columns;
  // Without the CPU's own figures there is nothing to tell a GPU's against.
  const hasTimesCpu = group.rows.some(({ timesCpu }) => timesCpu !== null);
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways and holds no control is reached by keyboard so
      tabIndex={0}
      aria-label={text.bench.table(codecName(group.codec))}
      className="@container overflow-x-auto rounded-lg border border-line bg-raised shadow-1"
    >
      <table className="w-full">
        <caption className="sr-only">{text.bench.table(codecName(group.codec))}</caption>
        <thead>
          <tr className="border-b border-line text-sm text-ink-3">
            <Heading isText>{columns.device}</Heading>
            <Heading isText>{columns.preset}</Heading>
            <Heading isText className={WIDE}>
              {columns.rate}
            </Heading>
            <Heading>{columns.fps}</Heading>
            <Heading className={WIDE}>{columns.speed}</Heading>
            {hasTimesCpu && (
              <Heading title={text.bench.timesCpuHint(reference.encoder, reference.encoderPreset)}>
                {columns.timesCpu}
              </Heading>
            )}
            <Heading>{columns.bitRate}</Heading>
            <Heading>{columns.vmaf}</Heading>
            <Heading>{columns.power}</Heading>
            {pairs !== null && (
              <>
                <Heading>{columns.fpsChange}</Heading>
                <Heading>{columns.vmafChange}</Heading>
              </>
            )}
          </tr>
        </thead>
        {measuredDevices(group.rows.map(({ result }) => result)).map((id) => {
          const rows = group.rows.filter(({ result }) => result.deviceId === id);
          const [first] = rows;
          return (
            <tbody key={id} className="border-b border-line last:border-0">
              {rows.map((row) => (
                <tr key={`${row.result.encoderPreset} ${row.result.rate}`} className="hover:bg-hover">
                  {row === first && (
                    <th
                      scope="rowgroup"
                      rowSpan={rows.length}
                      className="min-w-24 px-3 py-1.5 text-left align-top font-medium first:pl-4"
                    >
                      {measuredName(devices, row.result)}
                      <span className="block font-mono text-xs font-normal text-ink-3">
                        {row.result.encoder}
                      </span>
                    </th>
                  )}
                  <ResultCells
                    row={row}
                    pair={pairOf.get(row.result)}
                    columns={{ hasTimesCpu, isCompared: pairs !== null }}
                  />
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </section>
  );
}

function ResultCells({
  row: { result, timesCpu },
  pair,
  columns: { hasTimesCpu, isCompared },
}: {
  row: BenchRow;
  pair: BenchPair | undefined;
  columns: { hasTimesCpu: boolean; isCompared: boolean };
}) {
  return (
    <>
      <th scope="row" className="px-3 py-1 text-left font-mono text-sm font-normal">
        {result.encoderPreset}
        {result.rate !== 'quality' && (
          <span className="font-sans whitespace-nowrap text-ink-2 @3xl:hidden">
            {' '}
            · {text.bench.rate[result.rate]}
          </span>
        )}
      </th>
      <td className={classNames('px-3 py-1 text-sm whitespace-nowrap text-ink-2', WIDE)}>
        {RATE_WORDS[result.rate]}
      </td>
      {result.error === null ? (
        <>
          <Figure isStrong>{formatFps(result.fps)}</Figure>
          <Figure className={WIDE}>{formatSpeed(result.speedX)}</Figure>
          {hasTimesCpu && <Figure>{timesCpu === null ? '' : formatSpeed(timesCpu)}</Figure>}
          <Figure>{formatBitRate(result.bitRateBps)}</Figure>
          <Figure title={result.vmafNote ?? undefined}>{result.vmaf?.toFixed(1) ?? UNKNOWN}</Figure>
          <Figure>{powerWords(result)}</Figure>
        </>
      ) : (
        <>
          <ErrorCell error={result.error} colSpan={hasTimesCpu ? 6 : 5} className={WIDE} />
          <ErrorCell error={result.error} colSpan={hasTimesCpu ? 5 : 4} className="@3xl:hidden" />
        </>
      )}
      {isCompared && (
        <>
          <Figure isLoss={(pair?.fpsRatio ?? 1) < NOTABLE_LOSS}>
            {pair === undefined || pair.fpsRatio === null ? '' : changeWords(pair.fpsRatio)}
          </Figure>
          <Figure>{pair === undefined || pair.vmafGain === null ? '' : gainWords(pair.vmafGain)}</Figure>
        </>
      )}
    </>
  );
}

/** As wide as the figures that it takes the place of, which are one fewer in a narrow table. */
function ErrorCell({ error, colSpan, className }: { error: Problem; colSpan: number; className: string }) {
  return (
    <td colSpan={colSpan} className={classNames('px-3 py-1 text-sm text-failed', className)}>
      {error.message} <span className="text-ink-2">{error.nextStep}</span>
    </td>
  );
}

function powerWords({ powerWatts }: BenchResult): string {
  return powerWatts === null ? UNKNOWN : `${Math.round(powerWatts)} W`;
}

function Heading({
  isText = false,
  className,
  title,
  children,
}: {
  isText?: boolean;
  className?: string;
  title?: string;
  children: ReactNode;
}) {
  return (
    <th
      scope="col"
      title={title}
      className={classNames(
        'px-3 py-2 font-normal whitespace-nowrap first:pl-4 last:pr-4',
        isText ? 'text-left' : 'text-right',
        className,
      )}
    >
      {children}
    </th>
  );
}

function Figure({
  isStrong = false,
  isLoss = false,
  className,
  title,
  children,
}: {
  isStrong?: boolean;
  isLoss?: boolean;
  className?: string;
  title?: string | undefined;
  children: ReactNode;
}) {
  return (
    <td
      title={title}
      className={classNames(
        'figures px-3 py-1 text-right last:pr-4',
        isStrong ? 'font-medium' : isLoss ? 'text-attention' : 'text-ink-2',
        className,
      )}
    >
      {children}
    </td>
  );
}
