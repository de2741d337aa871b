/**
 * Demuxers that read one media file and nothing else. Left out on purpose: whatever opens further files or streams that the
 * input names (`concat`, `hls`, `dash`, `imf`, `sdp`, `vobsub`), whatever runs scripts or filter graphs (`lavfi`, `avisynth`),
 * whatever turns text into pictures (`tty`), file name patterns (`image2`) and still pictures (`*_pipe`).
 * A name that a build does not know is ignored by it.
 */
export const ALLOWED_DEMUXERS: readonly string[] = [
  // containers
  ...[
    'mov',
    'matroska',
    'webm',
    'avi',
    'mpegts',
    'mpeg',
    'flv',
    'live_flv',
    'kux',
    'asf',
    'asf_o',
    'rm',
    'ogg',
    'nut',
  ],
  ...[
    'mxf',
    'gxf',
    'lxf',
    'wtv',
    'nsv',
    'nuv',
    'dv',
    'ivf',
    'dhav',
    'swf',
    'smjpeg',
    'yuv4mpegpipe',
    'gif',
    'apng',
  ],
  // elementary streams
  ...[
    'h261',
    'h263',
    'h264',
    'hevc',
    'vvc',
    'av1',
    'obu',
    'm4v',
    'mpegvideo',
    'vc1',
    'vc1test',
    'mjpeg',
    'cavsvideo',
    'dirac',
  ],
  // game and archive formats
  ...['bink', 'smk', 'roq', 'film_cpk', 'flic', '4xm', 'thp', 'vivo', 'mv', 'mtv', 'xmv', 'wc3movie', 'amv'],
  // sound: read so that a file without video can be told from a broken one
  ...[
    'mp3',
    'aac',
    'loas',
    'flac',
    'wav',
    'w64',
    'aiff',
    'au',
    'caf',
    'ac3',
    'eac3',
    'dts',
    'dtshd',
    'truehd',
    'mlp',
  ],
  ...['amr', 'ape', 'wv', 'tta', 'tak', 'mpc', 'mpc8', 'oma', 'voc', 'dsf', 'iff'],
];

/**
 * A path as ffmpeg takes it. With the protocol named, nothing in the path means anything to ffmpeg: not a leading dash, not
 * `concat:`, not `%03d`, not quotes or line breaks.
 */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/**
 * Arguments that open one source, for ffmpeg and ffprobe alike. The same in both, so that stream numbers agree.
 * The longer analysis finds streams that start late (subtitles in MPEG program streams); most files need far less of it.
 *
 * @param path absolute path on the host
 */
export function inputArgs(path: string): string[] {
  return [
    ...['-protocol_whitelist', 'file'],
    ...['-format_whitelist', ALLOWED_DEMUXERS.join(',')],
    ...['-probesize', '32M', '-analyzeduration', '15M'],
    ...['-i', fileUrl(path)],
  ];
}
