import type { Device, DeviceList, DoctorReport, EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

/** Devices, what each can encode and decode, and why not. */
export function deviceListText(list: DeviceList): string {
  return blocksText(list, (device) => deviceLines(device, []));
}

function blocksText(list: DeviceList, linesOf: (device: Device) => string[]): string {
  const blocks = list.devices.map(linesOf);
  const { used, limit } = list.gpuSessions;
  if (limit !== null) {
    blocks.push([`All GPUs together  ${used} of ${limit} sessions that the driver has been seen to allow`]);
  }
  if (list.gpuNotice !== null) blocks.push(problemLines(list.gpuNotice));
  if (blocks.length === 0) blocks.push(['No devices.']);
  return text(blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block])));
}

function deviceLines(device: Device, builds: readonly FfmpegBuild[]): string[] {
  const lines = [`id ${printable(device.id)}`];
  if (device.driverVersion !== null) lines.push(`driver ${printable(device.driverVersion)}`);
  if (device.reason !== null) lines.push(...problemLines(device.reason));
  if (device.retryAt !== null) lines.push(`It is tried again at ${clockTime(device.retryAt)}.`);
  lines.push(...encoderLines(device, builds));
  if (device.decoders.length > 0) lines.push(decoderLine(device), ...pipelineLines(device));
  for (const note of notes(device.encoders)) lines.push(...problemLines(note));
  return [headLine(device), ...lines.map((line) => `  ${line}`)];
}

function headLine({ name, status, sessions }: Device): string {
  const { used, others, limit } = sessions;
  // How many encodes it would take is of no interest where it takes none.
  if (status === 'unavailable' && used === 0) return `${printable(name)}  ${status}`;
  const ofOthers = others === 0 ? '' : `, ${others} of them by other programs`;
  return `${printable(name)}  ${status}, ${used} of ${limit ?? 'unknown'} sessions in use${ofOthers}`;
}

function encoderLines({ encoders, reason }: Device, builds: readonly FfmpegBuild[]): string[] {
  // One reason for all of them was told already.
  if (encoders.every((proof) => !proof.ok && proof.reason?.message === reason?.message)) return [];
  return alignColumns(
    encoders.map((proof) => [proof.codec, proof.encoder, encoderText(proof) + withBuild(proof, builds)]),
  );
}

function encoderText(proof: EncoderProof): string {
  if (!proof.ok) return printable(proof.reason?.message ?? 'not tried yet');
  const parts = ['works', extraText('10-bit', proof.tenBit, proof.tenBitReason)];
  if (proof.encoder.endsWith('nvenc')) {
    parts.push(extraText('B-frames', proof.bFrames, proof.bFramesReason));
  }
  return parts.join(', ');
}

function extraText(name: string, answer: boolean | null, reason: Problem | null): string {
  if (answer === null) return `${name} ${reason === null ? 'not tried yet' : 'unknown'}`;
  return answer ? name : `no ${name}`;
}

function withBuild({ ok, buildId }: EncoderProof, builds: readonly FfmpegBuild[]): string {
  const build = builds.find(({ id }) => id === buildId);
  return ok && build !== undefined ? `, by ffmpeg ${printable(build.version)}` : '';
}

function decoderLine({ decoders }: Device): string {
  const working = decoders
    .filter(({ ok }) => ok)
    .map(({ codec, tenBit }) => (tenBit === true ? `${codec} with 10-bit` : codec));
  if (working.length > 0) return `decodes ${working.join(', ')}`;
  return `decodes nothing: ${printable(decoders[0]?.reason?.message ?? 'not tried yet')}`;
}

function pipelineLines({ gpuPipeline, decoders, encoders }: Device): string[] {
  if (gpuPipeline?.ok) return ['frames stay on the GPU from its decoder over its scaler to its encoder'];
  if (!encoders.some(({ ok }) => ok) || !decoders.some(({ ok }) => ok)) return [];
  const why = gpuPipeline?.reason?.message;
  return [`the CPU decodes and scales${why === undefined ? '' : `: ${printable(why)}`}`];
}

/** Each once: what holds for one codec mostly holds for all. */
function notes(encoders: readonly EncoderProof[]): Problem[] {
  const all = encoders.flatMap(({ buildNote }) => (buildNote === null ? [] : [buildNote]));
  return all.filter((note, at) => all.findIndex(({ message }) => message === note.message) === at);
}

function clockTime(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
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
  const devices = blocksText(report, (device) => [
    ...deviceLines(device, report.builds),
    ...device.encoders.flatMap(missingLines),
  ]);
  return [
    text(facts),
    text(['ffmpeg, best first', ...builds]),
    text(['Devices', '']) + devices,
    text(problems.length === 0 ? ['All is well.'] : ['What is wrong', ...problems]),
  ].join('\n');
}

/** Why an encoder that works does not do all of what it might. */
function missingLines({ codec, tenBitReason, bFramesReason }: EncoderProof): string[] {
  const missing = [
    ['10-bit', tenBitReason],
    ['B-frames', bFramesReason],
  ] as const;
  return missing.flatMap(([name, reason]) =>
    reason === null ? [] : [`  ${codec}, ${name}: ${problemLines(reason).join(' ')}`],
  );
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
