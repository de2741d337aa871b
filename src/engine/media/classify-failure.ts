import type { Problem, ProblemCode } from '../../common/problem.ts';
import type { Exit } from '../hosts/host.ts';
import { type Explanation, type FailureRule, withoutMarks } from './failure-rule.ts';
import { explainExitCode, FFMPEG_RULES } from './ffmpeg-failures.ts';
import { NVENC_RULES } from './nvenc-failures.ts';

export interface FailedRun {
  readonly exit: Exit;
  /** What ffmpeg printed, in order. Wants `-v warning` or more: missing GPU capabilities are warnings. */
  readonly stderr: readonly string[];
  readonly sourcePath: string;
  readonly outputPath: string;
}

const RULES: readonly FailureRule[] = [...NVENC_RULES, ...FFMPEG_RULES];

/**
 * Why an ffmpeg run failed, from its exit and what it printed. The earliest telling line wins, since what follows are its
 * consequences; lines that also show up in runs that go on (a damaged picture) count only when there is no other.
 */
export function classifyFailure(run: FailedRun): Problem {
  const killed = explainKill(run.exit);
  if (killed) return killed;
  const told = earliestTellingLine(run);
  if (told) return told;
  const lastWords = lastLineWorthShowing(run.stderr);
  const explained =
    explainCrash(run.exit) ??
    explainSilentGpu(run.stderr) ??
    explainExitCode(lowByte(run.exit.exitCode ?? 0)) ??
    UNKNOWN;
  const detail = lastWords ?? exitInWords(run.exit);
  return { ...explained, detail };
}

/** Whether the failure means "no slot now": the job goes back to the queue and no attempt is counted against it. */
export function isBackPressure(problem: Problem): boolean {
  return problem.code === 'session-limit';
}

const GPU_FAULTS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'no-nvidia-driver',
  'driver-too-old',
  'encode-library-missing',
  'gpu-out-of-memory',
  'no-nvenc',
  'no-cuda-device',
  'gpu-index-invalid',
  'capability-missing',
  'gpu-decode-failed',
  'gpu-failed',
  'gpu-lost',
  'probe-timeout',
]);

/** Whether the GPU is at fault, so that the same job can succeed on the CPU. A session limit is no fault. */
export function isGpuFault(problem: Problem): boolean {
  return GPU_FAULTS.has(problem.code);
}

const UNKNOWN: Explanation = {
  code: 'encode-failed',
  message: 'ffmpeg stopped with an error that is not known here.',
  nextStep: 'Look at the log of the job, and retry.',
};

function earliestTellingLine(run: FailedRun): Problem | null {
  let firstHint: Problem | null = null;
  for (const line of run.stderr) {
    // Indented lines are ffmpeg's description of the streams, with titles and tags that may say anything.
    if (/^\s{2}/.test(line)) continue;
    const bare = withoutMarks(withoutPaths(line, run));
    for (const rule of RULES) {
      if (rule.weight === 'hint' && firstHint) continue;
      const match = rule.pattern.exec(bare);
      const explained = match && rule.explain(match, run.stderr);
      if (!explained) continue;
      const found: Problem = { ...explained, detail: line.trim() };
      if (rule.weight === 'cause') return found;
      firstHint = found;
    }
  }
  return firstHint;
}

function withoutPaths(line: string, run: FailedRun): string {
  const paths: readonly (readonly [string, string])[] = [
    [run.sourcePath, '<source>'],
    [run.outputPath, '<output>'],
  ];
  // The longer path first: one may begin with the other.
  return [...paths]
    .sort(([a], [b]) => b.length - a.length)
    .filter(([path]) => path.length > 1)
    .reduce((text, [path, name]) => text.replaceAll(`file:${path}`, name).replaceAll(path, name), line);
}

/** Signals that somebody sent. What ffmpeg had printed by then did not end it. */
function explainKill(exit: Exit): Problem | null {
  switch (exit.signal) {
    case 'SIGKILL':
      return {
        code: 'out-of-memory',
        message: 'The system killed ffmpeg, most likely because memory ran out.',
        nextStep: 'Close other programs or run fewer encodes at once, then retry.',
        detail: exitInWords(exit),
      };
    case 'SIGTERM':
    case 'SIGINT':
    case 'SIGHUP':
      return {
        code: 'interrupted',
        message: 'The encode was interrupted.',
        nextStep: 'Retry.',
        detail: exitInWords(exit),
      };
    default:
      return null;
  }
}

/** Windows ends a crashed process with an NTSTATUS of severity "error" as its exit code. */
const NTSTATUS_ILLEGAL_INSTRUCTION = 0xc000_001d;
const NTSTATUS_DLL_NOT_FOUND = 0xc000_0135;
const NTSTATUS_CONTROL_C = 0xc000_013a;

function explainCrash(exit: Exit): Explanation | null {
  const code = exit.exitCode ?? 0;
  const isNtStatus = code >= 0xc000_0000 && code < 0xc100_0000;
  if (code === NTSTATUS_CONTROL_C) {
    return { code: 'interrupted', message: 'The encode was interrupted.', nextStep: 'Retry.' };
  }
  if (exit.signal === 'SIGILL' || code === NTSTATUS_ILLEGAL_INSTRUCTION) {
    return {
      code: 'ffmpeg-broken',
      message: 'This ffmpeg was built for a newer processor than this one.',
      nextStep: 'Use another ffmpeg build: install one or choose it in the settings.',
    };
  }
  if (code === NTSTATUS_DLL_NOT_FOUND) {
    return {
      code: 'ffmpeg-broken',
      message: 'This ffmpeg cannot start: a library that it needs is missing.',
      nextStep: 'Reinstall ffmpeg, or choose another build in the settings.',
    };
  }
  if (exit.signal !== null || isNtStatus) {
    return {
      code: 'encode-failed',
      message: 'ffmpeg crashed.',
      nextStep: 'Retry. If it happens again with the same file, use another ffmpeg build.',
    };
  }
  return null;
}

/** An encoder that a GPU refused without a word: `-v error` hides the reason, and some drivers give none. */
function explainSilentGpu(stderr: readonly string[]): Explanation | null {
  const refused = stderr.some(
    (line) =>
      /No capable devices found/.test(line) ||
      (/nvenc/.test(line) && /maybe incorrect parameters|Error while opening encoder/.test(line)),
  );
  return refused
    ? {
        code: 'gpu-failed',
        message: 'The GPU could not open the encoder, and gave no reason.',
        nextStep: 'Retry. If it happens again, update the NVIDIA driver or encode on the CPU.',
      }
    : null;
}

/** Consequences and farewells: true of any failure. */
const BOILERPLATE =
  /^\s*$|^Conversion failed!|Last message repeated|maybe incorrect parameters|No capable devices found|Task finished with error code|Terminating thread with return code|Could not open encoder before EOF|Nothing was written into output file|Error opening (?:input|output) files?\b|^\s{2}/;

function lastLineWorthShowing(stderr: readonly string[]): string | undefined {
  return (
    stderr.findLast((line) => !BOILERPLATE.test(line)) ?? stderr.findLast((line) => line.trim() !== '')
  )?.trim();
}

/** ffmpeg 7 exits with its negated error code, of which Linux and macOS keep eight bits and Windows all 32. */
function lowByte(exitCode: number): number {
  return exitCode & 0xff;
}

function exitInWords(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.exitCode ?? 'unknown'}` : `ended by ${exit.signal}`;
}
