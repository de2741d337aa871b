import type { Container } from '../../../common/preset.ts';
import type { SourceStream } from '../../../common/source.ts';

/**
 * Two-letter language codes (ISO 639-1) and their three-letter forms (ISO 639-2/T), the only ones that MP4 has room for.
 * From the Library of Congress's table; the languages of nearly all films.
 */
const THREE_LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'af:afr ar:ara az:aze be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa et:est',
    'eu:eus fa:fas fi:fin fr:fra ga:gle gl:glg gu:guj he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ja:jpn',
    'ka:kat kk:kaz km:khm kn:kan ko:kor lt:lit lv:lav mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya nb:nob ne:nep',
    'nl:nld nn:nno no:nor pa:pan pl:pol pt:por ro:ron ru:rus si:sin sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa ta:tam',
    'te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd uz:uzb vi:vie yue:yue zh:zho zu:zul',
  ]
    .join(' ')
    .split(' ')
    .map((pair) => pair.split(':')),
);

/**
 * Language and title of a track where ffmpeg's own copying would lose them: MP4 and MOV take three-letter languages only, and
 * most readers look for a track's title in the handler's name.
 *
 * @param output the output's stream, as ffmpeg's specifier, e.g. `a:0`
 */
export function trackTagArgs(
  container: Container,
  output: string,
  track: Pick<SourceStream, 'language' | 'title'>,
): string[] {
  if (container !== 'mp4' && container !== 'mov') return [];
  const primary = track.language?.toLowerCase().split('-')[0] ?? '';
  const language = THREE_LETTERS[primary];
  return [
    ...(language === undefined ? [] : [`-metadata:s:${output}`, `language=${language}`]),
    ...(track.title === null ? [] : [`-metadata:s:${output}`, `handler_name=${track.title}`]),
  ];
}
