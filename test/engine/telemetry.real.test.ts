import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DeviceList, TelemetryHistory } from '../../src/common/device.ts';
import type { EventBatch } from '../../src/common/events.ts';
import { CPU_DEVICE_ID, type DeviceId } from '../../src/common/ids.ts';
import { temporaryFolder } from '../support/engine.ts';
import { openGpuEngine } from '../support/gpu-engine.ts';
import { waitFor } from '../support/processes.ts';
import { startVirtualMachine, type VirtualMachine } from '../support/virtual-gpu.ts';
import { describeOnVirtualGpu } from '../virtual-gpu/on-machine.ts';

describeOnVirtualGpu('telemetry of a running engine', () => {
  const folder = temporaryFolder('telemetry');
  let machine: VirtualMachine;
  let opened: Awaited<ReturnType<typeof openGpuEngine>> | null = null;

  beforeAll(async () => {
    machine = await startVirtualMachine('two-mixed');
  });
  afterEach(async () => {
    await opened?.engine.stop();
    opened?.restoreEnvironment();
    opened = null;
  });
  afterAll(async () => {
    await machine.dispose();
    folder.remove();
  });

  /** An engine whose devices are all proven, and what its followers are sent from then on. */
  async function start(home: string) {
    opened = await openGpuEngine(join(folder.path, home), machine);
    const { engine } = opened;
    engine.start();
    const { backend } = engine;
    const list = async () => (await backend.devices.list({}, {})) as DeviceList;
    const history = (id: DeviceId, seconds: number) =>
      backend.devices.history({ id, seconds }, {}) as TelemetryHistory;
    await list();
    return { engine, backend, list, history };
  }

  it('readings of every device come again and again, and devices only when more than these changed', async () => {
    const { backend, list } = await start('live');
    const ids = (await list()).devices.map((device) => device.id);
    expect(ids).toHaveLength(3);
    const ending = new AbortController();
    const batches: EventBatch[] = [];
    const reading = (async () => {
      const events = await backend.events.subscribe(undefined, { signal: ending.signal });
      for await (const batch of events) batches.push(batch as EventBatch);
    })();
    const later = () => batches.filter((batch) => !batch.reset);
    const toldOf = (id: DeviceId) =>
      later().flatMap(({ telemetry }) => telemetry.filter((entry) => entry.id === id));
    await waitFor(() => ids.every((id) => toldOf(id).length >= 4), 60, 'four readings of each device');
    ending.abort();
    await reading;
    for (const id of ids) {
      const readings = toldOf(id).map(({ telemetry }) => telemetry);
      expect(new Set(readings.map(({ at }) => at)).size).toBe(readings.length);
      expect(readings.every(({ memoryTotalBytes }) => (memoryTotalBytes ?? 0) > 0)).toBe(true);
    }
    expect(later().every(({ devices, jobs }) => devices === null && jobs.length === 0)).toBe(true);
  });

  it('the encodes of another program are counted on its device, and their end too', async () => {
    const { list } = await start('others');
    const uuid = machine.machine.gpus[1]?.uuid ?? '';
    const others = async () => (await list()).devices.find((device) => device.uuid === uuid)?.sessions.others;
    const other = await machine.holdSessions(uuid, 2);
    await waitFor(async () => (await others()) === 2, 30, 'two encodes of another program');
    await other.release();
    await waitFor(async () => (await others()) === 0, 30, 'their end');
  });

  it('the history is told of every device, survives a restart, and is refused for a device that is not there', async () => {
    const first = await start('history');
    const { devices } = await first.list();
    const gpu = devices[0]?.id as DeviceId;
    await waitFor(() => first.history(gpu, 60).points.length > 3, 30, 'a few readings');
    expect(first.history(gpu, 60).points.at(-1)).toMatchObject({
      encoderSessions: 0,
      temperatureCelsius: 38,
    });
    const cpu = await waitFor(
      () => first.history(CPU_DEVICE_ID, 60).points.at(-1),
      30,
      'a reading of the CPU',
    );
    expect(cpu.memoryUsedBytes).toBeGreaterThan(0);
    expect(() => first.history('GPU-none' as DeviceId, 60)).toThrow(/no device GPU-none/);
    await first.engine.stop();
    opened?.restoreEnvironment();
    const second = await start('history');
    await second.list();
    const { points, resolutionMs } = second.history(gpu, 7200);
    expect(resolutionMs).toBe(10_000);
    expect(points.length).toBeGreaterThan(0);
  });
});
