/**
 * Control and escape characters, line and paragraph separators, and the characters that turn the direction of text:
 * a file name may hold them all, and a terminal would obey them.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu;
/** Half a surrogate pair, which no terminal can show. */
const LONE_SURROGATE = /\p{Cs}/gu;

/** Text from a file name, a tag or a tool's output, made safe to print on one line of a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\u{fffd}').replace(LONE_SURROGATE, '\u{fffd}');
}

/** JSON on one line that a terminal shows and does not obey: DEL and the C1 controls are escaped as well. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
