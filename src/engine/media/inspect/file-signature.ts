/** What the first bytes of a file say about it. `media`: it begins as a video or audio container does. */
export type FileSignature =
  | 'media'
  | 'picture'
  | 'playlist'
  | 'pdf'
  | 'archive'
  | 'program'
  | 'markup'
  | 'text';

/** Beginnings of files, one character per byte. From the formats' own descriptions. */
const BEGINNINGS: readonly (readonly [FileSignature, readonly string[]])[] = [
  ['picture', ['\x89PNG', '\xFF\xD8\xFF', 'GIF8', 'II*\0', 'MM\0*', '8BPS']],
  ['pdf', ['%PDF-']],
  ['archive', ['PK\x03\x04', 'Rar!', '7z\xBC\xAF', '\x1F\x8B']],
  ['program', ['\x7FELF', 'MZ']],
  [
    'media',
    [
      '\x1A\x45\xDF\xA3', // Matroska, WebM
      ...['FLV', 'OggS', 'ID3', 'fLaC', '.RMF'],
      '\x30\x26\xB2\x75', // ASF, WMV
      ...['\0\0\x01\xBA', '\0\0\x01\xB3'], // MPEG program and video streams
    ],
  ],
];

const TEXT_BEGINNINGS: readonly (readonly [FileSignature, RegExp])[] = [
  ['playlist', /^(#EXTM3U|ffconcat version|\[playlist\]|<ASX|<smil|(<\?xml[^>]*>\s*)?<MPD)/i],
  ['markup', /^<(!doctype|html|\?xml|svg)/i],
];

/**
 * Tells what a file is that no demuxer would read, or that one took for something else by its name alone.
 *
 * @param head the file's first bytes, one character each (Latin-1)
 * @returns null when the bytes say nothing
 */
export function signatureOf(head: string): FileSignature | null {
  const binary = BEGINNINGS.find(([, beginnings]) => beginnings.some((text) => head.startsWith(text)));
  if (binary) return binary[0];
  if (head.startsWith('RIFF')) return head.startsWith('WEBP', 8) ? 'picture' : 'media';
  // HEIC and AVIF pictures share MP4's outer form; the brand tells them.
  if (/^ftyp(heic|heix|heim|mif1|msf1|avif)/.test(head.slice(4))) return 'picture';
  if (/^(ftyp|moov|mdat|wide|free|skip|pnot)/.test(head.slice(4))) return 'media';
  const text = head.replace(/^\xEF\xBB\xBF/, '').trimStart();
  const written = TEXT_BEGINNINGS.find(([, beginning]) => beginning.test(text));
  if (written) return written[0];
  return isText(head) ? 'text' : null;
}

/** Text has no control characters but tabs and line ends, or says by a byte order mark that it is UTF-16. */
function isText(head: string): boolean {
  if (head === '') return false;
  if (head.startsWith('\xFF\xFE') || head.startsWith('\xFE\xFF')) return true;
  return ![...head].some((char) => (char < ' ' && !'\t\n\f\r'.includes(char)) || char === '\x7F');
}
