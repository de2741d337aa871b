import { closeSync, copyFileSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { ffmpeg } from '../../support/clips.ts';
import type { HardSource } from './hard-source.ts';
import { bars, coverFile, tone, X264 } from './source-parts.ts';

const withTone = (path: string) => ffmpeg(...bars(), ...tone(), ...X264, '-c:a', 'aac', path);
/** What holds no film, or not the whole of it. */
export const REFUSED: readonly HardSource[] = [
  {
    claim: 'sound alone is told as such',
    file: 'song.mp3',
    make: (path) => ffmpeg(...tone(), path),
    preset: 'h264',
    becomes: 'source-no-video',
  },
  {
    claim: 'a song with a cover is no film',
    file: 'song.m4a',
    make: (path, folder) =>
      ffmpeg(
        ...[...tone(), '-i', coverFile(folder), '-map', '0', '-map', '1', '-c:a', 'aac', '-c:v', 'copy'],
        ...['-disposition:v', 'attached_pic', path],
      ),
    preset: 'h264',
    becomes: 'source-no-video',
  },
  {
    claim: 'a file of no bytes is empty',
    file: 'empty.mp4',
    make: (path) => closeSync(openSync(path, 'w')),
    preset: 'h264',
    becomes: 'source-empty',
  },
  {
    claim: 'an MP4 that ends before its index is told as incomplete',
    file: 'cut.mp4',
    make: (path) => {
      withTone(path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'source-corrupt',
    onEveryBuild: true,
  },
  {
    claim: 'an MKV that ends early does not pass for whole',
    file: 'cut.mkv',
    make: (path) => {
      ffmpeg(...bars({ seconds: 4 }), ...X264, path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'output-incomplete',
    onEveryBuild: true,
  },
  {
    claim: 'an MP4 with the index first that ends early does not pass for whole',
    file: 'cut-faststart.mp4',
    make: (path) => {
      ffmpeg(...bars({ seconds: 4 }), ...X264, '-movflags', '+faststart', path);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    preset: 'h264',
    becomes: 'output-incomplete',
    onEveryBuild: true,
  },
  {
    claim: 'random bytes with a video name are no video',
    file: 'garbage.mp4',
    make: (path) =>
      writeFileSync(path, Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919 + 31) % 251))),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a picture is no video',
    file: 'photo.jpg',
    make: (path) => ffmpeg(...bars(), '-frames:v', '1', '-update', '1', path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a picture with a video name is no video',
    file: 'photo.mp4',
    make: (path, folder) => copyFileSync(coverFile(folder), path),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'subtitles alone are no video',
    file: 'words.srt',
    make: (path) => writeFileSync(path, '1\n00:00:00,100 --> 00:00:00,900\nHello\n'),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a text file with a video name is no video',
    file: 'notes.mkv',
    make: (path) => writeFileSync(path, 'Remember the milk.\n'),
    preset: 'h264',
    becomes: 'source-unsupported',
  },
  {
    claim: 'a folder is told as a folder',
    file: 'folder.mp4',
    make: (path) => mkdirSync(path),
    preset: 'h264',
    becomes: 'source-is-a-folder',
  },
  {
    claim: 'a file that is not there is told as missing',
    file: 'nothing.mp4',
    make: () => {},
    preset: 'h264',
    becomes: 'source-not-found',
  },
];
