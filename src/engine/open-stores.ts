import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { PresetCatalog } from './media/preset-catalog.ts';
import { AnswerStore } from './queue/answer-store.ts';
import { BenchStore } from './queue/bench-store.ts';
import { openDatabase } from './queue/database.ts';
import { KnownGpuStore } from './queue/known-gpu-store.ts';
import { PresetStore } from './queue/preset-store.ts';
import { ProbeStore } from './queue/probe-store.ts';
import { QueueStore } from './queue/queue-store.ts';
import { SessionLimitStore } from './queue/session-limit-store.ts';
import { SettingsStore } from './queue/settings-store.ts';
import { SpeedStore } from './queue/speed-store.ts';
import { TelemetryStore } from './queue/telemetry-store.ts';

/** Everything that the home keeps in its database. */
export interface Stores {
  readonly database: Database;
  readonly queue: QueueStore;
  readonly settings: SettingsStore;
  readonly presets: PresetCatalog;
  readonly answers: AnswerStore;
  readonly proofs: ProbeStore;
  readonly sessionLimits: SessionLimitStore;
  readonly knownGpus: KnownGpuStore;
  readonly speeds: SpeedStore;
  readonly bench: BenchStore;
  readonly telemetry: TelemetryStore;
}

/** @throws ProblemError `database-failed` when the home cannot be used */
export function openStores(home: string): Stores {
  const database = openDatabase(join(home, 'gantry.db'));
  return {
    database,
    queue: new QueueStore(database, () => new Date()),
    settings: new SettingsStore(database),
    presets: new PresetCatalog(new PresetStore(database)),
    answers: new AnswerStore(database),
    proofs: new ProbeStore(database),
    sessionLimits: new SessionLimitStore(database),
    knownGpus: new KnownGpuStore(database),
    speeds: new SpeedStore(database),
    bench: new BenchStore(database),
    telemetry: new TelemetryStore(database),
  };
}
