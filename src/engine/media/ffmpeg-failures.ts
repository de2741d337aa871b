import { cause, type Explanation, explanation, type FailureRule, hint } from './failure-rule.ts';

/**
 * What ffmpeg prints when something other than the GPU is in the way: the source, the output's folder or disk, memory,
 * or the arguments. Texts seen from 2018 builds, 5.1 and 7.0.
 */

const NO_SPACE = explanation(
  'no-space',
  'The disk with the output folder is full.',
  'Free some space or choose another output folder, then retry.',
);

const OUT_OF_MEMORY = explanation(
  'out-of-memory',
  'Memory ran out.',
  'Close other programs or run fewer encodes at once, then retry.',
);

const SOURCE_CORRUPT = explanation(
  'source-corrupt',
  'The source is damaged or incomplete.',
  'Check that it plays to the end, and copy or download it again.',
);

const SOURCE_UNSUPPORTED = explanation(
  'source-unsupported',
  'The source is in a format that this ffmpeg cannot read.',
  'Convert it with another program first, or use an ffmpeg build that knows the format.',
);

const SOURCE_NOT_READABLE = explanation(
  'source-not-readable',
  'The source can no longer be read.',
  'Check the permissions of the file, and that its disk or network share is connected.',
);

const OUTPUT_NOT_WRITABLE = explanation(
  'output-not-writable',
  'The output folder is not writable.',
  'Choose another output folder or change its permissions, then retry.',
);

const OUTPUT_FOLDER_MISSING = explanation(
  'output-folder-missing',
  'The output folder is not there.',
  'Create the folder or choose another one, then retry.',
);

const INVALID_ARGUMENT = explanation(
  'invalid-argument',
  'ffmpeg refused one of its arguments.',
  'Check the preset. If it is a built-in one, report this with the details below.',
);

const FILTER_GRAPH_FAILED = explanation(
  'filter-graph-failed',
  'The picture filters could not be set up for this source.',
  'Try another ffmpeg build or a preset without scaling and tone mapping, and report this with the details below.',
);

/** The system's words for why a source could not be opened or read. */
function openingSource(words: string): Explanation | null {
  if (/^No such file or directory|^Not a directory/.test(words)) {
    return {
      code: 'source-not-found',
      message: 'The source is not there any more.',
      nextStep: 'Put the file back or remove the job.',
    };
  }
  if (/^Is a directory/.test(words)) {
    return {
      code: 'source-is-a-folder',
      message: 'The source is a folder.',
      nextStep: 'Choose files, or add the folder so that its files are queued.',
    };
  }
  if (/^Invalid data found|^End of file/.test(words)) return SOURCE_CORRUPT;
  // Follows a line that says more, e.g. about the whitelist.
  if (/^Invalid argument/.test(words)) return null;
  if (/^Cannot allocate memory/.test(words)) return OUT_OF_MEMORY;
  if (/^Protocol not found|^Decoder not found|^Demuxer not found|^Not yet implemented/.test(words)) {
    return SOURCE_UNSUPPORTED;
  }
  return SOURCE_NOT_READABLE;
}

/** The system's words for why the output could not be opened or written. */
function writingOutput(words: string): Explanation | null {
  if (/^No space left on device|^Disk quota exceeded/.test(words)) return NO_SPACE;
  if (/^No such file or directory|^Not a directory/.test(words)) return OUTPUT_FOLDER_MISSING;
  if (/^File name too long/.test(words)) {
    return {
      code: 'output-name-invalid',
      message: 'The name of the output is too long for its folder.',
      nextStep: 'Choose a shorter name or template, then retry.',
    };
  }
  if (/^File too large/.test(words)) {
    return {
      code: 'output-not-writable',
      message: "The output is larger than its disk's format allows for one file.",
      nextStep: 'Choose a folder on another disk, or a preset that makes smaller files.',
    };
  }
  if (/^Input\/output error|^Stale file handle|^Transport endpoint|^No such device/.test(words)) {
    return {
      code: 'output-not-writable',
      message: 'The disk with the output folder reported an error while it was written.',
      nextStep: 'Check that the disk or network share is connected and healthy, then retry.',
    };
  }
  if (/^Permission denied|^Operation not permitted|^Read-only file system|^Is a directory/.test(words)) {
    return OUTPUT_NOT_WRITABLE;
  }
  return null;
}

export const FFMPEG_RULES: readonly FailureRule[] = [
  // the program itself
  cause(
    /error while loading shared libraries|symbol lookup error|version `\w+' not found|Library not loaded/,
    explanation(
      'ffmpeg-broken',
      'This ffmpeg cannot start: a library that it needs is missing.',
      'Reinstall ffmpeg, or choose another build in the settings.',
    ),
  ),
  // disk and memory, whoever met them
  cause(/No space left on device|Disk quota exceeded/, NO_SPACE),
  cause(/Cannot allocate memory|std::bad_alloc|\bmalloc of size \d+ failed/, OUT_OF_MEMORY),
  // the output
  cause(/^(?:<output>: |Error opening output(?: <output>)?: )(.+)/, (match) => writingOutput(match[1] ?? '')),
  cause(
    /^(?:av_interleaved_write_frame\(\)|Error submitting a packet to the muxer|Error writing trailer[^:]*|Error closing file[^:]*): (.+)/,
    (match) => writingOutput(match[1] ?? ''),
  ),
  cause(/Unable to re-open .*output file/, OUTPUT_FOLDER_MISSING),
  cause(
    /^File '<output>' already exists/,
    explanation(
      'output-exists',
      'A file with the name of the output is already there.',
      'Choose another name or folder, or allow overwriting.',
    ),
  ),
  // the source
  cause(
    /moov atom not found/,
    explanation(
      'source-corrupt',
      'The source is incomplete: the index at its end is missing.',
      'Copy, download or record it again; a recording that was cut off can sometimes be repaired.',
    ),
  ),
  cause(/not on whitelist|not a common multimedia extension/, () => ({
    code: 'source-unsupported',
    message: 'The source points to other files or addresses, which are not followed.',
    nextStep: 'Save the video as one ordinary file first.',
  })),
  cause(/^(?:<source>: |Error opening input: )(.+)/, (match) => openingSource(match[1] ?? '')),
  cause(/^Error (?:during demuxing|retrieving a packet from demuxer): (.+)/, (match) =>
    /^Input\/output error|^Stale file handle|^Permission denied/.test(match[1] ?? '')
      ? SOURCE_NOT_READABLE
      : null,
  ),
  cause(
    /^Decoder \(codec .*\) not found|^Decoding requested, but no decoder found|No decoder could be found|^Unknown decoder/,
    SOURCE_UNSUPPORTED,
  ),
  cause(
    /^Stream map '.*' matches no streams/,
    explanation(
      'source-changed',
      'The source no longer has the streams that it had when it was inspected.',
      'Retry, so that it is inspected again.',
    ),
  ),
  cause(
    /^Output file (?:#\d+ )?does not contain any stream/,
    explanation(
      'source-no-streams',
      'The source has nothing that this preset keeps.',
      'Choose a file with video, or another preset.',
    ),
  ),
  // the arguments
  cause(/^Unknown encoder '([^']*)'/, (match) => ({
    code: 'encoder-missing',
    message: `This ffmpeg was built without the encoder ${match[1]}.`,
    nextStep: 'Use another ffmpeg build: install one or choose it in the settings.',
  })),
  cause(
    /^No such filter: '|^Filter '.*' not found|^Impossible to convert between the formats|^Cannot find a matching stream for unlabeled/,
    FILTER_GRAPH_FAILED,
  ),
  cause(
    /^Error initializing (?:a simple |complex )?filter|^Error reinitializing filters/,
    FILTER_GRAPH_FAILED,
  ),
  cause(/^Could not find tag for codec (\S+)/, (match) => ({
    code: 'invalid-argument',
    message: `The container cannot hold a ${match[1]} stream.`,
    nextStep: 'Choose a preset with the MKV container.',
  })),
  cause(
    /^Unrecognized (?:option|hwaccel)|^Option .* not found|^Missing argument for option|^Error parsing options? /,
    INVALID_ARGUMENT,
  ),
  cause(
    /^Unable to parse option value|^Undefined constant or missing '\('|^Error setting (?:option|preset\/tune|profile)/,
    INVALID_ARGUMENT,
  ),
  cause(
    /^Value .* for parameter '.*' out of range|^Unknown pixel format requested|^Invalid (?:frame size|encoder type)/,
    INVALID_ARGUMENT,
  ),
  cause(/^Failed to set value '.*' for option|^(?:width|height) not divisible by 2/, INVALID_ARGUMENT),
  cause(
    /^Unable to (?:find|choose) (?:a suitable )?(?:an )?output format|^Requested output format '.*' is not/,
    INVALID_ARGUMENT,
  ),
  // it was asked to stop
  cause(
    /^Exiting normally, received signal|^Received > 3 system signals/,
    explanation('interrupted', 'The encode was interrupted.', 'Retry.'),
  ),
  // what a run may also survive, so it counts only when nothing above was seen
  hint(/Permission denied|Read-only file system/, OUTPUT_NOT_WRITABLE),
  hint(
    /Invalid data found when processing input|^Cannot determine format of input stream|^Could not find codec parameters/,
    SOURCE_CORRUPT,
  ),
  hint(/^Output file is empty, nothing was encoded/, SOURCE_CORRUPT),
  hint(/^Error while opening decoder|^Unsupported codec with id/, SOURCE_UNSUPPORTED),
  hint(/^Failed to inject frame into filter network|^Error while filtering/, FILTER_GRAPH_FAILED),
  hint(/Invalid argument$/, INVALID_ARGUMENT),
];

/**
 * What a 7.x exit code means when no line told: the low byte of the negated ffmpeg error. Older builds exit with 1 for
 * everything. Null for codes that say nothing by themselves.
 */
export function explainExitCode(lowByte: number): Explanation | null {
  switch (lowByte) {
    case 228: // -28, ENOSPC
      return NO_SPACE;
    case 244: // -12, ENOMEM
      return OUT_OF_MEMORY;
    case 226: // -30, EROFS
      return OUTPUT_NOT_WRITABLE;
    case 183: // AVERROR_INVALIDDATA
      return SOURCE_CORRUPT;
    case 8: // an option, encoder, filter or format that is not there
    case 234: // -22, EINVAL
      return INVALID_ARGUMENT;
    default:
      return null;
  }
}
