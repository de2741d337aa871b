const FIRST_MS = 400;
const LONGEST_MS = 10_000;

/**
 * How long to wait before the next try, in milliseconds. Doubles up to ten seconds; `random` (0 to 1) spreads the tries
 * of many windows so that a server that comes back is not hit by all of them at once.
 */
export function backOffMs(failedTries: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failedTries, 10));
  return Math.round(full * (0.75 + 0.25 * random));
}
