import { z } from 'zod';
import type { PresetOverrides } from '../../common/job.ts';
import { Preset, RateControl } from '../../common/preset.ts';
import { type ProblemError, problem } from '../../common/problem.ts';
import { presetConflict } from './preset-conflict.ts';

type Value = PresetOverrides[string];

const [qualityRate, bitRate] = RateControl.options;

/** The rate's fields, which belong to one mode each; `mode` itself is optional, as a field tells it. */
const RATE_FIELDS = {
  mode: z.enum(['quality', 'bit-rate']),
  quality: qualityRate.shape.quality,
  bitRateBps: bitRate.shape.bitRateBps,
  twoPass: bitRate.shape.twoPass.unwrap(),
} as const;

const { rate: _, ...videoFields } = Preset.shape.video.shape;
const { id: _id, video: _video, audio: _audio, ...topFields } = Preset.shape;

/** Every key that may be set, with what it takes. */
const SETTABLE: Readonly<Record<string, z.ZodType>> = {
  ...topFields,
  ...withPrefix('video.', videoFields),
  ...withPrefix('video.rate.', RATE_FIELDS),
  ...withPrefix('audio.', Preset.shape.audio.shape),
};

function withPrefix(prefix: string, fields: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([key, schema]) => [prefix + key, schema]));
}

/**
 * A preset with single settings changed, as `--set video.effort=fast` asks. Text becomes the number, truth value or null that
 * the setting takes; a bit rate may be written `2500k` or `2.5M`. Naming a bit rate on a constant-quality preset switches
 * the mode, and the reverse.
 *
 * @throws ProblemError invalid-request, naming the key or value and what would be valid
 */
export function applyOverrides(preset: Preset, overrides: PresetOverrides): Preset {
  const entries = Object.entries(overrides).map(([key, value]): [string, unknown] => [
    key,
    readValue(key, value),
  ]);
  if (entries.length === 0) return preset;
  const changes = new Map(entries);
  const section = (prefix: string) =>
    Object.fromEntries(
      entries
        .filter(([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes('.'))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  const changed = Preset.safeParse({
    ...preset,
    ...section(''),
    video: { ...preset.video, ...section('video.'), rate: changedRate(preset.video.rate, changes) },
    audio: { ...preset.audio, ...section('audio.') },
  });
  if (!changed.success) throw invalid(z.prettifyError(changed.error), 'Change the setting and try again.');
  const conflict = presetConflict(changed.data);
  if (conflict) throw invalid(conflict.message, conflict.nextStep);
  return changed.data;
}

function readValue(key: string, value: Value): unknown {
  const schema = Object.hasOwn(SETTABLE, key) ? SETTABLE[key] : undefined;
  if (!schema) {
    throw invalid(`There is no setting "${key}".`, `Use one of: ${Object.keys(SETTABLE).join(', ')}.`);
  }
  for (const candidate of readings(key, value)) {
    const parsed = schema.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  throw invalid(`"${value}" is not a value for ${key}.`, `Set it to ${describe(schema)}.`);
}

/** What a written value may mean, the most literal first. */
function readings(key: string, value: Value): unknown[] {
  if (typeof value !== 'string') return [value];
  const meanings: unknown[] = [value];
  const text = value.trim();
  const number = /^(-?\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  if (number && (number[2] === '' || key.endsWith('Bps'))) {
    const factor = { '': 1, k: 1000, m: 1_000_000 }[number[2]?.toLowerCase() ?? ''] ?? 1;
    meanings.push(factor === 1 ? Number(number[1]) : Math.round(Number(number[1]) * factor));
  }
  if (text === 'true' || text === 'yes') meanings.push(true);
  if (text === 'false' || text === 'no') meanings.push(false);
  if (text === 'null' || text === 'none' || text === '') meanings.push(null);
  return meanings;
}

/** What a setting takes, in words after "Set it to". */
function describe(schema: z.ZodType): string {
  const { default: _default, ...json } = z.toJSONSchema(schema, { io: 'input' });
  const alternatives = (json.anyOf ?? [json]).map((choice) => {
    if (typeof choice === 'boolean') return 'anything';
    if (choice.enum) return choice.enum.join(', ');
    if (choice.const !== undefined) return String(choice.const);
    switch (choice.type) {
      case 'null':
        return 'none';
      case 'boolean':
        return 'true or false';
      case 'number':
      case 'integer':
        return rangeOf(choice);
      default:
        return 'a text';
    }
  });
  return alternatives.length > 1 || json.enum ? `one of: ${alternatives.join(', ')}` : alternatives.join('');
}

function rangeOf(range: z.core.JSONSchema.JSONSchema): string {
  const noun = range.type === 'integer' ? 'a whole number' : 'a number';
  const least = range.minimum ?? range.exclusiveMinimum;
  return least === undefined || range.maximum === undefined
    ? noun
    : `${noun} from ${least} to ${range.maximum}`;
}

function changedRate(rate: RateControl, changes: ReadonlyMap<string, unknown>): unknown {
  const get = (field: keyof typeof RATE_FIELDS) => changes.get(`video.rate.${field}`);
  const quality = get('quality');
  const bitRateBps = get('bitRateBps');
  const twoPass = get('twoPass');
  const implied = quality !== undefined ? 'quality' : bitRateBps !== undefined ? 'bit-rate' : rate.mode;
  const mode = get('mode') ?? implied;
  const bitRateFields = bitRateBps !== undefined || twoPass !== undefined;
  if ((mode === 'quality' && bitRateFields) || (mode === 'bit-rate' && quality !== undefined)) {
    throw invalid(
      'Constant quality and a bit rate exclude each other.',
      'Set either video.rate.quality, or video.rate.bitRateBps with video.rate.twoPass.',
    );
  }
  if (mode === 'quality') {
    const old = rate.mode === 'quality' ? rate.quality : undefined;
    if (quality === undefined && old === undefined) {
      throw invalid('Constant quality needs a value.', 'Set video.rate.quality, for example to 23.');
    }
    return { mode, quality: quality ?? old };
  }
  const old = rate.mode === 'bit-rate' ? rate : undefined;
  if (bitRateBps === undefined && old === undefined) {
    throw invalid('A bit rate is needed.', 'Set video.rate.bitRateBps, for example to 2500k.');
  }
  return { mode, bitRateBps: bitRateBps ?? old?.bitRateBps, twoPass: twoPass ?? old?.twoPass ?? true };
}

function invalid(message: string, nextStep: string): ProblemError {
  return problem('invalid-request', message, nextStep);
}
