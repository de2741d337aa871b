import type { Progress } from '../../common/job.ts';
import type { Command, Exit, Host, ProcessIdentity } from '../hosts/host.ts';
import { ProgressReader } from '../media/progress.ts';
import { StderrLog } from '../media/stderr-log.ts';
import type { TaskControl } from './task-control.ts';

const STALL_CHECK_MS = 1_000;

export interface FfmpegRun {
  readonly exit: Exit;
  readonly stderr: readonly string[];
  /** Video frames that came out; 0 when ffmpeg did not say. */
  readonly frames: number;
  /** True when it was ended because nothing moved for too long. */
  readonly hasStalled: boolean;
}

export interface FfmpegRunOptions {
  readonly control: TaskControl;
  /** What the whole is, to tell fractions. */
  readonly total: { readonly durationMs: number | null; readonly frameCount: number | null };
  readonly stallTimeoutMs: number;
  readonly onStart: (identity: ProcessIdentity) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Runs one ffmpeg to its end, watching that it moves. Throws only when it could not be started. */
export async function runFfmpeg(host: Host, command: Command, options: FfmpegRunOptions): Promise<FfmpegRun> {
  const { control } = options;
  const reader = new ProgressReader(options.total);
  const log = new StderrLog();
  let hasStalled = false;
  let movedAtMs = performance.now();
  let position = '';
  let frames = 0;
  let stoodStill = false;
  const child = await host.exec(command, {
    signal: control.signal,
    // Encoding uses every core there is; the person at the machine comes first.
    priority: 'low',
    onStderrLine: (line) => log.push(line),
    onStdoutLine: (line) => {
      if (stoodStill && !control.isSuspended) {
        // The pause is no part of how fast the encode is.
        reader.resumed();
        stoodStill = false;
      }
      const sample = reader.push(line, performance.now());
      if (sample === null) return;
      const reached = `${sample.outTimeMs}:${sample.frame}:${sample.totalSizeBytes}`;
      if (reached !== position) movedAtMs = performance.now();
      position = reached;
      frames = sample.frame;
      const sizeBytes = sample.totalSizeBytes;
      options.onProgress(sizeBytes === null ? sample.progress : { ...sample.progress, sizeBytes });
    },
  });
  control.attach(child);
  options.onStart(child.identity);
  const watch = setInterval(() => {
    if (control.isSuspended) {
      stoodStill = true;
      movedAtMs = performance.now();
    }
    if (performance.now() - movedAtMs < options.stallTimeoutMs) return;
    hasStalled = true;
    child.kill('force');
  }, STALL_CHECK_MS);
  try {
    const exit = await child.done;
    return { exit, stderr: log.lines(), frames, hasStalled };
  } finally {
    clearInterval(watch);
  }
}
