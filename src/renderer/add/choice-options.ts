import type { Device, DeviceList } from '../../common/device.ts';
import { type DeviceChoice, OnExisting } from '../../common/job.ts';
import type { PresetEntry } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import type { Settings } from '../../common/settings.ts';
import type { ChoiceOption } from '../controls/choice.tsx';
import { isOutOfService } from '../devices/device-state.ts';
import { deviceName } from '../devices/device-words.ts';
import { text } from '../text/en.ts';

export function presetOptions(presets: readonly PresetEntry[]): ChoiceOption<string>[] {
  return presets.map((preset) => ({
    value: preset.id,
    label: preset.name,
    ...(preset.description === '' ? {} : { hint: preset.description }),
  }));
}

/**
 * Where jobs may run: by rule, or on one GPU by name. What no GPU here can ever do is not offered, and says why; a GPU
 * that is out of service for now is, since the job waits for it.
 */
export function deviceOptions(
  list: DeviceList | null,
  onGpuFailure: Settings['onGpuFailure'],
): ChoiceOption<DeviceChoice>[] {
  const devices = list?.devices ?? [];
  const gpus = devices.filter((device) => device.kind === 'gpu');
  const canUse = (gpu: Device) => gpu.status !== 'unavailable' || isOutOfService(gpu);
  const canUseGpu = gpus.some(canUse);
  return [
    { value: 'auto', label: text.devices.auto, hint: text.add.deviceHint.auto[onGpuFailure] },
    {
      value: 'gpu',
      label: text.devices.anyGpu,
      hint: canUseGpu ? text.add.deviceHint.gpu : (list?.gpuNotice?.message ?? text.add.deviceHint.noGpu),
      disabled: !canUseGpu,
    },
    { value: 'cpu', label: text.devices.onlyCpu, hint: text.add.deviceHint.cpu },
    ...gpus.map((gpu) => ({
      value: gpu.id,
      label: text.devices.only(deviceName(devices, gpu)),
      hint: gpu.reason === null ? text.add.deviceHint.only : gpuHint(gpu, gpu.reason),
      disabled: !canUse(gpu),
    })),
  ];
}

function gpuHint(gpu: Device, reason: Problem): string {
  return isOutOfService(gpu) ? text.add.deviceHint.onlyFailed(reason.message) : reason.message;
}

export const ON_EXISTING_OPTIONS: readonly ChoiceOption<OnExisting>[] = OnExisting.options.map((value) => ({
  value,
  label: text.output.onExisting[value].label,
  hint: text.output.onExisting[value].hint,
}));
