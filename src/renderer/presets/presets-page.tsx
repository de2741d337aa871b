import { Copy, Download, FileInput, Pencil, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import type { PresetEntry } from '../../common/preset.ts';
import { attempt } from '../connection/attempt.ts';
import { saveFile } from '../connection/save-file.ts';
import { Button } from '../controls/button.tsx';
import { classNames } from '../controls/class-names.ts';
import { PageFrame } from '../shell/page-frame.tsx';
import { askConfirmation } from '../stores/confirm-store.ts';
import { removePreset, savePreset, usePresets } from '../stores/presets-store.ts';
import { text } from '../text/en.ts';
import { PresetEditor } from './preset-editor.tsx';
import { presetJson, presetsFromJson } from './preset-files.ts';
import { presetIdFor } from './preset-ids.ts';
import { presetFacts, presetLine } from './preset-words.ts';

/** The recipes: a list, and one of them in plain words. */
export function PresetsPage() {
  const presets = usePresets((state) => state.presets) ?? [];
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [edited, setEdited] = useState<PresetEntry | null>(null);
  const chosen = presets.find((preset) => preset.id === chosenId) ?? presets[0];
  const duplicate = (preset: PresetEntry) => {
    const name = text.presets.copyOf(preset.name);
    const id = presetIdFor(
      name,
      presets.map((one) => one.id),
    );
    setEdited({ ...preset, id, name, builtIn: false });
  };
  return (
    <PageFrame
      title={text.rail.presets}
      lead={text.presets.lead}
      actions={<ImportButton onImported={setChosenId} />}
    >
      <div className="flex min-h-0 flex-1">
        <nav
          aria-label={text.rail.presets}
          className="w-60 shrink-0 overflow-y-auto border-r border-line p-2 lg:w-72"
        >
          <PresetGroup
            title={text.presets.own}
            presets={presets.filter((preset) => !preset.builtIn)}
            chosen={chosen?.id ?? null}
            onChoose={setChosenId}
          />
          <PresetGroup
            title={text.presets.builtIn}
            presets={presets.filter((preset) => preset.builtIn)}
            chosen={chosen?.id ?? null}
            onChoose={setChosenId}
          />
        </nav>
        {chosen !== undefined && (
          <PresetView
            preset={chosen}
            onDuplicate={() => duplicate(chosen)}
            onEdit={() => setEdited(chosen)}
          />
        )}
      </div>
      {edited !== null && (
        <PresetEditor
          preset={edited}
          isNew={!presets.some((preset) => preset.id === edited.id)}
          onClose={() => setEdited(null)}
          onSaved={(id) => {
            setEdited(null);
            setChosenId(id);
          }}
        />
      )}
    </PageFrame>
  );
}

function PresetGroup({
  title,
  presets,
  chosen,
  onChoose,
}: {
  title: string;
  presets: readonly PresetEntry[];
  chosen: string | null;
  onChoose: (id: string) => void;
}) {
  if (presets.length === 0) return null;
  return (
    <section className="mb-4">
      <h2 className="px-2 pb-1 text-sm font-medium text-ink-3">{title}</h2>
      {presets.map((preset) => (
        <button
          key={preset.id}
          type="button"
          aria-current={preset.id === chosen}
          onClick={() => onChoose(preset.id)}
          className={classNames(
            'block w-full rounded-md px-2 py-1.5 text-left transition-colors',
            preset.id === chosen ? 'bg-selected' : 'hover:bg-hover',
          )}
        >
          <span className="block truncate font-medium">{preset.name}</span>
          <span className="block truncate text-sm text-ink-2">{presetLine(preset)}</span>
        </button>
      ))}
    </section>
  );
}

function PresetView({
  preset,
  onDuplicate,
  onEdit,
}: {
  preset: PresetEntry;
  onDuplicate: () => void;
  onEdit: () => void;
}) {
  const remove = async () => {
    if (await askConfirmation(text.confirm.removePreset(preset.name))) {
      await attempt(() => removePreset(preset.id));
    }
  };
  return (
    <section aria-label={preset.name} className="min-w-0 flex-1 overflow-y-auto p-6">
      <div className="max-w-2xl">
        <div className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 flex-1 basis-60">
            <h2 className="text-xl font-semibold break-words">{preset.name}</h2>
            <p className="font-mono text-sm text-ink-3">{preset.id}</p>
          </div>
          <div className="flex flex-wrap gap-2">
            {!preset.builtIn && (
              <Button icon={Pencil} onClick={onEdit}>
                {text.presets.edit}
              </Button>
            )}
            <Button icon={Copy} onClick={onDuplicate}>
              {text.presets.duplicate}
            </Button>
            <Button
              icon={Download}
              onClick={() => saveFile(`${preset.id}.json`, presetJson(preset), 'application/json')}
            >
              {text.presets.export}
            </Button>
            {!preset.builtIn && (
              <Button look="danger" icon={Trash2} onClick={() => void remove()}>
                {text.presets.remove}
              </Button>
            )}
          </div>
        </div>
        {preset.description !== '' && <p className="mt-3 text-ink-2">{preset.description}</p>}
        <dl className="mt-5 divide-y divide-line rounded-lg border border-line bg-raised">
          {presetFacts(preset).map((fact) => (
            <div key={fact.name} className="grid grid-cols-[8rem_minmax(0,1fr)] gap-3 px-4 py-2">
              <dt className="text-ink-3">{fact.name}</dt>
              <dd>{fact.value}</dd>
            </div>
          ))}
        </dl>
        {preset.builtIn && <p className="mt-3 text-sm text-ink-3">{text.presets.builtInHint}</p>}
      </div>
    </section>
  );
}

function ImportButton({ onImported }: { onImported: (id: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File) => {
    await attempt(async () => {
      const imported = presetsFromJson(await file.text());
      for (const preset of imported) await savePreset(preset);
      const last = imported.at(-1);
      if (last !== undefined) onImported(last.id);
      toast.success(text.presets.imported(imported.length));
    });
  };
  return (
    <>
      <Button icon={FileInput} onClick={() => input.current?.click()}>
        {text.presets.import}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label={text.presets.importFile}
        tabIndex={-1}
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file again must count as a change.
          event.target.value = '';
          if (file !== undefined) void take(file);
        }}
      />
    </>
  );
}
