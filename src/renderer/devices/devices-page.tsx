import { Info, RefreshCw } from 'lucide-react';
import { useEffect } from 'react';
import type { Device } from '../../common/device.ts';
import { attempt } from '../connection/attempt.ts';
import { Button } from '../controls/button.tsx';
import { Segments } from '../controls/segments.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { useOpenConnection } from '../stores/connection-store.ts';
import { checkDevices, useDevices } from '../stores/devices-store.ts';
import { chooseSpan, REREAD_MS, readHistories, useHistory } from '../stores/history-store.ts';
import { useReadAt } from '../stores/read-at-store.ts';
import { text } from '../text/en.ts';
import { clockTime } from './clock-time.ts';
import { DeviceCard } from './device-card.tsx';
import { SPANS } from './spans.ts';
import { useBuilds } from './use-builds.ts';

/** Every device: its state, what it does, what it has proven, and why not where it has not. */
export function DevicesPage() {
  const list = useDevices((state) => state.list);
  const isChecking = useDevices((state) => state.isChecking);
  const failure = useHistory((state) => state.failure);
  const builds = useBuilds();
  const devices = list?.devices ?? [];
  useHistories(devices);
  return (
    <PageFrame
      title={text.rail.devices}
      lead={text.devices.lead}
      actions={
        <>
          <ReadMoment />
          <SpanChoice />
          <Button icon={RefreshCw} disabled={isChecking} onClick={() => void attempt(checkDevices)}>
            {isChecking ? text.devices.checking : text.devices.checkAgain}
          </Button>
        </>
      }
    >
      <div className="min-h-0 flex-1 overflow-y-auto p-5" aria-busy={isChecking}>
        <div className="mx-auto flex max-w-[110rem] flex-col gap-4">
          {list === null && <p className="text-ink-3">{text.strip.looking}</p>}
          {list !== null && list.gpuNotice !== null && (
            <Notice>
              {list.gpuNotice.message} <span className="text-ink-2">{list.gpuNotice.nextStep}</span>
            </Notice>
          )}
          {list !== null && list.gpuSessions.limit !== null && (
            <Notice>{text.devices.hostSessions(list.gpuSessions.used, list.gpuSessions.limit)}</Notice>
          )}
          {failure !== null && <Notice>{text.devices.historyFailed(failure.message)}</Notice>}
          <div className="grid grid-cols-[repeat(auto-fit,minmax(min(18.5rem,100%),1fr))] gap-4">
            {devices.map((device) => (
              <DeviceCard key={device.id} device={device} builds={builds} />
            ))}
          </div>
        </div>
      </div>
    </PageFrame>
  );
}

function Notice({ children }: { children: React.ReactNode }) {
  return (
    <div className="flex gap-2.5 rounded-lg border border-line bg-canvas px-4 py-3">
      <Info size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
      <p className="min-w-0 break-words">{children}</p>
    </div>
  );
}

/** The moment that all charts show while one of them is read. */
function ReadMoment() {
  const atMs = useReadAt((state) => state.atMs);
  if (atMs === null) return null;
  return <span className="figures self-center text-sm text-ink-2">{clockTime(atMs)}</span>;
}

function SpanChoice() {
  const span = useHistory((state) => state.span);
  return (
    <Segments
      label={text.devices.spanLabel}
      value={span}
      options={SPANS.map((value) => ({ value, label: text.devices.span[value] }))}
      onChange={chooseSpan}
    />
  );
}

/** Reads the chosen span while the page is looked at, and again as its points go on. */
function useHistories(devices: readonly Device[]): void {
  const connection = useOpenConnection();
  const span = useHistory((state) => state.span);
  const ids = devices.map((device) => device.id).join(' ');
  useEffect(() => {
    if (connection === null || span === '1m' || ids === '') return;
    const read = () => {
      const { list } = useDevices.getState();
      void readHistories((list?.devices ?? []).map((device) => device.id));
    };
    read();
    const timer = setInterval(read, REREAD_MS);
    return () => clearInterval(timer);
  }, [connection, span, ids]);
}
