import { Play } from 'lucide-react';
import { useState } from 'react';
import type { BenchRequest, BenchRun } from '../../common/bench.ts';
import type { Device } from '../../common/device.ts';
import type { DeviceId } from '../../common/ids.ts';
import { VideoCodec } from '../../common/preset.ts';
import { attempt } from '../connection/attempt.ts';
import { Button } from '../controls/button.tsx';
import { Checkbox } from '../controls/checkbox.tsx';
import { Choice, type ChoiceOption } from '../controls/choice.tsx';
import { Field } from '../controls/field.tsx';
import { Modal } from '../controls/modal.tsx';
import { codecName, deviceName, provenCodecs } from '../devices/device-words.ts';
import { startBench } from '../stores/bench-store.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { benchRequest, canMeasure } from './bench-request.ts';

type Depth = 'quick' | 'full';
const DEPTHS: readonly ChoiceOption<Depth>[] = (['quick', 'full'] as const).map((value) => ({
  value,
  ...text.bench.form.depths[value],
}));

/** What a new benchmark is to measure. */
export function StartDialog({
  onClose,
  onStarted,
}: {
  onClose: () => void;
  onStarted: (run: BenchRun) => void;
}) {
  const devices = useDevices(({ list }) => list?.devices) ?? [];
  const [leftOut, setLeftOut] = useState<ReadonlySet<DeviceId>>(new Set());
  const [codecs, setCodecs] = useState<ReadonlySet<VideoCodec>>(new Set(VideoCodec.options));
  const [depth, setDepth] = useState<Depth>('quick');
  const [isStarting, setIsStarting] = useState(false);
  const request = benchRequest(devices, { leftOut, codecs, quick: depth === 'quick' });
  const start = async (wanted: BenchRequest) => {
    setIsStarting(true);
    const run = await attempt(() => startBench(wanted));
    setIsStarting(false);
    if (run !== null) onStarted(run);
  };
  return (
    <Modal
      title={text.bench.form.title}
      description={text.bench.form.body}
      width="medium"
      onClose={onClose}
      footer={
        <>
          {request === null && (
            <p role="status" className="mr-auto text-ink-2">
              {text.bench.form.nothing}
            </p>
          )}
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button
            look="primary"
            icon={Play}
            data-focus-first
            disabled={request === null || isStarting}
            onClick={() => request !== null && void start(request)}
          >
            {text.bench.form.start}
          </Button>
        </>
      }
    >
      <div className="flex min-h-0 flex-col gap-5 overflow-y-auto border-t border-line bg-canvas p-5">
        <Group label={text.bench.form.devices}>
          <div className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
            {devices.map((device) => (
              <Checkbox
                key={device.id}
                label={deviceName(devices, device)}
                hint={hintOf(device)}
                disabled={!canMeasure(device)}
                checked={canMeasure(device) && !leftOut.has(device.id)}
                onChange={() => setLeftOut(toggled(leftOut, device.id))}
              />
            ))}
          </div>
        </Group>
        <Group label={text.bench.form.codecs}>
          <div className="flex flex-wrap gap-x-6 gap-y-2">
            {VideoCodec.options.map((codec) => (
              <Checkbox
                key={codec}
                label={codecName(codec)}
                checked={codecs.has(codec)}
                onChange={() => setCodecs(toggled(codecs, codec))}
              />
            ))}
          </div>
        </Group>
        <Field label={text.bench.form.depth} hint={DEPTHS.find((option) => option.value === depth)?.hint}>
          {(ids) => <Choice id={ids.id} value={depth} options={DEPTHS} onChange={setDepth} />}
        </Field>
      </div>
    </Modal>
  );
}

function Group({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium text-ink-2">{label}</legend>
      {children}
    </fieldset>
  );
}

function hintOf(device: Device): string {
  if (!canMeasure(device)) return device.reason?.message ?? text.devices.nothingProven;
  return provenCodecs(device).map(codecName).join(', ');
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
