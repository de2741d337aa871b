const FORMAT = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** A moment of today or yesterday as the reader's clock shows it. */
export function clockTime(ms: number): string {
  return FORMAT.format(ms);
}
