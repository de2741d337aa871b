import { join } from 'node:path';
import { z } from 'zod';
import type { FfmpegBuild } from '../../common/device.ts';
import { toProblem } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import { runCommand } from '../hosts/run-command.ts';
import { withoutMarks } from '../media/failure-rule.ts';
import { chooseBuild } from '../media/ffmpeg-builds.ts';
import { fileUrl } from '../media/input-args.ts';

export interface VmafTools {
  readonly host: Host;
  readonly builds: readonly FfmpegBuild[];
  /** Where the report is written and removed again. */
  readonly folder: string;
  readonly threads: number;
}

/** The mean over all frames, or why there is none. */
export type VmafOutcome =
  | { readonly vmaf: number; readonly vmafNote: null }
  | { readonly vmaf: null; readonly vmafNote: string };

/** A slow machine compares some frames a second. */
const TIMEOUT_MS = 15 * 60_000;
const REPORT = 'vmaf.json';

/** What libvmaf 2 and 3 write. */
const VmafReport = z.object({
  frames: z.array(z.unknown()),
  pooled_metrics: z.object({ vmaf: z.object({ mean: z.number() }) }),
});

/**
 * How much of the source an encode kept, by Netflix's VMAF, model 0.6.1. Frames are matched by their times, which both
 * files count from zero; where one ends early, its last frame is not compared again. The report has a bare name: a path would have to be quoted twice over in a filter graph.
 */
export async function measureVmaf(
  tools: VmafTools,
  files: { readonly encoded: string; readonly source: string; readonly frameCount: number },
  signal: AbortSignal,
): Promise<VmafOutcome> {
  const build = chooseBuild(tools.builds, { filters: ['libvmaf'] });
  if (build === null) return without('No ffmpeg here has libvmaf.');
  const times = 'settb=AVTB,setpts=PTS-STARTPTS';
  const compare = `libvmaf=model=version=vmaf_v0.6.1:shortest=1:log_fmt=json:log_path=${REPORT}:n_threads=${tools.threads}`;
  const args = [
    ...['-hide_banner', '-nostdin', '-v', 'error'],
    ...['-i', fileUrl(files.encoded), '-i', fileUrl(files.source)],
    ...['-lavfi', `[0:v]${times}[d];[1:v]${times}[r];[d][r]${compare}`, '-f', 'null', '-'],
  ];
  const report = join(tools.folder, REPORT);
  try {
    const run = await runCommand(
      tools.host,
      { file: build.ffmpegPath, args, cwd: tools.folder },
      { signal, timeoutMs: TIMEOUT_MS },
    );
    signal.throwIfAborted();
    if (run.timedOut) return without(`Comparing took longer than ${TIMEOUT_MS / 60_000} minutes.`);
    if (run.exitCode !== 0) {
      const line = run.stderr.split('\n').find((text) => text.trim() !== '');
      const words = line === undefined ? `exit code ${run.exitCode}` : withoutMarks(line);
      return without(`libvmaf of ffmpeg ${build.version} failed: ${words}`);
    }
    const { frames, pooled_metrics } = VmafReport.parse(JSON.parse(await tools.host.files.readText(report)));
    if (frames.length !== files.frameCount) {
      return without(`Only ${frames.length} of ${files.frameCount} frames could be compared.`);
    }
    return { vmaf: Math.min(100, Math.max(0, pooled_metrics.vmaf.mean)), vmafNote: null };
  } catch (error) {
    signal.throwIfAborted();
    return without(`The report of libvmaf could not be had: ${toProblem(error).message}`);
  } finally {
    await tools.host.files.remove(report).catch(() => {});
  }
}

function without(vmafNote: string): VmafOutcome {
  return { vmaf: null, vmafNote };
}
