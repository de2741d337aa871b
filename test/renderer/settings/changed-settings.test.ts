import { describe, expect, it } from 'vitest';
import { Settings } from '../../../src/common/settings.ts';
import { changedSettings, settingsProblem } from '../../../src/renderer/settings/changed-settings.ts';
import { pageOf } from '../../../src/renderer/stores/page-store.ts';

const saved = Settings.parse({});

describe('saving settings', () => {
  it('sends only what was changed', () => {
    expect(changedSettings(saved, saved)).toEqual({});
    expect(changedSettings(saved, { ...saved, cpuSlots: 2 })).toEqual({ cpuSlots: 2 });
    expect(changedSettings(saved, { ...saved, onGpuFailure: 'hold', cpuBesideGpus: true })).toEqual({
      onGpuFailure: 'hold',
      cpuBesideGpus: true,
    });
    const output = { ...saved.output, folder: '/out' };
    expect(changedSettings(saved, { ...saved, output })).toEqual({ output });
  });

  it('can empty a setting again', () => {
    expect(changedSettings({ ...saved, ffmpegPath: '/x' }, saved)).toEqual({ ffmpegPath: null });
  });

  it('is refused with the reason while a value is not valid', () => {
    expect(settingsProblem(saved)).toBeNull();
    expect(settingsProblem({ ...saved, cpuSlots: 1.5 })).toMatch(/whole number/);
    expect(settingsProblem({ ...saved, stallTimeoutSeconds: 0 })).toMatch(/5 to 3600/);
    expect(settingsProblem({ ...saved, output: { ...saved.output, template: '' } })).toMatch(/file name/);
  });
});

describe('the address', () => {
  it.each([
    ['', 'queue'],
    ['#/devices', 'devices'],
    ['#settings', 'settings'],
    ['#/nowhere', 'queue'],
  ])('%j is the page %s', (hash, page) => {
    expect(pageOf(hash)).toBe(page);
  });
});
