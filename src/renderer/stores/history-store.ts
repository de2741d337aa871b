import { create } from 'zustand';
import type { DeviceId } from '../../common/ids.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { type Reading, toReading } from '../devices/readings.ts';
import { SPAN_MS, type Span } from '../devices/spans.ts';
import { engine } from './connection-store.ts';

export interface DeviceHistory {
  /** Milliseconds that one reading stands for. */
  readonly resolutionMs: number;
  readonly readings: readonly Reading[];
}

interface HistoryState {
  readonly span: Span;
  /** Of the span; empty until it was read, and for the last minute, which is held live. */
  readonly histories: ReadonlyMap<DeviceId, DeviceHistory>;
  /** Why the span could not be read; null when it could. */
  readonly failure: Problem | null;
}

export const useHistory = create<HistoryState>(() => ({ span: '1m', histories: new Map(), failure: null }));

export function chooseSpan(span: Span): void {
  useHistory.setState({ span, histories: new Map(), failure: null });
}

/** Reads the chosen span of these devices. An answer that comes after another span was chosen is dropped. */
export async function readHistories(ids: readonly DeviceId[]): Promise<void> {
  const { span } = useHistory.getState();
  if (span === '1m') return;
  const isStill = () => useHistory.getState().span === span;
  try {
    const { api } = engine();
    const seconds = SPAN_MS[span] / 1000;
    const answers = await Promise.all(ids.map((id) => api.devices.history({ id, seconds })));
    if (!isStill()) return;
    const histories = new Map<DeviceId, DeviceHistory>();
    for (const { deviceId, resolutionMs, points } of answers) {
      histories.set(deviceId, { resolutionMs, readings: points.map(toReading) });
    }
    useHistory.setState({ histories, failure: null });
  } catch (error) {
    if (isStill()) useHistory.setState({ failure: problemOf(error) });
  }
}

/** The span is read again after this long: what is newer is held live, for a minute. */
export const REREAD_MS = 55_000;
