import { usesCommandKey } from '../connection/native.ts';
import { Choice } from '../controls/choice.tsx';
import { KeyHint } from '../controls/key-hint.tsx';
import { useAdd } from '../stores/add-store.ts';
import { usePresets } from '../stores/presets-store.ts';
import { useSettings } from '../stores/settings-store.ts';
import { text } from '../text/en.ts';
import { AddMenu } from './add-menu.tsx';
import { presetOptions } from './choice-options.ts';

/** The invitation at the top of the queue: drop, or press, and with which preset. */
export function AddBar() {
  const presets = usePresets((state) => state.presets);
  const settings = useSettings((state) => state.settings);
  const chosen = useAdd((state) => state.preset);
  return (
    <div className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-canvas px-4">
      <p className="flex min-w-0 flex-1 items-center gap-1.5 text-ink-2">
        <span className="truncate">{text.add.invitation}</span>
        <KeyHint keys={usesCommandKey ? '⌘' : 'Ctrl'} />
        <KeyHint keys="O" />
      </p>
      {presets !== null && settings !== null && (
        <Choice
          label={text.columns.preset}
          value={chosen ?? settings.defaultPreset}
          options={presetOptions(presets)}
          onChange={(preset) => useAdd.setState({ preset })}
          className="max-w-56"
        />
      )}
      <AddMenu look="primary" />
    </div>
  );
}
