import { Info, RefreshCw } from 'lucide-react';
import { attempt } from '../connection/attempt.ts';
import { Button } from '../controls/button.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { checkDevices, useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { DeviceCard } from './device-card.tsx';

/** Every device, what it has proven, and why not where it has not. */
export function DevicesPage() {
  const list = useDevices((state) => state.list);
  const isChecking = useDevices((state) => state.isChecking);
  return (
    <PageFrame
      title={text.rail.devices}
      lead={text.devices.lead}
      actions={
        <Button icon={RefreshCw} disabled={isChecking} onClick={() => void attempt(checkDevices)}>
          {isChecking ? text.devices.checking : text.devices.checkAgain}
        </Button>
      }
    >
      <div className="min-h-0 flex-1 overflow-y-auto p-5" aria-busy={isChecking}>
        <div className="mx-auto flex max-w-5xl flex-col gap-4">
          {list === null && <p className="text-ink-3">{text.strip.looking}</p>}
          {list !== null && list.gpuNotice !== null && (
            <div className="flex gap-2.5 rounded-lg border border-line bg-canvas p-4">
              <Info size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
              <p>
                {list.gpuNotice.message} <span className="text-ink-2">{list.gpuNotice.nextStep}</span>
              </p>
            </div>
          )}
          <div className="grid gap-4 xl:grid-cols-2">
            {list?.devices.map((device) => (
              <DeviceCard key={device.id} device={device} />
            ))}
          </div>
        </div>
      </div>
    </PageFrame>
  );
}
