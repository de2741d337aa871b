import { type ProblemError, problem } from '../../../common/problem.ts';
import { type FileSignature, signatureOf } from './file-signature.ts';

/** Demuxers that ffmpeg recognised and Gantry does not let it use, because the file only points at others. */
const PLAYLIST_DEMUXERS = /^(hls|applehttp|concat|concatf|dash|imf|sdp|rtsp|webm_dash_manifest|vobsub|rpl)$/;
const SUBTITLE_DEMUXERS =
  /^(srt|ass|webvtt|microdvd|subviewer1?|mpl2|mpsub|pjs|sami|scc|stl|realtext|vplayer|jacosub|aqtitle|tedcaptions|mcc|lrc|ttml|sup)$/;
const PICTURE_DEMUXERS = /_pipe$|^image2|^ico$|^fits$|^xbin$/;

const IN_WORDS: Record<Exclude<FileSignature, 'media' | 'picture' | 'playlist'>, string> = {
  pdf: 'a PDF document',
  archive: 'an archive',
  program: 'a program',
  markup: 'a web page or other markup',
  text: 'a text file',
};

const CHOOSE_A_VIDEO = 'Choose a video file instead.';

/**
 * Why ffprobe could not open a file, from what it printed and how the file begins.
 *
 * @param stderr what ffprobe printed
 * @param head the file's first bytes, one character each (Latin-1); empty when unknown
 */
export function explainUnreadable(stderr: string, head: string): ProblemError {
  const detail = tellingLine(stderr);
  if (/No such file or directory/i.test(stderr)) return sourceNotFound(detail);
  if (/Permission denied|Operation not permitted/i.test(stderr)) return sourceNotReadable(detail);
  if (/Input\/output error/i.test(stderr)) {
    return problem(
      'source-not-readable',
      'The file could not be read from its drive.',
      'Check the drive or the network connection, then retry.',
      detail,
    );
  }
  const refused = /\[(\S+) @ [^\]]*\](?: \[\w+\])? Format not on whitelist/.exec(stderr)?.[1];
  const demuxers = refused?.split(',') ?? [];
  const is = (kind: RegExp) => demuxers.some((name) => kind.test(name));
  const signature = signatureOf(head);
  if (is(PLAYLIST_DEMUXERS) || signature === 'playlist') {
    return problem(
      'source-unsupported',
      'The file is a playlist: it holds no video itself but points at other files.',
      'Add the media files that it names instead.',
      detail,
    );
  }
  if (is(PICTURE_DEMUXERS) || signature === 'picture') return stillPicture(detail);
  if (is(SUBTITLE_DEMUXERS)) return unsupported('The file holds subtitles, not a video.', detail);
  if (signature !== null && signature !== 'media') {
    return unsupported(`The file is ${IN_WORDS[signature]}, not a video.`, detail);
  }
  if (refused !== undefined) {
    return unsupported(`The file's format (${refused}) is not one that Gantry reads.`, detail);
  }
  if (signature === 'media' || recognisedBy(stderr)) {
    const cutOff = /moov atom not found|partial file|truncat|End of file/i.test(stderr);
    return problem(
      'source-corrupt',
      cutOff
        ? 'The file is incomplete: it ends before the part that says how to play it.'
        : 'The file is damaged: its header cannot be read.',
      'Copy or download the file again, then retry.',
      detail,
    );
  }
  return unsupported('The file is not a video or audio file.', detail);
}

export function sourceNotFound(detail?: string): ProblemError {
  return problem(
    'source-not-found',
    'The file is not there.',
    'Check that it was not moved, renamed or deleted, and that its drive is connected.',
    detail,
  );
}

function sourceNotReadable(detail?: string): ProblemError {
  return problem(
    'source-not-readable',
    'The file may not be read.',
    'Give your user permission to read it, then retry.',
    detail,
  );
}

/** Also said of an animation format that holds a single picture. */
export function stillPicture(detail?: string): ProblemError {
  return problem('source-unsupported', 'The file is a still picture, not a video.', CHOOSE_A_VIDEO, detail);
}

function unsupported(message: string, detail: string | undefined): ProblemError {
  return problem('source-unsupported', message, CHOOSE_A_VIDEO, detail);
}

/** The first line that names a cause; ffprobe's last line only repeats the file's name. */
function tellingLine(stderr: string): string | undefined {
  const line = stderr.split('\n').find((text) => text.trim() !== '');
  // The list of what is allowed says nothing about this file.
  return line?.replace(/(Format not on whitelist) .*/, '$1');
}

/** Whether a demuxer took the file and failed in it. MP4's is also chosen by name alone, and says only `moov atom not found`. */
function recognisedBy(stderr: string): boolean {
  return stderr
    .split('\n')
    .some((line) => /^\[[^\]]+ @ [^\]]+\]/.test(line) && !/moov atom not found/.test(line));
}
