import { describe, expect, it } from 'vitest';
import { gantry } from './command-line.ts';
import { EngineDouble } from './engine-double.ts';

function run(engine: EngineDouble, ...argv: string[]) {
  return gantry(argv, { sessions: [engine.ownSession()] });
}

describe('settings', () => {
  it('are changed by name, also those of the output, and say what they are now', async () => {
    const engine = new EngineDouble();
    const ran = await run(engine, 'settings', 'set', 'onGpuFailure=hold', 'output.folder=/films', '--json');
    expect(ran.exitCode).toBe(0);
    expect(ran.events).toEqual([engine.settings]);
    expect(engine.settings).toMatchObject({ onGpuFailure: 'hold', output: { folder: '/films' } });
  });

  it('are none with an empty value', async () => {
    const engine = new EngineDouble();
    await run(engine, 'settings', 'set', 'output.folder=/films', 'cpuSlots=3');
    const ran = await run(engine, 'settings', 'set', 'output.folder=', 'cpuSlots=');
    expect(ran.exitCode).toBe(0);
    expect(engine.settings).toMatchObject({ cpuSlots: null, output: { folder: null } });
  });

  it('that are not known or not valid end with exit code 2 and change nothing', async () => {
    const engine = new EngineDouble();
    for (const change of ['onGpuFailure=maybe', 'cpuSlots=0', 'speed=fast', 'output.colour=red']) {
      const ran = await run(engine, 'settings', 'set', 'cpuBesideGpus=true', change);
      expect(ran.exitCode, change).toBe(2);
      expect(ran.err, change).toContain('onGpuFailure');
    }
    expect(engine.settings.cpuBesideGpus).toBe(false);
  });

  it('are listed for people with their names', async () => {
    const ran = await run(new EngineDouble(), 'settings', 'list');
    expect(ran.out).toMatch(/onGpuFailure +use-cpu/);
    expect(ran.out).toMatch(/output\.template +\{name\}-\{preset\}/);
  });
});
