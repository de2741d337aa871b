import type { Device } from '../../common/device.ts';
import { classNames } from '../controls/class-names.ts';
import { Tip } from '../controls/tip.tsx';
import { deviceState } from '../devices/device-state.ts';
import { deviceColor, deviceName } from '../devices/device-words.ts';
import { loadPercent } from '../devices/metrics.ts';
import { currentReading } from '../devices/readings.ts';
import { Sparkline } from '../devices/sparkline.tsx';
import { useDevices } from '../stores/devices-store.ts';
import { useTelemetry } from '../stores/telemetry-store.ts';
import { text } from '../text/en.ts';

/** Always there: every device, how busy it is, how many encodes it runs. */
export function DeviceStrip() {
  const list = useDevices((state) => state.list);
  return (
    <aside
      aria-label={text.strip.label}
      className="relative col-span-2 flex h-10 items-center gap-1 overflow-x-auto overflow-y-hidden border-t border-line bg-canvas px-2"
    >
      {list === null && <span className="px-2 text-sm text-ink-3">{text.strip.looking}</span>}
      {list?.devices.map((device) => (
        <StripDevice
          key={device.id}
          device={device}
          name={deviceName(list.devices, device)}
          color={deviceColor(list.devices, device.id)}
        />
      ))}
      {list !== null && list.gpuNotice !== null && (
        <span
          title={list.gpuNotice.message}
          className="ml-auto truncate px-2 text-sm text-ink-3 max-md:hidden"
        >
          {list.gpuNotice.message}
        </span>
      )}
    </aside>
  );
}

function StripDevice({ device, name, color }: { device: Device; name: string; color: string }) {
  const readings = useTelemetry((state) => state.live.get(device.id)) ?? [];
  const nowMs = useTelemetry((state) => state.nowMs);
  const reading = currentReading(readings, nowMs);
  const percent = reading === null ? null : loadPercent(device.kind, reading);
  const { used, limit } = device.sessions;
  const state = deviceState(device);
  // The number that tells equal devices apart stays in sight where the name is cut.
  const tail = Math.max(0, name.search(/ #\d+$/)) || name.length;
  const isUsable = device.status !== 'unavailable';
  const isFailing = state === 'out-of-service';
  return (
    <Tip text={device.reason === null ? device.name : `${device.name}: ${device.reason.message}`}>
      <a
        href="#/devices"
        className="@container flex h-7 max-w-68 min-w-38 flex-[1_1_14rem] items-center rounded-md px-1.5 text-sm transition-colors hover:bg-pressed"
      >
        <span className="flex min-w-0 flex-1 items-center gap-1.5 @min-[12rem]:gap-2.5">
          <span
            className="size-1.5 shrink-0 rounded-full"
            style={{ background: isUsable ? color : isFailing ? 'var(--attention)' : 'var(--line-strong)' }}
            aria-hidden
          />
          <span className={classNames('flex min-w-0 font-medium whitespace-pre', !isUsable && 'text-ink-3')}>
            <span className="truncate">{name.slice(0, tail)}</span>
            <span>{name.slice(tail)}</span>
          </span>
          {isUsable ? (
            <>
              {percent !== null && nowMs !== null && (
                <span className="hidden max-w-18 min-w-5 flex-1 @min-[9.5rem]:block">
                  <Sparkline kind={device.kind} readings={readings} nowMs={nowMs} color={color} />
                </span>
              )}
              {percent !== null && (
                <span className="figures shrink-0 text-right text-ink-2">
                  {device.kind === 'gpu' && (
                    <span className="sr-only @min-[14rem]:not-sr-only">{text.strip.encoder} </span>
                  )}
                  {text.strip.percent(Math.round(percent))}
                </span>
              )}
              <span className="figures shrink-0 text-ink-3">
                {text.strip.sessions(used, limit)}
                {limit === null && (
                  <span className="sr-only @min-[14rem]:not-sr-only"> {text.strip.running}</span>
                )}
              </span>
            </>
          ) : (
            <span
              className={classNames(
                'min-w-0 shrink-10 truncate',
                isFailing ? 'text-attention' : 'text-ink-3',
              )}
            >
              {text.devices.state[state]}
            </span>
          )}
        </span>
      </a>
    </Tip>
  );
}
