import { formatBitRate } from '../../common/format.ts';
import type { PresetEntry } from '../../common/preset.ts';
import { alignColumns } from './columns.ts';
import { printable } from './printable.ts';

/** A table of presets, one line each. */
export function presetTable(presets: readonly PresetEntry[]): string {
  const rows = presets.map((preset) => [
    preset.id,
    preset.container,
    videoText(preset),
    preset.builtIn ? '' : 'own',
    printable(preset.name),
  ]);
  return lines(alignColumns([['ID', 'FILE', 'VIDEO', '', 'NAME'], ...rows]));
}

/** One preset in full. */
export function presetDetails(preset: PresetEntry): string {
  const { video, audio } = preset;
  const rows = [
    ['Preset', preset.id],
    ['Name', printable(preset.name)],
    ...(preset.description === '' ? [] : [['', printable(preset.description)]]),
    ['Kind', preset.builtIn ? 'built in' : 'own'],
    ['File', preset.container],
    ['Video', videoText(preset)],
    ['Effort', video.effort],
    ['Bit depth', `${video.bitDepth} bit`],
    ['Frame rate', video.maxFrameRate === null ? 'as the source' : `at most ${video.maxFrameRate} fps`],
    ['Deinterlace', video.deinterlace],
    ['HDR', video.hdr === 'keep' ? 'kept where it can be' : 'tone-mapped'],
    ['Audio', audio.mode === 'none' ? 'none' : audioText(audio)],
    ['Subtitles', preset.subtitles === 'keep' ? 'kept' : 'none'],
    ['Chapters', preset.chapters ? 'kept' : 'none'],
    ['Tags', preset.metadata ? 'kept' : 'none'],
  ];
  return lines(alignColumns(rows));
}

function audioText(audio: PresetEntry['audio']): string {
  const channels = audio.maxChannels === null ? '' : `, at most ${audio.maxChannels} channels`;
  const mode = audio.mode === 'auto' ? 'copied where possible' : audio.mode;
  return `${mode}, ${formatBitRate(audio.bitRatePerChannelBps)} a channel${channels}`;
}

function videoText({ video }: PresetEntry): string {
  const rate =
    video.rate.mode === 'quality'
      ? `quality ${video.rate.quality}`
      : `${formatBitRate(video.rate.bitRateBps)}${video.rate.twoPass ? ', two passes' : ''}`;
  return [video.codec, sizeText(video), rate].filter((part) => part !== '').join(', ');
}

function sizeText({ maxWidth, maxHeight }: PresetEntry['video']): string {
  if (maxWidth !== null && maxHeight !== null) return `at most ${maxWidth}×${maxHeight}`;
  if (maxHeight !== null) return `at most ${maxHeight} high`;
  return maxWidth === null ? '' : `at most ${maxWidth} wide`;
}

function lines(text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
