import { Tooltip } from 'radix-ui';
import { AddFlow } from './add/add-flow.tsx';
import { DropTarget } from './add/drop-target.tsx';
import { BenchPage } from './bench/bench-page.tsx';
import { DevicesPage } from './devices/devices-page.tsx';
import { PresetsPage } from './presets/presets-page.tsx';
import { QueuePage } from './queue/queue-page.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { ConfirmDialog } from './shell/confirm-dialog.tsx';
import { DeviceStrip } from './shell/device-strip.tsx';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { Rail } from './shell/rail.tsx';
import { ReconnectingBar } from './shell/reconnecting-bar.tsx';
import { SignIn } from './shell/sign-in.tsx';
import { Starting } from './shell/starting.tsx';
import { Toasts } from './shell/toasts.tsx';
import { useWindowTitle } from './shell/use-window-title.ts';
import { useConnection } from './stores/connection-store.ts';
import { type Page, usePage } from './stores/page-store.ts';

const PAGE_VIEWS: Record<Page, () => React.ReactNode> = {
  queue: QueuePage,
  devices: DevicesPage,
  bench: BenchPage,
  presets: PresetsPage,
  settings: SettingsPage,
};

export function App() {
  const phase = useConnection((state) => state.phase);
  return (
    <Tooltip.Provider delayDuration={400} skipDelayDuration={200}>
      {phase.kind === 'unauthorized' ? (
        <SignIn reason={phase.reason} />
      ) : phase.kind === 'connecting' || (phase.kind === 'reconnecting' && !phase.everOpen) ? (
        <Starting isRetrying={phase.kind === 'reconnecting'} />
      ) : (
        <Workspace isReconnecting={phase.kind === 'reconnecting'} />
      )}
      <ConfirmDialog />
      <Toasts />
    </Tooltip.Provider>
  );
}

function Workspace({ isReconnecting }: { isReconnecting: boolean }) {
  useWindowTitle();
  const page = usePage((state) => state.page);
  const View = PAGE_VIEWS[page];
  return (
    <DropTarget>
      <div className="grid h-full grid-cols-[auto_minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto]">
        <Rail page={page} />
        <main className="relative flex min-h-0 min-w-0 flex-col bg-surface">
          {isReconnecting && <ReconnectingBar />}
          <ErrorBoundary key={page}>
            <View />
          </ErrorBoundary>
        </main>
        <DeviceStrip />
      </div>
      <AddFlow />
    </DropTarget>
  );
}
