import { X } from 'lucide-react';
import type { DecoderProof, Device } from '../../common/device.ts';
import { text } from '../text/en.ts';
import { codecName } from './device-words.ts';
import { ReasonMark, sentences } from './encoder-table.tsx';

/** What a GPU decodes, and whether frames stay on it from there to its encoder. */
export function DecoderList({ device }: { device: Device }) {
  const { decoders, gpuPipeline } = device;
  if (decoders.length === 0 && gpuPipeline === null) return null;
  return (
    <div className="flex flex-col gap-1 border-t border-line px-4 py-2.5">
      {decoders.length > 0 && (
        <div className="flex flex-wrap items-center gap-x-2.5">
          <span className="text-sm text-ink-3">{text.devices.decodes}</span>
          <ul className="contents">
            {decoders.map((proof) => (
              <DecoderItem key={proof.codec} proof={proof} />
            ))}
          </ul>
        </div>
      )}
      {gpuPipeline !== null && (
        <p className="text-sm text-ink-2">
          {gpuPipeline.ok
            ? text.devices.pipeline.ok
            : text.devices.pipeline.no(gpuPipeline.reason?.message ?? text.devices.verdict.no)}
        </p>
      )}
    </div>
  );
}

function DecoderItem({ proof }: { proof: DecoderProof }) {
  const codec = codecName(proof.codec);
  if (!proof.ok) {
    return (
      <li className="flex items-center text-ink-3">
        {codec}
        <ReasonMark
          label={text.devices.noBecause(text.devices.decodesNot(codec), sentences(proof.reason))}
          icon={<X size={14} strokeWidth={2} aria-hidden />}
        />
      </li>
    );
  }
  return <li>{decoderName(proof)}</li>;
}

/** A codec with the depth that it was seen to decode, where that was tried. */
function decoderName({ codec, tenBit }: DecoderProof): string {
  const name = codecName(codec);
  if (tenBit === null) return name;
  return tenBit ? text.devices.decodesTenBit(name) : text.devices.decodesEightBit(name);
}
