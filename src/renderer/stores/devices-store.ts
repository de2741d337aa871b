import { create } from 'zustand';
import type { DeviceList } from '../../common/device.ts';
import { engine } from './connection-store.ts';
import { keepReadingsOf, loadLastMinute, takeReadings } from './telemetry-store.ts';

interface DevicesState {
  /** Null before the first answer. */
  readonly list: DeviceList | null;
  /** True while the engine looks for devices and proves their encoders again. */
  readonly isChecking: boolean;
}

export const useDevices = create<DevicesState>(() => ({ list: null, isChecking: false }));

export function takeDevices(list: DeviceList): void {
  useDevices.setState({ list });
  keepReadingsOf(new Set(list.devices.map((device) => device.id)));
  takeReadings(list.devices.flatMap(({ id, telemetry }) => (telemetry === null ? [] : [{ id, telemetry }])));
}

export async function loadDevices(): Promise<void> {
  const { api } = engine();
  const list = await api.devices.list();
  takeDevices(list);
  // Nothing waits for the past: live readings go on while it is read.
  void loadLastMinute(
    api,
    list.devices.map((device) => device.id),
  );
}

export async function checkDevices(): Promise<void> {
  useDevices.setState({ isChecking: true });
  try {
    takeDevices(await engine().api.devices.refresh());
  } finally {
    useDevices.setState({ isChecking: false });
  }
}
