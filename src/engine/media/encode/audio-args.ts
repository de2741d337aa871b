import type { StreamNote } from '../../../common/job.ts';
import type { Container, Preset } from '../../../common/preset.ts';
import { problem } from '../../../common/problem.ts';
import { type AudioStream, streamsOf } from '../../../common/source.ts';
import type { EncodeRequest } from '../encode-request.ts';
import { supports } from './build-features.ts';
import type { StreamArgs } from './stream-args.ts';
import { trackTagArgs } from './track-tags.ts';

/** What a container holds and its usual players know. Everything else is converted. */
const COPIED: Record<Container, ReadonlySet<string>> = {
  mp4: new Set(['aac', 'ac3', 'eac3', 'mp3', 'alac', 'opus']),
  mov: new Set(
    'aac ac3 eac3 mp3 alac pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le'.split(' '),
  ),
  mkv: new Set(
    [
      'aac ac3 eac3 mp3 mp2 alac opus vorbis flac dts truehd mlp tta wavpack',
      'pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_u8',
    ]
      .join(' ')
      .split(' '),
  ),
  webm: new Set(['opus', 'vorbis']),
};

const CONTAINER_NAMES: Record<Container, string> = { mp4: 'MP4', mov: 'MOV', mkv: 'Matroska', webm: 'WebM' };
const ENCODER_NAMES = { aac: 'AAC', libopus: 'Opus' } as const;
type AudioEncoder = keyof typeof ENCODER_NAMES;

/** Channel layouts that AAC and Opus decoders all play. */
const COMMON_LAYOUTS = new Set(['mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '7.1']);

/** AAC players are sure of 48 kHz; Opus knows nothing above. */
const HIGHEST_SAMPLE_RATE_HZ = 48_000;
const OPUS_MAX_BPS_PER_CHANNEL = 256_000;

/** All sound tracks, in the source's order: copied where container and preset allow, else converted. */
export function audioArgs(request: EncodeRequest): StreamArgs {
  const { preset, source } = request;
  const tracks = streamsOf(source, 'audio');
  if (preset.audio.mode === 'none') {
    return {
      args: [],
      count: 0,
      notes: tracks.map((track) => note(track, 'dropped', 'Left out, as the preset asks.')),
    };
  }
  const args: string[] = [];
  const notes: StreamNote[] = [];
  let count = 0;
  for (const track of tracks) {
    if (track.codec === 'unknown' || track.codec === 'none') {
      notes.push(note(track, 'dropped', 'Its format is not known to ffmpeg.'));
      continue;
    }
    const reason = whyConverted(request, track);
    args.push('-map', `0:${track.index}`);
    if (reason === null) {
      args.push(`-c:a:${count}`, 'copy');
    } else {
      const encoder = chooseEncoder(request);
      args.push(...convertArgs(preset, track, encoder, count));
      notes.push(note(track, 'converted', `From ${track.codec} to ${ENCODER_NAMES[encoder]}: ${reason}`));
    }
    args.push(...trackTagArgs(preset.container, `a:${count}`, track));
    count += 1;
  }
  return { args, notes, count };
}

function note(track: AudioStream, action: StreamNote['action'], reason: string): StreamNote {
  return { streamIndex: track.index, kind: 'audio', action, reason };
}

/** Why a track cannot stay as it is, as the end of a sentence; null when it can. */
function whyConverted({ preset, build }: EncodeRequest, track: AudioStream): string | null {
  const { mode, maxChannels } = preset.audio;
  const container = CONTAINER_NAMES[preset.container];
  if (mode === 'aac' || mode === 'opus') return 'the preset asks for it.';
  if (!COPIED[preset.container].has(track.codec)) return `${container} players do not know it.`;
  if (preset.container === 'mp4' && track.codec === 'mp3' && track.sampleRateHz < 16_000) {
    return 'MP4 holds no MP3 below 16 kHz.';
  }
  if (preset.container === 'mp4' && track.codec === 'opus' && !supports(build, 'opus-in-mp4')) {
    return 'this ffmpeg is too old to put it into MP4.';
  }
  if (maxChannels !== null && track.channels > maxChannels) {
    return `the preset allows ${maxChannels} ${maxChannels === 1 ? 'channel' : 'channels'}.`;
  }
  return null;
}

function chooseEncoder({ preset, build }: EncodeRequest): AudioEncoder {
  const wanted: AudioEncoder =
    preset.audio.mode === 'opus' || preset.container === 'webm' ? 'libopus' : 'aac';
  if (build.encoders.includes(wanted)) return wanted;
  throw problem(
    'encoder-missing',
    `This ffmpeg has no ${ENCODER_NAMES[wanted]} encoder.`,
    wanted === 'libopus' && preset.container !== 'webm'
      ? 'Set audio.mode to aac, or install a complete ffmpeg build.'
      : 'Install a complete ffmpeg build, and see with "gantry doctor" which one is used.',
  );
}

function convertArgs(preset: Preset, track: AudioStream, encoder: AudioEncoder, index: number): string[] {
  const layout = targetLayout(track, preset.audio.maxChannels);
  const perChannel = Math.min(
    preset.audio.bitRatePerChannelBps,
    encoder === 'libopus' ? OPUS_MAX_BPS_PER_CHANNEL : Number.POSITIVE_INFINITY,
  );
  const sampleRate =
    encoder === 'libopus' ? HIGHEST_SAMPLE_RATE_HZ : Math.min(track.sampleRateHz, HIGHEST_SAMPLE_RATE_HZ);
  return [
    ...[`-c:a:${index}`, encoder, `-b:a:${index}`, String(perChannel * layout.channels)],
    ...[`-ar:a:${index}`, String(sampleRate), `-filter:a:${index}`, `aformat=channel_layouts=${layout.name}`],
  ];
}

/** The nearest layout that every decoder plays: rear and side speakers fold into one another, odd layouts into 5.1 or 7.1. */
function targetLayout(track: AudioStream, maxChannels: number | null): { name: string; channels: number } {
  const channels = Math.min(track.channels, maxChannels ?? track.channels);
  if (channels === 1) return { name: 'mono', channels: 1 };
  if (channels === 2) return { name: 'stereo', channels: 2 };
  const told = track.channelLayout?.replace(/\((side|back)\)$/, '') ?? '';
  if (channels === track.channels && COMMON_LAYOUTS.has(told)) return { name: told, channels };
  if (channels <= 5 && maxChannels !== null && maxChannels < 6) {
    return { name: channels === 5 ? '5.0' : channels === 4 ? '4.0' : '3.0', channels };
  }
  return channels <= 6 || (maxChannels !== null && maxChannels < 8)
    ? { name: '5.1', channels: 6 }
    : { name: '7.1', channels: 8 };
}
