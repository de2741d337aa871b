import type { Device } from '../../common/device.ts';
import { classNames } from '../controls/class-names.ts';
import { Tip } from '../controls/tip.tsx';
import { deviceColor, shortDeviceName } from '../devices/device-words.ts';
import { hasReadings, Sparkline } from '../devices/sparkline.tsx';
import { loadPercent, useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';

/** Always there: every device, how busy it is, how many encodes it runs. */
export function DeviceStrip() {
  const list = useDevices((state) => state.list);
  return (
    <aside
      aria-label={text.strip.label}
      className="col-span-2 flex h-10 items-center gap-1 overflow-x-auto border-t border-line bg-canvas px-2 [scrollbar-width:none]"
    >
      {list === null && <span className="px-2 text-sm text-ink-3">{text.strip.looking}</span>}
      {list?.devices.map((device) => (
        <StripDevice key={device.id} device={device} color={deviceColor(list.devices, device.id)} />
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

function StripDevice({ device, color }: { device: Device; color: string }) {
  const samples = useDevices((state) => state.history.get(device.id)) ?? [];
  const percent = loadPercent(device);
  const { used, limit } = device.sessions;
  const name = shortDeviceName(device);
  const usable = device.status !== 'unavailable';
  return (
    <Tip text={device.reason === null ? device.name : `${device.name}: ${device.reason.message}`}>
      <a
        href="#/devices"
        className="flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-sm transition-colors hover:bg-pressed"
      >
        <span
          className="size-1.5 rounded-full"
          style={{ background: usable ? color : 'var(--line-strong)' }}
          aria-hidden
        />
        <span className={classNames('font-medium', !usable && 'text-ink-3')}>{name}</span>
        {usable ? (
          <>
            {hasReadings(samples) && <Sparkline samples={samples} color={color} />}
            {percent !== null && (
              <span
                className={classNames(
                  'figures text-right text-ink-2',
                  device.kind === 'gpu' ? 'w-16' : 'w-10',
                )}
              >
                {text.strip.load(device.kind, Math.round(percent))}
              </span>
            )}
            <span className="figures text-ink-3">{text.strip.sessions(used, limit)}</span>
          </>
        ) : (
          <span className="text-ink-3">{text.devices.status.unavailable}</span>
        )}
      </a>
    </Tip>
  );
}
