import type { StreamNote } from '../../common/job.ts';

/** What ffmpeg says when it goes on past a part of the source that it cannot read. Warnings about timestamps are no loss. */
const DAMAGE = [
  /File ended prematurely/i,
  /partial file/i,
  /Invalid NAL unit size|error while decoding MB|concealing \d+/i,
  /Error submitting packet to decoder|Decoding error: Invalid data|Error while decoding stream/i,
  /Packet corrupt|corrupt(?:ed)? (?:input|decoded) (?:packet|frame)/i,
  /invalid as first byte of an EBML number|unknown-sized element/i,
];

/**
 * A note for an encode that succeeded although parts of its source could not be read; null when ffmpeg met none. Whoever
 * deletes the source afterwards should know.
 */
export function damageNote(stderr: readonly string[]): StreamNote | null {
  const line = stderr.find((text) => DAMAGE.some((pattern) => pattern.test(text)));
  if (line === undefined) return null;
  const said = line
    .replace(/^\[[^\]]*\]\s*/, '')
    .replace(/^\[(?:error|warning)\]\s*/, '')
    .trim();
  return {
    streamIndex: null,
    kind: 'video',
    action: 'dropped',
    reason: `Parts of the source could not be read and are missing or damaged in the output (ffmpeg: ${said.slice(0, 200)}).`,
  };
}
