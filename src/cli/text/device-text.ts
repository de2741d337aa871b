import type { Device, DeviceList, DoctorReport, FfmpegBuild } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

/** Devices, what each can encode, and why not. */
export function deviceListText(list: Pick<DeviceList, 'devices' | 'gpuNotice'>): string {
  const blocks = list.devices.map(deviceLines);
  if (list.gpuNotice !== null) blocks.push(problemLines(list.gpuNotice));
  if (blocks.length === 0) blocks.push(['No devices.']);
  return text(blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block])));
}

function deviceLines(device: Device): string[] {
  const { used, limit } = device.sessions;
  const sessions = `${used} of ${limit ?? 'unknown'} sessions in use`;
  const head = [`${printable(device.name)}  ${device.status}, ${sessions}`, `  id ${printable(device.id)}`];
  if (device.driverVersion !== null) head.push(`  driver ${printable(device.driverVersion)}`);
  if (device.reason !== null) head.push(...problemLines(device.reason).map((line) => `  ${line}`));
  const encoders = device.encoders.map((proof) => [
    `  ${proof.codec}`,
    proof.encoder,
    proof.ok
      ? `works${proof.tenBit === true ? ', 10-bit too' : ''}`
      : printable(proof.reason?.message ?? 'does not work'),
  ]);
  return [...head, ...alignColumns(encoders)];
}

function problemLines(problem: Problem): string[] {
  return [printable(problem.message), printable(problem.nextStep)];
}

/** What `doctor` found, for people. */
export function doctorText(report: DoctorReport): string {
  const facts = alignColumns([
    ['Gantry', report.gantryVersion],
    ['Node', report.nodeVersion],
    ['System', printable(report.platform)],
    ['Home', printable(report.home)],
  ]);
  const builds = report.builds.length === 0 ? ['No ffmpeg was found.'] : report.builds.flatMap(buildLines);
  const problems = report.problems.flatMap((problem) => [
    `- ${printable(problem.message)}`,
    `  ${printable(problem.nextStep)}`,
    ...(problem.detail === undefined ? [] : [`  ${printable(problem.detail)}`]),
  ]);
  return [
    text(facts),
    text(['ffmpeg, best first', ...builds]),
    text(['Devices', '']) + deviceListText(report),
    text(problems.length === 0 ? ['All is well.'] : ['What is wrong', ...problems]),
  ].join('\n');
}

const ENCODERS_OF_INTEREST = /^(libx264|libx265|libsvtav1|(h264|hevc|av1)_nvenc)$/;

function buildLines(build: FfmpegBuild): string[] {
  const encoders = build.encoders.filter((name) => ENCODERS_OF_INTEREST.test(name)).join(' ');
  return [
    `  ${printable(build.version)}  ${printable(build.ffmpegPath)}  (${build.origin})`,
    `    encoders  ${encoders === '' ? 'none that are used here' : encoders}`,
    `    ffprobe   ${printable(build.ffprobePath ?? 'none')}`,
    ...(build.problem === null ? [] : problemLines(build.problem).map((line) => `    ${line}`)),
  ];
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
