import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../common/contract/index.ts';
import type { JobId } from '../../common/ids.ts';

/** Every procedure of the contract as a typed call. */
export type EngineApi = ContractRouterClient<Contract>;

/** What only a browser needs: files travel over HTTP beside the contract. */
export interface FileTransfer {
  /** Sends a file to the engine's machine. `onProgress` gets fractions from 0 to 1. Rejects with a `ProblemError`. */
  upload(
    file: File,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<{ path: string; sizeBytes: number }>;
  /** An address that downloads a job's output once. */
  outputLink(id: JobId): Promise<string>;
}

/** One open connection to an engine. Dead after `closed`; a new one is made then. */
export interface EngineConnection {
  readonly api: EngineApi;
  /** Null in the desktop app, where files are where they are. */
  readonly transfer: FileTransfer | null;
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** The server refused the token, or there is none. Trying again without a new one is pointless. */
export class NotAuthorized extends Error {
  override readonly name = 'NotAuthorized';
}
