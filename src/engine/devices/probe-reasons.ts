import type { FfmpegBuild } from '../../common/device.ts';
import type { VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import { CODEC_NAMES } from '../media/preset-conflict.ts';

/** Why an encoder that works did not take 10-bit pictures or B-frames, in words that say what it means for encodes. */
export function explainExtra(codec: VideoCodec, extra: 'ten-bit' | 'b-frames', failure: Problem): Problem {
  const name = CODEC_NAMES[codec];
  switch (failure.code) {
    case 'capability-missing':
      return extra === 'ten-bit' ? noTenBit(name, codec, failure) : noBFrames(name, failure);
    case 'invalid-argument':
      return {
        ...failure,
        message:
          extra === 'ten-bit'
            ? `This ffmpeg build knows no 10-bit ${name} for this encoder.`
            : `This ffmpeg build knows no B-frames in ${name} for this encoder.`,
        nextStep:
          extra === 'ten-bit'
            ? 'Install a newer ffmpeg to see whether the device can do it, or choose another codec.'
            : 'Nothing needs to be done: encodes do without. A newer ffmpeg may know them.',
      };
    case 'session-limit':
      return {
        ...failure,
        message: `All encoding sessions were in use when ${extra === 'ten-bit' ? '10-bit pictures' : 'B-frames'} were to be tried.`,
        nextStep: 'Nothing needs to be done: it is tried again when a session is free.',
      };
    default:
      return failure;
  }
}

function noTenBit(name: string, codec: VideoCodec, failure: Problem): Problem {
  return {
    ...failure,
    message: `This GPU cannot encode 10-bit ${name}.`,
    nextStep:
      codec === 'h264'
        ? 'For 10-bit pictures choose HEVC, or the CPU.'
        : 'For 10-bit pictures choose another device.',
  };
}

function noBFrames(name: string, failure: Problem): Problem {
  const isAboutReferences = /B frames as references/.test(failure.detail ?? '');
  return {
    ...failure,
    message: isAboutReferences
      ? `This GPU cannot use B-frames as references in ${name}, so they are left out.`
      : `This GPU has no B-frames in ${name}.`,
    nextStep:
      'Nothing needs to be done: encodes do without, and need a little more bit rate for the same quality.',
  };
}

/** Of several builds, "this ffmpeg" leaves open which one the driver is too old for. */
export function namingBuild(reason: Problem, { version }: FfmpegBuild): Problem {
  if (reason.code !== 'driver-too-old') return reason;
  return { ...reason, message: reason.message.replace('this ffmpeg', `ffmpeg ${version}`) };
}

/** Why a build that comes first in the list is passed over for an encoder that another build has working. */
export function whyPassedOver(passed: FfmpegBuild, reason: Problem, used: FfmpegBuild): Problem {
  const name = `ffmpeg ${passed.version}`;
  const instead = `${usedName(passed, used)} is used instead`;
  const kept = reason.detail === undefined ? {} : { detail: reason.detail };
  switch (reason.code) {
    case 'driver-too-old': {
      const versions = /Required: ([\d.]+) Found: ([\d.]+)/.exec(reason.detail ?? '');
      return {
        code: 'driver-too-old',
        message: versions
          ? `${name} needs NVENC API ${versions[1]} and the driver offers ${versions[2]}; ${instead}.`
          : `${name} is too new for the NVIDIA driver; ${instead}.`,
        nextStep: driverStep(reason, name),
        ...kept,
      };
    }
    case 'invalid-argument':
    case 'encoder-missing':
      return {
        code: reason.code,
        message: `${name} does not take the settings of this encoder; ${instead}.`,
        nextStep: `Nothing needs to be done. To use this ffmpeg, update it.`,
        ...kept,
      };
    default:
      return {
        code: reason.code,
        message: `${name} failed here; ${instead}. ${reason.message}`,
        nextStep: `Nothing needs to be done. To use this ffmpeg, repair or replace it.`,
        ...kept,
      };
  }
}

function usedName(passed: FfmpegBuild, used: FfmpegBuild): string {
  // Two builds of one version are told apart by where they are.
  return passed.version === used.version ? `ffmpeg at ${used.ffmpegPath}` : `ffmpeg ${used.version}`;
}

function driverStep(reason: Problem, name: string): string {
  const minimum = / to ([\d.]*\d) or newer/.exec(reason.nextStep)?.[1];
  return minimum === undefined
    ? `Update the NVIDIA driver to use ${name}.`
    : `Update the NVIDIA driver to ${minimum} or newer to use ${name}.`;
}
