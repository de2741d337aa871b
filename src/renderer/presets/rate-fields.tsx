import type { RateControl } from '../../common/preset.ts';
import { Checkbox } from '../controls/checkbox.tsx';
import { Choice } from '../controls/choice.tsx';
import { Field, NumberInput } from '../controls/field.tsx';
import { text } from '../text/en.ts';

const FIRST_QUALITY = 23;
const FIRST_BIT_RATE_BPS = 4_000_000;

/** Constant quality, or an average bit rate. */
export function RateFields({ rate, onChange }: { rate: RateControl; onChange: (rate: RateControl) => void }) {
  return (
    <>
      <Field label={text.presets.rateMode}>
        {(ids) => (
          <Choice
            id={ids.id}
            value={rate.mode}
            options={[
              { value: 'quality', label: text.presets.rateModes.quality },
              { value: 'bit-rate', label: text.presets.rateModes.bitRate },
            ]}
            onChange={(mode) =>
              onChange(
                mode === 'quality'
                  ? { mode, quality: FIRST_QUALITY }
                  : { mode, bitRateBps: FIRST_BIT_RATE_BPS, twoPass: true },
              )
            }
          />
        )}
      </Field>
      {rate.mode === 'quality' ? (
        <Field label={text.presets.quality} hint={text.presets.qualityHint}>
          {(ids) => (
            <NumberInput
              {...ids}
              min={0}
              max={51}
              step={0.5}
              value={rate.quality}
              onChange={(quality) => onChange({ mode: 'quality', quality: quality ?? FIRST_QUALITY })}
            />
          )}
        </Field>
      ) : (
        <Field
          label={text.presets.bitRate}
          hint={
            <Checkbox
              label={text.presets.twoPass}
              checked={rate.twoPass}
              onChange={(twoPass) => onChange({ ...rate, twoPass })}
            />
          }
        >
          {(ids) => (
            <NumberInput
              {...ids}
              min={10}
              max={1_000_000}
              step={1}
              value={rate.bitRateBps / 1000}
              onChange={(kilobits) => onChange({ ...rate, bitRateBps: Math.round((kilobits ?? 0) * 1000) })}
            />
          )}
        </Field>
      )}
    </>
  );
}
