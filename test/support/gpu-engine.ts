import { openEngine, type TestEngine } from './engine.ts';
import type { VirtualMachine } from './virtual-gpu.ts';

/** A real engine in this process whose children live on a virtual machine. Restore the environment when it has stopped. */
export async function openGpuEngine(
  home: string,
  machine: VirtualMachine,
): Promise<TestEngine & { restoreEnvironment(): void }> {
  const before = new Map(Object.keys(machine.env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, machine.env);
  const opened = await openEngine(home);
  return {
    ...opened,
    restoreEnvironment: () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}
