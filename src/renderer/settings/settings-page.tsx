import { useEffect, useState } from 'react';
import { Settings, type SettingsPatch } from '../../common/settings.ts';
import { presetOptions } from '../add/choice-options.ts';
import { OutputFields } from '../add/output-fields.tsx';
import { attempt } from '../connection/attempt.ts';
import { Button } from '../controls/button.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import { Choice, type ChoiceOption } from '../controls/choice.tsx';
import { Field, NumberInput, TextInput } from '../controls/field.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { usePresets } from '../stores/presets-store.ts';
import { updateSettings, useSettings } from '../stores/settings-store.ts';
import { setTheme, THEMES, useTheme } from '../stores/theme-store.ts';
import { text } from '../text/en.ts';
import { About } from './about.tsx';
import { changedSettings, settingsProblem } from './changed-settings.ts';
import { SettingsGroup } from './settings-group.tsx';

const GPU_FAILURE_OPTIONS: readonly ChoiceOption<Settings['onGpuFailure']>[] = Settings.shape.onGpuFailure
  .unwrap()
  .options.map((value) => ({ value, ...text.settings.gpuFailure[value] }));

export function SettingsPage() {
  const settings = useSettings((state) => state.settings);
  return (
    <PageFrame title={text.rail.settings}>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-6">
        <div className="mx-auto flex max-w-3xl flex-col gap-8">
          <Appearance />
          {settings !== null && <EngineSettings settings={settings} />}
          <About />
        </div>
      </div>
    </PageFrame>
  );
}

function Appearance() {
  const theme = useTheme((state) => state.theme);
  return (
    <SettingsGroup title={text.settings.appearance} lead={text.settings.appearanceLead}>
      <Field label={text.settings.theme}>
        {(ids) => (
          <Choice
            id={ids.id}
            value={theme}
            options={THEMES.map((value) => ({ value, label: text.settings.themes[value] }))}
            onChange={setTheme}
          />
        )}
      </Field>
    </SettingsGroup>
  );
}

/** What is changed here takes effect when saved, all at once. */
function EngineSettings({ settings }: { settings: Settings }) {
  const presets = usePresets((state) => state.presets) ?? [];
  const [draft, setDraft] = useState<Settings>(settings);
  // Another window may have saved meanwhile.
  useEffect(() => setDraft(settings), [settings]);
  const patch: SettingsPatch = changedSettings(settings, draft);
  const isChanged = Object.keys(patch).length > 0;
  const wrong = settingsProblem(draft);
  const set = (change: Partial<Settings>) => setDraft({ ...draft, ...change });
  return (
    <>
      <SettingsGroup title={text.settings.newJobs} lead={text.settings.newJobsLead}>
        <Field label={text.settings.defaultPreset}>
          {(ids) => (
            <Choice
              id={ids.id}
              value={draft.defaultPreset}
              options={presetOptions(presets)}
              onChange={(defaultPreset) => set({ defaultPreset })}
            />
          )}
        </Field>
        <OutputFields value={draft.output} onChange={(output) => set({ output })} />
      </SettingsGroup>
      <SettingsGroup title={text.settings.encoding} lead={text.settings.encodingLead}>
        <Field
          label={text.settings.onGpuFailure}
          hint={`${text.settings.gpuFailure[draft.onGpuFailure].hint} ${text.settings.onGpuFailureHint}`}
        >
          {(ids) => (
            <Choice
              id={ids.id}
              value={draft.onGpuFailure}
              options={GPU_FAILURE_OPTIONS}
              onChange={(onGpuFailure) => set({ onGpuFailure })}
            />
          )}
        </Field>
        <Checkbox
          label={text.settings.cpuBesideGpus}
          hint={text.settings.cpuBesideGpusHint}
          checked={draft.cpuBesideGpus}
          onChange={(cpuBesideGpus) => set({ cpuBesideGpus })}
        />
        <Field label={text.settings.cpuSlots} hint={text.settings.cpuSlotsHint}>
          {(ids) => (
            <NumberInput
              {...ids}
              min={1}
              max={64}
              step={1}
              placeholder={text.settings.automatic}
              value={draft.cpuSlots}
              onChange={(cpuSlots) => set({ cpuSlots })}
            />
          )}
        </Field>
        <Field label={text.settings.stallTimeout} hint={text.settings.stallTimeoutHint}>
          {(ids) => (
            <NumberInput
              {...ids}
              min={5}
              max={3600}
              step={1}
              value={draft.stallTimeoutSeconds}
              onChange={(seconds) => set({ stallTimeoutSeconds: seconds ?? 0 })}
            />
          )}
        </Field>
        <PathField
          label={text.settings.ffmpeg}
          value={draft.ffmpegPath}
          onChange={(ffmpegPath) => set({ ffmpegPath })}
        />
        <PathField
          label={text.settings.ffprobe}
          value={draft.ffprobePath}
          onChange={(ffprobePath) => set({ ffprobePath })}
        />
      </SettingsGroup>
      {isChanged && (
        <div className="rise-in sticky bottom-0 z-10 flex items-center gap-2 rounded-lg border border-line-strong bg-raised p-2 pl-4 shadow-2">
          <p role="status" className={wrong === null ? 'flex-1 text-ink-2' : 'flex-1 text-failed'}>
            {wrong ?? text.settings.unsaved}
          </p>
          <Button look="quiet" onClick={() => setDraft(settings)}>
            {text.settings.discard}
          </Button>
          <Button
            look="primary"
            disabled={wrong !== null}
            onClick={() => void attempt(() => updateSettings(patch))}
          >
            {text.common.save}
          </Button>
        </div>
      )}
    </>
  );
}

function PathField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
}) {
  return (
    <Field label={label}>
      {(ids) => (
        <TextInput
          {...ids}
          placeholder={text.settings.found}
          value={value ?? ''}
          onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
        />
      )}
    </Field>
  );
}
