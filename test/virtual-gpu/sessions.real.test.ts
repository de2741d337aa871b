import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../support/processes.ts';
import { startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, encodeOn, ended, ffmpegOn, testPicture } from './on-machine.ts';

const FIRST = 'GPU-11111111-0000-4000-8000-000000000001';
const SECOND = 'GPU-22222222-0000-4000-8000-000000000002';

describeOnVirtualGpu('sessions of virtual GPUs', () => {
  let machine: VirtualMachine;
  let running: ReturnType<typeof ffmpegOn>[] = [];
  beforeAll(async () => {
    machine = await startVirtualMachine({ system: {}, gpus: [{ uuid: FIRST }] });
  });
  beforeEach(() => {
    machine.configure(() => ({
      system: { driverVersion: '550.163.01' },
      gpus: [
        { uuid: FIRST, pciBusId: '00000000:01:00.0', computeCapability: '7.5' },
        { uuid: SECOND, pciBusId: '00000000:02:00.0', computeCapability: '8.9' },
      ],
    }));
  });
  afterAll(() => machine?.dispose());

  /** An encode that goes on until it is killed, on the GPU with this UUID. */
  async function keepEncoding(uuid: string, count = 1): Promise<void> {
    const before = (await machine.state()).system.encoding;
    for (let at = 0; at < count; at++) {
      const args = [
        '-re',
        ...testPicture(600),
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        'h264_nvenc',
        '-f',
        'null',
        '-',
      ];
      running.push(ffmpegOn(machine, args, { CUDA_VISIBLE_DEVICES: uuid }));
    }
    await waitFor(async () => (await machine.state()).system.encoding === before + count, 30, 'sessions');
  }

  async function killAll(): Promise<void> {
    const gone = running.map(ended);
    for (const child of running) child.kill('SIGKILL');
    running = [];
    await Promise.all(gone);
  }

  it('a limit per GPU holds across processes, is counted, and kill -9 frees the place', async () => {
    machine.configure((now) => ({ ...now, gpus: now.gpus.map((gpu) => ({ ...gpu, sessionsAllowed: 2 })) }));
    await keepEncoding(FIRST, 2);
    const env = { CUDA_VISIBLE_DEVICES: FIRST };
    const refused = await encodeOn(machine, { env });
    expect(refused.code).toBe(1);
    expect(refused.lines[0]).toBe(
      '[h264_nvenc] OpenEncodeSessionEx failed: incompatible client key (21): (no details)',
    );
    expect((await encodeOn(machine, { env: { CUDA_VISIBLE_DEVICES: SECOND } })).code).toBe(0);
    await killAll();
    expect((await encodeOn(machine, { env })).code).toBe(0);
    const { gpus, system } = await machine.state();
    expect(system).toMatchObject({ encoding: 0, peakSessions: 3, refused: 1 });
    expect(gpus.find((gpu) => gpu.uuid === FIRST)).toMatchObject({ peakSessions: 2, opened: 3, refused: 1 });
  });

  it('of a crowd that opens at once no more than the limit get in, and every one is told', async () => {
    machine.configure(() => ({
      system: { sessionsAllowed: 3 },
      gpus: [{ uuid: FIRST, framesPerSecond: 100 }],
    }));
    const before = (await machine.state()).system;
    const crowd = await Promise.all(Array.from({ length: 8 }, () => encodeOn(machine, { size: '160x128' })));
    const { system } = await machine.state();
    expect(system.peakSessions).toBe(3);
    const through = crowd.filter(({ code }) => code === 0).length;
    expect(through).toBe(system.opened - before.opened);
    expect(8 - through).toBe(system.refused - before.refused);
    expect(through).toBeGreaterThanOrEqual(3);
  });

  it('a limit of the system counts all GPUs, and an older driver calls it out of memory', async () => {
    machine.setSystem({ driverVersion: '470.57.02', sessionsAllowed: 2 });
    await keepEncoding(FIRST);
    await keepEncoding(SECOND);
    const refused = await encodeOn(machine);
    expect(refused.lines[0]).toBe(
      '[h264_nvenc] OpenEncodeSessionEx failed: out of memory (10): (no details)',
    );
    await killAll();
  });

  it('sessions of other programs count: those that a program holds, and those that the machine only tells of', async () => {
    machine.setSystem({ sessionsAllowed: 3 });
    const holder = await machine.holdSessions(FIRST, 2);
    machine.setGpu(SECOND, { otherSessions: 1 });
    expect(holder.held).toBe(2);
    expect((await encodeOn(machine)).lines[0]).toContain('(21)');
    machine.setGpu(SECOND, { otherSessions: 0 });
    expect((await encodeOn(machine)).code).toBe(0);
    machine.setGpu(SECOND, { otherSessions: 1 });
    await holder.release();
    expect((await encodeOn(machine)).code).toBe(0);
  });

  it('a holder gets no more than the limit leaves', async () => {
    machine.setGpu(FIRST, { sessionsAllowed: 3 });
    const holder = await machine.holdSessions(FIRST, 5);
    expect(holder.held).toBe(3);
    await holder.release();
    expect((await machine.state()).system.holding).toBe(0);
  });

  it('without a choice ffmpeg goes on to the next GPU when the first is full', async () => {
    machine.setGpu(SECOND, { sessionsAllowed: 1, otherSessions: 1 });
    const before = (await machine.state()).gpus.find((gpu) => gpu.uuid === FIRST)?.opened ?? 0;
    expect((await encodeOn(machine)).code).toBe(0);
    expect((await machine.state()).gpus.find((gpu) => gpu.uuid === FIRST)?.opened).toBe(before + 1);
  });

  it.each([
    ['by speed, as CUDA does', {}, SECOND],
    ['by bus, when asked', { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }, FIRST],
    ['by UUID', { CUDA_VISIBLE_DEVICES: FIRST }, FIRST],
    ['by the start of a UUID', { CUDA_VISIBLE_DEVICES: 'GPU-2222' }, SECOND],
    ['by index among the visible', { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: '1,0' }, SECOND],
    ['up to the first name that is none', { CUDA_VISIBLE_DEVICES: `${FIRST},nonsense,${SECOND}` }, FIRST],
  ])('GPU 0 is chosen %s', async (_title, env, expected) => {
    const frames = async () =>
      new Map((await machine.state()).gpus.map((gpu) => [gpu.uuid, gpu.framesEncoded]));
    const before = await frames();
    expect((await encodeOn(machine, { args: ['-gpu', '0'], env })).code).toBe(0);
    const after = await frames();
    const grew = [...after].filter(([uuid, count]) => count > (before.get(uuid) ?? 0)).map(([uuid]) => uuid);
    expect(grew).toEqual([expected]);
  });

  it.each(['', 'nonsense', `${FIRST},${FIRST}`])(
    'CUDA_VISIBLE_DEVICES="%s" shows no GPU at all',
    async (value) => {
      const { lines } = await encodeOn(machine, { env: { CUDA_VISIBLE_DEVICES: value } });
      expect(lines[0]).toBe(
        '[h264_nvenc] dl_fn->cuda_dl->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
      );
    },
  );

  it('all sessions of a GPU share its frame rate', async () => {
    machine.setGpu(FIRST, { framesPerSecond: 100 });
    const began = performance.now();
    const env = { CUDA_VISIBLE_DEVICES: FIRST };
    await Promise.all([encodeOn(machine, { env, seconds: 2 }), encodeOn(machine, { env, seconds: 2 })]);
    // 100 frames of both take a second at least; how much longer depends on what else this computer does.
    expect(performance.now() - began).toBeGreaterThan(900);
  });
});
