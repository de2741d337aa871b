import { create } from 'zustand';
import type { Device, DeviceList } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import { engine } from './connection-store.ts';

/** Readings that a sparkline holds: the last minute at one a second. */
export const HISTORY_LENGTH = 60;

export interface LoadSample {
  readonly at: string;
  /** 0 to 100; null is a gap. */
  readonly percent: number | null;
}

interface DevicesState {
  /** Null before the first answer. */
  readonly list: DeviceList | null;
  readonly history: ReadonlyMap<DeviceId, readonly LoadSample[]>;
  /** True while the engine looks for devices and proves their encoders again. */
  readonly isChecking: boolean;
}

export const useDevices = create<DevicesState>(() => ({ list: null, history: new Map(), isChecking: false }));

export function takeDevices(list: DeviceList): void {
  useDevices.setState((state) => ({ list, history: withReadings(state.history, list.devices) }));
}

export async function loadDevices(): Promise<void> {
  takeDevices(await engine().api.devices.list());
}

export async function checkDevices(): Promise<void> {
  useDevices.setState({ isChecking: true });
  try {
    takeDevices(await engine().api.devices.refresh());
  } finally {
    useDevices.setState({ isChecking: false });
  }
}

/** What keeps an encoder busy: the GPU's encoder, the CPU as a whole. Null when it is not measured. */
export function loadPercent(device: Device): number | null {
  if (device.telemetry === null) return null;
  return device.kind === 'gpu'
    ? (device.telemetry.encoderPercent ?? device.telemetry.utilizationPercent)
    : device.telemetry.utilizationPercent;
}

/** Adds each new reading once, and forgets devices that are gone. */
export function withReadings(
  history: ReadonlyMap<DeviceId, readonly LoadSample[]>,
  devices: readonly Device[],
): ReadonlyMap<DeviceId, readonly LoadSample[]> {
  const next = new Map<DeviceId, readonly LoadSample[]>();
  for (const device of devices) {
    const known = history.get(device.id) ?? [];
    const at = device.telemetry?.at ?? null;
    const isNew = at !== null && known.at(-1)?.at !== at;
    next.set(
      device.id,
      isNew ? [...known, { at, percent: loadPercent(device) }].slice(-HISTORY_LENGTH) : known,
    );
  }
  return next;
}
