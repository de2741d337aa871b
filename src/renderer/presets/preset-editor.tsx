import { type ReactNode, useState } from 'react';
import { Container, Effort, Preset, type PresetEntry, VideoCodec } from '../../common/preset.ts';
import type { Problem } from '../../common/problem.ts';
import { problemOf } from '../connection/problem-of.ts';
import { Button } from '../controls/button.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import { Choice, type ChoiceOption } from '../controls/choice.tsx';
import { Field, NumberInput, TextInput } from '../controls/field.tsx';
import { Modal } from '../controls/modal.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { codecName } from '../devices/device-words.ts';
import { savePreset, usePresets } from '../stores/presets-store.ts';
import { text } from '../text/en.ts';
import { presetIdFor } from './preset-ids.ts';
import { RateFields } from './rate-fields.tsx';

const words = text.presetWords;

function options<T extends string>(values: readonly T[], labels: Record<T, string>): ChoiceOption<T>[] {
  return values.map((value) => ({ value, label: labels[value] }));
}

const AUDIO_MODES = ['auto', 'aac', 'opus', 'none'] as const;
const CHANNELS = ['all', '1', '2', '6'] as const;
const DEPTHS = ['8', '10'] as const;
const DEINTERLACE_MODES = ['auto', 'always', 'never'] as const;
const HDR_MODES = ['keep', 'tone-map'] as const;

/** Changes a preset of one's own, or makes a new one out of another. */
export function PresetEditor({
  preset: given,
  isNew,
  onClose,
  onSaved,
}: {
  preset: PresetEntry;
  isNew: boolean;
  onClose: () => void;
  onSaved: (id: string) => void;
}) {
  const { builtIn: _builtIn, ...start } = given;
  const [preset, setPreset] = useState<Preset>(start);
  const [problem, setProblem] = useState<Problem | null>(null);
  const takenIds = (usePresets((state) => state.presets) ?? []).map((one) => one.id);
  const setVideo = (video: Partial<Preset['video']>) =>
    setPreset({ ...preset, video: { ...preset.video, ...video } });
  const setAudio = (audio: Partial<Preset['audio']>) =>
    setPreset({ ...preset, audio: { ...preset.audio, ...audio } });

  const save = async () => {
    // A new preset's id follows its name; one that exists keeps its id, for jobs and scripts name it.
    const id = isNew ? presetIdFor(preset.name, takenIds) : preset.id;
    const checked = Preset.safeParse({ ...preset, id, name: preset.name.trim() });
    if (!checked.success) {
      const issue = checked.error.issues[0];
      setProblem(text.problems.presetInvalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`));
      return;
    }
    try {
      await savePreset(checked.data);
      onSaved(checked.data.id);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };

  return (
    <Modal
      title={isNew ? text.presets.newTitle : text.presets.editTitle(given.name)}
      width="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button look="primary" disabled={preset.name.trim() === ''} onClick={() => void save()}>
            {text.common.save}
          </Button>
        </>
      }
    >
      <div className="flex min-h-0 flex-col gap-5 overflow-y-auto border-t border-line px-5 py-4">
        {problem !== null && <ProblemNote problem={problem} />}
        <Group>
          <Field
            label={text.presets.name}
            problem={preset.name.trim() === '' ? text.presets.nameEmpty : null}
          >
            {(ids) => (
              <TextInput
                {...ids}
                data-focus-first
                value={preset.name}
                maxLength={100}
                onChange={(event) => setPreset({ ...preset, name: event.target.value })}
              />
            )}
          </Field>
          <Field label={words.container}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.container}
                options={options(Container.options, words.containers)}
                onChange={(container) => setPreset({ ...preset, container })}
              />
            )}
          </Field>
          <div className="sm:col-span-2">
            <Field label={text.presets.description}>
              {(ids) => (
                <TextInput
                  {...ids}
                  value={preset.description}
                  maxLength={500}
                  onChange={(event) => setPreset({ ...preset, description: event.target.value })}
                />
              )}
            </Field>
          </div>
        </Group>
        <Group title={words.video}>
          <Field label={text.presets.codec}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.video.codec}
                options={VideoCodec.options.map((codec) => ({ value: codec, label: codecName(codec) }))}
                onChange={(codec) => setVideo({ codec })}
              />
            )}
          </Field>
          <Field label={words.bitDepth}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.video.bitDepth === 10 ? '10' : '8'}
                options={DEPTHS.map((depth) => ({ value: depth, label: words.bits(depth) }))}
                onChange={(depth) => setVideo({ bitDepth: depth === '10' ? 10 : 8 })}
              />
            )}
          </Field>
          <RateFields rate={preset.video.rate} onChange={(rate) => setVideo({ rate })} />
          <Field label={words.effort} hint={text.presets.effortHint}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.video.effort}
                options={options(Effort.options, words.efforts)}
                onChange={(effort) => setVideo({ effort })}
              />
            )}
          </Field>
          <Field label={text.presets.maxFrameRate} hint={text.presets.emptyIsSource}>
            {(ids) => (
              <NumberInput
                {...ids}
                min={1}
                max={1000}
                placeholder={words.asSource}
                value={preset.video.maxFrameRate}
                onChange={(maxFrameRate) => setVideo({ maxFrameRate })}
              />
            )}
          </Field>
          <Field label={text.presets.maxWidth} hint={text.presets.sizeHint}>
            {(ids) => (
              <NumberInput
                {...ids}
                min={16}
                max={16384}
                step={1}
                placeholder={words.asSource}
                value={preset.video.maxWidth}
                onChange={(maxWidth) => setVideo({ maxWidth })}
              />
            )}
          </Field>
          <Field label={text.presets.maxHeight}>
            {(ids) => (
              <NumberInput
                {...ids}
                min={16}
                max={16384}
                step={1}
                placeholder={words.asSource}
                value={preset.video.maxHeight}
                onChange={(maxHeight) => setVideo({ maxHeight })}
              />
            )}
          </Field>
          <Field label={words.deinterlace}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.video.deinterlace}
                options={options(DEINTERLACE_MODES, words.deinterlaceModes)}
                onChange={(deinterlace) => setVideo({ deinterlace })}
              />
            )}
          </Field>
          <Field label={words.hdr}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.video.hdr}
                options={options(HDR_MODES, words.hdrModes)}
                onChange={(hdr) => setVideo({ hdr })}
              />
            )}
          </Field>
        </Group>
        <Group title={words.audio}>
          <Field label={text.presets.audioMode}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={preset.audio.mode}
                options={options(AUDIO_MODES, words.audioModes)}
                onChange={(mode) => setAudio({ mode })}
              />
            )}
          </Field>
          <Field label={text.presets.channels}>
            {(ids) => (
              <Choice
                id={ids.id}
                value={CHANNELS.find((one) => one === String(preset.audio.maxChannels)) ?? 'all'}
                options={options(CHANNELS, words.channelModes)}
                onChange={(channels) =>
                  setAudio({ maxChannels: channels === 'all' ? null : Number(channels) })
                }
              />
            )}
          </Field>
          <Field label={text.presets.audioRate}>
            {(ids) => (
              <NumberInput
                {...ids}
                min={8}
                max={512}
                step={1}
                disabled={preset.audio.mode === 'none'}
                value={preset.audio.bitRatePerChannelBps / 1000}
                onChange={(kilobits) =>
                  setAudio({ bitRatePerChannelBps: Math.round((kilobits ?? 0) * 1000) })
                }
              />
            )}
          </Field>
        </Group>
        <div className="flex flex-wrap gap-x-6 gap-y-2">
          <Checkbox
            label={text.presets.keepSubtitles}
            checked={preset.subtitles === 'keep'}
            onChange={(keep) => setPreset({ ...preset, subtitles: keep ? 'keep' : 'none' })}
          />
          <Checkbox
            label={text.presets.keepChapters}
            checked={preset.chapters}
            onChange={(chapters) => setPreset({ ...preset, chapters })}
          />
          <Checkbox
            label={text.presets.keepMetadata}
            checked={preset.metadata}
            onChange={(metadata) => setPreset({ ...preset, metadata })}
          />
        </div>
      </div>
    </Modal>
  );
}

function Group({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section>
      {title !== undefined && <h3 className="mb-2 border-b border-line pb-1 font-medium">{title}</h3>}
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">{children}</div>
    </section>
  );
}
