import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { listGpus } from '../../src/engine/devices/nvidia-smi.ts';
import {
  GPU_FIELDS,
  parseGpuList,
  parseGpuQuery,
  unknownField,
} from '../../src/engine/devices/smi-output.ts';
import { LocalHost } from '../../src/engine/hosts/local-host.ts';
import { readCaptures } from '../devices/smi-captures.ts';
import { waitFor } from '../support/processes.ts';
import { readyMadeMachine, startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, encodeOn, ended, ffmpegOn, start, testPicture } from './on-machine.ts';

const TWO = readyMadeMachine('two-mixed');
const [FIRST, SECOND] = TWO.gpus.map((gpu) => gpu.uuid) as [string, string];
const QUERY = [`--query-gpu=${GPU_FIELDS.join(',')}`, '--format=csv,noheader,nounits'];

/** Columns whose values the virtual GPUs give themselves. */
const EMULATED =
  /^(timestamp|driver_version|count|index|uuid|pci\.(bus_id|domain|bus|device)|memory\.(total|used|free)|compute_cap|utilization\.(gpu|memory|encoder|decoder)|encoder\.stats\.\w+|temperature\.gpu|power\.draw(\.\w+)?|power\.limit|pstate)( \[.+\])?$/;

/** A value with its digits and letters of a hexadecimal number out of account: what a parser goes by. */
const shape = (value: string) =>
  value
    .replace(/GPU-[\w-]+/, 'GPU')
    .replace(/0x\w+/, '0x')
    .replace(/\w*\d\w*/g, '0');

describeOnVirtualGpu('nvidia-smi of a virtual machine', () => {
  let machine: VirtualMachine;
  const host = new LocalHost();
  beforeAll(async () => {
    machine = await startVirtualMachine(TWO);
  });
  beforeEach(() => machine.configure(() => TWO));
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await machine?.dispose();
    await host.dispose();
  });

  const smi = (...args: string[]) => ended(start(machine, machine.nvidiaSmi, args));
  const read = async () => parseGpuQuery(GPU_FIELDS, (await smi(...QUERY)).stdout);

  it.each(readCaptures().filter(({ file }) => file.includes('l40s')))(
    'answers the whole question of the $source of $file in the same columns and forms',
    async ({ queries }) => {
      machine.setSystem({ driverVersion: '595.80' });
      for (const { fields, csv } of queries) {
        const { code, stdout } = await smi(`--query-gpu=${fields.join(',')}`, '--format=csv');
        expect(code).toBe(0);
        const [header = '', row = ''] = stdout.split('\n');
        const [realHeader = '', realRow = ''] = csv.split('\n');
        expect(header).toBe(realHeader);
        const columns = header.split(', ');
        const [values, real] = [row.split(', '), realRow.split(', ')];
        expect(values).toHaveLength(columns.length);
        const emulated = columns.flatMap((column, at) => (EMULATED.test(column) ? [at] : []));
        expect(emulated.length).toBeGreaterThan(10);
        expect(emulated.map((at) => [columns[at], shape(values[at] ?? '')])).toEqual(
          emulated.map((at) => [columns[at], shape(real[at] ?? '')]),
        );
      }
    },
  );

  it('is understood by Gantry', async () => {
    vi.stubEnv('VIRTUAL_GPU_CONFIG', machine.env['VIRTUAL_GPU_CONFIG']);
    const { gpus, notice } = await listGpus(host, machine.nvidiaSmi);
    expect(notice).toBeNull();
    expect(gpus).toMatchObject([
      { kind: 'gpu', index: 0, uuid: FIRST, name: 'NVIDIA GeForce GTX 1660', driverVersion: '550.163.01' },
      {
        kind: 'gpu',
        index: 1,
        uuid: SECOND,
        memoryTotalBytes: 12282 * 2 ** 20,
        sessions: 0,
        encoderPercent: 0,
      },
    ]);
  });

  it('shows a live encode: sessions, use of the encoder, memory, and the process', async () => {
    machine.setGpu(SECOND, { framesPerSecond: 50, otherSessions: 1 });
    const args = [...testPicture(600), '-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', '-f', 'null', '-'];
    const child = ffmpegOn(machine, args, { CUDA_VISIBLE_DEVICES: SECOND });
    const end = ended(child);
    const busy = await waitFor(
      async () => {
        const gpu = (await read())[1];
        return gpu?.kind === 'gpu' && (gpu.encoderPercent ?? 0) > 20 ? gpu : null;
      },
      30,
      'a busy encoder',
    );
    expect(busy.sessions).toBe(2);
    expect(busy.memoryUsedBytes).toBe((420 + 2 * 300) * 2 ** 20);
    expect(busy.powerWatts).toBeGreaterThan(14);
    const apps = await smi('--query-compute-apps=gpu_uuid,pid,process_name,used_gpu_memory', '--format=csv');
    expect(apps.stdout).toBe(
      `gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n${SECOND}, ${child.pid}, ffmpeg, 300 MiB\n`,
    );
    child.kill('SIGKILL');
    await end;
    const idle = await waitFor(
      async () => {
        const gpu = (await read())[1];
        return gpu?.kind === 'gpu' && gpu.encoderPercent === 0 ? gpu : null;
      },
      30,
      'an idle encoder',
    );
    expect(idle).toMatchObject({ sessions: 1, memoryUsedBytes: (420 + 300) * 2 ** 20 });
  });

  it.each([['-lms', '50'], ['--loop-ms=50']])(
    '%s ticks until it is ended, and meets what changes meanwhile',
    async (...loop) => {
      const child = start(machine, machine.nvidiaSmi, [...QUERY, ...loop]);
      const end = ended(child);
      let seen = '';
      child.stdout.on('data', (data: Buffer) => {
        seen += data.toString();
      });
      const rows = (count: number) => waitFor(() => seen.split('\n').length > count, 30, `${count} rows`);
      await rows(4);
      machine.setGpu(FIRST, { lost: true });
      await waitFor(() => seen.includes('[GPU is lost]'), 30, 'the loss');
      machine.configure((now) => ({ ...now, gpus: now.gpus.slice(1) }));
      seen = '';
      await rows(4);
      expect(
        parseGpuQuery(GPU_FIELDS, seen.split('\n').slice(-3).join('\n')).map((gpu) => gpu.uuid),
      ).not.toContain(FIRST);
      machine.setSystem({ driver: 'gone' });
      expect(await end).toMatchObject({ code: 9 });
    },
  );

  it('a lost GPU is a row like any other, with exit code 0', async () => {
    machine.setGpu(FIRST, { lost: true });
    const { code, stdout } = await smi(...QUERY);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(
      `0, ${FIRST}, 00000000:01:00.0, 550.163.01, ${'[GPU is lost], '.repeat(9)}NVIDIA GeForce GTX 1660`,
    );
    expect(parseGpuQuery(GPU_FIELDS, stdout)).toMatchObject([
      { kind: 'unusable', uuid: FIRST, problem: { code: 'gpu-lost' } },
      { kind: 'gpu', uuid: SECOND },
    ]);
  });

  it('or a sentence in its place', async () => {
    machine.setGpu(SECOND, { lost: true, lostToldAs: 'no handle' });
    const { code, stdout } = await smi(...QUERY);
    expect(code).toBe(0);
    expect(stdout.split('\n')[1]).toBe(
      'Unable to determine the device handle for GPU1: 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU',
    );
    expect(parseGpuQuery(GPU_FIELDS, stdout)[1]).toMatchObject({
      kind: 'unusable',
      pciBusId: '00000000:0B:00.0',
    });
  });

  it.each([
    [
      'gone',
      { driver: 'gone' as const },
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
    ],
    [
      'without its library',
      { smi: 'gone' as const },
      12,
      "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed and present in your system.",
    ],
  ])('a driver that is %s', async (_title, change, exitCode, sentence) => {
    machine.setSystem(change);
    for (const args of [QUERY, ['-L'], []]) {
      const { code, stdout } = await smi(...args);
      expect([code, stdout.split('\n')[0]]).toEqual([exitCode, sentence]);
    }
  });

  it('no GPU is no device', async () => {
    machine.configure((now) => ({ ...now, gpus: [] }));
    expect(await smi(...QUERY)).toMatchObject({ code: 6, stdout: 'No devices were found\n' });
  });

  it('a hang answers nothing and ignores SIGTERM', async () => {
    machine.setSystem({ smi: 'hang' });
    const child = start(machine, machine.nvidiaSmi, QUERY);
    const end = ended(child);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill('SIGKILL');
    expect(await end).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  });

  it('one field that it does not know refuses the whole question', async () => {
    machine.setSystem({ smiUnknownFields: 'utilization.encoder' });
    const { code, stdout } = await smi(...QUERY);
    expect(code).toBe(2);
    expect(unknownField(stdout)).toBe('utilization.encoder');
    expect((await smi('--query-gpu=nonsense', '--format=csv')).stdout).toContain('"nonsense"');
  });

  it('values that a card does not give are [N/A] or [Not Supported]', async () => {
    machine.setGpu(FIRST, { smiNotAvailable: 'power.draw', smiNotSupported: 'utilization.encoder' });
    const { stdout } = await smi(
      '--query-gpu=power.draw,utilization.encoder,temperature.gpu',
      '--format=csv',
    );
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'power.draw [W], utilization.encoder [%], temperature.gpu',
      '[N/A], [Not Supported], 38',
    ]);
  });

  it('asks for one GPU by index, UUID or bus', async () => {
    for (const which of ['1', SECOND, '00000000:0B:00.0']) {
      const { stdout } = await smi('--query-gpu=uuid', '--format=csv,noheader', '-i', which);
      expect(stdout).toBe(`${SECOND}\n`);
    }
    expect((await smi('--query-gpu=uuid', '--format=csv', '--id=7')).code).toBe(6);
  });

  it('-L, --version and the plain summary read as the real ones do', async () => {
    const real = readCaptures().find(({ file }) => file.includes('l40s'))?.list ?? '';
    const list = (await smi('-L')).stdout;
    expect(parseGpuList(list)).toHaveLength(2);
    expect(list.split('\n')[0]?.replace(/: .* \(UUID: .*\)/, '')).toBe(real.replace(/: .* \(UUID: .*\)/, ''));
    expect((await smi('--version')).stdout).toBe(
      'NVIDIA-SMI version  : 550.163.01\nNVML version        : 550.163\nDRIVER version      : 550.163.01\nCUDA Version        : 12.4\n',
    );
    const table = (await smi()).stdout.split('\n').slice(1, -1);
    expect(new Set(table.map((line) => line.length))).toEqual(new Set([91]));
    expect((await smi('--nonsense')).code).not.toBe(0);
    expect((await encodeOn(machine)).code).toBe(0);
  });

  it('slices of a GPU in MIG mode stand below it, and its own use is not told', async () => {
    const sliced = readyMadeMachine('mig-slice');
    machine.configure(() => sliced);
    const [gpu] = parseGpuList((await smi('-L')).stdout);
    expect(gpu).toMatchObject({
      slices: [{ name: 'MIG 1g.24gb', uuid: 'MIG-6a7c1b00-0001-5000-8000-000000000001' }],
    });
    expect((await read())[0]).toMatchObject({ kind: 'gpu', isSliced: true, utilizationPercent: null });
  });
});
