import { createHash } from 'node:crypto';
import type { FfmpegBuild } from '../../common/device.ts';
import { type Problem, ProblemError } from '../../common/problem.ts';
import type { Host } from '../hosts/host.ts';
import { type CommandResult, runCommand } from '../hosts/run-command.ts';
import {
  type Candidate,
  type FfmpegConfig,
  findCandidates,
  siblingFfprobe,
  type Tool,
} from './ffmpeg-candidates.ts';

export type { FfmpegConfig } from './ffmpeg-candidates.ts';

/** A build that takes longer to print its version is on a disk that is no good to run it from. */
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * Builds before FFmpeg 4.4 (libavcodec 58.134, 2021) count as old: no `-preset p1…p7` for NVENC, no SVT-AV1, and
 * years of demuxer fixes missing.
 */
const MODERN_LIBAVCODEC = { major: 58, minor: 134 };

/** Nobody's terminal: no colours in what is parsed, and no report file because a variable asks for one. */
const QUIET_ENV = { AV_LOG_FORCE_NOCOLOR: '1', FFREPORT: undefined };

/** What programs answered before, kept across restarts by whoever hands it in. */
export interface AnswerCache {
  get(key: string): string | null;
  set(key: string, answer: string): void;
  clear(): void;
}

/** How a program is asked: on its host, or from memory while the file is still the same. */
interface Asking {
  readonly host: Host;
  readonly cache: AnswerCache | null;
}

interface ProvenBuild {
  readonly build: FfmpegBuild;
  readonly isModern: boolean;
}

/**
 * Every ffmpeg on the host, each run once to see what it is and what it has. Best first:
 *
 * 1. what the person configured, whatever its age;
 * 2. modern builds (see `MODERN_LIBAVCODEC`) in the order shipped → `PATH` → npm packages;
 * 3. older builds in the same order, so that a build of 2018 is used only where there is no other;
 * 4. builds that do not run, with the reason in `problem`.
 *
 * With each goes the ffprobe to use: a configured one, the one beside a configured ffmpeg, else the newest by its
 * libavformat, which reads the most (the first of equals, in the order above).
 *
 * Never throws for a build that does not work. Starts about three short processes per build, all at once; none for a
 * program whose answers the cache has from when its file had the same size and time.
 */
export async function discoverBuilds(
  host: Host,
  config: FfmpegConfig,
  cache: AnswerCache | null = null,
): Promise<FfmpegBuild[]> {
  const asking = { host, cache };
  const [ffmpegs, ffprobes] = await Promise.all([
    findCandidates(host, config, 'ffmpeg'),
    findCandidates(host, config, 'ffprobe'),
  ]);
  const [proven, workingFfprobes] = await Promise.all([
    Promise.all(ffmpegs.map((candidate) => proveBuild(asking, candidate))),
    workingProbes(asking, ffmpegs, ffprobes),
  ]);
  const configured = ffprobes.find((c) => c.origin === 'configured' && workingFfprobes.has(c.path))?.path;
  const ordered = proven
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => rank(a.entry) - rank(b.entry) || a.index - b.index)
    .map(({ entry }) => entry.build);
  const newest = [...workingFfprobes].sort(([, a], [, b]) => b - a)[0]?.[0];
  return ordered.map((build) => {
    const sibling = siblingFfprobe(build.ffmpegPath);
    // Whoever chose an ffmpeg meant the ffprobe beside it too.
    const own =
      build.origin === 'configured' && sibling !== null && workingFfprobes.has(sibling) ? sibling : null;
    return { ...build, ffprobePath: configured ?? own ?? newest ?? null };
  });
}

/** The best build that runs and has what is needed; null when there is none. `builds` as `discoverBuilds` orders them. */
export function chooseBuild(
  builds: readonly FfmpegBuild[],
  need: { encoder?: string; filters?: readonly string[] },
): FfmpegBuild | null {
  return (
    builds.find(
      (build) =>
        build.problem === null &&
        (need.encoder === undefined || build.encoders.includes(need.encoder)) &&
        (need.filters ?? []).every((filter) => build.filters.includes(filter)),
    ) ?? null
  );
}

/** The ffprobe of the best build; null when none was found. */
export function chooseFfprobe(builds: readonly FfmpegBuild[]): string | null {
  return builds.find((build) => build.ffprobePath !== null)?.ffprobePath ?? null;
}

/** Why a configured ffprobe is not used; null when none is configured or it works. */
export async function configuredFfprobeProblem(host: Host, config: FfmpegConfig): Promise<Problem | null> {
  const candidates = await findCandidates(host, config, 'ffprobe');
  const configured = candidates.find((candidate) => candidate.origin === 'configured');
  if (!configured) return null;
  const version = await readVersion({ host, cache: null }, configured, 'ffprobe');
  return 'code' in version ? version : null;
}

function rank({ build, isModern }: ProvenBuild): number {
  if (build.problem !== null) return 3;
  if (build.origin === 'configured') return 0;
  return isModern ? 1 : 2;
}

/** Those of the ffprobes, beside an ffmpeg or found by themselves, that run, with their libavformat version. */
async function workingProbes(
  asking: Asking,
  ffmpegs: readonly Candidate[],
  ffprobes: readonly Candidate[],
): Promise<ReadonlyMap<string, number>> {
  const paths = new Set<string>();
  for (const { path } of ffmpegs) {
    const sibling = siblingFfprobe(path);
    if (sibling !== null && (await asking.host.files.stat(sibling).catch(() => null))) paths.add(sibling);
  }
  for (const { path, stat } of ffprobes) if (stat !== null) paths.add(path);
  const results = await Promise.all(
    [...paths].map(async (path) => {
      const candidate: Candidate = { path, origin: 'path', stat: null };
      const version = await readVersion(asking, candidate, 'ffprobe');
      return 'code' in version ? null : ([path, version.libavformat] as const);
    }),
  );
  return new Map(results.filter((result) => result !== null));
}

async function proveBuild(asking: Asking, candidate: Candidate): Promise<ProvenBuild> {
  const [version, encoders, filters] = await Promise.all([
    readVersion(asking, candidate, 'ffmpeg'),
    ask(asking, candidate.path, ['-hide_banner', '-encoders'], 'ffmpeg'),
    ask(asking, candidate.path, ['-hide_banner', '-filters'], 'ffmpeg'),
  ]);
  const problem = 'code' in version ? version : null;
  const text = 'code' in version ? NO_VERSION : version;
  const { stat } = candidate;
  const build: FfmpegBuild = {
    id: createHash('sha256')
      .update(
        JSON.stringify([
          candidate.path,
          text.line,
          text.configuration,
          stat?.sizeBytes ?? null,
          stat?.modifiedAtMs ?? null,
        ]),
      )
      .digest('hex')
      .slice(0, 12),
    ffmpegPath: candidate.path,
    ffprobePath: null,
    version: text.version,
    majorVersion: text.majorVersion,
    origin: candidate.origin,
    encoders: 'stdout' in encoders ? parseEncoders(encoders.stdout) : [],
    filters: 'stdout' in filters ? parseFilters(filters.stdout) : [],
    problem,
  };
  return { build, isModern: text.isModern };
}

export interface VersionText {
  /** The first line, whole. */
  readonly line: string;
  readonly version: string;
  /** Null for dated snapshots such as `N-47683-g0e8eb07980` or `2023-05-04-git-…`. */
  readonly majorVersion: number | null;
  readonly configuration: string;
  readonly isModern: boolean;
  /** Version of libavformat as one number that grows with it; 0 when it is not told. */
  readonly libavformat: number;
}

const NO_VERSION: VersionText = {
  line: '',
  version: 'unknown',
  majorVersion: null,
  configuration: '',
  isModern: false,
  libavformat: 0,
};

/** What `-version` prints; null when it is not ffmpeg's (or ffprobe's). */
export function parseVersion(stdout: string): VersionText | null {
  const first = /^ff(?:mpeg|probe) version (\S+).*$/m.exec(stdout);
  if (!first?.[1]) return null;
  const release = /^n?(\d+)\.\d/.exec(first[1]);
  const library = /^libavcodec\s+(\d+)\.\s*(\d+)\./m.exec(stdout);
  const [major, minor] = [Number(library?.[1] ?? 0), Number(library?.[2] ?? 0)];
  const formats = /^libavformat\s+(\d+)\.\s*(\d+)\./m.exec(stdout);
  return {
    line: first[0],
    version: first[1],
    majorVersion: release ? Number(release[1]) : null,
    configuration: /^configuration: (.*)$/m.exec(stdout)?.[1] ?? '',
    isModern:
      major > MODERN_LIBAVCODEC.major ||
      (major === MODERN_LIBAVCODEC.major && minor >= MODERN_LIBAVCODEC.minor),
    libavformat: Number(formats?.[1] ?? 0) * 1000 + Number(formats?.[2] ?? 0),
  };
}

/** Encoder names of `-encoders`: lines such as ` V....D libx264   libx264 H.264 …`. */
export function parseEncoders(stdout: string): string[] {
  return [...stdout.matchAll(/^ [VAS][F.][S.][X.][B.][D.] (\S+)/gm)].flatMap(([, name]) =>
    name === undefined || name === '=' ? [] : [name],
  );
}

/** Filter names of `-filters`: lines such as ` TSC scale   V->V   Scale the input …`; FFmpeg 8 has two flags. */
export function parseFilters(stdout: string): string[] {
  return [...stdout.matchAll(/^ [TSC.]{2,3} (\S+) +\S+->\S+/gm)].flatMap(([, name]) => name ?? []);
}

async function readVersion(asking: Asking, candidate: Candidate, tool: Tool): Promise<VersionText | Problem> {
  const result = await ask(asking, candidate.path, ['-version'], tool);
  if (!('stdout' in result)) return result;
  const version = result.exitCode === 0 ? parseVersion(result.stdout) : null;
  if (version) return version;
  const lastWords = result.stderr.split('\n').findLast((line) => line.trim() !== '');
  return {
    code: 'ffmpeg-broken',
    message: result.timedOut
      ? `${candidate.path} did not answer within ${ANSWER_TIMEOUT_MS / 1000} seconds.`
      : `${candidate.path} does not work as ${tool}.`,
    nextStep: nextStep(tool),
    detail: lastWords ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.exitCode}`),
  };
}

function nextStep(tool: Tool): string {
  return `Choose another ${tool} in the settings, or clear the choice so that one is found.`;
}

/** Names a question to this very file: another build under the same path is another file. */
async function cacheKey(host: Host, path: string, args: readonly string[]): Promise<string | null> {
  const stat = await host.files.stat(path).catch(() => null);
  return stat && JSON.stringify([path, stat.fileId, stat.sizeBytes, stat.modifiedAtMs, ...args]);
}

/** Runs the program, or gives what it answered before; a problem when it could not even be started. */
async function ask(
  { host, cache }: Asking,
  path: string,
  args: readonly string[],
  tool: Tool,
): Promise<CommandResult | Problem> {
  const key = cache && (await cacheKey(host, path, args));
  const known = key === null ? null : (cache?.get(key) ?? null);
  if (known !== null) {
    return { exitCode: 0, signal: null, stdout: known, stderr: '', timedOut: false, truncated: false };
  }
  try {
    const result = await runCommand(
      host,
      { file: path, args, env: QUIET_ENV },
      { timeoutMs: ANSWER_TIMEOUT_MS, maxOutputChars: 1024 * 1024 },
    );
    if (key !== null && result.exitCode === 0 && !result.truncated) cache?.set(key, result.stdout);
    return result;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const isMissing = error.problem.code === 'ffmpeg-missing';
    return {
      code: isMissing ? 'ffmpeg-missing' : 'ffmpeg-broken',
      message: isMissing ? `Nothing is at ${path}.` : `${path} cannot be run.`,
      nextStep: nextStep(tool),
      detail: error.problem.detail ?? error.problem.message,
    };
  }
}
