import type { EncoderProof, FfmpegBuild } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';
import { text } from '../text/en.ts';
import { codecName } from './device-words.ts';

/** Which ffmpeg proved what, one sentence for each build; nothing of builds that are not known (yet). */
export function buildLines(
  proofs: readonly EncoderProof[],
  builds: ReadonlyMap<string, Pick<FfmpegBuild, 'version'>>,
): string[] {
  const codecsOf = new Map<string, string[]>();
  for (const { ok, buildId, codec } of proofs) {
    if (!ok || buildId === null) continue;
    codecsOf.set(buildId, [...(codecsOf.get(buildId) ?? []), codecName(codec)]);
  }
  return [...codecsOf].flatMap(([id, codecs]) => {
    const build = builds.get(id);
    if (build === undefined) return [];
    const name = text.devices.ffmpeg(build.version);
    return codecsOf.size === 1
      ? text.devices.provenWith(name)
      : text.devices.provenWithEach(codecs.join(', '), name);
  });
}

/** Why better builds were passed over, each reason once. */
export function buildNotes(proofs: readonly EncoderProof[]): Problem[] {
  const byMessage = new Map<string, Problem>();
  for (const { buildNote } of proofs) {
    if (buildNote !== null) byMessage.set(buildNote.message, buildNote);
  }
  return [...byMessage.values()];
}
