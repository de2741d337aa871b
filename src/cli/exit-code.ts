/** What the process tells its caller. Scripts rely on these. */
export const EXIT = {
  ok: 0,
  /** Some of the work failed. */
  failed: 1,
  /** The command line itself was wrong; nothing was done. */
  usage: 2,
  /** 128 + the signal's number, as shells count. */
  hangUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
