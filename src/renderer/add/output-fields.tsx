import { FolderOpen } from 'lucide-react';
import type { OutputChoice } from '../../common/job.ts';
import { native } from '../connection/native.ts';
import { IconButton } from '../controls/button.tsx';
import { Choice } from '../controls/choice.tsx';
import { Field, TextInput } from '../controls/field.tsx';
import { pickOnServer } from '../stores/picker-store.ts';
import { text } from '../text/en.ts';
import { ON_EXISTING_OPTIONS } from './choice-options.ts';

/** Where outputs go, what they are called, and what happens when the name is taken. */
export function OutputFields({
  value,
  onChange,
}: {
  value: OutputChoice;
  onChange: (value: OutputChoice) => void;
}) {
  const browse = async () => {
    const folder = native === null ? (await pickOnServer('folder'))[0] : await native.pickFolder();
    if (folder != null) onChange({ ...value, folder });
  };
  return (
    <>
      <Field label={text.output.folder} hint={value.folder === null ? text.output.besideHint : undefined}>
        {(ids) => (
          <div className="flex gap-1">
            <TextInput
              {...ids}
              className="flex-1"
              placeholder={text.output.beside}
              value={value.folder ?? ''}
              onChange={(event) =>
                onChange({ ...value, folder: event.target.value === '' ? null : event.target.value })
              }
            />
            <IconButton icon={FolderOpen} label={text.output.browse} onClick={() => void browse()} />
          </div>
        )}
      </Field>
      <Field
        label={text.output.template}
        hint={text.output.templateHint}
        problem={value.template.trim() === '' ? text.output.templateEmpty : null}
      >
        {(ids) => (
          <TextInput
            {...ids}
            value={value.template}
            maxLength={200}
            aria-invalid={value.template.trim() === ''}
            onChange={(event) => onChange({ ...value, template: event.target.value })}
          />
        )}
      </Field>
      <Field label={text.output.onExistingLabel}>
        {(ids) => (
          <Choice
            id={ids.id}
            value={value.onExisting}
            options={ON_EXISTING_OPTIONS}
            onChange={(onExisting) => onChange({ ...value, onExisting })}
          />
        )}
      </Field>
    </>
  );
}
