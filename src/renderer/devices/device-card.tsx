import { Check, Cpu, Gpu, Hourglass, X } from 'lucide-react';
import type { Device, EncoderProof, Telemetry } from '../../common/device.ts';
import { formatBytes } from '../../common/format.ts';
import { classNames } from '../controls/class-names.ts';
import { ProblemNote } from '../controls/problem-note.tsx';
import { loadPercent, useDevices } from '../stores/devices-store.ts';
import { text } from '../text/en.ts';
import { codecName, deviceColor } from './device-words.ts';
import { hasReadings, Sparkline } from './sparkline.tsx';

export function DeviceCard({ device }: { device: Device }) {
  const color = useDevices(({ list }) => deviceColor(list?.devices ?? [], device.id));
  const samples = useDevices((state) => state.history.get(device.id)) ?? [];
  const percent = loadPercent(device);
  const Icon = device.kind === 'gpu' ? Gpu : Cpu;
  return (
    <article
      aria-label={device.name}
      className="flex min-w-0 flex-col rounded-lg border border-line bg-raised shadow-1"
    >
      <header className="flex items-start gap-3 p-4">
        <span
          className="flex size-9 shrink-0 items-center justify-center rounded-md bg-sunken"
          style={{ color }}
        >
          <Icon size={18} strokeWidth={1.75} aria-hidden />
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="text-lg font-semibold break-words">{device.name}</h2>
          <p className="flex flex-wrap gap-x-2 text-sm text-ink-3">
            {device.driverVersion !== null && <span>{text.devices.driver(device.driverVersion)}</span>}
            <span className="figures">
              {text.devices.sessions(device.sessions.used, device.sessions.limit)}
            </span>
          </p>
        </div>
        <StatusBadge status={device.status} />
      </header>
      {device.reason !== null && (
        <div className="px-4 pb-4">
          <ProblemNote problem={device.reason} tone="calm" />
        </div>
      )}
      {device.telemetry !== null && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2.5 text-sm">
          <span className="flex items-center gap-2">
            {hasReadings(samples) && <Sparkline samples={samples} color={color} />}
            {percent !== null && (
              <span className="figures w-12">{text.strip.load(device.kind, Math.round(percent))}</span>
            )}
          </span>
          {readings(device.telemetry).map(([name, value]) => (
            <span key={name} className="figures text-ink-2" title={name}>
              <span className="sr-only">{name}</span> {value}
            </span>
          ))}
        </div>
      )}
      <ul className="flex flex-col border-t border-line py-1.5">
        {device.encoders.map((proof) => (
          <ProofRow key={proof.encoder} proof={proof} />
        ))}
        {device.encoders.length === 0 && (
          <li className="px-4 py-1.5 text-ink-3">{text.devices.nothingProven}</li>
        )}
      </ul>
    </article>
  );
}

function StatusBadge({ status }: { status: Device['status'] }) {
  return (
    <span
      className={classNames(
        'flex h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-sm font-medium',
        status === 'ready' && 'bg-done-soft text-done',
        status === 'busy' && 'bg-accent-soft text-accent',
        status === 'unavailable' && 'bg-sunken text-ink-2',
      )}
    >
      {text.devices.status[status]}
    </span>
  );
}

/** One encoder: proven, busy, or why not and what to do. */
function ProofRow({ proof }: { proof: EncoderProof }) {
  const isBusy = proof.reason?.code === 'session-limit';
  const shared = { size: 16, strokeWidth: 2, role: 'img' } as const;
  return (
    <li className="flex gap-3 px-4 py-1.5">
      <span className="mt-0.5 shrink-0">
        {proof.ok ? (
          <Check {...shared} aria-label={text.devices.proof.ok} className="text-done" />
        ) : isBusy ? (
          <Hourglass {...shared} aria-label={text.devices.proof.busy} className="text-attention" />
        ) : (
          <X {...shared} aria-label={text.devices.proof.no} className="text-ink-3" />
        )}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={classNames('w-12 font-medium', !proof.ok && 'text-ink-2')}>
            {codecName(proof.codec)}
          </span>
          <span className="font-mono text-sm text-ink-3">{proof.encoder}</span>
          {proof.ok && <span className="text-sm text-ink-3">{abilities(proof)}</span>}
        </p>
        {proof.reason !== null && (
          <p className="text-sm break-words text-ink-2">
            {proof.reason.message} <span className="text-ink-3">{proof.reason.nextStep}</span>
          </p>
        )}
      </div>
    </li>
  );
}

function abilities(proof: EncoderProof): string {
  const parts: string[] = [];
  if (proof.tenBit !== null)
    parts.push(proof.tenBit ? text.devices.proof.tenBit : text.devices.proof.noTenBit);
  if (proof.bFrames !== null)
    parts.push(proof.bFrames ? text.devices.proof.bFrames : text.devices.proof.noBFrames);
  return parts.join(' · ');
}

function readings(telemetry: Telemetry): [string, string][] {
  const all: [string, string | null][] = [
    [
      text.devices.reading.memory,
      telemetry.memoryUsedBytes === null || telemetry.memoryTotalBytes === null
        ? null
        : text.devices.memory(
            formatBytes(telemetry.memoryUsedBytes),
            formatBytes(telemetry.memoryTotalBytes),
          ),
    ],
    [
      text.devices.reading.temperature,
      telemetry.temperatureCelsius === null ? null : `${Math.round(telemetry.temperatureCelsius)} °C`,
    ],
    [
      text.devices.reading.power,
      telemetry.powerWatts === null ? null : `${Math.round(telemetry.powerWatts)} W`,
    ],
  ];
  return all.filter((pair): pair is [string, string] => pair[1] !== null);
}
