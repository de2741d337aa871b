import type { Problem } from '../../common/problem.ts';

/** What nvidia-smi says about one GPU, or one MIG slice of it. Null where it says `[N/A]`, `[Not Supported]` or `ERR!`. */
export interface GpuReading {
  readonly kind: 'gpu';
  readonly index: number | null;
  /** `GPU-…`, or `MIG-…` for a slice. */
  readonly uuid: string;
  readonly name: string;
  readonly driverVersion: string | null;
  readonly pciBusId: string | null;
  /** True when the GPU is cut into slices: then only the slices can be used. */
  readonly isSliced: boolean;
  readonly memoryTotalBytes: number | null;
  readonly memoryUsedBytes: number | null;
  readonly utilizationPercent: number | null;
  readonly encoderPercent: number | null;
  readonly decoderPercent: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerWatts: number | null;
  /** Encoding sessions of all programs on it. */
  readonly sessions: number | null;
}

/** A GPU that is there and cannot be used. */
export interface UnusableGpu {
  readonly kind: 'unusable';
  readonly index: number | null;
  /** Null when the driver no longer tells. */
  readonly uuid: string | null;
  readonly name: string | null;
  readonly pciBusId: string | null;
  readonly problem: Problem;
}

/** `name` comes last: it may hold a comma, and nvidia-smi's CSV knows no quotes. */
export const GPU_FIELDS = [
  'index',
  'uuid',
  'pci.bus_id',
  'driver_version',
  'mig.mode.current',
  'memory.total',
  'memory.used',
  'utilization.gpu',
  'utilization.encoder',
  'utilization.decoder',
  'temperature.gpu',
  'power.draw',
  'encoder.stats.sessionCount',
  'name',
] as const;

type Row = ReadonlyMap<string, string>;

/** Reads `--query-gpu=<fields> --format=csv`, with or without units and header. Lines that are no row are passed over. */
export function parseGpuQuery(fields: readonly string[], stdout: string): (GpuReading | UnusableGpu)[] {
  return stdout.split(/\r?\n/).flatMap((line): (GpuReading | UnusableGpu)[] => {
    if (line.startsWith('Unable to determine the device handle for GPU')) {
      const bus = /((?:[0-9A-F]{4}){1,2}:[0-9A-F]{2}:[0-9A-F]{2}\.\d)/i.exec(line)?.[1];
      const pciBusId = bus === undefined ? null : fullBusId(bus);
      return [{ kind: 'unusable', index: null, uuid: null, name: null, pciBusId, problem: lost(line) }];
    }
    const row = readRow(fields, line);
    return row && !isHeader(row) ? [readGpu(row, line)] : [];
  });
}

function readRow(fields: readonly string[], line: string): Row | null {
  const values = line.split(',').map((value) => value.trim());
  const surplus = values.length - fields.length;
  const nameAt = fields.indexOf('name');
  if (surplus < 0 || (surplus > 0 && nameAt < 0)) return null;
  if (surplus > 0) {
    values.splice(nameAt, surplus + 1, values.slice(nameAt, nameAt + surplus + 1).join(', '));
  }
  return new Map(fields.map((field, at) => [field, values[at] ?? '']));
}

function isHeader(row: Row): boolean {
  return row.get('uuid') === 'uuid';
}

function readGpu(row: Row, line: string): GpuReading | UnusableGpu {
  const uuid = text(row, 'uuid');
  const identity = {
    index: number(row, 'index'),
    name: text(row, 'name'),
    pciBusId: text(row, 'pci.bus_id'),
  };
  const values = [...row.values()];
  if (values.includes('[GPU is lost]')) return { kind: 'unusable', uuid, ...identity, problem: lost(line) };
  if (values.includes('[GPU requires reset]')) {
    return { kind: 'unusable', uuid, ...identity, problem: lost(line) };
  }
  if (uuid === null) {
    const problem: Problem = {
      code: 'gpu-failed',
      message: 'The NVIDIA driver lists a GPU and does not tell which one it is.',
      nextStep: 'Update the NVIDIA driver and restart the computer.',
      detail: line.trim(),
    };
    return { kind: 'unusable', uuid, ...identity, problem };
  }
  return {
    kind: 'gpu',
    ...identity,
    uuid,
    name: identity.name ?? 'NVIDIA GPU',
    driverVersion: text(row, 'driver_version'),
    isSliced: text(row, 'mig.mode.current') === 'Enabled',
    memoryTotalBytes: mebibytes(row, 'memory.total'),
    memoryUsedBytes: mebibytes(row, 'memory.used'),
    utilizationPercent: number(row, 'utilization.gpu'),
    encoderPercent: number(row, 'utilization.encoder'),
    decoderPercent: number(row, 'utilization.decoder'),
    temperatureCelsius: number(row, 'temperature.gpu'),
    powerWatts: number(row, 'power.draw'),
    sessions: number(row, 'encoder.stats.sessionCount'),
  };
}

function lost(line: string): Problem {
  return {
    code: 'gpu-lost',
    message: 'The GPU stopped answering its driver.',
    nextStep:
      'Restart the computer. If it happens again, check the power supply, the seating of the card and the temperature.',
    detail: line.trim(),
  };
}

/** Null for `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `ERR!` and nothing at all. */
function text(row: Row, field: string): string | null {
  const value = row.get(field) ?? '';
  return value === '' || /^\[.*\]$|^N\/A$|^ERR!$/.test(value) ? null : value;
}

/** A number with or without its unit: `39.32 W`, `0 %`, `8192`. */
function number(row: Row, field: string): number | null {
  const match = /^(-?\d+(?:\.\d+)?)(?: \S+)?$/.exec(text(row, field) ?? '');
  return match ? Number(match[1]) : null;
}

function mebibytes(row: Row, field: string): number | null {
  const value = number(row, field);
  return value === null ? null : value * 1024 * 1024;
}

/** Messages name `0000:0B:00.0`, queries `00000000:0B:00.0`. */
function fullBusId(short: string): string {
  const [domain = '', ...rest] = short.toUpperCase().split(':');
  return [domain.padStart(8, '0'), ...rest].join(':');
}

export interface ListedGpu {
  readonly index: number;
  readonly name: string;
  readonly uuid: string;
  readonly slices: readonly { readonly name: string; readonly uuid: string }[];
}

/** Reads `nvidia-smi -L`: GPUs, each with its MIG slices indented below it. */
export function parseGpuList(stdout: string): ListedGpu[] {
  const gpus: (ListedGpu & { slices: { name: string; uuid: string }[] })[] = [];
  for (const line of stdout.split(/\r?\n/)) {
    const gpu = /^GPU (\d+): (.*) \(UUID: ([^)]+)\)/.exec(line);
    if (gpu?.[2] && gpu[3]) {
      gpus.push({ index: Number(gpu[1]), name: gpu[2], uuid: gpu[3], slices: [] });
      continue;
    }
    const slice = /^\s+(MIG \S+)\s+Device\s+\d+: \(UUID: ([^)]+)\)/.exec(line);
    if (slice?.[1] && slice[2]) gpus.at(-1)?.slices.push({ name: slice[1], uuid: slice[2] });
  }
  return gpus;
}

/** A field that this version of nvidia-smi does not know; null when the output is not about that. */
export function unknownField(output: string): string | null {
  return /Field "([^"]+)" is not a valid field to query/.exec(output)?.[1] ?? null;
}
