import { create } from 'zustand';
import type { Telemetry } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import type { EngineApi } from '../connection/engine-client.ts';
import { type LiveReadings, newestOf, toReading, withReadings } from '../devices/readings.ts';

const LIVE_SECONDS = 60;

interface TelemetryState {
  /** Readings of the last minute, oldest first. */
  readonly live: LiveReadings;
  /** When the newest reading of any device was taken, by the engine's clock; null before the first. */
  readonly nowMs: number | null;
  /** By how much the engine's clock is ahead of this window's. The two may be of different machines. */
  readonly engineAheadMs: number;
}

export const useTelemetry = create<TelemetryState>(() => ({
  live: new Map(),
  nowMs: null,
  engineAheadMs: 0,
}));

export function takeReadings(
  news: readonly { readonly id: DeviceId; readonly telemetry: Telemetry }[],
): void {
  useTelemetry.setState(({ live }) => {
    const next = withReadings(
      live,
      news.map(({ id, telemetry }) => ({ id, readings: [toReading(telemetry)] })),
    );
    return { live: next, nowMs: newestOf(next) };
  });
}

/** Takes readings that were made a moment ago, which also tell the engine's time. */
export function takeLiveReadings(
  news: readonly { readonly id: DeviceId; readonly telemetry: Telemetry }[],
): void {
  if (news.length === 0) return;
  takeReadings(news);
  const { nowMs } = useTelemetry.getState();
  if (nowMs !== null) useTelemetry.setState({ engineAheadMs: nowMs - Date.now() });
}

/** Forgets devices that are gone. */
export function keepReadingsOf(ids: ReadonlySet<DeviceId>): void {
  useTelemetry.setState(({ live, nowMs }) => {
    const kept = new Map([...live].filter(([id]) => ids.has(id)));
    return kept.size === live.size ? {} : { live: kept, nowMs: newestOf(kept) ?? nowMs };
  });
}

/** Reads the last minute, so that a chart is whole when the window opens. A device without history is left as it is. */
export async function loadLastMinute(api: EngineApi, ids: readonly DeviceId[]): Promise<void> {
  const answers = await Promise.all(
    ids.map((id) => api.devices.history({ id, seconds: LIVE_SECONDS }).catch(() => null)),
  );
  useTelemetry.setState(({ live }) => {
    const next = withReadings(
      live,
      answers.flatMap((answer) =>
        answer === null ? [] : [{ id: answer.deviceId, readings: answer.points.map(toReading) }],
      ),
    );
    return { live: next, nowMs: newestOf(next) };
  });
}
