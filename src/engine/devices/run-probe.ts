import { type Problem, toProblem } from '../../common/problem.ts';
import type { Command, Exit, Host } from '../hosts/host.ts';
import { classifyFailure } from '../media/classify-failure.ts';
import { ProgressReader } from '../media/progress.ts';
import { StderrLog } from '../media/stderr-log.ts';

export interface Probe {
  /** An ffmpeg that prints `-progress pipe:1`, and warnings, where missing GPU capabilities are told. */
  readonly command: Command;
  /** Frames that must come out. */
  readonly frames: number;
  readonly timeoutMs: number;
  /** For people: `A test encode`. */
  readonly name: string;
}

/**
 * Runs a short test at low priority. Null when all of its frames came out; otherwise why not. Throws only when aborted.
 */
export async function runProbe(host: Host, probe: Probe, signal: AbortSignal): Promise<Problem | null> {
  signal.throwIfAborted();
  const log = new StderrLog();
  const progress = new ProgressReader({ durationMs: null, frameCount: probe.frames });
  let frames = 0;
  let exit: Exit;
  const timeout = AbortSignal.timeout(probe.timeoutMs);
  try {
    const child = await host.exec(probe.command, {
      signal: AbortSignal.any([signal, timeout]),
      priority: 'low',
      onStderrLine: (line) => log.push(line),
      onStdoutLine: (line) => {
        frames = progress.push(line, 0)?.frame ?? frames;
      },
    });
    exit = await child.done;
  } catch (error) {
    signal.throwIfAborted();
    return toProblem(error);
  }
  signal.throwIfAborted();
  if (exit.exitCode === 0 && frames >= probe.frames) return null;
  if (timeout.aborted) {
    return {
      code: 'probe-timeout',
      message: `${probe.name} did not end within ${probe.timeoutMs / 1000} seconds.`,
      nextStep: 'Close programs that use the device, or restart the computer, then refresh the devices.',
    };
  }
  return classifyFailure({ exit, stderr: log.lines(), sourcePath: '', outputPath: '' });
}
