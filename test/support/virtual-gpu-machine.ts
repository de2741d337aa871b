import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where the sources of the virtual GPUs and the ready-made machines are. */
export const VIRTUAL_GPU_SOURCES = join(import.meta.dirname, '../../e2e/virtual-gpu');

/**
 * A fault: on for all sessions, or only for the next ones. `value` is what the fault counts or gives: frames, or for
 * `openFails` the NVENC status.
 */
export type VirtualFault = boolean | number | { readonly value?: number; readonly sessions: number };

/** One GPU. Keys are those of the machine file, which e2e/virtual-gpu/README.md describes; what is left out is an Ada card. */
export interface VirtualGpu {
  readonly name?: string;
  readonly uuid: string;
  readonly pciBusId?: string;
  /** "8.9" */
  readonly computeCapability?: string;
  readonly memoryTotalMib?: number;
  readonly memoryUsedMib?: number;
  readonly sessionMemoryMib?: number;
  readonly nvenc?: boolean;
  /** "h264, hevc, av1" */
  readonly codecs?: string;
  /** What NVDEC takes: "h264, hevc, mpeg2, mpeg4, vc1, vp8, vp9, av1", or "none". */
  readonly decoders?: string;
  readonly h264BFrames?: number;
  readonly hevcBFrames?: number;
  readonly av1BFrames?: number;
  readonly h264TenBit?: boolean;
  readonly hevcTenBit?: boolean;
  readonly av1TenBit?: boolean;
  /** "4096x4096" */
  readonly h264MaxSize?: string;
  readonly hevcMaxSize?: string;
  readonly av1MaxSize?: string;
  readonly h264MinSize?: string;
  readonly hevcMinSize?: string;
  readonly av1MinSize?: string;
  readonly bFramesAsReference?: boolean;
  readonly weightedPrediction?: boolean;
  readonly lookahead?: boolean;
  readonly temporalAq?: boolean;
  readonly yuv444?: boolean;
  readonly lossless?: boolean;
  readonly interlaced?: boolean;
  /** 0: unlimited. */
  readonly sessionsAllowed?: number;
  /** Sessions of programs that do not run here: they count, and nvidia-smi shows them. */
  readonly otherSessions?: number;
  /** Of all sessions together; 0: as fast as the CPU. */
  readonly framesPerSecond?: number;
  readonly temperatureCelsius?: number;
  readonly powerIdleWatts?: number;
  readonly powerLimitWatts?: number;
  /** Fields of nvidia-smi, with commas. */
  readonly smiNotAvailable?: string;
  readonly smiNotSupported?: string;
  readonly mig?: 'Enabled' | 'Disabled';
  /** Profile and UUID: "1g.24gb MIG-…". */
  readonly migSlice?: readonly string[];
  readonly speed?: number;
  readonly lost?: boolean;
  readonly lostToldAs?: 'row' | 'no handle';
  readonly openFails?: VirtualFault;
  readonly outOfMemory?: VirtualFault;
  readonly failAfterFrames?: VirtualFault;
  readonly lockFailsAfterFrames?: VirtualFault;
  readonly lostAfterFrames?: VirtualFault;
  readonly hangAfterFrames?: VirtualFault;
  readonly decoderFails?: VirtualFault;
  /** Another token starts the counts of faults for only some sessions anew. */
  readonly faultToken?: string;
}

export interface VirtualSystem {
  readonly driverVersion?: string;
  readonly cudaVersion?: string;
  readonly driver?: 'ok' | 'gone';
  readonly smi?: 'ok' | 'hang' | 'gone';
  readonly smiUnknownFields?: string;
  /** 0: unlimited. */
  readonly sessionsAllowed?: number;
  /** What an open past the limit gives; by default what this driver version would. */
  readonly sessionLimitStatus?: 10 | 21;
  readonly libraries?: 'all' | 'no video' | 'none';
  readonly stateFile?: string;
}

export interface VirtualMachineDescription {
  readonly system: VirtualSystem;
  readonly gpus: readonly VirtualGpu[];
}

const FAULTS: readonly (keyof VirtualGpu)[] = [
  'openFails',
  'outOfMemory',
  'failAfterFrames',
  'lockFailsAfterFrames',
  'lostAfterFrames',
  'hangAfterFrames',
  'decoderFails',
];

/** True for a change that sets a fault, be it the same one again. */
export function setsFault(change: Partial<VirtualGpu>): boolean {
  return FAULTS.some((fault) => change[fault] !== undefined);
}

const FLAGS = new Set(
  'nvenc h264TenBit hevcTenBit av1TenBit bFramesAsReference weightedPrediction lookahead temporalAq yuv444 lossless interlaced lost'.split(
    ' ',
  ),
);
const TEXTS = new Set(
  'name uuid pciBusId computeCapability codecs decoders h264MaxSize hevcMaxSize av1MaxSize h264MinSize hevcMinSize av1MinSize smiNotAvailable smiNotSupported mig lostToldAs faultToken driverVersion cudaVersion driver smi smiUnknownFields libraries stateFile'.split(
    ' ',
  ),
);

const toKey = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toName = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function faultText(fault: object): string {
  const { value, sessions } = fault as { value?: number; sessions: number };
  return `${value ?? 'yes'} for ${sessions} sessions`;
}

function lines(section: object): string[] {
  return Object.entries(section).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((each) => `${toKey(name)} = ${each}`);
    if (typeof value === 'object' && value !== null) return [`${toKey(name)} = ${faultText(value)}`];
    if (typeof value === 'boolean') return [`${toKey(name)} = ${value ? 'yes' : 'no'}`];
    return [`${toKey(name)} = ${value}`];
  });
}

/** The machine file that the stubs read. */
export function writeMachineFile(machine: VirtualMachineDescription): string {
  const sections = [['[system]', ...lines(machine.system)]];
  for (const gpu of machine.gpus) sections.push(['[gpu]', ...lines(gpu)]);
  return `${sections.map((section) => section.join('\n')).join('\n\n')}\n`;
}

function readValue(name: string, text: string): unknown {
  if (FLAGS.has(name)) return text === 'yes';
  if (TEXTS.has(name)) return text;
  const counted = /^(\S+) for (\d+) sessions?$/.exec(text);
  if (counted) {
    const sessions = Number(counted[2]);
    return counted[1] === 'yes' ? { sessions } : { value: Number(counted[1]), sessions };
  }
  if (text === 'yes' || text === 'no') return text === 'yes';
  return Number(text);
}

/** Reads a machine file, such as the ready-made ones. */
export function readMachineFile(text: string): VirtualMachineDescription {
  const system: Record<string, unknown> = {};
  const gpus: Record<string, unknown>[] = [];
  let section = system;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line === '[gpu]') {
      section = {};
      gpus.push(section);
      continue;
    }
    const [, key = '', value = ''] = /^(\w+) *= *(.*)$/.exec(line) ?? [];
    if (key === 'mig_slice') {
      section['migSlice'] = [...((section['migSlice'] as string[] | undefined) ?? []), value];
    } else if (key !== '') {
      section[toName(key)] = readValue(toName(key), value);
    }
  }
  return { system, gpus: gpus as unknown as VirtualGpu[] };
}

/** Names of the machines in e2e/virtual-gpu/machines. */
export function readyMadeMachines(): string[] {
  return readdirSync(join(VIRTUAL_GPU_SOURCES, 'machines'))
    .filter((file) => file.endsWith('.ini'))
    .map((file) => basename(file, '.ini'))
    .sort();
}

export function readyMadeMachine(name: string): VirtualMachineDescription {
  return readMachineFile(readFileSync(join(VIRTUAL_GPU_SOURCES, 'machines', `${name}.ini`), 'utf8'));
}
