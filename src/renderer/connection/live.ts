import type { EventBatch } from '../../common/events.ts';
import { takeBenchRun } from '../stores/bench-store.ts';
import { forgetDetails, refreshDetails } from '../stores/details-store.ts';
import { loadDevices, takeDevices } from '../stores/devices-store.ts';
import { applyJobEvents } from '../stores/jobs-store.ts';
import { loadPresets } from '../stores/presets-store.ts';
import { forgetJobs } from '../stores/selection-store.ts';
import { loadSettings } from '../stores/settings-store.ts';
import { useSummary } from '../stores/summary-store.ts';
import { takeLiveReadings } from '../stores/telemetry-store.ts';
import type { EngineConnection } from './engine-client.ts';

const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Follows the engine's live changes until the connection ends. Reads all data anew at the start. */
export async function live(connection: EngineConnection): Promise<void> {
  const over = new AbortController();
  void connection.closed.then(() => over.abort());
  const heart = beat(connection, over.signal);
  try {
    const batches = await connection.api.events.subscribe(undefined, { signal: over.signal });
    await Promise.all([loadPresets(), loadSettings(), loadDevices()]);
    for await (const batch of batches) take(batch);
  } finally {
    over.abort();
    await heart;
  }
}

function take(batch: EventBatch): void {
  if (batch.summary !== null) useSummary.setState({ summary: batch.summary });
  if (batch.devices !== null) takeDevices(batch.devices);
  takeLiveReadings(batch.telemetry);
  if (batch.bench !== null) takeBenchRun(batch.bench);
  if (batch.removed.length > 0) {
    forgetJobs(batch.removed);
    forgetDetails(batch.removed);
  }
  applyJobEvents(batch);
  if (batch.reset || batch.truncated) void refreshDetails();
}

/** A connection whose other end vanished (a laptop that slept, a cable) says nothing: ask now and then. */
async function beat(connection: EngineConnection, over: AbortSignal): Promise<void> {
  for (;;) {
    await pause(HEARTBEAT_MS, over);
    if (over.aborted) return;
    const answer = connection.api.system.health(undefined, {
      signal: AbortSignal.any([over, AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS)]),
    });
    await answer.catch(() => connection.close());
  }
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    over.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
