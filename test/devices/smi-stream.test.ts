import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ProblemError, problem } from '../../src/common/problem.ts';
import type { GpuListing } from '../../src/engine/devices/nvidia-smi.ts';
import { SMI_DELAYS, SmiStream } from '../../src/engine/devices/smi-stream.ts';
import type { Command, ExecOptions, Exit, HostProcess } from '../../src/engine/hosts/host.ts';
import { StandInHost } from './stand-in-host.ts';
import { smiAnswers } from './stand-in-programs.ts';

/** One nvidia-smi that was started. It prints and ends when the test says so; a kill ends it unless it is stuck. */
class Started {
  readonly command: Command;
  readonly atMs = performance.now();
  isRunning = true;
  isStuck = false;
  readonly #options: ExecOptions;
  readonly #done = Promise.withResolvers<Exit>();

  constructor(command: Command, options: ExecOptions) {
    this.command = command;
    this.#options = options;
    options.signal?.addEventListener('abort', () => {
      if (!this.isStuck) this.end(null, 'SIGKILL');
    });
  }

  get done(): Promise<Exit> {
    return this.#done.promise;
  }

  get fields(): string[] {
    return (this.command.args[0] ?? '').replace('--query-gpu=', '').split(',');
  }

  print(...lines: string[]): void {
    for (const line of lines) this.#options.onStdoutLine?.(line);
  }

  end(exitCode: number | null, signal: string | null = null): void {
    this.isRunning = false;
    this.#done.resolve({ exitCode, signal });
  }
}

/** A machine whose nvidia-smi the test plays. */
class PlayedHost extends StandInHost {
  readonly started: Started[] = [];
  readonly lists: Started[] = [];
  /** Why it does not start. */
  failure: ProblemError | null = null;

  constructor() {
    super({});
  }

  override async exec(command: Command, options: ExecOptions = {}): Promise<HostProcess> {
    options.signal?.throwIfAborted();
    if (this.failure !== null) throw this.failure;
    const smi = new Started(command, options);
    (command.args[0] === '-L' ? this.lists : this.started).push(smi);
    return {
      identity: { pid: 1, startMark: null },
      done: smi.done,
      kill: () => {},
      suspend: () => false,
      resume: () => false,
    };
  }

  get last(): Started {
    const last = this.started.at(-1);
    if (last === undefined) throw new Error('nothing was started');
    return last;
  }
}

const ROW = smiAnswers({}).stdout ?? '';
const GONE = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
const MISSING = problem('ffmpeg-missing', 'The program nvidia-smi was not found.', 'Install it.');

let host: PlayedHost;
let told: GpuListing[];
let stream: SmiStream;
const codes = () => told.map(({ notice, gpus }) => notice?.code ?? gpus.length);

beforeEach(async () => {
  vi.useFakeTimers();
  host = new PlayedHost();
  told = [];
  stream = new SmiStream({
    host,
    smiPath: 'nvidia-smi',
    onListing: (listing) => told.push(listing),
    onFault: (error) => {
      throw error;
    },
    delays: SMI_DELAYS,
  });
  stream.start();
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(async () => {
  host.last?.end(0);
  await stream.dispose();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** A row a second, as nvidia-smi would. */
async function tick(seconds: number, ...rows: string[]): Promise<void> {
  for (let s = 0; s < seconds; s++) {
    host.last.print(...(rows.length === 0 ? [ROW] : rows));
    await pass(1000);
  }
}

describe('one nvidia-smi for all', () => {
  test('it is asked once, to answer every second, for everything that a listing tells', async () => {
    await tick(3600);
    expect(host.started).toHaveLength(1);
    expect(host.last.command.args.slice(1)).toEqual(['--format=csv,noheader,nounits', '-l', '1']);
    expect(host.last.fields).toEqual(
      expect.arrayContaining([
        'utilization.gpu',
        'utilization.encoder',
        'utilization.decoder',
        'memory.used',
        'temperature.gpu',
        'power.draw',
        'encoder.stats.sessionCount',
      ]),
    );
    expect(told).toHaveLength(3599);
    expect(told.every(({ notice, gpus }) => notice === null && gpus.length === 1)).toBe(true);
  });

  test('of ticks that come all at once, after a halt, the last is told', async () => {
    await tick(2);
    told.length = 0;
    host.last.print(
      ...Array.from({ length: 8 }, (_, i) => smiAnswers({ 'power.draw': `${i}` }).stdout ?? ''),
    );
    await pass(0);
    expect(told).toMatchObject([{ gpus: [{ powerWatts: 7 }] }]);
  });

  test('a field that this version does not know is left out at once', async () => {
    host.last.print('Field "encoder.stats.sessionCount" is not a valid field to query.', '');
    host.last.end(2);
    await pass(0);
    expect(host.started).toHaveLength(2);
    expect(host.last.fields).not.toContain('encoder.stats.sessionCount');
    expect(host.last.fields).toContain('utilization.encoder');
    expect(told).toEqual([]);
  });

  test('and asked for again when it ends: the next one may come with a newer driver', async () => {
    const { fields } = host.last;
    host.last.print('Field "power.draw" is not a valid field to query.');
    host.last.end(2);
    await pass(0);
    host.last.end(9);
    await pass(1000);
    expect(host.last.fields).toEqual(fields);
  });
});

describe('when it ends', () => {
  test('after it has worked, it is started again a second later, and nobody is alarmed', async () => {
    await tick(5);
    told.length = 0;
    host.last.end(null, 'SIGKILL');
    await pass(999);
    expect(host.started).toHaveLength(1);
    await pass(1);
    expect(host.started).toHaveLength(2);
    await tick(2);
    expect(codes()).toEqual([1]);
  });

  test('one that will not work is tried ever more rarely, down to once a minute, and each time its reason is told', async () => {
    for (let run = 0; run < 10; run++) {
      const count = host.started.length;
      host.last.print(GONE);
      host.last.end(9);
      while (host.started.length === count) await pass(500);
    }
    const waits = host.started.slice(1).map(({ atMs }, at) => atMs - (host.started[at]?.atMs ?? 0));
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    expect(codes()).toEqual(Array.from({ length: 10 }, () => 'no-nvidia-driver'));
  });

  test('a driver that went away and came back: the reason, then readings, then a quick restart again', async () => {
    await tick(60);
    told.length = 0;
    host.last.print(GONE);
    host.last.end(9);
    await pass(1000);
    host.last.print(GONE);
    host.last.end(9);
    await pass(2000);
    expect(codes()).toEqual(['no-nvidia-driver']);
    await tick(40);
    expect(
      codes()
        .slice(1)
        .every((code) => code === 1),
    ).toBe(true);
    const count = host.started.length;
    host.last.end(0);
    await pass(1000);
    expect(host.started).toHaveLength(count + 1);
  });

  test('one that dies as soon as it has worked does not keep the machine busy', async () => {
    const until = performance.now() + 600_000;
    while (performance.now() < until) {
      host.last.print(ROW, ROW);
      host.last.end(1);
      await pass(1000);
    }
    expect(host.started.length).toBeLessThan(17);
  });

  test('a GPU that it cannot reach, and gives up at, is told of with those before it', async () => {
    host.last.print(
      ROW,
      'Unable to determine the device handle for GPU1: 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU',
    );
    host.last.end(15);
    await pass(0);
    expect(told).toMatchObject([
      { notice: null, gpus: [{ kind: 'gpu' }, { kind: 'unusable', pciBusId: '00000000:0B:00.0' }] },
    ]);
  });

  test('half a tick of one that was killed says nothing about the other half', async () => {
    host.last.print(ROW);
    host.last.end(null, 'SIGKILL');
    await pass(0);
    expect(codes()).toEqual(['gpu-failed']);
  });
});

describe('when it says nothing', () => {
  test('for ten seconds, it is killed, that is told, and another one is started', async () => {
    await tick(5);
    const first = host.last;
    told.length = 0;
    await pass(8000);
    expect(first.isRunning).toBe(true);
    await pass(4000);
    expect(first.isRunning).toBe(false);
    expect(codes()).toEqual(['gpu-failed']);
    await pass(1000);
    await tick(2);
    expect(host.started).toHaveLength(2);
    expect(codes().at(-1)).toBe(1);
  });

  test('from the start, it is given half a minute: GPUs may have to wake', async () => {
    await pass(29_000);
    expect(host.last.isRunning).toBe(true);
    await pass(4000);
    expect(host.started[0]?.isRunning).toBe(false);
    expect(codes()).toEqual(['gpu-failed']);
  });

  test('stuck in the driver, where no kill reaches it, no second one is put beside it', async () => {
    await tick(3);
    host.last.isStuck = true;
    await pass(600_000);
    expect(host.started).toHaveLength(1);
    host.last.end(null, 'SIGKILL');
    await pass(1000);
    expect(host.started).toHaveLength(2);
  });

  test('and is stuck, the end of the engine does not wait for it', async () => {
    host.last.isStuck = true;
    const end = stream.dispose();
    await pass(2000);
    await end;
  });
});

describe('without nvidia-smi', () => {
  test('it is looked for once a minute, and found when it was installed', async () => {
    host.failure = MISSING;
    await tick(2);
    host.last.end(0);
    told.length = 0;
    await pass(1000);
    expect(codes()).toEqual(['no-nvidia-driver']);
    await pass(180_000);
    expect(codes()).toHaveLength(4);
    host.failure = null;
    await pass(60_000);
    expect(host.started).toHaveLength(2);
  });

  test('a look at the devices looks at once', async () => {
    host.failure = MISSING;
    host.last.end(0);
    await pass(2000);
    host.failure = null;
    stream.refresh();
    await pass(0);
    expect(host.started).toHaveLength(2);
  });

  test('a machine that can start nothing just now is not one without a driver', async () => {
    host.failure = problem('internal', 'Starting nvidia-smi failed.', 'Retry.', 'spawn EAGAIN');
    await tick(2);
    told.length = 0;
    host.last.end(null, 'SIGKILL');
    await pass(1000);
    expect(codes()).toEqual(['gpu-failed']);
  });
});

test('a look at the devices starts it anew, so that it sees what was added', async () => {
  await tick(3);
  const first = host.last;
  told.length = 0;
  stream.refresh();
  await pass(0);
  expect(first.isRunning).toBe(false);
  expect(host.started).toHaveLength(2);
  first.print(ROW, ROW);
  await pass(0);
  expect(told).toEqual([]);
  await tick(2);
  expect(codes()).toEqual([1]);
});

test('after the end nothing is told and nothing started', async () => {
  await tick(3);
  host.last.print(ROW);
  told.length = 0;
  await stream.dispose();
  await pass(120_000);
  expect(told).toEqual([]);
  expect(host.started).toHaveLength(1);
  expect(host.last.isRunning).toBe(false);
});

describe('GPUs in MIG mode', () => {
  const SLICED = smiAnswers({ 'mig.mode.current': 'Enabled', 'utilization.gpu': '[N/A]' }).stdout ?? '';
  const list = (...slices: string[]) => [
    'GPU 0: NVIDIA L40S (UUID: GPU-a)',
    ...slices.map((uuid, at) => `  MIG 1g.24gb     Device  ${at}: (UUID: ${uuid})`),
  ];

  test('are told as their slices, once these are known', async () => {
    await tick(3, SLICED);
    expect(told).toEqual([]);
    expect(host.lists).toHaveLength(1);
    host.lists[0]?.print(...list('MIG-1', 'MIG-2'));
    host.lists[0]?.end(0);
    await tick(2, SLICED);
    expect(told.at(-1)).toMatchObject({
      notice: null,
      gpus: [
        { uuid: 'MIG-1', utilizationPercent: null, memoryUsedBytes: null, sessions: null },
        { uuid: 'MIG-2' },
      ],
    });
  });

  test('are looked at once a minute, and cut anew meanwhile they are told anew', async () => {
    await tick(2, SLICED);
    host.lists[0]?.print(...list('MIG-1'));
    host.lists[0]?.end(0);
    await tick(61, SLICED);
    expect(host.lists).toHaveLength(2);
    expect(told.at(-1)?.gpus.map((gpu) => gpu.uuid)).toEqual(['MIG-1']);
    host.lists[1]?.print(...list('MIG-3'));
    host.lists[1]?.end(0);
    await tick(2, SLICED);
    expect(told.at(-1)?.gpus.map((gpu) => gpu.uuid)).toEqual(['MIG-3']);
  });

  test('keep the slices that they had when nvidia-smi does not answer', async () => {
    await tick(2, SLICED);
    host.lists[0]?.print(...list('MIG-1'));
    host.lists[0]?.end(0);
    await tick(61, SLICED);
    host.lists[1]?.end(9);
    await tick(2, SLICED);
    expect(told.at(-1)?.gpus.map((gpu) => gpu.uuid)).toEqual(['MIG-1']);
  });

  test('are looked at anew with the devices', async () => {
    await tick(2, SLICED);
    host.lists[0]?.print(...list('MIG-1'));
    host.lists[0]?.end(0);
    await tick(2, SLICED);
    stream.refresh();
    await pass(0);
    await tick(2, SLICED);
    expect(host.lists).toHaveLength(2);
  });

  test('are asked for until they are known', async () => {
    await tick(2, SLICED);
    host.lists[0]?.end(9);
    await tick(2, SLICED);
    expect(told).toEqual([]);
    host.lists[1]?.print(...list('MIG-1'));
    host.lists[1]?.end(0);
    await tick(2, SLICED);
    expect(told.at(-1)?.gpus.map((gpu) => gpu.uuid)).toEqual(['MIG-1']);
  });
});
