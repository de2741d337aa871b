import { useVirtualizer } from '@tanstack/react-virtual';
import { Play } from 'lucide-react';
import { useRef } from 'react';
import { usesCommandKey } from '../connection/native.ts';
import { Button } from '../controls/button.tsx';
import { Choice } from '../controls/choice.tsx';
import { Field } from '../controls/field.tsx';
import { Modal } from '../controls/modal.tsx';
import { type AddItem, choicesOf, openItems, useAdd } from '../stores/add-store.ts';
import { useDevices } from '../stores/devices-store.ts';
import { usePresets } from '../stores/presets-store.ts';
import { useSettings } from '../stores/settings-store.ts';
import { text } from '../text/en.ts';
import { AddMenu } from './add-menu.tsx';
import { ADD_ROW_HEIGHT, AddRow } from './add-row.tsx';
import { deviceOptions, presetOptions } from './choice-options.ts';
import { OutputFields } from './output-fields.tsx';
import { startable, startItems } from './start-jobs.ts';
import { leaveOut } from './take-files.ts';

/** What is about to be added, what each file is, and what shall become of it. */
export function AddSheet() {
  const items = openItems(useAdd((state) => state.items));
  const session = useAdd();
  const settings = useSettings((state) => state.settings);
  if (settings === null) return null;
  const choices = choicesOf(session, settings);
  const { now, later } = startable(items);
  const count = now.length + later.length;
  const canStart = count > 0 && choices.output.template.trim() !== '';
  const close = () => {
    useAdd.setState({ isOpen: false });
    leaveOut(items.map((item) => item.key));
  };
  const start = () => {
    if (canStart) void startItems(choices);
  };
  return (
    <Modal
      title={text.add.title}
      description={summaryOf(items)}
      width="wide"
      onClose={close}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) start();
      }}
      footer={
        <>
          <span className="mr-auto -ml-2">
            <AddMenu look="quiet" label={text.add.more} align="start" />
          </span>
          <Button onClick={close}>{text.common.cancel}</Button>
          <Button
            look="primary"
            icon={Play}
            data-focus-first
            disabled={!canStart}
            onClick={start}
            title={usesCommandKey ? '⌘↩' : 'Ctrl+Enter'}
          >
            {text.add.start(count)}
          </Button>
        </>
      }
    >
      <div className="flex min-h-0 flex-1 flex-col border-t border-line max-sm:overflow-y-auto sm:flex-row">
        <ItemList items={items} />
        <Options />
      </div>
    </Modal>
  );
}

function ItemList({ items }: { items: readonly AddItem[] }) {
  const scroller = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ADD_ROW_HEIGHT,
    overscan: 6,
  });
  return (
    <section
      ref={scroller}
      aria-label={text.add.listLabel}
      className="min-h-32 min-w-0 flex-1 overflow-y-auto bg-surface -outline-offset-2 max-sm:max-h-[36dvh] max-sm:shrink-0 sm:h-[min(60dvh,34rem)]"
    >
      {items.length === 0 && <p className="p-8 text-center text-ink-3">{text.add.nothingLeft}</p>}
      <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => {
          const item = items[row.index];
          return item === undefined ? null : <AddRow key={item.key} item={item} top={row.start} />;
        })}
      </ul>
    </section>
  );
}

function Options() {
  const session = useAdd();
  const settings = useSettings((state) => state.settings);
  const presets = usePresets((state) => state.presets);
  const devices = useDevices((state) => state.list);
  if (settings === null) return null;
  const choices = choicesOf(session, settings);
  const places = deviceOptions(devices, settings.onGpuFailure);
  return (
    <div className="flex shrink-0 flex-col gap-3.5 overflow-y-auto border-line bg-canvas p-5 max-sm:border-t sm:w-64 sm:border-l md:w-72">
      <Field
        label={text.columns.preset}
        hint={presets?.find((one) => one.id === choices.preset)?.description}
      >
        {(ids) => (
          <Choice
            id={ids.id}
            value={choices.preset}
            options={presetOptions(presets ?? [])}
            onChange={(preset) => useAdd.setState({ preset })}
          />
        )}
      </Field>
      <Field label={text.columns.device} hint={places.find((place) => place.value === choices.device)?.hint}>
        {(ids) => (
          <Choice
            id={ids.id}
            value={choices.device}
            options={places}
            onChange={(device) => useAdd.setState({ device })}
          />
        )}
      </Field>
      <OutputFields value={choices.output} onChange={(output) => useAdd.setState({ output })} />
    </div>
  );
}

function summaryOf(items: readonly AddItem[]): string {
  const of = (...kinds: AddItem['stage']['kind'][]) =>
    items.filter((item) => kinds.includes(item.stage.kind)).length;
  return text.add.summary({
    ready: of('ready', 'folder'),
    refused: of('refused'),
    failed: of('upload-failed'),
    reading: of('reading'),
    uploading: of('waiting', 'uploading'),
  });
}
