import { TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { deviceName } from '../devices/device-words.ts';
import { RetryNote } from '../devices/retry-note.tsx';
import { useDevices } from '../stores/devices-store.ts';
import { loadSettings, useSettings } from '../stores/settings-store.ts';
import { useSummary } from '../stores/summary-store.ts';
import { text } from '../text/en.ts';
import { noGpuLeft } from './fallback.ts';

/** Says what becomes of the queue while every GPU of the machine fails, and where to change that. */
export function NoGpuBar() {
  const list = useDevices((state) => state.list);
  const settings = useSettings((state) => state.settings);
  const summary = useSummary((state) => state.summary);
  const state =
    list === null || settings === null || summary === null
      ? null
      : noGpuLeft(list.devices, settings.onGpuFailure, summary);
  const nextRetry =
    state?.failed
      .flatMap((device) => device.retryAt ?? [])
      .sort()
      .at(0) ?? null;
  const isShown = state !== null;
  // The choice may have been changed elsewhere since it was read: what the bar says must be what the engine does.
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again with every try, for as long as the bar stays
  useEffect(() => {
    if (isShown) void loadSettings().catch(() => undefined);
  }, [isShown, nextRetry]);
  if (list === null || state === null) return null;
  const [first] = state.failed;
  return (
    <div
      role="status"
      className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 border-b border-line bg-attention-soft px-4 py-2"
    >
      <TriangleAlert
        size={16}
        strokeWidth={1.75}
        aria-hidden
        className="-mr-2 shrink-0 translate-y-[3px] text-attention"
      />
      <p className="min-w-0 flex-1 basis-96">
        <span className="font-medium">{text.queue.noGpu[state.policy]}</span>{' '}
        {first !== undefined && first.reason !== null && (
          <span className="text-ink-2">
            {deviceName(list.devices, first)}: {first.reason.message}{' '}
          </span>
        )}
        {nextRetry !== null && (
          // Counted down for the eye: a voice that said it every second would say nothing else.
          <span className="text-ink-2" aria-hidden>
            <RetryNote retryAt={nextRetry} />
          </span>
        )}
      </p>
      <span className="flex gap-4">
        <BarLink page="devices">{text.queue.noGpu.devices}</BarLink>
        <BarLink page="settings">{text.queue.noGpu.settings}</BarLink>
      </span>
    </div>
  );
}

function BarLink({ page, children }: { page: 'devices' | 'settings'; children: string }) {
  return (
    <a
      href={`#/${page}`}
      className="shrink-0 font-medium underline decoration-line-strong underline-offset-2"
    >
      {children}
    </a>
  );
}
