import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Telemetry, TelemetryHistory } from '../../../src/common/device.ts';
import type { DeviceId } from '../../../src/common/ids.ts';
import type { EngineApi } from '../../../src/renderer/connection/engine-client.ts';
import { useConnection } from '../../../src/renderer/stores/connection-store.ts';
import { takeDevices, useDevices } from '../../../src/renderer/stores/devices-store.ts';
import { chooseSpan, readHistories, useHistory } from '../../../src/renderer/stores/history-store.ts';
import {
  loadLastMinute,
  takeLiveReadings,
  useTelemetry,
} from '../../../src/renderer/stores/telemetry-store.ts';
import { aDevice, aList, aReading } from '../a-device.ts';

const gpu = 'GPU-1' as DeviceId;
const cpu = 'cpu' as DeviceId;
const MIDNIGHT = Date.UTC(2026, 0, 1);

let asked: { id: DeviceId; seconds: number }[] = [];
let answer: (id: DeviceId) => Promise<TelemetryHistory>;
const api = {
  devices: {
    history: (input: { id: DeviceId; seconds: number }) => {
      asked.push(input);
      return answer(input.id);
    },
  },
} as unknown as EngineApi;

const past =
  (points: Telemetry[], resolutionMs = 1_000) =>
  async (deviceId: DeviceId) => ({ deviceId, resolutionMs, points });
const heldSeconds = (id: DeviceId) =>
  useTelemetry
    .getState()
    .live.get(id)
    ?.map(({ atMs }) => (atMs - MIDNIGHT) / 1000);

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = past([]);
  useTelemetry.setState({ live: new Map(), nowMs: null, engineAheadMs: 0 });
  useHistory.setState({ span: '1m', histories: new Map(), failure: null });
  useDevices.setState({ list: null });
  useConnection.setState({
    phase: {
      kind: 'open',
      connection: { api, transfer: null, closed: new Promise(() => undefined), close: () => undefined },
    },
  });
});

afterEach(() => vi.useRealTimers());

describe('live readings', () => {
  it('fill up with the last minute that the engine knows, whichever comes first', async () => {
    takeLiveReadings([{ id: gpu, telemetry: aReading(60) }]);
    answer = past([aReading(58), aReading(59)]);
    await loadLastMinute(api, [gpu]);
    expect(asked).toEqual([{ id: gpu, seconds: 60 }]);
    expect(heldSeconds(gpu)).toEqual([58, 59, 60]);
  });

  it('go on where the past of a device cannot be read', async () => {
    answer = async (id) => {
      if (id === gpu) throw new Error('no history');
      return past([aReading(59)])(id);
    };
    await loadLastMinute(api, [gpu, cpu]);
    takeLiveReadings([{ id: gpu, telemetry: aReading(60) }]);
    expect(heldSeconds(gpu)).toEqual([60]);
    expect(heldSeconds(cpu)).toEqual([59]);
  });

  it('tell how far the engine’s clock is ahead; a reading that came with the list may be old and does not', () => {
    vi.setSystemTime(MIDNIGHT);
    takeDevices(aList([aDevice(gpu, 'gpu', 'NVIDIA L40S', { telemetry: aReading(1) })]));
    expect(useTelemetry.getState().engineAheadMs).toBe(0);
    takeLiveReadings([{ id: gpu, telemetry: aReading(90) }]);
    expect(useTelemetry.getState().engineAheadMs).toBe(90_000);
  });

  it('of a device that is gone are forgotten', () => {
    takeLiveReadings([
      { id: gpu, telemetry: aReading(1) },
      { id: cpu, telemetry: aReading(1) },
    ]);
    takeDevices(aList([aDevice(cpu, 'cpu', 'CPU')]));
    expect(useTelemetry.getState().live.has(gpu)).toBe(false);
    expect(heldSeconds(cpu)).toEqual([1]);
  });
});

describe('a longer span', () => {
  it('is read for every device, in the resolution that the engine has', async () => {
    chooseSpan('2h');
    answer = past([aReading(0), aReading(10)], 10_000);
    await readHistories([gpu, cpu]);
    expect(asked.map(({ seconds }) => seconds)).toEqual([7_200, 7_200]);
    expect(useHistory.getState().histories.get(cpu)).toMatchObject({ resolutionMs: 10_000 });
  });

  it('of a minute needs no reading: that is held live', async () => {
    await readHistories([gpu]);
    expect(asked).toEqual([]);
  });

  it('is dropped when another one was chosen meanwhile', async () => {
    chooseSpan('24h');
    let release = () => {};
    const wait = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async (id) => {
      await wait;
      return past([aReading(0)], 60_000)(id);
    };
    const reading = readHistories([gpu]);
    chooseSpan('10m');
    release();
    await reading;
    expect(useHistory.getState().histories.size).toBe(0);
  });

  it('that could not be read says why, until it can', async () => {
    chooseSpan('10m');
    answer = async () => {
      throw new Error('broken');
    };
    await readHistories([gpu]);
    expect(useHistory.getState().failure?.message).toMatch(/./);
    answer = past([aReading(0)]);
    await readHistories([gpu]);
    expect(useHistory.getState().failure).toBeNull();
  });
});
