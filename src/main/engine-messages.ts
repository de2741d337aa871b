import { z } from 'zod';
import { Problem } from '../common/problem.ts';

/** What the engine's process is started with, as one JSON argument. */
export const EngineStart = z.object({
  home: z.string(),
  version: z.string(),
  appFolder: z.string(),
  staticFolder: z.string().nullable(),
});
export type EngineStart = z.infer<typeof EngineStart>;

/** Main to engine. `connect` carries a port. */
export const ToEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connect') }),
  z.object({ type: z.literal('stop') }),
]);
export type ToEngine = z.infer<typeof ToEngine>;

/** Engine to main. `failed`: it cannot be started, and a restart will not help until the cause is gone. */
export const FromEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), problem: Problem }),
]);
export type FromEngine = z.infer<typeof FromEngine>;
