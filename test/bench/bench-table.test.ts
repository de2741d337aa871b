import { describe, expect, it } from 'vitest';
import type { BenchId } from '../../src/common/bench.ts';
import { benchCsv, benchGroups, compareBenchRuns } from '../../src/common/bench-table.ts';
import type { DeviceId } from '../../src/common/ids.ts';
import { aResult, aRun, gpuResult } from './bench-fixture.ts';

describe('results in a table', () => {
  it('are grouped by codec, and within one by device, as they were measured', () => {
    const results = [
      gpuResult({ codec: 'hevc', encoder: 'hevc_nvenc' }),
      gpuResult({ encoderPreset: 'p7' }),
      aResult(),
      gpuResult({ encoderPreset: 'p1' }),
    ];
    const groups = benchGroups(results);
    expect(
      groups.map(({ codec, rows }) => [codec, ...rows.map(({ result }) => result.encoderPreset)]),
    ).toEqual([
      ['h264', 'p7', 'p1', 'medium'],
      ['hevc', 'p5'],
    ]);
  });

  it('tell a GPU against the medium preset of the CPU, at the same rate', () => {
    const results = [
      gpuResult({ fps: 400 }),
      gpuResult({ fps: 300, rate: 'bit-rate' }),
      aResult({ encoderPreset: 'ultrafast', fps: 200 }),
      aResult({ fps: 50 }),
      aResult({ fps: 60, rate: 'bit-rate' }),
      aResult({ fps: 30, rate: 'two-pass' }),
    ];
    const [group] = benchGroups(results);
    expect(group?.rows.map((row) => row.timesCpu)).toEqual([8, 5, null, null, null, null]);
  });

  it('tell no ratio where the CPU was not measured, failed, or had another source', () => {
    const other = { ...aResult().source, id: 'scenes-v2' };
    const failed = { code: 'encode-failed', message: 'It failed.', nextStep: 'Retry.' } as const;
    for (const cpu of [[], [aResult({ fps: null, error: failed })], [aResult({ source: other })]]) {
      expect(benchGroups([gpuResult(), ...cpu])[0]?.rows[0]?.timesCpu).toBeNull();
    }
  });
});

describe('two runs', () => {
  const before = aRun({ id: 'a' as BenchId, results: [aResult({ fps: 50, bitRateBps: 4e6, vmaf: 90 })] });

  it('are compared case by case, later over earlier', () => {
    const after = aRun({ id: 'b' as BenchId, results: [aResult({ fps: 60, bitRateBps: 3e6, vmaf: 88.5 })] });
    const { pairs, onlyBefore, onlyAfter, differences } = compareBenchRuns(before, after);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ fpsRatio: 1.2, bitRateRatio: 0.75, vmafGain: -1.5, powerRatio: null });
    expect({ onlyBefore, onlyAfter, differences }).toEqual({
      onlyBefore: [],
      onlyAfter: [],
      differences: [],
    });
  });

  it.each([
    ['another preset', { encoderPreset: 'fast' }],
    ['another rate', { rate: 'two-pass' }],
    ['another encoder', { encoder: 'libx265', codec: 'hevc' }],
    ['another source', { source: { ...aResult().source, id: 'scenes-v2' } }],
    ['another device', { deviceId: 'GPU-x' as DeviceId }],
  ] as const)('set nothing against %s', (_, fields) => {
    const after = aRun({ results: [aResult(fields)] });
    const comparison = compareBenchRuns(before, after);
    expect(comparison.pairs).toEqual([]);
    expect(comparison.onlyBefore).toEqual(before.results);
    expect(comparison.onlyAfter).toEqual(after.results);
  });

  it('say once for each device that driver or build changed', () => {
    const results = (driverVersion: string, buildId: string) =>
      ['p1', 'p5'].map((encoderPreset) => gpuResult({ encoderPreset, driverVersion, buildId }));
    const { differences } = compareBenchRuns(
      aRun({ results: results('550.54', 'aaaa') }),
      aRun({ results: results('570.10', 'bbbb') }),
    );
    expect(differences).toEqual([
      expect.objectContaining({ what: 'driver', before: '550.54', after: '570.10' }),
      expect.objectContaining({ what: 'ffmpeg', before: '7.0 (aaaa)', after: '7.0 (bbbb)' }),
    ]);
  });

  it('have no ratio where one of the two failed', () => {
    const failed = { code: 'encode-failed', message: 'It failed.', nextStep: 'Retry.' } as const;
    const after = aRun({ results: [aResult({ fps: null, vmaf: null, bitRateBps: null, error: failed })] });
    expect(compareBenchRuns(before, after).pairs[0]).toMatchObject({
      ...{ fpsRatio: null, bitRateRatio: null, vmafGain: null },
    });
  });
});

/** Reads RFC 4180, so that what is written is judged by the rules and not by how it is written. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (match === null) throw new Error(`not CSV: ${text}`);
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n' && cell.lastIndex < text.length) rows.push([]);
  }
  return rows;
}

function cellOf(rows: string[][], column: string, row = 1): string | undefined {
  return rows[row]?.[rows[0]?.indexOf(column) ?? -1];
}

describe('CSV', () => {
  it('has a line of names and a line for each result of each run', () => {
    const runs = [aRun({ results: [aResult(), gpuResult()] }), aRun({ results: [gpuResult()] }), aRun()];
    const rows = parseCsv(benchCsv(runs));
    expect(rows).toHaveLength(4);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(cellOf(rows, 'encoder', 2)).toBe('h264_nvenc');
    expect(cellOf(rows, 'powerWatts', 2)).toBe('120');
  });

  it('leaves empty what was not measured, and says why', () => {
    const error = { code: 'gpu-lost', message: 'The GPU stopped answering.', nextStep: 'Restart.' } as const;
    const rows = parseCsv(benchCsv([aRun({ results: [gpuResult({ fps: null, vmaf: null, error })] })]));
    expect([cellOf(rows, 'fps'), cellOf(rows, 'vmaf')]).toEqual(['', '']);
    expect([cellOf(rows, 'errorCode'), cellOf(rows, 'error')]).toEqual(['gpu-lost', error.message]);
  });

  it('keeps separators, quotes and line breaks within a cell', () => {
    const deviceName = 'A "fast" GPU, 24 GB\r\nsecond line';
    expect(cellOf(parseCsv(benchCsv([aRun({ results: [gpuResult({ deviceName })] })])), 'deviceName')).toBe(
      deviceName,
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("http://x","y")'])(
    'holds no formula for a spreadsheet to run: %j',
    (deviceName) => {
      const cell = cellOf(parseCsv(benchCsv([aRun({ results: [gpuResult({ deviceName })] })])), 'deviceName');
      expect(cell).toBe(`'${deviceName}`);
    },
  );

  it('writes numbers as numbers', () => {
    const rows = parseCsv(benchCsv([aRun({ results: [aResult({ fps: 123.456789, sizeBytes: 5 })] })]));
    expect([cellOf(rows, 'fps'), cellOf(rows, 'sizeBytes')]).toEqual(['123.457', '5']);
  });
});
