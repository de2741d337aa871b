import { formatBitRate } from '../../common/format.ts';
import type { Preset } from '../../common/preset.ts';
import { codecName } from '../devices/device-words.ts';
import { text } from '../text/en.ts';

export interface PresetFact {
  readonly name: string;
  readonly value: string;
}

/** A preset in plain words, in the order in which a person asks. */
export function presetFacts(preset: Preset): PresetFact[] {
  const words = text.presetWords;
  return [
    { name: words.container, value: words.containers[preset.container] },
    { name: words.video, value: videoWords(preset) },
    { name: words.quality, value: rateWords(preset) },
    { name: words.effort, value: words.efforts[preset.video.effort] },
    { name: words.size, value: sizeWords(preset) },
    {
      name: words.frameRate,
      value: preset.video.maxFrameRate === null ? words.asSource : words.atMostFps(preset.video.maxFrameRate),
    },
    { name: words.deinterlace, value: words.deinterlaceModes[preset.video.deinterlace] },
    { name: words.hdr, value: words.hdrModes[preset.video.hdr] },
    { name: words.audio, value: audioWords(preset) },
    { name: words.subtitles, value: words.subtitleModes[preset.subtitles] },
    { name: words.chapters, value: preset.chapters ? words.kept : words.leftOut },
    { name: words.metadata, value: preset.metadata ? words.kept : words.leftOut },
  ];
}

function videoWords({ video }: Preset): string {
  return video.bitDepth === 10 ? text.presetWords.tenBit(codecName(video.codec)) : codecName(video.codec);
}

function rateWords({ video }: Preset): string {
  const { rate } = video;
  if (rate.mode === 'quality') return text.presetWords.constantQuality(rate.quality);
  const bitRate = formatBitRate(rate.bitRateBps);
  return rate.twoPass ? text.presetWords.twoPass(bitRate) : text.presetWords.averageRate(bitRate);
}

function sizeWords({ video }: Preset): string {
  const { maxWidth, maxHeight } = video;
  if (maxWidth !== null && maxHeight !== null) return text.presetWords.fits(maxWidth, maxHeight);
  if (maxHeight !== null) return text.presetWords.atMostLines(maxHeight);
  if (maxWidth !== null) return text.presetWords.atMostColumns(maxWidth);
  return text.presetWords.asSource;
}

function audioWords({ audio }: Preset): string {
  const words = text.presetWords;
  if (audio.mode === 'none') return words.audioModes.none;
  const rate = words.perChannel(formatBitRate(audio.bitRatePerChannelBps));
  const channels = audio.maxChannels === null ? '' : words.atMostChannels(audio.maxChannels);
  return `${words.audioModes[audio.mode]}${rate}${channels}`;
}

/** One line for a list, e.g. `MP4 · H.264 · CRF 21`. */
export function presetLine(preset: Preset): string {
  const { rate, maxHeight, bitDepth, codec } = preset.video;
  return [
    preset.container.toUpperCase(),
    bitDepth === 10 ? text.presetWords.tenBit(codecName(codec)) : codecName(codec),
    maxHeight === null ? null : `${maxHeight}p`,
    rate.mode === 'quality' ? `CRF ${rate.quality}` : formatBitRate(rate.bitRateBps),
  ]
    .filter((part) => part !== null)
    .join(' · ');
}
