import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killTree, processTree } from '../test/support/processes.ts';
import { startServe } from '../test/support/serve.ts';
import { compare, type Finding, timeCommand } from './measure.ts';
import { costOf } from './process-cost.ts';

/** How long an idle engine is watched. */
const WATCH_SECONDS = 20;
/** Helper processes of the first look at the devices end by themselves within this. */
const SETTLE_SECONDS = 15;

export async function benchIdle(folder: string): Promise<Finding[]> {
  const served = await startServe(join(folder, 'home-idle'));
  const pid = served.process.pid ?? 0;
  try {
    await served.call('GET', '/devices');
    await sleep(SETTLE_SECONDS * 1000);
    const before = costOf(processTree(pid));
    await sleep(WATCH_SECONDS * 1000);
    const after = costOf(processTree(pid));
    const percent = ((after.cpuSeconds - before.cpuSeconds) / WATCH_SECONDS) * 100;
    return [
      {
        what: 'Memory of an idle `gantry serve`, all its processes (Pss)',
        figure: `${after.memoryMiB.toFixed(0)} MB`,
        aim: '< 150 MB',
        met: after.memoryMiB < 150,
      },
      {
        what: `CPU of an idle \`gantry serve\`, over ${WATCH_SECONDS} s`,
        figure: `${percent.toFixed(2)} % of a core`,
        aim: '< 0.5 %',
        met: percent < 0.5,
      },
    ];
  } finally {
    killTree(pid);
  }
}

export async function benchVersion(): Promise<Finding> {
  const result = await compare(
    11,
    () => timeCommand(process.execPath, ['bin/gantry.mjs', '--version']),
    () => timeCommand(process.execPath, ['-e', '0']),
  );
  return {
    what: '`gantry --version` (an empty Node program in the same run)',
    figure: `${(result.ours * 1000).toFixed(0)} ms (${(result.theirs * 1000).toFixed(0)} ms)`,
    aim: '< 200 ms',
    met: result.ours < 0.2,
  };
}
