import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema } from './openapi-check.ts';

/** Named schemas that a `$ref` may point to. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

/** Properties that name files: whatever is made up for them must not name a file that exists. */
const PATH_PROPERTIES = new Set(['source', 'path', 'paths', 'folder', 'ffmpegPath', 'ffprobePath']);

const oddText = fc.constantFrom(
  '',
  ' ',
  '\u0000',
  '\n',
  '../..',
  '%00',
  '%2e%2e%2f',
  '-i.mp4',
  'concat:x',
  `a"b'c $(d).mkv`,
  '\u202e\ufeff',
  '\ud800',
  '🎬',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  '1e999',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  'x'.repeat(70_000),
);

/** Text of any kind. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ size: 'max', maxLength: 300 }),
  oddText,
);

/** A path at which there is nothing, in odd spellings. */
const pathToNothing = anyText.map(
  (text) => `/gantry-fuzz-nowhere/${text.replaceAll('..', '_').replaceAll('\\', '_')}`,
);

/** A JSON value of any kind; texts in it are no paths to anything. */
export const anyJson: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map(withoutPaths),
  oddText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, -0, 1e308, 2 ** 53, [], {}, [[]], [null], {
    '': '',
  }),
);

/** Values that keep to a schema, or nearly: what JSON Schema cannot say may still be refused. */
export function valuesOf(schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  const { $ref, enum: choices, anyOf, oneOf, type } = schema;
  if (typeof $ref === 'string') return valuesOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as unknown[]));
  const variants = anyOf ?? oneOf;
  if (Array.isArray(variants)) {
    return fc.oneof(...(variants as JsonSchema[]).map((variant) => valuesOf(variant, schemas)));
  }
  switch (type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer(bounds(schema));
    case 'number':
      return fc.oneof(
        fc.integer(bounds(schema)),
        fc.double({ ...bounds(schema), noNaN: true, noDefaultInfinity: true }),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf((schema['items'] ?? {}) as JsonSchema, schemas), {
        minLength: number(schema['minItems'], 0),
        maxLength: Math.max(number(schema['minItems'], 0), Math.min(4, number(schema['maxItems'], 4))),
      });
    case 'object':
      return objects(schema, schemas);
    default:
      return anyJson;
  }
}

/** Values that keep to a schema but for one place: replaced, left out or added. */
export function nearlyValuesOf(schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  return fc
    .tuple(valuesOf(schema, schemas), fc.nat(), fc.constantFrom('replace', 'remove', 'add'), anyText, anyJson)
    .map(([value, place, how, key, odd]) => spoil(structuredClone(value), place, how, key, odd));
}

function texts(schema: JsonSchema): Arbitrary<string> {
  const { pattern } = schema;
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern));
  const minLength = number(schema['minLength'], 0);
  const maxLength = Math.max(minLength, Math.min(60, number(schema['maxLength'], 60)));
  return fc.string({ unit: 'grapheme', minLength, maxLength });
}

function objects(schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = (schema['required'] ?? []) as string[];
  const known = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, propertyValues(name, property, schemas)]),
    ),
    { requiredKeys: required },
  );
  const { additionalProperties } = schema;
  if (typeof additionalProperties !== 'object' || additionalProperties === null) return known;
  const extra = fc.dictionary(
    fc.string({ maxLength: 20 }),
    valuesOf(additionalProperties as JsonSchema, schemas),
    {
      maxKeys: 3,
    },
  );
  return fc.tuple(known, extra).map(([value, more]) => ({ ...more, ...(value as object) }));
}

function propertyValues(name: string, schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  if (!PATH_PROPERTIES.has(name)) return valuesOf(schema, schemas);
  if (schema['type'] === 'array') return fc.array(pathToNothing, { minLength: 1, maxLength: 3 });
  return Array.isArray(schema['anyOf']) ? fc.option(pathToNothing) : pathToNothing;
}

/** Changes one place of a JSON value, counted from `place`. */
function spoil(value: unknown, place: number, how: string, key: string, odd: unknown): unknown {
  const places = containersOf(value);
  const container = places[place % Math.max(1, places.length)];
  if (container === undefined) return odd;
  const keys = Object.keys(container);
  const victim = keys[place % Math.max(1, keys.length)];
  if (how === 'add' || victim === undefined)
    Object.assign(container, { [Array.isArray(container) ? 0 : key]: odd });
  else if (how === 'remove') Reflect.deleteProperty(container, victim);
  else if (!(PATH_PROPERTIES.has(victim) && typeof odd === 'string'))
    Object.assign(container, { [victim]: odd });
  return value;
}

function containersOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containersOf)];
}

/** Texts inside arbitrary JSON stay away from the disk's root, so that no engine is sent to walk it. */
function withoutPaths(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^[/\\~.]+/, '');
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPaths(inner)]));
}

function bounds(schema: JsonSchema): { min: number; max: number } {
  const min = number(schema['minimum'], -1_000_000);
  return { min, max: Math.max(min, Math.min(number(schema['maximum'], 2 ** 31 - 1), 2 ** 31 - 1)) };
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
