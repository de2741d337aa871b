import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../src/common/job.ts';
import { ffmpeg, makeClip, measure, sharedMedia, shortClips } from '../test/support/clips.ts';
import { compare, type Finding, seconds, timeCommand } from './measure.ts';

const ON_CPU = ['--preset', 'h264', '--device', 'cpu'];

/** A folder for outputs and a home for Gantry, for one comparison. */
class Bench {
  readonly out: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, name: string) {
    this.out = join(folder, name, 'out');
    this.#env = { GANTRY_HOME: join(folder, name, 'home') };
  }

  fresh(): void {
    rmSync(this.out, { recursive: true, force: true });
    mkdirSync(this.out, { recursive: true });
  }

  /** Seconds of one `gantry encode`. */
  encode(sources: readonly string[], args: readonly string[]): Promise<number> {
    this.fresh();
    return timeCommand(
      process.execPath,
      ['bin/gantry.mjs', 'encode', ...sources, ...args, '--out', this.out],
      this.#env,
    );
  }

  #run(args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/gantry.mjs', ...args, '--json'], {
      env: { ...process.env, ...this.#env },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** The command that Gantry runs for a source, as a template: `@IN@` and `@OUT@` stand for the files. */
  commandFor(source: string, args: readonly string[]): string[] {
    this.fresh();
    const lines = this.#run(['encode', source, ...args, '--out', this.out])
      .trim()
      .split('\n');
    const results = lines.map((line) => JSON.parse(line) as { type: string; job: Job });
    const id = results.findLast((line) => line.type === 'result')?.job.id;
    const job = JSON.parse(this.#run(['queue', 'show', String(id)])) as Job;
    const argv = job.attempts.at(-1)?.argv ?? [];
    return argv.map((arg) => (arg.includes('.part') ? '@OUT@' : arg.replace(source, '@IN@')));
  }
}

function fill(command: readonly string[], source: string, output: string): [string, string[]] {
  const [program = '', ...args] = command.map((arg) => arg.replace('@IN@', source).replace('@OUT@', output));
  return [program, args];
}

/** A minute and a half of 1280×720: the real street clip, looped and enlarged, or a made one where it is absent. */
function longClip(folder: string): string {
  const path = join(folder, 'minute.mp4');
  const media = sharedMedia();
  if (media === null) return makeClip(path, { seconds: 66, size: '1280x720' });
  const enlarged = [
    '-vf',
    'scale=1280:720',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '18',
    '-c:a',
    'copy',
  ];
  ffmpeg('-stream_loop', '2', '-i', join(media, 'car-detection.mp4'), ...enlarged, path);
  return path;
}

export async function benchEncode(folder: string, rounds: number): Promise<Finding[]> {
  const source = longClip(folder);
  return [
    await benchBare(folder, source, rounds),
    await benchShortClips(folder, rounds),
    await benchHandBrake(folder, source, rounds),
  ];
}

async function benchBare(folder: string, source: string, rounds: number): Promise<Finding> {
  const bench = new Bench(folder, 'bare');
  const [program, args] = fill(bench.commandFor(source, ON_CPU), source, join(bench.out, 'bare.mp4'));
  const result = await compare(
    rounds,
    () => bench.encode([source], ON_CPU),
    () => {
      bench.fresh();
      return timeCommand(program, args);
    },
  );
  const length = measure(source).durationSeconds.toFixed(0);
  return {
    what: `\`gantry encode\` against bare ffmpeg with the same argv, a 720p clip of ${length} s (start-up, inspection, verification and fsync included)`,
    figure: `${result.ratio.toFixed(3)} × (${seconds(result.ours)} / ${seconds(result.theirs)})`,
    aim: '≤ 1.02',
    met: result.ratio <= 1.02,
  };
}

async function benchShortClips(folder: string, rounds: number): Promise<Finding> {
  const bench = new Bench(folder, 'short');
  const clips = shortClips(join(folder, 'clips'), 20);
  const [first = ''] = clips;
  const command = bench.commandFor(first, ON_CPU);
  // A shell per clip only puts the two names in their places.
  const quoted = command.map((arg) => {
    if (arg === '@OUT@') return '"$2"';
    return arg.includes('@IN@') ? `"${arg.replace('@IN@', '$1')}"` : `'${arg}'`;
  });
  const xargs = async (parallel: number) => {
    bench.fresh();
    const names = clips.flatMap((clip, i) => [clip, join(bench.out, `${i}.mp4`)]);
    const started = performance.now();
    const { status, stderr } = spawnSync(
      'xargs',
      ['-d', '\n', '-P', String(parallel), '-n', '2', 'sh', '-c', `exec ${quoted.join(' ')}`, 'sh'],
      { input: names.join('\n'), encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
    );
    if (status !== 0) throw new Error(stderr.slice(-2000));
    return (performance.now() - started) / 1000;
  };
  let best = { parallel: 1, time: Number.POSITIVE_INFINITY };
  for (const parallel of [1, 2, 3, 4]) {
    const time = await xargs(parallel);
    if (time < best.time) best = { parallel, time };
  }
  const result = await compare(
    rounds,
    () => bench.encode(clips, ON_CPU),
    () => xargs(best.parallel),
  );
  return {
    what: `20 short clips in the queue against the best \`xargs -P\` (-P ${best.parallel} of 1 to 4)`,
    figure: `${result.ratio.toFixed(3)} × (${seconds(result.ours)} / ${seconds(result.theirs)})`,
    aim: '≤ 1.05',
    met: result.ratio <= 1.05,
  };
}

async function benchHandBrake(folder: string, source: string, rounds: number): Promise<Finding> {
  const what = 'The same clip against HandBrakeCLI at equal settings (x264, medium, quality 22)';
  if (spawnSync('HandBrakeCLI', ['--version'], { stdio: 'ignore' }).error) {
    return { what, figure: 'not measured: HandBrakeCLI is not installed', aim: null, met: null };
  }
  const bench = new Bench(folder, 'handbrake');
  const settings = [...ON_CPU, '--set', 'video.rate.quality=22', '--set', 'video.effort=medium'];
  await bench.encode([source], settings);
  const result = await compare(
    rounds,
    () => bench.encode([source], settings),
    () => {
      bench.fresh();
      return timeCommand('HandBrakeCLI', [
        ...['-i', source, '-o', join(bench.out, 'handbrake.mp4'), '-f', 'av_mp4', '-e', 'x264', '-q', '22'],
        ...['--encoder-preset', 'medium', '--crop', '0:0:0:0', '--vfr', '--optimize', '--aencoder', 'copy'],
      ]);
    },
  );
  return {
    what,
    figure: `${result.ratio.toFixed(2)} × (${seconds(result.ours)} / ${seconds(result.theirs)})`,
    aim: null,
    met: null,
  };
}
