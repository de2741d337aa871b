import { ArrowDownToLine } from 'lucide-react';
import type { Device } from '../../common/device.ts';
import { AddMenu } from '../add/add-menu.tsx';
import { native, usesCommandKey } from '../connection/native.ts';
import { KeyHint } from '../controls/key-hint.tsx';
import { codecName, deviceColor, deviceName, provenCodecs } from '../devices/device-words.ts';
import { useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';

/** The first screen: how to begin, and what was found to do the work. */
export function EmptyQueue() {
  const list = useDevices((state) => state.list);
  return (
    <div className="flex flex-1 flex-col items-center justify-center overflow-y-auto p-6">
      <div className="flex w-full max-w-xl flex-col items-center rounded-lg border border-dashed border-line-strong bg-canvas px-8 py-12 text-center">
        <span className="flex size-11 items-center justify-center rounded-full bg-accent-soft text-accent">
          <ArrowDownToLine size={20} strokeWidth={1.75} aria-hidden />
        </span>
        <h2 className="mt-4 text-xl font-semibold">{text.empty.title}</h2>
        <p className="mt-1 max-w-sm text-ink-2">
          {native === null ? text.empty.bodyBrowser : text.empty.bodyDesktop}
        </p>
        <div className="mt-5 flex items-center gap-3">
          <AddMenu look="primary" />
          <span className="flex items-center gap-1.5 text-sm text-ink-3">
            {text.empty.or} <KeyHint keys={usesCommandKey ? '⌘' : 'Ctrl'} />
            <KeyHint keys="O" />
          </span>
        </div>
      </div>
      {list !== null && (
        <div className="mt-6 w-full max-w-xl">
          <h3 className="mb-2 text-sm font-medium text-ink-3">{text.empty.found}</h3>
          <ul className="flex flex-col gap-1.5">
            {list.devices.map((device) => (
              <li key={device.id} className="flex items-baseline gap-2.5">
                <span
                  className="size-1.5 shrink-0 -translate-y-0.5 rounded-full"
                  style={{
                    background:
                      device.status === 'unavailable'
                        ? 'var(--line-strong)'
                        : deviceColor(list.devices, device.id),
                  }}
                  aria-hidden
                />
                <span className="font-medium whitespace-nowrap">{deviceName(list.devices, device)}</span>
                <span className="min-w-0 text-ink-2">{abilities(device)}</span>
              </li>
            ))}
            {list.gpuNotice !== null && <li className="text-ink-3">{list.gpuNotice.message}</li>}
          </ul>
        </div>
      )}
    </div>
  );
}

function abilities(device: Device): string {
  const codecs = provenCodecs(device).map(codecName);
  if (codecs.length > 0) return text.empty.readyFor(codecs.join(', '));
  return device.reason?.message ?? text.devices.nothingProven;
}
