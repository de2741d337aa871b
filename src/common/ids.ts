import { z } from 'zod';

/** A job's id: a decimal number as text, counted up and never reused, so that a person can type it. */
export const JobId = z
  .string()
  .regex(/^\d{1,15}$/)
  .brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

/** A task's id, likewise. Tasks are internal; people see jobs. */
export const TaskId = z
  .string()
  .regex(/^\d{1,15}$/)
  .brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;

/** A device's id: `cpu` for this machine's CPU, the NVIDIA UUID (`GPU-…`, `MIG-…`) for a GPU. */
export const DeviceId = z.string().min(1).max(200).brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** A host's id: `local` for this machine. */
export const HostId = z.string().min(1).max(200).brand<'HostId'>();
export type HostId = z.infer<typeof HostId>;

export const LOCAL_HOST_ID = 'local' as HostId;
export const CPU_DEVICE_ID = 'cpu' as DeviceId;
