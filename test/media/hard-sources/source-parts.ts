import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpeg } from '../../support/clips.ts';

/** Moving test bars as an ffmpeg input. One second of 25 frames unless told otherwise. */
export function bars(options: { size?: string; rate?: string | number; seconds?: number } = {}): string[] {
  const { size = '160x90', rate = 25, seconds = 1 } = options;
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
}

/** A picture that is red on the left and blue on the right, so that a turn of it shows. */
export function redBlue(size = '160x90'): string[] {
  return [
    ...['-f', 'lavfi', '-i', `color=red:size=${size}:rate=25:duration=1`],
    ...['-f', 'lavfi', '-i', `color=blue:size=${size}:rate=25:duration=1`],
    ...['-filter_complex', '[0:v]crop=iw/2:ih:0:0[l];[1:v]crop=iw/2:ih:0:0[r];[l][r]hstack'],
  ];
}

/** A tone as an ffmpeg input. */
export function tone(options: { hz?: number; layout?: string; seconds?: number } = {}): string[] {
  const { hz = 440, layout = 'stereo', seconds = 1 } = options;
  const channels = { mono: 1, stereo: 2, quad: 4, '5.1': 6, '7.1': 8 }[layout] ?? 2;
  const expression = Array.from({ length: channels }, () => `sin(2*PI*${hz}*t)/8`).join('|');
  return ['-f', 'lavfi', '-i', `aevalsrc=${expression}:c=${layout}:s=48000:d=${seconds}`];
}

/** H.264 as fast as can be. */
export const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** HEVC with all that makes it HDR10. */
export const HDR10 = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'],
  ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
  '-x265-params',
  [
    'log-level=error:repeat-headers=1:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
    'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400',
  ].join(':'),
];

/** Writes a file of text beside the source and returns its path. */
export function textFile(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

export function subtitleFile(folder: string, words: string): string {
  return textFile(folder, `${words}.srt`, `1\n00:00:00,100 --> 00:00:00,900\n${words}\n`);
}

export function chapterFile(folder: string): string {
  const chapter = (start: number, end: number, title: string) =>
    `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
  return textFile(
    folder,
    'chapters.txt',
    `;FFMETADATA1\n${chapter(0, 400, 'Opening')}${chapter(400, 1000, 'The end')}`,
  );
}

export function coverFile(folder: string): string {
  const path = join(folder, 'cover.png');
  ffmpeg('-f', 'lavfi', '-i', 'color=green:size=32x32', '-frames:v', '1', '-update', '1', path);
  return path;
}

/** Blu-ray subtitles, which are pictures: one display set that shows nothing, as the format's segments go. */
export function bitmapSubtitleFile(folder: string): string {
  const segment = (type: number, payload: number[]): Buffer => {
    const header = Buffer.alloc(13);
    header.write('PG', 0, 'latin1');
    header.writeUInt32BE(9000, 2);
    header.writeUInt8(type, 10);
    header.writeUInt16BE(payload.length, 11);
    return Buffer.concat([header, Buffer.from(payload)]);
  };
  const composition = [0, 160, 0, 90, 0x10, 0, 0, 0x80, 0, 0, 0];
  const windows = [1, 0, 0, 0, 0, 0, 0, 160, 0, 90];
  const path = join(folder, 'pictures.sup');
  writeFileSync(path, Buffer.concat([segment(0x16, composition), segment(0x17, windows), segment(0x80, [])]));
  return path;
}

/** A film with two sound tracks, two subtitle tracks, titles and languages, and a commentary. */
export function multiTrack(folder: string, path: string, codecs: string[]): void {
  ffmpeg(
    ...[...bars(), ...tone(), ...tone({ hz: 880, layout: 'mono' })],
    ...['-i', subtitleFile(folder, 'Hello'), '-i', subtitleFile(folder, 'Hallo')],
    ...['-map', '0', '-map', '1', '-map', '2', '-map', '3', '-map', '4', ...X264, '-c:a', 'aac', ...codecs],
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:0', 'title=Feature'],
    ...['-metadata:s:a:1', 'language=fra', '-metadata:s:a:1', 'title=Commentaire'],
    ...['-metadata:s:s:0', 'language=eng', '-metadata:s:s:1', 'language=deu'],
    ...['-disposition:s:1', 'forced', '-metadata', 'title=A Film', path],
  );
}
