import { Settings, type SettingsPatch } from '../../common/settings.ts';
import { text } from '../text/en.ts';

/** Only what differs, so that another window's change of something else is not undone. */
export function changedSettings(saved: Settings, draft: Settings): SettingsPatch {
  return {
    ...(draft.defaultPreset === saved.defaultPreset ? {} : { defaultPreset: draft.defaultPreset }),
    ...(isSame(draft.output, saved.output) ? {} : { output: draft.output }),
    ...(draft.cpuSlots === saved.cpuSlots ? {} : { cpuSlots: draft.cpuSlots }),
    ...(draft.onGpuFailure === saved.onGpuFailure ? {} : { onGpuFailure: draft.onGpuFailure }),
    ...(draft.cpuBesideGpus === saved.cpuBesideGpus ? {} : { cpuBesideGpus: draft.cpuBesideGpus }),
    ...(draft.stallTimeoutSeconds === saved.stallTimeoutSeconds
      ? {}
      : { stallTimeoutSeconds: draft.stallTimeoutSeconds }),
    ...(draft.ffmpegPath === saved.ffmpegPath ? {} : { ffmpegPath: draft.ffmpegPath }),
    ...(draft.ffprobePath === saved.ffprobePath ? {} : { ffprobePath: draft.ffprobePath }),
  };
}

function isSame(a: Settings['output'], b: Settings['output']): boolean {
  return a.folder === b.folder && a.template === b.template && a.onExisting === b.onExisting;
}

/** Why the settings cannot be saved as they are; null when they can. */
export function settingsProblem(draft: Settings): string | null {
  const result = Settings.safeParse(draft);
  if (result.success) return null;
  const field = String(result.error.issues[0]?.path[0] ?? '');
  switch (field) {
    case 'cpuSlots':
      return text.settings.wrong.cpuSlots;
    case 'stallTimeoutSeconds':
      return text.settings.wrong.stallTimeout;
    case 'output':
      return text.settings.wrong.output;
    default:
      return text.settings.wrong.other(field);
  }
}
