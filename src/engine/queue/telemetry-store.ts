import type { Database } from 'better-sqlite3';
import type { DeviceId } from '../../common/ids.ts';
import type { TelemetryLevel, TelemetryPoint, TelemetryPointStore } from '../devices/telemetry-history.ts';
import { type MeanPoint, perValue, type TelemetryValues } from '../devices/telemetry-means.ts';
import { databaseProblem } from './database-problem.ts';
import { PreparedSql, type SqlValue } from './prepared-sql.ts';

const COLUMNS: readonly (readonly [column: string, name: keyof TelemetryValues])[] = [
  ['utilization_percent', 'utilizationPercent'],
  ['encoder_percent', 'encoderPercent'],
  ['decoder_percent', 'decoderPercent'],
  ['memory_used_bytes', 'memoryUsedBytes'],
  ['memory_total_bytes', 'memoryTotalBytes'],
  ['temperature_celsius', 'temperatureCelsius'],
  ['power_watts', 'powerWatts'],
  ['encoder_sessions', 'encoderSessions'],
  ['disk_used_bytes', 'diskUsedBytes'],
  ['disk_total_bytes', 'diskTotalBytes'],
];
const NAMES = COLUMNS.map(([column]) => column).join(', ');
const PUT = `REPLACE INTO telemetry (device_id, resolution_s, at_s, ${NAMES})
  VALUES (?, ?, ?, ${COLUMNS.map(() => '?').join(', ')})`;
/** The keys are taken one by one from the index, which is far less to read than all rows. */
const NEXT_DEVICE = 'SELECT min(device_id) AS id FROM telemetry WHERE device_id > ?';
const REMOVE = 'DELETE FROM telemetry WHERE device_id = ? AND resolution_s = ? AND (at_s < ? OR at_s > ?)';
const READ = `SELECT at_s, ${NAMES} FROM telemetry
  WHERE device_id = ? AND resolution_s = ? AND at_s BETWEEN ? AND ? ORDER BY at_s`;

/**
 * Means of the devices' readings. Every method throws a `ProblemError` `database-failed` or `no-space` when the database
 * cannot be read or written.
 */
export class TelemetryStore implements TelemetryPointStore {
  readonly #db: Database;
  readonly #sql: PreparedSql;

  constructor(db: Database) {
    this.#db = db;
    this.#sql = new PreparedSql(db);
  }

  write(points: readonly TelemetryPoint[], nowS: number, levels: readonly TelemetryLevel[]): void {
    this.#guard(() =>
      this.#withoutSync(() =>
        this.#db
          .transaction(() => {
            for (const { deviceId, resolutionS, atS, values } of points) {
              this.#sql.run(PUT, deviceId, resolutionS, atS, ...COLUMNS.map(([, name]) => values[name]));
            }
            this.#removeOld(nowS, levels);
          })
          .immediate(),
      ),
    );
  }

  read(deviceId: DeviceId, resolutionS: number, fromS: number, toS: number): MeanPoint[] {
    return this.#guard(() =>
      this.#sql
        .all<Record<string, SqlValue>>(READ, deviceId, resolutionS, fromS, toS)
        .map((row) => ({ atS: Number(row['at_s']), values: toValues(row) })),
    );
  }

  #removeOld(nowS: number, levels: readonly TelemetryLevel[]): void {
    let device = this.#sql.one<{ id: string | null }>(NEXT_DEVICE, '')?.id ?? null;
    while (device !== null) {
      for (const { resolutionS, keepS } of levels) {
        // What lies ahead was written while the clock was wrong, and would stay until the clock is there.
        this.#sql.run(REMOVE, device, resolutionS, nowS - keepS, nowS + resolutionS);
      }
      device = this.#sql.one<{ id: string | null }>(NEXT_DEVICE, device)?.id ?? null;
    }
  }

  /** A power cut may take the last readings: they are not worth an fsync twice a minute. */
  #withoutSync(work: () => void): void {
    const before = Number(this.#db.pragma('synchronous', { simple: true }));
    this.#db.pragma('synchronous = NORMAL');
    try {
      work();
    } finally {
      this.#db.pragma(`synchronous = ${before}`);
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseProblem(error, this.#db.name);
    }
  }
}

function toValues(row: Record<string, SqlValue>): TelemetryValues {
  const byName = new Map(COLUMNS.map(([column, name]) => [name, row[column]]));
  return perValue((name) => {
    const value = byName.get(name);
    return typeof value === 'number' ? value : null;
  });
}
