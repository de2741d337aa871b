import { describe, expect, it } from 'vitest';
import {
  GPU_FIELDS,
  parseGpuList,
  parseGpuQuery,
  unknownField,
} from '../../src/engine/devices/smi-output.ts';
import { readCaptures } from './smi-captures.ts';

const MIB = 1024 * 1024;
const MASKED = 'GPU-00000000-0000-0000-0000-000000000000';

/** Read off the captures by eye: name, driver, bus, memory, then [used MiB, GPU %, encoder %, °C, W, sessions] idle and under load. */
const EXPECTED: Record<string, [string, string, string, number, number[], number[]]> = {
  'linux-x86_64__nvidia-geforce-rtx-2080-super__595.71.05.txt': [
    'NVIDIA GeForce RTX 2080 SUPER',
    '595.71.05',
    '00000000:0C:00.0',
    8192,
    [214, 0, 0, 40, 39.32, 0],
    [819, 8, 100, 45, 111.5, 2],
  ],
  'linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05.txt': [
    'NVIDIA GeForce RTX 4080 SUPER',
    '595.71.05',
    '00000000:01:00.0',
    16376,
    [596, 0, 0, 43, 26.2, 0],
    [1474, 7, 72, 46, 84.24, 2],
  ],
  'linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01.txt': [
    'NVIDIA H100 80GB HBM3',
    '590.48.01',
    '00000000:00:09.0',
    81559,
    [0, 0, 0, 41, 69.85, 0],
    [19818, 100, 0, 59, 631.95, 0],
  ],
  'linux-x86_64__nvidia-l40s__595.80.txt': [
    'NVIDIA L40S',
    '595.80',
    '00000000:01:00.0',
    46068,
    [0, 100, 0, 63, 144.97, 0],
    [1235, 9, 60, 54, 110.23, 2],
  ],
  'windows-x86_64__nvidia-geforce-rtx-2080-super__591.86.txt': [
    'NVIDIA GeForce RTX 2080 SUPER',
    '591.86',
    '00000000:0C:00.0',
    8192,
    [702, 0, 0, 40, 38.92, 0],
    [1296, 7, 100, 45, 97.43, 2],
  ],
};

const captures = readCaptures();

describe('real captures', () => {
  it('covers every machine in the table', () => {
    expect(new Set(captures.map((capture) => capture.file))).toEqual(new Set(Object.keys(EXPECTED)));
  });

  it.each(captures)('$source of $file: every value is read, idle and under load', ({ file, queries }) => {
    const [name, driverVersion, pciBusId, memoryMib, idle, load] = EXPECTED[file] ?? [];
    expect(queries.map((query) => query.load)).toEqual(['idle', 'load']);
    for (const query of queries) {
      const [used = 0, gpu, encoder, celsius, watts, sessions] = (query.load === 'load' ? load : idle) ?? [];
      expect(parseGpuQuery(query.fields, query.csv)).toEqual([
        {
          kind: 'gpu',
          index: 0,
          uuid: MASKED,
          name,
          driverVersion,
          pciBusId,
          isSliced: false,
          memoryTotalBytes: (memoryMib ?? 0) * MIB,
          memoryUsedBytes: used * MIB,
          utilizationPercent: gpu,
          encoderPercent: encoder,
          decoderPercent: 0,
          temperatureCelsius: celsius,
          powerWatts: watts,
          sessions,
        },
      ]);
      // Windows ends its lines with CR LF.
      const crlf = query.csv.replaceAll('\n', '\r\n');
      expect(parseGpuQuery(query.fields, crlf)).toEqual(parseGpuQuery(query.fields, query.csv));
    }
  });

  it.each(captures)('$source of $file: -L names the GPU', ({ file, list }) => {
    expect(parseGpuList(list)).toEqual([{ index: 0, name: EXPECTED[file]?.[0], uuid: MASKED, slices: [] }]);
  });
});

/** A row in the order in which it is asked for, as `--format=csv,noheader,nounits` prints it. */
function row(changes: Partial<Record<(typeof GPU_FIELDS)[number], string>> = {}): string {
  const values: Record<string, string> = {
    index: '0',
    uuid: 'GPU-11111111-2222-3333-4444-555555555555',
    'pci.bus_id': '00000000:01:00.0',
    driver_version: '595.80',
    'mig.mode.current': '[N/A]',
    'memory.total': '46068',
    'memory.used': '1235',
    'utilization.gpu': '9',
    'utilization.encoder': '60',
    'utilization.decoder': '0',
    'temperature.gpu': '54',
    'power.draw': '110.23',
    'encoder.stats.sessionCount': '2',
    name: 'NVIDIA L40S',
    ...changes,
  };
  return GPU_FIELDS.map((field) => values[field]).join(', ');
}

describe('parseGpuQuery', () => {
  it('reads several GPUs, in their order', () => {
    const gpus = parseGpuQuery(
      GPU_FIELDS,
      [row(), row({ index: '1', uuid: 'GPU-b', name: 'NVIDIA A2' })].join('\n'),
    );
    expect(gpus.map((gpu) => [gpu.index, gpu.name])).toEqual([
      [0, 'NVIDIA L40S'],
      [1, 'NVIDIA A2'],
    ]);
  });

  it.each(['[N/A]', '[Not Supported]', '[Unknown Error]', 'ERR!', 'N/A', ''])(
    'takes "%s" as not known and keeps the rest',
    (nothing) => {
      const [gpu] = parseGpuQuery(
        GPU_FIELDS,
        row({ 'power.draw': nothing, 'utilization.encoder': nothing, 'encoder.stats.sessionCount': nothing }),
      );
      expect(gpu).toMatchObject({
        kind: 'gpu',
        powerWatts: null,
        encoderPercent: null,
        sessions: null,
        temperatureCelsius: 54,
      });
    },
  );

  it('reads a name with commas, wherever the column stands', () => {
    const name = 'NVIDIA GRID A100, Time-Sliced, 40C';
    expect(parseGpuQuery(GPU_FIELDS, row({ name }))[0]?.name).toBe(name);
    const inTheMiddle = ['index', 'name', 'uuid'];
    expect(parseGpuQuery(inTheMiddle, `0, ${name}, GPU-a`)[0]).toMatchObject({ name, uuid: 'GPU-a' });
  });

  it('a GPU that is lost is listed as lost, though its row is otherwise in order', () => {
    const lost = row({ 'utilization.gpu': '[GPU is lost]', 'power.draw': '[GPU is lost]' });
    const [gpu, other] = parseGpuQuery(GPU_FIELDS, `${lost}\n${row({ uuid: 'GPU-b' })}`);
    expect(gpu).toMatchObject({
      kind: 'unusable',
      uuid: 'GPU-11111111-2222-3333-4444-555555555555',
      problem: { code: 'gpu-lost', detail: lost },
    });
    expect(other?.kind).toBe('gpu');
  });

  it('a GPU that lost even its UUID is known by its place on the bus', () => {
    const lost = GPU_FIELDS.map((field) => (field === 'pci.bus_id' ? '00000000:0B:00.0' : '[GPU is lost]'));
    expect(parseGpuQuery(GPU_FIELDS, lost.join(', '))[0]).toMatchObject({
      kind: 'unusable',
      uuid: null,
      pciBusId: '00000000:0B:00.0',
      problem: { code: 'gpu-lost' },
    });
  });

  it('a GPU without a handle is lost as well', () => {
    for (const line of [
      'Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error',
      'Unable to determine the device handle for GPU0: 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU',
      'Unable to determine the device handle for GPU0000:0B:00.0: Unknown Error',
    ]) {
      expect(parseGpuQuery(GPU_FIELDS, line)).toMatchObject([
        { kind: 'unusable', pciBusId: '00000000:0B:00.0', problem: { code: 'gpu-lost', detail: line } },
      ]);
    }
  });

  it('passes over lines that are no rows', () => {
    const text =
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that ...";
    expect(parseGpuQuery(GPU_FIELDS, `${text}\n\nNo devices were found\n`)).toEqual([]);
  });
});

it('reads MIG slices under their GPU, in both forms of their UUIDs', () => {
  const list = [
    'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)',
    '  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)',
    '  MIG 3g.20gb     Device  1: (UUID: MIG-GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77/2/0)',
    'GPU 1: NVIDIA L40S (UUID: GPU-b)',
  ].join('\n');
  expect(parseGpuList(list)).toEqual([
    {
      index: 0,
      name: 'NVIDIA A100-SXM4-40GB',
      uuid: 'GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77',
      slices: [
        { name: 'MIG 1g.5gb', uuid: 'MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f' },
        { name: 'MIG 3g.20gb', uuid: 'MIG-GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77/2/0' },
      ],
    },
    { index: 1, name: 'NVIDIA L40S', uuid: 'GPU-b', slices: [] },
  ]);
});

it('knows which field an older nvidia-smi refused', () => {
  expect(unknownField('Field "utilization.encoder" is not a valid field to query.\n')).toBe(
    'utilization.encoder',
  );
  expect(unknownField(row())).toBeNull();
});
