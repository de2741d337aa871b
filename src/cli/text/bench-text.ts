import type { BenchRate, BenchResult, BenchRun } from '../../common/bench.ts';
import {
  type BenchComparison,
  type BenchDifference,
  type BenchPair,
  type BenchRow,
  benchGroups,
  CPU_REFERENCE,
} from '../../common/bench-table.ts';
import { formatBitRate, formatFps, formatSpeed, UNKNOWN } from '../../common/format.ts';
import type { VideoCodec } from '../../common/preset.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

const RATES: Readonly<Record<BenchRate, string>> = {
  quality: 'quality',
  'bit-rate': 'bit rate',
  'two-pass': 'two-pass',
};

/** Everything that a run measured as a table, then what failed or was left out, and why. */
export function benchRunText(run: BenchRun): string {
  const groups = benchGroups(run.results);
  const codecs = groups.filter(({ rows: all }) => all.some((row) => row.timesCpu !== null));
  const hasRatio = codecs.length > 0;
  const rows = groups.flatMap((group) => group.rows.map((row) => tableRow(row, hasRatio)));
  const ratio = hasRatio ? ['× CPU'] : [];
  const head = ['DEVICE', 'CODEC', 'ENCODER', 'RATE', 'FPS', 'SPEED', ...ratio, 'BIT RATE', 'VMAF', 'POWER'];
  return lines(
    ...(rows.length === 0 ? ['Nothing was measured.'] : alignColumns([head, ...rows])),
    ...(!hasRatio ? [] : [`× CPU: frames per second against ${codecs.map(reference).join(', ')}.`]),
    ...notes(run),
  );
}

function tableRow({ result, timesCpu }: BenchRow, hasRatio: boolean): string[] {
  // Why is told below the table, whose columns it would burst.
  if (result.error !== null) return [...name(result), 'failed'];
  return [
    ...name(result),
    formatFps(result.fps),
    formatSpeed(result.speedX),
    ...(hasRatio ? [timesCpu === null ? '' : formatSpeed(timesCpu)] : []),
    formatBitRate(result.bitRateBps),
    result.vmaf === null ? UNKNOWN : result.vmaf.toFixed(1),
    watts(result.powerWatts),
  ];
}

function name({ deviceName, codec, encoder, encoderPreset, rate }: BenchResult): string[] {
  return [printable(deviceName), codec, `${encoder} ${encoderPreset}`, RATES[rate]];
}

function watts(power: number | null): string {
  return power === null ? UNKNOWN : `${power.toFixed(0)} W`;
}

function reference({ codec }: { readonly codec: VideoCodec }): string {
  const { encoder, encoderPreset } = CPU_REFERENCE[codec];
  return `${encoder} ${encoderPreset}`;
}

/** Why encodes failed; why there is no VMAF, told once however many lack it; what was left out; why the run failed. */
function notes(run: BenchRun): string[] {
  const vmafNotes = new Set(run.results.flatMap(({ vmafNote }) => (vmafNote === null ? [] : [vmafNote])));
  return [
    ...run.results.flatMap((result) =>
      result.error === null
        ? []
        : [
            `Failed: ${name(result).join(' ')}. ${printable(result.error.message)}`,
            `  ${printable(result.error.nextStep)}`,
          ],
    ),
    ...[...vmafNotes].map((note) => `No VMAF: ${printable(note)}`),
    ...run.skipped.flatMap(({ deviceName, reason }) => [
      `Left out: ${printable(deviceName)}. ${printable(reason.message)}`,
      `  ${printable(reason.nextStep)}`,
    ]),
    ...(run.error === null ? [] : [printable(run.error.message), `  ${printable(run.error.nextStep)}`]),
  ];
}

/** One line on a result that has just come in. */
export function benchResultLine(result: BenchResult): string {
  const what = name(result).join('  ');
  if (result.error !== null) return `${what}  failed: ${printable(result.error.message)}`;
  const vmaf = result.vmaf === null ? '' : `, VMAF ${result.vmaf.toFixed(1)}`;
  return `${what}  ${formatFps(result.fps)}, ${formatBitRate(result.bitRateBps)}${vmaf}`;
}

/** A table of runs, one line each. */
export function benchListText(runs: readonly BenchRun[]): string {
  if (runs.length === 0) return 'No benchmarks yet. Run one with `gantry bench`.\n';
  const rows = runs.map((run) => [
    run.id,
    run.startedAt,
    run.status,
    `${run.done} of ${run.total}`,
    run.quick ? 'quick' : 'full',
    [...new Set(run.results.map((result) => printable(result.deviceName)))].join(', '),
  ]);
  return lines(...alignColumns([['ID', 'STARTED', 'STATUS', 'ENCODES', '', 'DEVICES'], ...rows]));
}

/** Equal encodes of two runs against each other, after what is not the same around them. */
export function benchComparisonText(comparison: BenchComparison): string {
  const { pairs, onlyBefore, onlyAfter, differences } = comparison;
  const head = ['DEVICE', 'CODEC', 'ENCODER', 'RATE', 'FPS', '', 'RATIO', 'BIT RATE', 'VMAF', 'POWER'];
  return lines(
    ...differences.map(differenceLine),
    ...(pairs.length === 0
      ? ['The runs have no encode in common.']
      : alignColumns([head, ...pairs.map(pairRow)])),
    ...only('first', onlyBefore.length),
    ...only('second', onlyAfter.length),
  );
}

function differenceLine({ deviceName, what, before, after }: BenchDifference): string {
  const subject = { driver: 'driver', ffmpeg: 'ffmpeg' }[what];
  return `${printable(deviceName)}: ${subject} ${printable(before)} → ${printable(after)}`;
}

function pairRow({ before, after, fpsRatio, bitRateRatio, vmafGain, powerRatio }: BenchPair): string[] {
  return [
    ...name(after),
    formatFps(before.fps),
    formatFps(after.fps),
    times(fpsRatio),
    times(bitRateRatio),
    vmafGain === null ? UNKNOWN : signed(vmafGain),
    times(powerRatio),
  ];
}

/** Two decimals, since changes of a few percent are what is looked for. */
function times(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(2)}×`;
}

function signed(points: number): string {
  const text = Math.abs(points).toFixed(1);
  if (Number(text) === 0) return '0.0';
  return `${points < 0 ? '−' : '+'}${text}`;
}

function only(which: string, count: number): string[] {
  if (count === 0) return [];
  return [`${count === 1 ? '1 encode is' : `${count} encodes are`} in the ${which} run only.`];
}

function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
