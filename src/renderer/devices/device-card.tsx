import { Cpu, Gpu, Info } from 'lucide-react';
import type { Device, FfmpegBuild } from '../../common/device.ts';
import { formatBytes } from '../../common/format.ts';
import type { Problem } from '../../common/problem.ts';
import { classNames } from '../controls/class-names.ts';
import { MiddleEllipsis } from '../controls/middle-ellipsis.tsx';
import { ProblemNote } from '../controls/problem-note.tsx';
import { Fold } from '../details/section.tsx';
import { useDevices } from '../stores/devices-store.ts';
import { useTelemetry } from '../stores/telemetry-store.ts';
import { text } from '../text/en.ts';
import { buildLines, buildNotes } from './build-lines.ts';
import { DecoderList } from './decoder-list.tsx';
import { DeviceCharts } from './device-charts.tsx';
import { type DeviceState, deviceState } from './device-state.ts';
import { deviceColor, deviceName } from './device-words.ts';
import { EncoderTable } from './encoder-table.tsx';
import { RetryNote } from './retry-note.tsx';
import { SessionMeter } from './session-meter.tsx';

const TONES: Record<DeviceState, string> = {
  ready: 'bg-done-soft text-done',
  busy: 'bg-accent-soft text-accent',
  checking: 'bg-sunken text-ink-2',
  'out-of-service': 'bg-attention-soft text-attention',
  'no-encoder': 'bg-sunken text-ink-2',
  unavailable: 'bg-sunken text-ink-2',
};

/** All that is known of a device: its state and why, what it does now, what it proved. */
export function DeviceCard({ device, builds }: { device: Device; builds: ReadonlyMap<string, FfmpegBuild> }) {
  const color = useDevices(({ list }) => deviceColor(list?.devices ?? [], device.id));
  const name = useDevices(({ list }) => deviceName(list?.devices ?? [], device));
  const state = deviceState(device);
  const Icon = device.kind === 'gpu' ? Gpu : Cpu;
  const lines = buildLines(device.encoders, builds);
  const notes = buildNotes(device.encoders);
  return (
    <article
      aria-label={device.kind === 'cpu' ? device.name : name}
      className="flex min-w-0 flex-col rounded-lg border border-line bg-raised shadow-1"
    >
      <header className="flex items-start gap-3 p-4 pb-3">
        <span
          className="flex size-9 shrink-0 items-center justify-center rounded-md bg-sunken"
          style={{ color }}
        >
          <Icon size={18} strokeWidth={1.75} aria-hidden />
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="text-lg font-semibold break-words">{device.kind === 'cpu' ? device.name : name}</h2>
          <div className="flex min-w-0 flex-wrap gap-x-2 text-sm text-ink-3">
            {device.driverVersion !== null && <span>{text.devices.driver(device.driverVersion)}</span>}
            {device.uuid !== null && (
              <MiddleEllipsis text={device.uuid} className="max-w-32 font-mono text-xs leading-4" />
            )}
          </div>
        </div>
        <span
          className={classNames(
            'flex h-6 shrink-0 items-center rounded-full px-2.5 text-sm font-medium whitespace-nowrap',
            TONES[state],
          )}
        >
          {text.devices.state[state]}
        </span>
      </header>
      {device.reason !== null && (
        <div className="px-4 pb-3">
          <Reason reason={device.reason} retryAt={device.retryAt} />
        </div>
      )}
      <div className="px-4 pb-3 empty:hidden">
        {(state === 'ready' || state === 'busy' || device.sessions.used > 0) && (
          <SessionMeter sessions={device.sessions} color={color} />
        )}
        <Disk device={device} />
      </div>
      <DeviceCharts device={device} name={name} color={color} />
      <div className="border-t border-line px-4 pt-2.5 pb-3">
        <div className="@container">
          <EncoderTable device={device} name={name} />
        </div>
        {lines.map((line) => (
          <p key={line} className="mt-1 text-sm text-ink-3">
            {line}
          </p>
        ))}
        {notes.map((note) => (
          <p key={note.message} className="mt-1.5 flex gap-2 text-sm text-ink-2">
            <Info size={14} strokeWidth={1.75} aria-hidden className="mt-px shrink-0 text-ink-3" />
            <span className="min-w-0 break-words">
              {note.message} <span className="text-ink-3">{note.nextStep}</span>
            </span>
          </p>
        ))}
      </div>
      <DecoderList device={device} />
    </article>
  );
}

/** Why the device is not available, what to do, and when it is tried again; a tool's own words only for who wants them. */
function Reason({ reason, retryAt }: { reason: Problem; retryAt: string | null }) {
  const { detail, ...plain } = reason;
  return (
    <ProblemNote problem={plain} tone="calm">
      <div className="min-w-0 flex-1">
        {retryAt !== null && (
          <p>
            <RetryNote retryAt={retryAt} />
          </p>
        )}
        {detail !== undefined && (
          <Fold title={text.devices.ownWords}>
            <pre className="max-h-32 overflow-auto font-mono text-xs break-words whitespace-pre-wrap text-ink-2">
              {detail}
            </pre>
          </Fold>
        )}
      </div>
    </ProblemNote>
  );
}

/** The disk that holds Gantry's home, told with the CPU. */
function Disk({ device }: { device: Device }) {
  const reading = useTelemetry(({ live }) => live.get(device.id)?.at(-1));
  if (reading === undefined || reading.diskUsedBytes === null || reading.diskTotalBytes === null) return null;
  return (
    <p className="figures text-sm text-ink-3">
      {text.devices.disk(formatBytes(reading.diskUsedBytes), formatBytes(reading.diskTotalBytes))}
    </p>
  );
}
