import type { DeviceId, JobId } from '../../common/ids.ts';
import type { PlanInput } from './plan-input.ts';
import type { WorkId } from './work.ts';

export interface RunningEncode {
  readonly jobId: JobId;
  readonly deviceId: DeviceId;
  /** Null while not known. */
  readonly work: WorkId | null;
  /** To its end as it runs now; null until it has moved. */
  readonly etaMs: number | null;
  /** Megapixels left to encode; null while not known. */
  readonly amountLeft: number | null;
}

/** A queue at one moment: `tasks` are its first (about 100), `behind` is what waits behind them. */
export interface QueueMoment extends PlanInput {
  readonly running: readonly RunningEncode[];
}
