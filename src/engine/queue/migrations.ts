/** One step of the schema, applied in one transaction. A step that was released is never edited: a new one follows it. */
export interface Migration {
  /** `user_version` of the database once it is applied; counts up from 1. */
  readonly version: number;
  readonly sql: string;
}

const FIRST_FLOOR = `
-- Jobs of one drop share one recipe: 100,000 of them hold it once.
CREATE TABLE recipes (
  id INTEGER PRIMARY KEY,
  preset_id TEXT NOT NULL,
  recipe TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE jobs (
  -- AUTOINCREMENT: an id that a person has seen never means another job.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
  priority INTEGER NOT NULL,
  -- A fraction, so that a job moves between two others without touching the rest.
  position REAL NOT NULL,
  ended_at TEXT,
  source TEXT NOT NULL,
  -- The source's path with letter case and Unicode form folded, for searching and comparing.
  source_folded TEXT NOT NULL,
  source_size_bytes INTEGER,
  source_duration_ms REAL,
  source_summary TEXT,
  recipe_id INTEGER NOT NULL REFERENCES recipes (id),
  device TEXT NOT NULL,
  device_id TEXT,
  output TEXT,
  error TEXT,
  metadata TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  CHECK ((ended_at IS NULL) = (status IN ('queued', 'running', 'paused')))
) STRICT;
CREATE INDEX jobs_in_order ON jobs (status, priority DESC, position) WHERE ended_at IS NULL;
CREATE INDEX jobs_ended ON jobs (status, ended_at DESC, id DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_open_sources ON jobs (source_folded) WHERE ended_at IS NULL;
CREATE INDEX jobs_by_recipe ON jobs (recipe_id);

CREATE TABLE source_infos (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  info TEXT NOT NULL
) STRICT;

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  -- blocked: waits for depends_on. held: its job is paused. delayed: hidden until not_before.
  state TEXT NOT NULL CHECK (state IN ('blocked', 'held', 'delayed', 'ready', 'leased', 'done')),
  depends_on INTEGER,
  not_before TEXT,
  -- Copied from the job, so that the head of the queue is one walk along one index.
  device TEXT NOT NULL,
  job_runs INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  position REAL NOT NULL
) STRICT;
CREATE INDEX tasks_by_job ON tasks (job_id);
CREATE INDEX tasks_ready ON tasks (kind, device, job_runs DESC, priority DESC, position, job_id)
  WHERE state = 'ready';
CREATE INDEX tasks_delayed ON tasks (not_before) WHERE state = 'delayed';

-- One row per task at most: a task never runs twice at a time.
CREATE TABLE leases (
  task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
  job_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  device_id TEXT NOT NULL,
  started_at TEXT NOT NULL,
  attempt_id INTEGER,
  pid INTEGER,
  start_mark TEXT,
  temporary_path TEXT,
  publishing TEXT,
  is_suspended INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX leases_by_job ON leases (job_id);

-- What ended leases may have left behind: a process, an unfinished file. No reference to the job, which may be gone.
CREATE TABLE leftovers (
  task_id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  device_id TEXT NOT NULL,
  started_at TEXT NOT NULL,
  attempt_id INTEGER,
  pid INTEGER,
  start_mark TEXT,
  temporary_path TEXT,
  publishing TEXT,
  is_suspended INTEGER NOT NULL
) STRICT;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  device_id TEXT NOT NULL,
  argv TEXT NOT NULL DEFAULT '[]',
  started_at TEXT NOT NULL,
  ended_at TEXT,
  exit_code INTEGER,
  error TEXT,
  -- Whether it counts as a failure since the job was last added or retried.
  counts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX attempts_by_job ON attempts (job_id);

-- Final paths that jobs have chosen and not yet written.
CREATE TABLE output_paths (
  path_key TEXT PRIMARY KEY,
  job_id INTEGER NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
  path TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_state (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  is_paused INTEGER NOT NULL
) STRICT;
INSERT INTO queue_state VALUES (1, 0);

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE presets (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE encoder_proofs (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

const FFMPEG_ANSWERS = `
CREATE TABLE ffmpeg_answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

const MANY_GPUS = `
-- What an encode costs: a class of work and an amount of it, known once the source was read. See scheduler/work.ts.
ALTER TABLE jobs ADD COLUMN work TEXT;
ALTER TABLE jobs ADD COLUMN work_amount REAL;
-- Covers the sums over what waits.
CREATE INDEX jobs_waiting_work ON jobs (device, work, work_amount) WHERE status = 'queued';

-- Why the CPU was given what a GPU was wanted for.
ALTER TABLE attempts ADD COLUMN fallback TEXT;
-- A device may be gone when somebody reads what ran on it.
ALTER TABLE attempts ADD COLUMN device_name TEXT;

CREATE TABLE device_speeds (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE session_limits (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE known_gpus (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE bench_runs (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Means over resolution_s seconds from at_s on (Unix time). Null where the device does not tell.
CREATE TABLE telemetry (
  device_id TEXT NOT NULL,
  resolution_s INTEGER NOT NULL,
  at_s INTEGER NOT NULL,
  utilization_percent REAL,
  encoder_percent REAL,
  decoder_percent REAL,
  memory_used_bytes REAL,
  memory_total_bytes REAL,
  temperature_celsius REAL,
  power_watts REAL,
  encoder_sessions REAL,
  disk_used_bytes REAL,
  disk_total_bytes REAL,
  PRIMARY KEY (device_id, resolution_s, at_s)
) STRICT, WITHOUT ROWID;
`;

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: FIRST_FLOOR },
  { version: 2, sql: FFMPEG_ANSWERS },
  { version: 3, sql: MANY_GPUS },
];
