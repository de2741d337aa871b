import { expect, it } from 'vitest';
import { listGpus } from '../../src/engine/devices/nvidia-smi.ts';
import { type Printed, StandInHost } from './stand-in-host.ts';
import { smiAnswers } from './stand-in-programs.ts';

function listWith(printed: Printed) {
  return listGpus(new StandInHost({ 'nvidia-smi': () => printed }), 'nvidia-smi');
}

it('a machine without nvidia-smi gets one calm sentence, no error', async () => {
  const { gpus, notice } = await listGpus(new StandInHost({}), 'nvidia-smi');
  expect(gpus).toEqual([]);
  expect(notice).toMatchObject({
    code: 'no-nvidia-driver',
    message: 'No NVIDIA driver is installed, so encoding runs on the CPU.',
  });
});

it.each<[string, string, Printed]>([
  [
    'no-nvidia-driver',
    'is not running',
    {
      exitCode: 9,
      stdout:
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
    },
  ],
  [
    'no-nvidia-driver',
    'library is missing',
    {
      exitCode: 12,
      stdout:
        "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed and present in your system.\n",
    },
  ],
  [
    'no-nvidia-driver',
    'was updated',
    {
      exitCode: 18,
      stdout: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.129\n',
    },
  ],
  ['no-cuda-device', 'sees no GPU', { exitCode: 6, stdout: 'No devices were found\n' }],
  ['gpu-lost', 'stopped answering', { exitCode: 15, stderr: 'something about the bus\n' }],
  ['gpu-failed', 'could not list', { exitCode: 255, stdout: 'Failed to initialize NVML: Unknown Error\n' }],
])('%s (%s) from what nvidia-smi says', async (code, words, printed) => {
  const { gpus, notice } = await listWith(printed);
  expect(gpus).toEqual([]);
  expect(notice).toMatchObject({ code });
  expect(notice?.message).toContain(words);
  expect(notice?.nextStep).toMatch(/\.$/);
  expect(notice?.detail).toBeTruthy();
});

it('a lost GPU among good ones takes nothing from the others, exit code 0 or not', async () => {
  const { stdout = '' } = smiAnswers(
    { uuid: '[GPU is lost]', name: '[GPU is lost]', 'pci.bus_id': '00000000:0B:00.0' },
    { index: '1', uuid: 'GPU-b', name: 'NVIDIA L4' },
  );
  for (const exitCode of [0, 15]) {
    const { gpus, notice } = await listWith({ stdout, exitCode });
    expect(notice).toBeNull();
    expect(gpus).toMatchObject([
      { kind: 'unusable', uuid: null, problem: { code: 'gpu-lost' } },
      { kind: 'gpu', uuid: 'GPU-b', name: 'NVIDIA L4' },
    ]);
  }
});

it('asks an older nvidia-smi again without the fields that it does not know', async () => {
  const unknown = ['mig.mode.current', 'utilization.encoder'];
  const host = new StandInHost({
    'nvidia-smi': ({ args }) => {
      const fields = (args[0] ?? '').replace('--query-gpu=', '').split(',');
      const bad = fields.find((field) => unknown.includes(field));
      if (bad) return { exitCode: 2, stdout: `Field "${bad}" is not a valid field to query.\n` };
      const answers: Record<string, string> = { uuid: 'GPU-old', name: 'Quadro P2000', index: '0' };
      return { stdout: fields.map((field) => answers[field] ?? '[N/A]').join(', ') };
    },
  });
  const { gpus } = await listGpus(host, 'nvidia-smi');
  expect(gpus).toMatchObject([{ kind: 'gpu', uuid: 'GPU-old', name: 'Quadro P2000', encoderPercent: null }]);
  expect(host.ran).toHaveLength(3);
});

it('puts MIG slices in the place of their GPU', async () => {
  const host = new StandInHost({
    'nvidia-smi': ({ args }) =>
      args[0] === '-L'
        ? {
            stdout: [
              'GPU 0: NVIDIA RTX PRO 6000 Blackwell (UUID: GPU-a)',
              '  MIG 1g.24gb     Device  0: (UUID: MIG-1)',
              '  MIG 1g.24gb     Device  1: (UUID: MIG-2)',
            ].join('\n'),
          }
        : smiAnswers(
            { name: 'NVIDIA RTX PRO 6000 Blackwell', 'mig.mode.current': 'Enabled' },
            { index: '1', uuid: 'GPU-b' },
          ),
  });
  const { gpus } = await listGpus(host, 'nvidia-smi');
  expect(gpus).toMatchObject([
    {
      uuid: 'MIG-1',
      name: 'NVIDIA RTX PRO 6000 Blackwell MIG 1g.24gb',
      sessions: null,
      driverVersion: '595.80',
    },
    { uuid: 'MIG-2' },
    { uuid: 'GPU-b', name: 'NVIDIA L40S' },
  ]);
});

it('a GPU in MIG mode without a slice says what to do', async () => {
  const host = new StandInHost({
    'nvidia-smi': ({ args }) =>
      args[0] === '-L'
        ? { stdout: 'GPU 0: NVIDIA L40S (UUID: GPU-a)' }
        : smiAnswers({ 'mig.mode.current': 'Enabled' }),
  });
  const { gpus } = await listGpus(host, 'nvidia-smi');
  expect(gpus).toMatchObject([{ kind: 'unusable', uuid: 'GPU-a', problem: { code: 'no-cuda-device' } }]);
});
