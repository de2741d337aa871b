import { afterEach, describe, expect, it } from 'vitest';
import { deviceListText, doctorText } from '../../src/cli/text/device-text.ts';
import { DeviceList, DoctorReport } from '../../src/common/device.ts';
import { doctorReport } from '../../src/engine/devices/doctor.ts';
import { DeviceRegistry } from '../../src/engine/devices/registry.ts';
import type { Command } from '../../src/engine/hosts/host.ts';
import { type Capture, readCaptures } from './smi-captures.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { buildOf, ENCODED, encoderIn, memoryCache, refused } from './stand-in-programs.ts';

/**
 * Whole machines from real captures: nvidia-smi replays what it printed there, and ffmpeg prints what it does on a GPU with
 * the capabilities that NVIDIA lists for that model.
 */
const open: DeviceRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.dispose()));
});

interface Model {
  readonly name: RegExp;
  readonly answer: (encoder: string, isTenBit: boolean) => Printed;
  /** Codecs that it proves, with what else. */
  readonly proven: Readonly<Record<'h264' | 'hevc' | 'av1', string>>;
  readonly status: 'ready' | 'unavailable';
}

const NO_TEN_BIT_H264 = (encoder: string, isTenBit: boolean) =>
  encoder === 'h264_nvenc' && isTenBit ? refused('10 bit encode not supported') : ENCODED;

const MODELS: readonly Model[] = [
  {
    name: /H100/,
    answer: () => refused('OpenEncodeSessionEx failed: unsupported device (2): (no details)'),
    proven: { h264: 'no-nvenc', hevc: 'no-nvenc', av1: 'no-nvenc' },
    status: 'unavailable',
  },
  {
    name: /RTX 2080/,
    answer: (encoder, isTenBit) =>
      encoder === 'av1_nvenc' ? refused('Codec not supported') : NO_TEN_BIT_H264(encoder, isTenBit),
    proven: { h264: '8 b', hevc: '8 10 b', av1: 'capability-missing' },
    status: 'ready',
  },
  {
    name: /L40S|RTX 4080/,
    answer: NO_TEN_BIT_H264,
    proven: { h264: '8 b', hevc: '8 10 b', av1: '8 10 b' },
    status: 'ready',
  },
];

function rowOf(query: Capture['queries'][number]): ReadonlyMap<string, string> {
  const values = query.csv.split('\n')[1]?.split(', ') ?? [];
  return new Map(query.fields.map((field, at) => [field, values[at] ?? '']));
}

/** The row of the capture in the columns that are asked for, without units, as `nounits` prints it. */
function replay(row: ReadonlyMap<string, string>, { args }: Command): string {
  const fields = (args[0] ?? '').replace('--query-gpu=', '').split(',');
  return fields
    .map((field) => row.get(field) ?? '[N/A]')
    .map((value) => (value.startsWith('[') ? value : value.replace(/^([\d.]+) (?:MiB|W|%|MHz)$/, '$1')))
    .join(', ');
}

async function machineOf(capture: Capture, row: ReadonlyMap<string, string>, model: Model) {
  const host = new StandInHost({
    'nvidia-smi': (command) => ({
      stdout: command.args[0] === '-L' ? capture.list : replay(row, command),
    }),
    '/new/ffmpeg': (command) => {
      const encoder = encoderIn(command);
      if (!encoder.endsWith('nvenc')) return ENCODED;
      return model.answer(encoder, command.args.includes('+p010le'));
    },
  });
  const registry = new DeviceRegistry({
    host,
    discover: async () => [buildOf('new')],
    cache: memoryCache(),
    smiPath: 'nvidia-smi',
  });
  open.push(registry);
  const list = await registry.refresh();
  const report = await doctorReport({
    registry,
    host,
    home: '/home/of/gantry',
    gantryVersion: '0.0.0',
    nodeVersion: process.versions.node,
  });
  return { list, report };
}

const number = (text: string | undefined) => {
  const value = Number.parseFloat(text ?? '');
  return Number.isNaN(value) ? null : value;
};

const cases = readCaptures().flatMap((capture) =>
  capture.queries.map((query) => ({ ...capture, capture, load: query.load, row: rowOf(query) })),
);

describe('devices and doctor on machines that were captured', () => {
  it('there are captures of each model', () => {
    for (const { name } of MODELS)
      expect(cases.some(({ row }) => name.test(row.get('name') ?? ''))).toBe(true);
  });

  it.each(cases)('$source of $file, $load', async ({ capture, row, load }) => {
    const model = MODELS.find(({ name }) => name.test(row.get('name') ?? ''));
    if (model === undefined) throw new Error(`no model ${row.get('name')}`);
    const { list, report } = await machineOf(capture, row, model);
    expect(DeviceList.parse(list)).toEqual(list);
    expect(DoctorReport.parse(report)).toEqual(report);

    const [gpu, cpu, ...others] = list.devices;
    expect(others).toEqual([]);
    expect(cpu).toMatchObject({ kind: 'cpu', status: 'ready' });
    expect(gpu).toMatchObject({
      kind: 'gpu',
      id: row.get('uuid'),
      name: row.get('name'),
      driverVersion: row.get('driver_version'),
      status: model.status,
    });
    const told = gpu?.encoders.map(({ codec, ok, reason, tenBit, bFrames }) => [
      codec,
      ok ? ['8', ...(tenBit ? ['10'] : []), ...(bFrames ? ['b'] : [])].join(' ') : reason?.code,
    ]);
    expect(Object.fromEntries(told ?? [])).toEqual(model.proven);
    expect(gpu?.telemetry).toMatchObject({
      memoryTotalBytes: (number(row.get('memory.total')) ?? 0) * 2 ** 20,
      utilizationPercent: number(row.get('utilization.gpu')),
      encoderPercent: number(row.get('utilization.encoder')),
      temperatureCelsius: number(row.get('temperature.gpu')),
      powerWatts: number(row.get('power.draw')),
    });
    const sessions = number(row.get('encoder.stats.sessionCount')) ?? 0;
    if (load === 'idle') expect(sessions).toBe(0);
    expect(gpu?.sessions).toMatchObject({ used: sessions, others: sessions });
    expect(gpu?.telemetry?.encoderSessions).toBe(number(row.get('encoder.stats.sessionCount')));

    // An H100 is what it is; nothing is wrong with it.
    expect(report.ok).toBe(true);
    expect(report.problems.filter(({ message }) => message.startsWith(gpu?.name ?? '?'))).toEqual([]);
    expect(deviceListText(list)).toContain(`${gpu?.name}  ${model.status}`);
    expect(doctorText(report)).toContain(gpu?.name);
  });

  it.each(cases.filter(({ load }) => load === 'idle'))('$source of $file, its GPU lost', async (one) => {
    const model = MODELS.find(({ name }) => name.test(one.row.get('name') ?? ''));
    if (model === undefined) throw new Error(`no model ${one.row.get('name')}`);
    const row = new Map([...one.row.keys()].map((field) => [field, '[GPU is lost]']));
    const lost = { ...model, answer: () => refused('No CUDA capable devices found') };
    const { list, report } = await machineOf(one.capture, row, lost);
    expect(list.devices[0]).toMatchObject({
      kind: 'gpu',
      status: 'unavailable',
      reason: { code: 'gpu-lost' },
    });
    expect(report.ok).toBe(true);
    expect(report.problems[0]).toMatchObject({ code: 'gpu-lost' });
  });
});
