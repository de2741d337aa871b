import { Check, Hourglass, Minus, X } from 'lucide-react';
import type { Device, EncoderProof } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';
import { classNames } from '../controls/class-names.ts';
import { Tip } from '../controls/tip.tsx';
import { text } from '../text/en.ts';
import { codecName } from './device-words.ts';
import { type Verdict, verdictsOf } from './encoder-verdicts.ts';

const ICON = { size: 16, strokeWidth: 2 } as const;

/** Codec by ability: each yes was seen, each no says why. */
export function EncoderTable({ device, name }: { device: Device; name: string }) {
  if (device.encoders.length === 0) return <p className="text-ink-3">{text.devices.nothingProven}</p>;
  // B-frames are asked of GPUs alone: software encoders have them as a matter of course.
  const asksBFrames = device.kind === 'gpu';
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">{text.devices.encoders(name)}</caption>
      <thead>
        <tr className="text-sm text-ink-3">
          <th scope="col" className="text-left font-normal">
            {text.devices.column.codec}
          </th>
          <Heading>{text.devices.column.eightBit}</Heading>
          <Heading>{text.devices.column.tenBit}</Heading>
          {asksBFrames && <Heading>{text.devices.column.bFrames}</Heading>}
        </tr>
      </thead>
      <tbody>
        {device.encoders.map((proof) => (
          <EncoderRow key={proof.encoder} proof={proof} asksBFrames={asksBFrames} />
        ))}
      </tbody>
    </table>
  );
}

function Heading({ children }: { children: string }) {
  return (
    <th scope="col" className="w-15 text-center font-normal whitespace-nowrap">
      {children}
    </th>
  );
}

function EncoderRow({ proof, asksBFrames }: { proof: EncoderProof; asksBFrames: boolean }) {
  const verdicts = verdictsOf(proof);
  const codec = codecName(proof.codec);
  const of = (ability: string) => text.devices.proofOf(codec, ability);
  return (
    <tr>
      <th scope="row" className="truncate py-0.5 text-left font-normal">
        <span className={classNames('mr-2 font-medium', !proof.ok && 'text-ink-2')}>{codec}</span>
        <span className="sr-only font-mono text-xs text-ink-3 @min-[18rem]:not-sr-only">{proof.encoder}</span>
      </th>
      <VerdictCell verdict={verdicts.eightBit} of={of(text.devices.column.eightBit)} />
      <VerdictCell verdict={verdicts.tenBit} of={of(text.devices.column.tenBit)} />
      {asksBFrames && <VerdictCell verdict={verdicts.bFrames} of={of(text.devices.column.bFrames)} />}
    </tr>
  );
}

function VerdictCell({ verdict, of }: { verdict: Verdict; of: string }) {
  return (
    <td className="py-0.5 text-center">
      <span className="inline-flex size-6 items-center justify-center align-middle">
        <VerdictMark verdict={verdict} of={of} />
      </span>
    </td>
  );
}

function VerdictMark({ verdict, of }: { verdict: Verdict; of: string }) {
  switch (verdict.kind) {
    case 'yes':
      return <Check {...ICON} role="img" aria-label={text.devices.verdict.yes} className="text-done" />;
    case 'untried':
      return (
        <Minus {...ICON} role="img" aria-label={text.devices.verdict.untried} className="text-line-strong" />
      );
    case 'busy':
      return (
        <ReasonMark
          label={text.devices.busyBecause(of, sentences(verdict.reason))}
          icon={<Hourglass {...ICON} aria-hidden className="text-attention" />}
        />
      );
    case 'no':
      return (
        <ReasonMark
          label={text.devices.noBecause(of, sentences(verdict.reason))}
          icon={<X {...ICON} aria-hidden className="text-ink-3" />}
        />
      );
  }
}

/** A mark whose reason shows on hover and focus, and is its name for whoever hears it. */
export function ReasonMark({ label, icon }: { label: string; icon: React.ReactNode }) {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        className="inline-flex size-6 items-center justify-center rounded-sm hover:bg-pressed"
      >
        {icon}
      </button>
    </Tip>
  );
}

export function sentences(reason: Problem | null): string {
  return reason === null ? '' : `${reason.message} ${reason.nextStep}`;
}
