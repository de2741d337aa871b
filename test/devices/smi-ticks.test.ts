import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GPU_FIELDS } from '../../src/engine/devices/smi-output.ts';
import { SmiTicks } from '../../src/engine/devices/smi-ticks.ts';
import { readCaptures } from './smi-captures.ts';
import { smiAnswers } from './stand-in-programs.ts';

/** The row of the GPU in a slot; `load` tells rows of one GPU apart. */
function row(slot: number, load = 0): string {
  const { stdout } = smiAnswers({
    index: String(slot),
    uuid: `GPU-${slot}`,
    'pci.bus_id': `00000000:0${slot}:00.0`,
    'utilization.gpu': String(load),
  });
  return stdout ?? '';
}

/** What comes of lines, one after the other: of each GPU its UUID (or `lost`) and load. */
function ticksOf(lines: readonly string[], fields: readonly string[] = GPU_FIELDS): string[][] {
  const ticks = new SmiTicks(fields);
  return lines.flatMap((line) => {
    const { gpus } = ticks.push(line);
    if (gpus === null) return [];
    return [gpus.map((gpu) => (gpu.kind === 'gpu' ? `${gpu.uuid} ${gpu.utilizationPercent}` : 'lost'))];
  });
}

describe('ticks of nvidia-smi in loop mode', () => {
  test.each(readCaptures())('a row of the $source of $file is a GPU, its header none', ({ queries }) => {
    for (const { fields, csv } of queries) {
      const [header = '', values = ''] = csv.split('\n');
      const ticks = new SmiTicks(fields);
      expect(ticks.push(header).isRow).toBe(false);
      expect(ticks.push(values)).toEqual({ isRow: true, gpus: null });
      // The first tick is over when its first GPU comes again; the second at once.
      const { gpus } = ticks.push(values);
      expect(gpus).toMatchObject([
        { kind: 'gpu', uuid: values.split(', ')[header.split(', ').indexOf('uuid')] },
      ]);
      expect(ticks.push(values).gpus).toHaveLength(1);
    }
  });

  test('the first is told when the second begins, each later one with its last line', () => {
    expect(ticksOf([row(0, 1), row(1, 1)])).toEqual([]);
    expect(ticksOf([row(0, 1), row(1, 1), row(0, 2)])).toEqual([['GPU-0 1', 'GPU-1 1']]);
    expect(ticksOf([row(0, 1), row(1, 1), row(0, 2), row(1, 2)])).toEqual([
      ['GPU-0 1', 'GPU-1 1'],
      ['GPU-0 2', 'GPU-1 2'],
    ]);
  });

  test('a GPU that is no longer listed is missing from the next, and soon nothing is waited for', () => {
    const both = [row(0, 1), row(1, 1), row(0, 2), row(1, 2)];
    expect(ticksOf([...both, row(1, 3), row(1, 4)]).slice(2)).toEqual([['GPU-1 4']]);
    expect(ticksOf([...both, row(0, 3), row(0, 4), row(0, 5)]).slice(2)).toEqual([['GPU-0 4'], ['GPU-0 5']]);
  });

  test('a GPU that comes is in the next, and no other is missing because of it', () => {
    const one = [row(0, 1), row(0, 2)];
    expect(ticksOf([...one, row(0, 3), row(1, 3), row(0, 4), row(1, 4)]).slice(1)).toEqual([
      ['GPU-0 3'],
      ['GPU-0 3', 'GPU-1 3'],
      ['GPU-0 4', 'GPU-1 4'],
    ]);
    const second = [row(1, 1), row(1, 2)];
    expect(ticksOf([...second, row(0, 3), row(1, 3), row(0, 4), row(1, 4)]).at(-1)).toEqual([
      'GPU-1 3',
      'GPU-0 4',
    ]);
  });

  test.each([
    ['as a row', '1, GPU-1, 00000000:01:00.0, 595.80, [GPU is lost]'.padEnd(60, ', [GPU is lost]')],
    ['as a row of nothing else', GPU_FIELDS.map(() => '[GPU is lost]').join(', ')],
    [
      'as a sentence',
      'Unable to determine the device handle for GPU1: 0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU',
    ],
  ])('a lost GPU %s is told with the next tick', (how, line) => {
    const fields = how === 'as a row' ? GPU_FIELDS.slice(0, line.split(',').length) : GPU_FIELDS;
    const quiet = (slot: number, load: number) =>
      row(slot, load).split(', ').slice(0, fields.length).join(', ');
    const both = [quiet(0, 1), quiet(1, 1), quiet(0, 2), quiet(1, 2)];
    const told = ticksOf([...both, quiet(0, 3), line, quiet(0, 4), line, quiet(0, 5), line], fields);
    expect(told.at(-1)).toHaveLength(2);
    expect(told.at(-1)?.at(-1)).toBe('lost');
    expect(told.slice(2).every((tick) => tick.length === 2 && tick[1] === 'lost')).toBe(true);
  });

  test('a lost GPU in front of the others is no reason to take these for gone', () => {
    const line = 'Unable to determine the device handle for GPU0: 0000:00:00.0: GPU is lost.';
    const both = [row(0, 1), row(1, 1), row(0, 2), row(1, 2)];
    expect(ticksOf([...both, line, row(1, 3), line, row(1, 4)]).slice(2)).toEqual([
      ['lost', 'GPU-1 3'],
      ['lost', 'GPU-1 4'],
    ]);
    const nameless = GPU_FIELDS.map(() => '[GPU is lost]').join(', ');
    const after = ticksOf([...both, nameless, row(1, 3), nameless, row(1, 4), nameless, row(1, 5)]).slice(2);
    expect(after.length).toBeGreaterThan(0);
    for (const tick of after) expect(tick.map((gpu) => gpu.split(' ')[0]).sort()).toEqual(['GPU-1', 'lost']);
  });

  test('a GPU that was lost and comes back is one GPU, not two', () => {
    const line = 'Unable to determine the device handle for GPU0: 0000:00:00.0: GPU is lost.';
    const both = [row(0, 1), row(1, 1), row(0, 2), row(1, 2)];
    expect(ticksOf([...both, line, row(1, 3), row(0, 4), row(1, 4)]).slice(2)).toEqual([
      ['lost', 'GPU-1 3'],
      ['GPU-0 4', 'GPU-1 4'],
    ]);
  });

  test('messages between rows are no rows', () => {
    const noise = ['', 'Wed Nov 19 10:11:12 2025: XID 79 detected', row(0, 2), 'Terminated'];
    expect(ticksOf([row(0, 1), ...noise])).toEqual([['GPU-0 2']]);
  });

  test('every GPU is in every tick but the last, however many there are, and none is told twice', () => {
    const counts = fc.record({ gpus: fc.integer({ min: 1, max: 9 }), loops: fc.integer({ min: 2, max: 9 }) });
    fc.assert(
      fc.property(counts, ({ gpus, loops }) => {
        const slots = Array.from({ length: gpus }, (_, slot) => slot);
        const lines = Array.from({ length: loops }, (_, load) => slots.map((slot) => row(slot, load))).flat();
        const told = ticksOf(lines);
        expect(told.slice(-loops + 1)).toEqual(
          Array.from({ length: loops - 1 }, (_, at) => slots.map((slot) => `GPU-${slot} ${at + 1}`)),
        );
        expect(told.length).toBeLessThanOrEqual(loops);
      }),
    );
  });
});
