import type { BenchRate, BenchResult, BenchRun } from './bench.ts';
import type { DeviceId } from './ids.ts';
import type { VideoCodec } from './preset.ts';

/** Benchmark results side by side: as rows for people, one run against another, and as CSV. Pure. */

const CODECS: readonly VideoCodec[] = ['h264', 'hevc', 'av1'];

/** The CPU's encoder and preset that stand for "medium" in a preset: what a GPU's speed is told against. */
export const CPU_REFERENCE: Readonly<Record<VideoCodec, { encoder: string; encoderPreset: string }>> = {
  h264: { encoder: 'libx264', encoderPreset: 'medium' },
  hevc: { encoder: 'libx265', encoderPreset: 'medium' },
  av1: { encoder: 'libsvtav1', encoderPreset: '8' },
};

export const RATE_WORDS: Readonly<Record<BenchRate, string>> = {
  quality: 'constant quality',
  'bit-rate': 'bit rate, one pass',
  'two-pass': 'bit rate, two passes',
};

export interface BenchRow {
  readonly result: BenchResult;
  /** Frames per second against the CPU's reference at the same rate; null for a CPU, and where either was not measured. */
  readonly timesCpu: number | null;
}

export interface BenchGroup {
  readonly codec: VideoCodec;
  readonly rows: readonly BenchRow[];
}

/** Results by codec; within one by device, each in the order of measuring. Codecs without results are left out. */
export function benchGroups(results: readonly BenchResult[]): BenchGroup[] {
  const devices = [...new Set(results.map((result) => result.deviceId))];
  return CODECS.map((codec) => {
    const ofCodec = results.filter((result) => result.codec === codec);
    const inOrder = devices.flatMap((id) => ofCodec.filter((result) => result.deviceId === id));
    return { codec, rows: inOrder.map((result) => ({ result, timesCpu: timesCpu(result, ofCodec) })) };
  }).filter((group) => group.rows.length > 0);
}

function timesCpu(result: BenchResult, ofCodec: readonly BenchResult[]): number | null {
  if (result.deviceKind === 'cpu') return null;
  const { encoder, encoderPreset } = CPU_REFERENCE[result.codec];
  const reference = ofCodec.find(
    (other) =>
      other.deviceKind === 'cpu' &&
      other.encoder === encoder &&
      other.encoderPreset === encoderPreset &&
      other.rate === result.rate &&
      other.source.id === result.source.id,
  );
  return ratio(result.fps, reference?.fps ?? null);
}

function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base <= 0 ? null : value / base;
}

/** The same encode on the same device in two runs. Ratios are the later one's over the earlier one's. */
export interface BenchPair {
  readonly before: BenchResult;
  readonly after: BenchResult;
  readonly fpsRatio: number | null;
  readonly bitRateRatio: number | null;
  readonly powerRatio: number | null;
  /** Points of VMAF gained. */
  readonly vmafGain: number | null;
}

/** What is not the same around the encodes of a device. */
export interface BenchDifference {
  readonly deviceId: DeviceId;
  readonly deviceName: string;
  readonly what: 'driver' | 'ffmpeg';
  readonly before: string;
  readonly after: string;
}

export interface BenchComparison {
  readonly pairs: readonly BenchPair[];
  /** Results with no equal in the other run: another case, another device or another source. */
  readonly onlyBefore: readonly BenchResult[];
  readonly onlyAfter: readonly BenchResult[];
  readonly differences: readonly BenchDifference[];
}

/** Sets equal cases of two runs against each other. Cases are equal on the same device, encoder, preset, rate and source. */
export function compareBenchRuns(before: BenchRun, after: BenchRun): BenchComparison {
  const earlier = new Map(before.results.map((result) => [caseKey(result), result]));
  const pairs: BenchPair[] = [];
  const onlyAfter: BenchResult[] = [];
  for (const result of after.results) {
    const key = caseKey(result);
    const other = earlier.get(key);
    earlier.delete(key);
    if (other) pairs.push(pairOf(other, result));
    else onlyAfter.push(result);
  }
  return { pairs, onlyBefore: [...earlier.values()], onlyAfter, differences: differencesOf(pairs) };
}

function caseKey({ deviceId, encoder, encoderPreset, rate, source }: BenchResult): string {
  return JSON.stringify([deviceId, encoder, encoderPreset, rate, source.id]);
}

function pairOf(before: BenchResult, after: BenchResult): BenchPair {
  const vmafGain = before.vmaf === null || after.vmaf === null ? null : after.vmaf - before.vmaf;
  return {
    before,
    after,
    fpsRatio: ratio(after.fps, before.fps),
    bitRateRatio: ratio(after.bitRateBps, before.bitRateBps),
    powerRatio: ratio(after.powerWatts, before.powerWatts),
    vmafGain,
  };
}

function differencesOf(pairs: readonly BenchPair[]): BenchDifference[] {
  const found = new Map<string, BenchDifference>();
  for (const { before, after } of pairs) {
    const { deviceId, deviceName } = after;
    const drivers = [before.driverVersion ?? '', after.driverVersion ?? ''] as const;
    const builds = [buildName(before), buildName(after)] as const;
    for (const [what, [a, b]] of [['driver', drivers] as const, ['ffmpeg', builds] as const]) {
      if (a !== b) {
        found.set(JSON.stringify([deviceId, what, a, b]), {
          deviceId,
          deviceName,
          what,
          before: a,
          after: b,
        });
      }
    }
  }
  return [...found.values()];
}

/** The version for people; the id, since two builds of one version are not the same. */
function buildName({ ffmpegVersion, buildId }: BenchResult): string {
  return `${ffmpegVersion} (${buildId})`;
}

type Cell = string | number | null;

const CSV_COLUMNS: readonly (readonly [name: string, cell: (result: BenchResult, run: BenchRun) => Cell])[] =
  [
    ['run', (_, run) => run.id],
    ['startedAt', (_, run) => run.startedAt],
    ['at', (result) => result.at],
    ['deviceId', (result) => result.deviceId],
    ['deviceName', (result) => result.deviceName],
    ['deviceKind', (result) => result.deviceKind],
    ['driverVersion', (result) => result.driverVersion],
    ['ffmpegVersion', (result) => result.ffmpegVersion],
    ['buildId', (result) => result.buildId],
    ['source', (result) => result.source.id],
    ['width', (result) => result.source.width],
    ['height', (result) => result.source.height],
    ['frameCount', (result) => result.source.frameCount],
    ['codec', (result) => result.codec],
    ['encoder', (result) => result.encoder],
    ['encoderPreset', (result) => result.encoderPreset],
    ['rate', (result) => result.rate],
    ['fps', (result) => rounded(result.fps)],
    ['speedX', (result) => rounded(result.speedX)],
    ['sizeBytes', (result) => result.sizeBytes],
    ['bitRateBps', (result) => rounded(result.bitRateBps)],
    ['vmaf', (result) => rounded(result.vmaf)],
    ['vmafNote', (result) => result.vmafNote],
    ['powerWatts', (result) => rounded(result.powerWatts)],
    ['errorCode', (result) => result.error?.code ?? null],
    ['error', (result) => result.error?.message ?? null],
  ];

/** All results of the runs as CSV (RFC 4180): a line of names, then one line a result. What was not measured is empty. */
export function benchCsv(runs: readonly BenchRun[]): string {
  const rows = runs.flatMap((run) =>
    run.results.map((result) => CSV_COLUMNS.map(([, cell]) => cell(result, run))),
  );
  return [CSV_COLUMNS.map(([name]) => name), ...rows]
    .map((row) => `${row.map(csvCell).join(',')}\r\n`)
    .join('');
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(3));
}

/**
 * Spreadsheets run text that begins like a formula; an apostrophe before it keeps it text. Names of devices and builds come
 * from elsewhere.
 */
function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
