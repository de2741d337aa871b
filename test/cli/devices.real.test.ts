import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DeviceList, DoctorReport } from '../../src/common/device.ts';
import { temporaryFolder } from '../support/engine.ts';
import { startGantry } from '../support/processes.ts';
import { readyMadeMachines, startVirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu } from '../virtual-gpu/on-machine.ts';

const folder = temporaryFolder('cli-devices');
afterAll(() => folder.remove());

async function gantry(args: string[], env: Record<string, string>) {
  const child = startGantry(args, env);
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr?.resume();
  const [code] = await once(child, 'close');
  return { out, code };
}

/** Status of each GPU, with why it is unavailable. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  none: [],
  'old-driver': ['unavailable, driver-too-old'],
  laptop: ['ready'],
  'gtx-1650': ['ready'],
  'two-mixed': ['ready', 'ready'],
  'eight-l40s': Array.from({ length: 8 }, () => 'ready'),
  h100: ['unavailable, no-nvenc'],
  'mig-slice': ['ready'],
  'container-without-video': ['unavailable, encode-library-missing'],
};

describeOnVirtualGpu('gantry devices and gantry doctor', () => {
  it.each(readyMadeMachines())('on %s', async (name) => {
    const machine = await startVirtualMachine(name);
    try {
      const env = { ...machine.env, GANTRY_HOME: join(folder.path, name) };
      const devices = await gantry(['devices', '--json'], env);
      expect(devices.code).toBe(0);
      const list = DeviceList.parse(JSON.parse(devices.out));
      const told = list.devices
        .filter(({ kind }) => kind === 'gpu')
        .map(({ status, reason }) => (reason === null ? status : `${status}, ${reason.code}`));
      expect(told).toEqual(TOLD[name]);

      const doctor = await gantry(['doctor', '--json'], env);
      expect(doctor.code).toBe(0);
      const report = DoctorReport.parse(JSON.parse(doctor.out));
      expect(report.devices.map(({ id }) => id)).toEqual(list.devices.map(({ id }) => id));
      // The second command tried nothing again that the first one proved.
      const proofs = (parts: Pick<DeviceList, 'devices'>) =>
        parts.devices.map(({ status, encoders }) => [status, encoders.map(({ ok }) => ok)]);
      expect(proofs(report)).toEqual(proofs(list));
      const isBroken = told.some((each) => /driver-too-old|encode-library-missing/.test(each));
      const gpuNames = machine.machine.gpus.map((gpu) => gpu.name ?? '?');
      const aboutGpus = report.problems.filter(({ message }) =>
        gpuNames.some((gpu) => message.includes(gpu)),
      );
      if (isBroken) expect(aboutGpus.length).toBeGreaterThan(0);

      const text = await gantry(['doctor'], env);
      expect(text.code).toBe(0);
      for (const gpu of gpuNames) expect(text.out).toContain(gpu);
    } finally {
      await machine.dispose();
    }
  });
});
