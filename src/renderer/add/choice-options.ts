import type { DeviceList } from '../../common/device.ts';
import { type DeviceChoice, OnExisting } from '../../common/job.ts';
import type { PresetEntry } from '../../common/preset.ts';
import type { ChoiceOption } from '../controls/choice.tsx';
import { shortDeviceName } from '../devices/device-words.ts';
import { text } from '../text/en.ts';

export function presetOptions(presets: readonly PresetEntry[]): ChoiceOption<string>[] {
  return presets.map((preset) => ({
    value: preset.id,
    label: preset.name,
    ...(preset.description === '' ? {} : { hint: preset.description }),
  }));
}

/** Where jobs may run: by rule, or one GPU by name. One that cannot encode says why. */
export function deviceOptions(list: DeviceList | null): ChoiceOption<DeviceChoice>[] {
  const gpus = (list?.devices ?? []).filter((device) => device.kind === 'gpu');
  const canUseGpu = gpus.some((gpu) => gpu.status !== 'unavailable');
  return [
    { value: 'auto', label: text.devices.auto, hint: text.add.deviceHint.auto },
    {
      value: 'gpu',
      label: text.devices.anyGpu,
      hint: canUseGpu ? text.add.deviceHint.gpu : (list?.gpuNotice?.message ?? text.add.deviceHint.noGpu),
      disabled: !canUseGpu,
    },
    { value: 'cpu', label: text.devices.cpu, hint: text.add.deviceHint.cpu },
    ...gpus.map((gpu) => ({
      value: gpu.id,
      label: shortDeviceName(gpu),
      hint: gpu.reason?.message ?? text.devices.status[gpu.status],
      disabled: gpu.status === 'unavailable',
    })),
  ];
}

export const ON_EXISTING_OPTIONS: readonly ChoiceOption<OnExisting>[] = OnExisting.options.map((value) => ({
  value,
  label: text.output.onExisting[value].label,
  hint: text.output.onExisting[value].hint,
}));
