import type { AnySchema, ContractProcedure, InferSchemaOutput } from '@orpc/contract';
import type { Contract } from '../../common/contract/index.ts';
import type { EventBatch } from '../../common/events.ts';
import type { JobId } from '../../common/ids.ts';

/** What a call carries beside its input. */
export interface CallContext {
  /** Aborted when the caller goes away or gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** One procedure as a plain method. Its input has been checked and its defaults filled in. */
type Method<In extends AnySchema, Out extends AnySchema> = (
  input: InferSchemaOutput<In>,
  context: CallContext,
) => Promise<InferSchemaOutput<Out>> | InferSchemaOutput<Out>;

type MethodsOf<T> = {
  [K in keyof T]: T[K] extends ContractProcedure<infer In, infer Out, infer _Errors, infer _Meta>
    ? Method<In, Out>
    : MethodsOf<T[K]>;
};

/**
 * What the engine offers to the API: every procedure of the contract as a plain method, grouped as in the contract,
 * and what only the HTTP server needs. Failures are `ProblemError`s; anything else counts as an unforeseen fault.
 */
export type Backend = MethodsOf<Omit<Contract, 'events'>> & {
  readonly events: {
    subscribe(input: unknown, context: CallContext): AsyncIterable<EventBatch>;
  };
  /**
   * The finished file of a job.
   * @throws ProblemError `job-not-found`, `invalid-transition` when the job is not done, `output-not-found`.
   */
  outputFile(jobId: JobId): Promise<{ path: string; sizeBytes: number }>;
  /** Absolute path of the folder that takes uploaded files. It is made when missing. */
  uploadFolder(): string;
};
